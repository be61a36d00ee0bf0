//! The census: how many different viewers judge on a day. It keeps a sketch of their marks in memory, merges it into
//! the ledger, and stores no mark.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use live_jury_trust::DAY_MS;
use live_jury_trust::figure::sketch::{REGISTERS, Sketch, place};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::ledger::{LedgerError, TrustLedger};
use crate::reporter::ReporterKey;

/// The time between two merges. A node that crashes loses the newcomers of this time.
const MERGE_INTERVAL: Duration = Duration::from_secs(60);
/// Limits the last merge of a node that stops.
const LAST_MERGE_TIMEOUT: Duration = Duration::from_secs(2);

/// The census of a node. Clones share it.
#[derive(Clone)]
pub struct Census(Arc<Shared>);

struct Shared {
    key: ReporterKey,
    ledger: Arc<dyn TrustLedger>,
    clock: Arc<dyn Clock>,
    /// Read for each mark, and written once a day: no ballot waits for another one.
    days: RwLock<BTreeMap<u32, Day>>,
}

/// The registers of a day.
struct Day {
    registers: Vec<AtomicU8>,
    /// The sketch that the ledger has; none before the first merge.
    merged: RwLock<Option<Sketch>>,
}

impl Default for Day {
    fn default() -> Self {
        Self { registers: (0..REGISTERS).map(|_| AtomicU8::new(0)).collect(), merged: RwLock::default() }
    }
}

impl Day {
    fn add(&self, mark: [u8; 8]) {
        let (register, rank) = place(mark);
        self.registers[register].fetch_max(rank, Ordering::Relaxed);
    }

    fn sketch(&self) -> Sketch {
        let registers = self.registers.iter().map(|register| register.load(Ordering::Relaxed));
        Sketch::of_registers(registers.collect()).unwrap_or_default()
    }
}

impl Census {
    /// The census of a node with this key.
    #[must_use]
    pub fn new(key: ReporterKey, ledger: Arc<dyn TrustLedger>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared { key, ledger, clock, days: RwLock::default() }))
    }

    /// Today, in days since 1970-01-01.
    #[must_use]
    pub fn today(&self) -> u32 {
        u32::try_from(self.0.clock.now_ms() / DAY_MS).unwrap_or(u32::MAX)
    }

    /// Takes the mark of a viewer for a day. It keeps no viewer and no mark.
    pub fn count(&self, sub: &str, day: u32) {
        let mark = self.0.key.day_mark(sub, day);
        if let Some(day) = self.days().get(&day) {
            day.add(mark);
            return;
        }
        self.begin(day);
        if let Some(day) = self.days().get(&day) {
            day.add(mark);
        }
    }

    /// Merges what is new into the ledger each minute until `stop`, and then once more.
    pub async fn keep(self, stop: CancellationToken) {
        let mut times = tokio::time::interval(MERGE_INTERVAL);
        times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(times.tick()).await.is_some() {
            if let Some(Err(error)) = stop.run_until_cancelled(self.merge()).await {
                tracing::warn!(%error, "the census was not merged; trying again");
            }
        }
        if !matches!(tokio::time::timeout(LAST_MERGE_TIMEOUT, self.merge()).await, Ok(Ok(()))) {
            tracing::warn!("the last marks of the census were not merged");
        }
    }

    /// Merges the sketches that have changed, and forgets days that are over. A day without a mark is merged once, so
    /// that it is known to have none.
    ///
    /// # Errors
    /// The ledger failed. A later call merges what is left.
    pub async fn merge(&self) -> Result<(), LedgerError> {
        let today = self.today();
        self.begin(today);
        let held: Vec<(u32, Sketch)> = self.days().iter().map(|(day, held)| (*day, held.sketch())).collect();
        for (day, sketch) in held {
            if !self.is_merged(day, &sketch) {
                self.0.ledger.merge_sketch(day.into(), &sketch).await?;
                self.set_merged(day, sketch);
            }
        }
        let mut days = self.0.days.write().unwrap_or_else(PoisonError::into_inner);
        // A socket that took the time before midnight may give its mark after it.
        days.retain(|day, held| *day + 1 >= today || held.merged.get_mut().is_ok_and(|merged| merged.is_none()));
        Ok(())
    }

    fn days(&self) -> RwLockReadGuard<'_, BTreeMap<u32, Day>> {
        self.0.days.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, day: u32) {
        if self.days().contains_key(&day) {
            return;
        }
        self.0.days.write().unwrap_or_else(PoisonError::into_inner).entry(day).or_default();
    }

    fn is_merged(&self, day: u32, sketch: &Sketch) -> bool {
        let days = self.days();
        let merged = days.get(&day).map(|held| held.merged.read().unwrap_or_else(PoisonError::into_inner));
        merged.is_some_and(|merged| merged.as_ref() == Some(sketch))
    }

    fn set_merged(&self, day: u32, sketch: Sketch) {
        if let Some(held) = self.days().get(&day) {
            *held.merged.write().unwrap_or_else(PoisonError::into_inner) = Some(sketch);
        }
    }
}
