//! The Redis servers of a run: the one that nodes are on, and those that are fenced off; it moves no node.

use std::net::SocketAddr;

use live_jury_tests::redis::Redis;
use uuid::Uuid;

use crate::faults::Contents;

/// Redis's clock, in milliseconds.
pub const NOW_MS: &str = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";
/// A limit below what any server uses, in bytes.
const NO_MEMORY: &str = "1";

/// The servers.
pub struct RedisServers {
    /// The one that nodes are on.
    pub current: Redis,
    /// The one that nodes move to next: prepared for that, or the one that they were on last.
    other: Option<Redis>,
    /// Those to which nodes do not come back.
    former: Vec<Redis>,
}

impl RedisServers {
    /// One server.
    pub fn of(current: Redis) -> Self {
        Self { current, other: None, former: Vec::new() }
    }

    /// Prepares a server to move to.
    pub fn prepare(&mut self, contents: Contents) {
        let prepared = match contents {
            Contents::Empty => Redis::start(),
            Contents::Older => {
                let replica = self.current.start_replica();
                replica.promote();
                replica
            }
        };
        self.former.extend(self.other.replace(prepared));
    }

    /// Makes the other server the current one, and returns its address.
    pub fn swap(&mut self) -> SocketAddr {
        let other = self.other.as_mut().expect("a prepared server");
        std::mem::swap(&mut self.current, other);
        self.current.address()
    }

    /// Has the current server refuse everything that needs memory, or nothing.
    pub fn limit_memory(&self, is_full: bool) {
        let limit = if is_full { NO_MEMORY } else { "0" };
        assert_eq!(self.current.command(&["CONFIG", "SET", "maxmemory", limit]), "OK");
    }

    /// `PTTL` of a case's keys in every server.
    pub fn keys_left_ms(&self, case: Uuid) -> Vec<i64> {
        let keys = [format!("lj:{{{case}}}:case"), format!("lj:{{{case}}}:ballots")];
        let servers = [&self.current].into_iter().chain(&self.other).chain(&self.former);
        let left =
            |server: &Redis| keys.each_ref().map(|key| server.command(&["PTTL", key]).parse().expect("a number"));
        servers.flat_map(left).collect()
    }
}
