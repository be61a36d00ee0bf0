//! How full Redis is, as its own figures say. It refuses nothing; `memory.lua` does.

use redis::{RedisResult, cmd, from_redis_value};

use crate::redis::Redis;

/// The largest part of `maxmemory` that a host uses; none where no host has such a limit.
pub(super) async fn share(redis: &Redis) -> RedisResult<Option<f64>> {
    let mut largest: Option<f64> = None;
    for answer in redis.command_all(cmd("INFO").arg("memory")).await? {
        let info: String = from_redis_value(answer.extract_error()?)?;
        if let Some(share) = parse(&info) {
            largest = Some(largest.map_or(share, |known| known.max(share)));
        }
    }
    Ok(largest)
}

fn parse(info: &str) -> Option<f64> {
    let value = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
    let (used, max) = (value("used_memory:")?, value("maxmemory:")?);
    (max > 0.0).then(|| used / max)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_share_is_of_maxmemory() {
        let info = |max: &str| format!("# Memory\r\nused_memory:512\r\nused_memory_peak:900\r\nmaxmemory:{max}\r\n");
        assert_eq!(parse(&info("1024")), Some(0.5));
        assert_eq!(parse(&info("0")), None);
        assert_eq!(parse("# Memory\r\n"), None);
    }
}
