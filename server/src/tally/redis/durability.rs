//! Whether Redis keeps what it has answered: read from its settings, judged here, never changed.

use std::collections::BTreeSet;

use redis::{RedisError, RedisResult, Value, cmd, from_redis_value};

use crate::redis::Redis;

/// The settings on which an acknowledged ballot depends; of a cluster, those of the weakest host that its masters name and
/// that could be asked: each may be a master tomorrow. `None`: Redis does not tell, as where it is rented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durability {
    /// Whether calls are written to a file: `yes`.
    pub appendonly: Option<String>,
    /// When they are on the disk: `always` is before the answer.
    pub appendfsync: Option<String>,
    /// What happens when memory is full: `noeviction` drops nothing.
    pub maxmemory_policy: Option<String>,
    /// The cluster's masters and replicas; none where one Redis is all there is.
    pub cluster: Option<Hosts>,
}

/// Who is in a cluster, whether they are there now or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Masters that keep cases.
    pub masters: usize,
    /// Those of them that nobody could take over from.
    pub alone: usize,
    /// Replicas.
    pub replicas: usize,
}

impl Durability {
    /// Whether what was answered survives a crash. Not known counts as no.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.appendonly.as_deref() == Some("yes")
            && self.appendfsync.as_deref() == Some("always")
            && self.maxmemory_policy.as_deref() == Some("noeviction")
            && self.cluster.is_none_or(|hosts| hosts.replicas > 0)
    }

    pub(super) async fn read(redis: &Redis) -> RedisResult<Self> {
        Ok(Self {
            appendonly: weakest(redis, "appendonly", "yes").await?,
            appendfsync: weakest(redis, "appendfsync", "always").await?,
            maxmemory_policy: weakest(redis, "maxmemory-policy", "noeviction").await?,
            cluster: if redis.is_cluster() { Some(Hosts::read(redis).await?) } else { None },
        })
    }
}

/// A setting where it is not as wanted, if there is such a host; none where one refuses to tell.
async fn weakest(redis: &Redis, name: &str, wanted: &str) -> RedisResult<Option<String>> {
    let mut weakest = Some(wanted.to_owned());
    for answer in redis.command_all(cmd("CONFIG").arg("GET").arg(name)).await? {
        let found = told(answer)?;
        if found.as_deref() != Some(wanted) {
            weakest = found;
        }
    }
    Ok(weakest)
}

fn told(answer: Value) -> RedisResult<Option<String>> {
    let pairs = answer.extract_error().and_then(|pairs| Ok(from_redis_value::<Vec<(String, String)>>(pairs)?));
    match pairs {
        Ok(pairs) => Ok(pairs.into_iter().next().map(|(_, value)| value)),
        Err(error) if is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_refusal(error: &RedisError) -> bool {
    matches!(error.code(), Some("ERR" | "NOPERM"))
}

impl Hosts {
    /// As the host sees it that knows of most replicas: one that has just come may not have heard of all.
    ///
    /// # Errors
    /// The cluster is away, or does not tell.
    pub(super) async fn read(redis: &Redis) -> RedisResult<Self> {
        let mut most = Self::default();
        for answer in redis.command_all(cmd("CLUSTER").arg("NODES")).await? {
            let seen = Self::parse(&from_redis_value::<String>(answer.extract_error()?)?);
            most = if seen.replicas >= most.replicas { seen } else { most };
        }
        Ok(most)
    }

    /// A line a host: id, address, flags, its master's id, three times and a state, then the slots it keeps.
    fn parse(nodes: &str) -> Self {
        let connections: Vec<Vec<&str>> = nodes.lines().map(|line| line.split(' ').collect()).collect();
        let is = |line: &[&str], role: &str| line.get(2).is_some_and(|flags| flags.split(',').any(|flag| flag == role));
        let masters = || connections.iter().filter(|line| is(line, "master") && line.len() > 8);
        let replicas = || connections.iter().filter(|line| is(line, "slave"));
        let followed: BTreeSet<&str> = replicas().filter_map(|line| line.get(3).copied()).collect();
        Self {
            masters: masters().count(),
            alone: masters().filter(|line| !followed.contains(line[0])).count(),
            replicas: replicas().count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn hosts_are_read_from_what_a_cluster_says() {
        let nodes = "\
            aa 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-5460\n\
            bb 127.0.0.1:3@4,name master - 0 0 2 connected 5461-10922 [5461->-aa]\n\
            cc 127.0.0.1:5@6 master - 0 0 7 connected 10923-16383\n\
            dd 127.0.0.1:7@8 master,fail - 0 0 3 disconnected\n\
            ee 127.0.0.1:9@10 slave aa 0 0 1 connected\n\
            ff 127.0.0.1:11@12 slave,fail bb 0 0 2 disconnected\n";
        assert_eq!(Hosts::parse(nodes), Hosts { masters: 3, alone: 1, replicas: 2 });
        assert_eq!(Hosts::parse("aa :1@2 myself,master - 0 0 1 connected 0-16383\n").alone, 1);
    }
}
