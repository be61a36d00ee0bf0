//! Durability of Redis: its settings are read and judged here, and never changed.

use std::collections::{BTreeMap, BTreeSet};

use redis::{RedisError, RedisResult, Value, cmd, from_redis_value};

use crate::health::Durability;
use crate::redis::Redis;

/// The settings on which an acknowledged ballot depends, each with the value that is durable.
const SETTINGS: [(&str, &str); 4] = [
    // Calls are written to a file,
    ("appendonly", "yes"),
    // and are on the disk before they are answered,
    ("appendfsync", "always"),
    // also while the file is rewritten.
    ("no-appendfsync-on-rewrite", "no"),
    // Nothing is dropped when memory is full.
    ("maxmemory-policy", "noeviction"),
];

/// The settings on which an acknowledged ballot depends. `None` means that Redis does not report them, as managed ones
/// often do.
///
/// In a cluster each is the weakest setting of all hosts that answered, since any of them may become a master.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisSettings {
    /// Each setting by its name.
    pub found: BTreeMap<&'static str, Option<String>>,
    /// The cluster's masters and replicas; `None` for a single Redis.
    pub cluster: Option<Hosts>,
}

/// The number of hosts in a cluster, reachable or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Masters with slots.
    pub masters: usize,
    /// Masters without a replica.
    pub alone: usize,
    /// Replicas.
    pub replicas: usize,
}

impl RedisSettings {
    /// Whether an acknowledged ballot survives a crash, in a cluster also of a master.
    #[must_use]
    pub fn durability(&self) -> Durability {
        if self.cluster.is_some_and(|hosts| hosts.replicas == 0) {
            return Durability::Weak;
        }
        let of = |(name, durable): &(&'static str, &str)| match self.found.get(name) {
            Some(Some(value)) if value == durable => Durability::Durable,
            Some(Some(_)) => Durability::Weak,
            Some(None) | None => Durability::Unknown,
        };
        SETTINGS.iter().map(of).min().unwrap_or(Durability::Unknown)
    }

    pub(super) async fn read(redis: &Redis) -> RedisResult<Self> {
        let mut found = BTreeMap::new();
        for (name, durable) in SETTINGS {
            found.insert(name, weakest(redis, name, durable).await?);
        }
        Ok(Self { found, cluster: if redis.is_cluster() { Some(Hosts::read(redis).await?) } else { None } })
    }
}

/// The value of a setting on a host where it differs from the durable one, if there is such a host. `None` if all other
/// hosts have the durable one, and one does not report it.
async fn weakest(redis: &Redis, name: &str, durable: &str) -> RedisResult<Option<String>> {
    let mut weakest = Some(durable.to_owned());
    for answer in redis.command_all(cmd("CONFIG").arg("GET").arg(name)).await? {
        let found = value_of(answer)?;
        if found.is_some() && found.as_deref() != Some(durable) {
            return Ok(found);
        }
        if found.is_none() {
            weakest = None;
        }
    }
    Ok(weakest)
}

fn value_of(answer: Value) -> RedisResult<Option<String>> {
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
    /// Reads the view of the host that knows the most replicas. A host that has just joined may not know all.
    ///
    /// # Errors
    /// The cluster did not answer, or does not report its hosts.
    pub(super) async fn read(redis: &Redis) -> RedisResult<Self> {
        let mut most = Self::default();
        for answer in redis.command_all(cmd("CLUSTER").arg("NODES")).await? {
            let seen = Self::parse(&from_redis_value::<String>(answer.extract_error()?)?);
            most = if seen.replicas >= most.replicas { seen } else { most };
        }
        Ok(most)
    }

    /// Parses one line for each host: id, address, flags, its master's id, three times and a state, then its slots.
    fn parse(nodes: &str) -> Self {
        let hosts: Vec<Vec<&str>> = nodes.lines().map(|line| line.split(' ').collect()).collect();
        let is = |line: &[&str], role: &str| line.get(2).is_some_and(|flags| flags.split(',').any(|flag| flag == role));
        let masters = || hosts.iter().filter(|line| is(line, "master") && line.len() > 8);
        let replicas = || hosts.iter().filter(|line| is(line, "slave"));
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
    fn hosts_are_parsed_from_cluster_nodes() {
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
