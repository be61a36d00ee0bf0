//! Ends points after their time, and computes the exposures of merchants that facts have touched, and each day's of
//! all others.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use live_jury_trust::four_decimals;

use super::{Assessed, Trust};
use crate::ledger::standing::StandingError;
use crate::ledger::{Filed, LedgerError, Merchants, ToldExposure};

/// The time between two computations. A recommender may work with values of this age.
const INTERVAL: Duration = Duration::from_secs(60);
/// The time until the next try after one that failed. A store that failed is mostly back within seconds.
const AGAIN: Duration = Duration::from_secs(5);
/// The merchants of one transaction. On SQLite ballots wait for its one writer.
const MERCHANTS_AT_ONCE: usize = 500;

impl Trust {
    /// Ends and computes every minute what is due, until the node stops. Several nodes may do so at once: they file the
    /// same.
    pub async fn run(self, closed: CancellationToken) {
        let mut times = tokio::time::interval(INTERVAL);
        times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while closed.run_until_cancelled(times.tick()).await.is_some() {
            let mut failed = |what: &str, error: &dyn std::fmt::Display| {
                tracing::warn!(%error, "{what}; trying again");
                times.reset_after(AGAIN);
            };
            match closed.run_until_cancelled(self.may_step_by_time()).await {
                None => return,
                Some(Ok(true)) => {}
                Some(Ok(false)) => {
                    times.reset_after(AGAIN);
                    continue;
                }
                Some(Err(error)) => {
                    failed("the database's clock was not read", &error);
                    continue;
                }
            }
            match closed.run_until_cancelled(self.expire()).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => failed("points were not ended", &error),
            }
            match closed.run_until_cancelled(self.night()).await {
                None => return,
                Some(Ok(false)) => {}
                Some(Ok(true)) => tracing::info!("the day's priors and snapshots are computed"),
                Some(Err(error)) => failed("the day's priors were not computed", &error),
            }
            match closed.run_until_cancelled(self.move_promises()).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => failed("promises were not moved", &error),
            }
            match closed.run_until_cancelled(self.recompute()).await {
                None => return,
                Some(Ok(_)) => {}
                Some(Err(error)) => failed("exposures were not computed", &error),
            }
        }
    }

    /// Ends the points of violations after their time, and tells the standings that change by it.
    ///
    /// # Errors
    /// The ledger failed. Points that were ended stay so.
    pub async fn expire(&self) -> Result<(), StandingError> {
        while self.ledger.expire(self.clock.now_ms()).await? > 0 {}
        Ok(())
    }

    /// Computes what is due, and returns the number of merchants.
    ///
    /// # Errors
    /// The ledger failed. Exposures that were filed before stay.
    pub async fn recompute(&self) -> Result<usize, LedgerError> {
        let mut computed = 0;
        let begun_ms = self.clock.now_ms();
        loop {
            let due = self.ledger.due(begun_ms, MERCHANTS_AT_ONCE).await?;
            // The time before the reading: facts that come meanwhile are later, and stay due.
            let now_ms = self.clock.now_ms();
            let ids: Vec<&str> = due.iter().map(String::as_str).collect();
            let Merchants { known, unreadable } = self.ledger.read_merchants(&ids, now_ms).await?;
            let filed: Vec<Filed> = known.iter().map(|known| filed(known, now_ms)).collect();
            if !filed.is_empty() {
                self.ledger.file_exposures(&filed, now_ms).await?;
            }
            // They were reported. Without this they would be due again at once, before all others.
            if !unreadable.is_empty() {
                self.ledger.pass_over(&unreadable, now_ms).await?;
            }
            computed += filed.len();
            if due.len() < MERCHANTS_AT_ONCE {
                return Ok(computed);
            }
        }
    }
}

/// The change of an exposure from which it is told: less moves no shop by a place.
const TOLD_FROM: f64 = 0.02;
/// The exposure of a merchant that was never told of.
const UNTOLD: u32 = 10_000;

fn filed(known: &crate::ledger::Known, now_ms: u64) -> Filed {
    let assessed = Assessed::of(known, now_ms);
    let (m, before) = (assessed.exposure.m, f64::from(known.attributes.told.unwrap_or(UNTOLD)) / f64::from(UNTOLD));
    let is_turned = !assessed.turns.is_empty() || assessed.held_turn;
    let why = match (m < assessed.exposure.signals, is_turned) {
        (true, _) => "measure",
        (false, true) => "turn",
        (false, false) => "index",
    };
    Filed {
        merchant: known.attributes.id.clone(),
        points: assessed.index.value,
        sd: assessed.index.sd,
        kept: assessed.exposure.kept,
        signals: assessed.exposure.signals,
        turn: !assessed.turns.is_empty(),
        at_ms: now_ms,
        // Four decimals are told, so that a float's remainder tells nothing.
        told: ((four_decimals(m) - before).abs() >= TOLD_FROM - 1e-9).then_some(ToldExposure { m, before, why }),
    }
}
