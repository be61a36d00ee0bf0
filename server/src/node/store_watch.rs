//! Watches the stores of this node, and keeps what is known about them current; it changes no setting of a store.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time::{MissedTickBehavior, interval, interval_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::docket::{Docket, OthersWriting};
use crate::health::{Durability, FoundDurability, Health};
use crate::tally::TallyHealth;
use crate::telemetry::log_limited;

/// Time between two looks at the stores: a small write to each, and the tally's memory. A look costs a store less than
/// a batch of ballots.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// The time, in milliseconds, after which another node's row tells of a write later than this node's own failure: two
/// looks of that node.
const OTHERS_LOOKED_MS: u64 = 4_000;

/// The stores of this node as it watches them.
pub(super) struct StoreWatch {
    tally: Arc<dyn TallyHealth>,
    docket: Arc<dyn Docket>,
    health: Arc<Health>,
    /// The last reading of each store, tally first. A store that does not answer keeps it.
    found: [FoundDurability; 2],
    node: Uuid,
    /// Since when this node cannot write to the tally, and to the docket, by the docket's clock.
    tally_fails_since_ms: Option<u64>,
    docket_fails_since_ms: Option<u64>,
}

impl StoreWatch {
    /// Reads the durability of both stores once.
    ///
    /// # Errors
    /// A store did not answer.
    pub(super) async fn start(
        tally: Arc<dyn TallyHealth>,
        docket: Arc<dyn Docket>,
        health: Arc<Health>,
        node: Uuid,
    ) -> anyhow::Result<Self> {
        let found = [
            tally.durability().await.context("--redis: its settings cannot be read")?,
            docket.durability().await.context("--database: its settings cannot be read")?,
        ];
        found.iter().filter(|found| found.durability != Durability::Durable).for_each(log);
        let (tally_fails_since_ms, docket_fails_since_ms) = (None, None);
        let watch = Self { tally, docket, health, found, node, tally_fails_since_ms, docket_fails_since_ms };
        watch.show();
        Ok(watch)
    }

    /// Watches the stores until `stop`, and reads their durability again after each `interval`.
    pub(super) async fn run(mut self, durability_interval: Duration, stop: CancellationToken) {
        let mut looks = interval(LOOK_INTERVAL);
        let mut readings = interval_at(tokio::time::Instant::now() + durability_interval, durability_interval);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        readings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {
                    self.look_at_memory().await;
                    self.try_to_write().await;
                }
                _ = readings.tick() => self.read_durability().await,
            }
        }
    }

    async fn look_at_memory(&self) {
        match self.tally.memory_share().await {
            Ok(share) => metrics::gauge!("live_jury_tally_memory_share").set(share.unwrap_or(0.0)),
            Err(error) => log_limited!(warn, %error, "the tally store does not tell how full it is"),
        }
    }

    /// Writes to both stores. If that fails, the docket says whether other nodes have written since.
    async fn try_to_write(&mut self) {
        let tally = self.tally.probe().await;
        if let Err(error) = &tally {
            log_limited!(warn, %error, "the tally store cannot be written");
        }
        let docket = self.docket.report_writable(self.node, tally.is_ok()).await;
        if let Err(error) = &docket {
            log_limited!(warn, %error, "the docket cannot be written");
        }
        let others_write = self.do_others_write(tally.is_ok(), docket.is_ok()).await;
        self.health.set_writable(tally.is_ok(), docket.is_ok(), others_write);
        metrics::gauge!("live_jury_tally_writable").set(f64::from(u8::from(tally.is_ok())));
        metrics::gauge!("live_jury_docket_writable").set(f64::from(u8::from(docket.is_ok())));
    }

    /// Whether another node has written to a store after this node failed to.
    async fn do_others_write(&mut self, tally: bool, docket: bool) -> bool {
        if tally && docket {
            (self.tally_fails_since_ms, self.docket_fails_since_ms) = (None, None);
            return false;
        }
        // The docket is only read here. If it cannot be read either, nothing is known about others.
        let Ok(OthersWriting { now_ms, .. }) = self.docket.others_writing(self.node, u64::MAX / 2).await else {
            return false;
        };
        self.tally_fails_since_ms = if tally { None } else { self.tally_fails_since_ms.or(Some(now_ms)) };
        self.docket_fails_since_ms = if docket { None } else { self.docket_fails_since_ms.or(Some(now_ms)) };
        let of_tally = self.others_since(self.tally_fails_since_ms).await.is_some_and(|others| others.tally);
        let of_docket = self.others_since(self.docket_fails_since_ms).await.is_some_and(|others| others.docket);
        of_tally || of_docket
    }

    async fn others_since(&self, failed_ms: Option<u64>) -> Option<OthersWriting> {
        self.docket.others_writing(self.node, failed_ms? + OTHERS_LOOKED_MS).await.ok()
    }

    async fn read_durability(&mut self) {
        let (tally, docket) = tokio::join!(self.tally.durability(), self.docket.durability());
        let [of_tally, of_docket] = &mut self.found;
        replace(of_tally, tally);
        replace(of_docket, docket);
        self.show();
    }

    fn show(&self) {
        let weaker = self.found.iter().map(|found| found.durability).min().unwrap_or(Durability::Unknown);
        self.health.set_durability(weaker);
        metrics::gauge!("live_jury_tally_durable").set(f64::from(u8::from(self.health.is_durable())));
    }
}

/// Keeps a new reading, and logs it if it differs from the last one.
fn replace<E: std::fmt::Display>(known: &mut FoundDurability, read: Result<FoundDurability, E>) {
    match read {
        Ok(found) if found != *known => {
            log(&found);
            *known = found;
        }
        Ok(_) => {}
        Err(error) => log_limited!(warn, %error, "a store does not tell its settings"),
    }
}

/// Warns the operator of a store that may lose what it acknowledged.
fn log(found: &FoundDurability) {
    let FoundDurability { durability, settings } = found;
    match durability {
        Durability::Durable => tracing::info!(settings, "the store keeps what it acknowledges"),
        Durability::Unknown => {
            tracing::warn!(settings, "the store does not tell whether it keeps what it acknowledges")
        }
        Durability::Weak => tracing::warn!(settings, "the store may lose in a crash what it has acknowledged"),
    }
}
