//! The deployment of a run: nodes as processes, Redis and PostgreSQL, and a proxy between each node and each store;
//! faults are applied and ended here.

mod clients;
mod node_slot;
mod redis_servers;

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_tests::docket_copy::DocketCopy;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::program::Program;
use live_jury_tests::redis::Redis;
use tokio::time::sleep;
use uuid::Uuid;

use self::node_slot::{Link, NodeSlot};
use self::redis_servers::{NOW_MS, RedisServers};
use crate::faults::{Fault, ScheduledFault};
use crate::run_log::PutBack;

/// The secret of the pseudonyms.
pub const BALLOT_SECRET: &str = "the ballot secret of the soak, long enough to be one";

/// Nodes, stores, and the links between them.
pub struct Deployment {
    redis: Arc<Mutex<RedisServers>>,
    postgres: Arc<Mutex<Postgres>>,
    nodes: Vec<NodeSlot>,
    /// The database that the nodes share.
    pub database: String,
    wipes_ms: Mutex<Vec<u64>>,
    put_backs: Mutex<Vec<PutBack>>,
}

impl Deployment {
    /// Starts the stores and the nodes.
    pub async fn open(nodes: usize) -> Arc<Self> {
        let (redis, postgres) = tokio::task::spawn_blocking(|| (Redis::start(), Postgres::start())).await.unwrap();
        let database = postgres.fresh_database();
        let mut slots = Vec::new();
        for _ in 0..nodes {
            slots.push(NodeSlot::new(redis.address(), &database).await);
        }
        let (redis, postgres) = (Arc::new(Mutex::new(RedisServers::of(redis))), Arc::new(Mutex::new(postgres)));
        let (wipes_ms, put_backs) = Default::default();
        let deployment = Self { redis, postgres, nodes: slots, database, wipes_ms, put_backs };
        for slot in &deployment.nodes {
            slot.start().await;
        }
        Arc::new(deployment)
    }

    /// The address of a random running node.
    pub fn any_address(&self, rng: &mut Rng) -> Option<SocketAddr> {
        rng.choice(self.addresses())
    }

    /// Addresses of the running nodes.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().filter_map(|slot| *slot.address.lock().unwrap()).collect()
    }

    /// Peak memory of each slot, in KiB.
    pub async fn peaks_kib(&self) -> Vec<u64> {
        let mut peaks = Vec::new();
        for slot in &self.nodes {
            slot.record(slot.program.lock().await.as_ref());
            peaks.push(slot.peak_kib.load(Relaxed));
        }
        peaks
    }

    /// Log lines of all nodes that contain this text.
    pub async fn log_lines_about(&self, what: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (node, slot) in self.nodes.iter().enumerate() {
            let mut log_lines = slot.log_lines.lock().unwrap().clone();
            log_lines.extend(slot.program.lock().await.iter().flat_map(Program::log_lines));
            found.extend(
                log_lines.into_iter().filter(|line| line.contains(what)).map(|line| format!("node {node}: {line}")),
            );
        }
        found
    }

    /// Times at which Redis was wiped, by its own clock.
    pub fn wipes_ms(&self) -> Vec<u64> {
        self.wipes_ms.lock().unwrap().clone()
    }

    /// The times at which the docket was put back.
    pub fn put_backs(&self) -> Vec<PutBack> {
        self.put_backs.lock().unwrap().clone()
    }

    /// `PTTL` of the keys of each of these cases, in every Redis that nodes were on.
    pub async fn keys_left_ms(&self, cases: Vec<Uuid>) -> Vec<Vec<i64>> {
        let left = move |servers: &mut RedisServers| cases.iter().map(|case| servers.keys_left_ms(*case)).collect();
        blocking(&self.redis, left).await
    }

    /// Applies a fault for its duration and ends it. Lost sockets are the crowd's part.
    pub async fn apply(&self, scheduled: ScheduledFault) {
        match scheduled.fault {
            Fault::Kill(node) => self.nodes[node].restart("KILL", scheduled.duration).await,
            Fault::Stop(node) => self.nodes[node].restart("TERM", scheduled.duration).await,
            Fault::Pause(node) => self.nodes[node].pause(scheduled.duration).await,
            Fault::KillRedis => {
                blocking(&self.redis, |servers| servers.current.kill()).await;
                sleep(scheduled.duration).await;
                blocking(&self.redis, |servers| servers.current.restart()).await;
            }
            Fault::WipeRedis => {
                blocking(&self.redis, |servers| servers.current.flush()).await;
                self.ballots_are_gone().await;
            }
            Fault::FillRedis => {
                blocking(&self.redis, |servers| servers.limit_memory(true)).await;
                sleep(scheduled.duration).await;
                blocking(&self.redis, |servers| servers.limit_memory(false)).await;
            }
            Fault::FailOver(contents) | Fault::FailBack(contents) => {
                blocking(&self.redis, move |servers| servers.prepare(contents)).await;
                // Ballots that come until the move are missing in a copy.
                sleep(scheduled.duration).await;
                self.move_to_prepared().await;
                if let Fault::FailBack(_) = scheduled.fault {
                    sleep(scheduled.duration).await;
                    self.move_to_prepared().await;
                }
            }
            Fault::KillPostgres => {
                blocking(&self.postgres, Postgres::stop).await;
                sleep(scheduled.duration).await;
                blocking(&self.postgres, Postgres::restart).await;
            }
            Fault::PutBackDocket => self.put_back_docket(scheduled.duration).await,
            Fault::PauseStores => {
                // In the same order as below, so that no two faults wait for each other.
                let links: Vec<&Link> = self.nodes.iter().flat_map(|slot| [&slot.redis, &slot.postgres]).collect();
                let mut held = Vec::new();
                for link in &links {
                    held.push(link.turn.lock().await);
                }
                links.iter().for_each(|link| link.proxy.pause());
                sleep(scheduled.duration).await;
                links.iter().for_each(|link| link.proxy.restore());
            }
            Fault::StalledClients(clients) => {
                let stalled = clients::stall(&self.addresses(), clients).await;
                sleep(scheduled.duration).await;
                drop(stalled);
            }
            Fault::DropJurors(_) => {}
            Fault::Cut(store, node)
            | Fault::Refuse(store, node)
            | Fault::PauseLink(store, node)
            | Fault::PauseReplies(store, node)
            | Fault::Delay(store, node, _)
            | Fault::LoseReply(store, node, _)
            | Fault::CutRequest(store, node, _) => {
                self.nodes[node].link(store).apply(scheduled).await;
            }
        }
    }

    /// Moves all nodes to the prepared Redis, and fences off the one that they were on.
    async fn move_to_prepared(&self) {
        let address = blocking(&self.redis, RedisServers::swap).await;
        self.nodes.iter().for_each(|slot| slot.redis.proxy.lead_to(address));
        self.nodes.iter().for_each(|slot| slot.redis.proxy.cut());
        self.ballots_are_gone().await;
    }

    /// Notes the time at which ballots were lost, by the clock of Redis.
    async fn ballots_are_gone(&self) {
        let read = |servers: &mut RedisServers| servers.current.command(&["EVAL", NOW_MS, "0"]);
        let now_ms = blocking(&self.redis, read).await.parse().expect("a number");
        self.wipes_ms.lock().unwrap().push(now_ms);
    }

    async fn put_back_docket(&self, after: Duration) {
        let copied_ms = now_ms();
        let copy = DocketCopy::take(&self.database).await;
        sleep(after).await;
        // Noted before, so that nobody wonders at what a node shows.
        self.put_backs.lock().unwrap().push(PutBack { copied_ms, put_back_ms: u64::MAX });
        copy.put_back().await;
        if let Some(last) = self.put_backs.lock().unwrap().last_mut() {
            last.put_back_ms = now_ms();
        }
    }
}

fn now_ms() -> u64 {
    SystemClock.now_ms()
}

async fn blocking<S: Send + 'static, T: Send + 'static>(
    server: &Arc<Mutex<S>>,
    work: impl FnOnce(&mut S) -> T + Send + 'static,
) -> T {
    let server = server.clone();
    let working = move || work(&mut server.lock().unwrap());
    tokio::task::spawn_blocking(working).await.expect("the work on a server does not panic")
}
