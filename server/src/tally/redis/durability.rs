//! Whether Redis keeps what it has answered: read from its settings, judged here, never changed.

use redis::{RedisResult, cmd};

use crate::redis::Redis;

/// The settings on which an acknowledged ballot depends. `None`: Redis does not tell, as where it is rented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durability {
    /// Whether calls are written to a file: `yes`.
    pub appendonly: Option<String>,
    /// When they are on the disk: `always` is before the answer.
    pub appendfsync: Option<String>,
    /// What happens when memory is full: `noeviction` drops nothing.
    pub maxmemory_policy: Option<String>,
}

impl Durability {
    /// Whether what was answered survives a crash. Not known counts as no.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.appendonly.as_deref() == Some("yes")
            && self.appendfsync.as_deref() == Some("always")
            && self.maxmemory_policy.as_deref() == Some("noeviction")
    }

    pub(super) async fn read(redis: &Redis) -> RedisResult<Self> {
        Ok(Self {
            appendonly: setting(redis, "appendonly").await?,
            appendfsync: setting(redis, "appendfsync").await?,
            maxmemory_policy: setting(redis, "maxmemory-policy").await?,
        })
    }
}

/// One setting, or none where Redis refuses to tell.
async fn setting(redis: &Redis, name: &str) -> RedisResult<Option<String>> {
    match redis.ask::<Vec<(String, String)>>(cmd("CONFIG").arg("GET").arg(name)).await {
        Ok(pairs) => Ok(pairs.into_iter().next().map(|(_, value)| value)),
        Err(error) if matches!(error.code(), Some("ERR" | "NOPERM")) => Ok(None),
        Err(error) => Err(error),
    }
}
