//! What a room's task makes of the stores' answers.

use std::sync::Arc;

use live_jury_court::State;
use live_jury_protocol::{CaseId, Refusal};
use tokio::time::Instant;

use super::jobs::{CaseJobResult, Refreshed};
use super::planner::NextStep;
use super::{Actor, CLOCK_SLACK, RETRY_AFTER};
use crate::docket::RoomRecord;
use crate::lifecycle::LifecycleError;
use crate::room::batch::PendingCast;
use crate::room::view::EncodedView;
use crate::tally::{Recorded, TallyError};

impl Actor {
    /// The docket's record replaces what is shown, unless a later one is shown already.
    pub(super) fn refreshed(&mut self, result: Result<Refreshed, String>) {
        self.refreshing = false;
        let Refreshed { record, now_ms } = match result {
            Ok(refreshed) => refreshed,
            Err(error) => {
                tracing::warn!(room = %self.channels.room, error, "the room's record cannot be read");
                self.refresh_due = Some(Instant::now() + RETRY_AFTER);
                self.reject_joins();
                for cast in std::mem::take(&mut self.awaiting_refresh) {
                    let refused = self.retryable(Refusal::Unavailable);
                    self.counters.refuse(cast.reply, refused);
                }
                return;
            }
        };
        if let Some(now_ms) = now_ms {
            self.cases.set_store_time(now_ms);
        }
        if self.view.docket.as_ref().is_none_or(|shown| shown.rev < record.rev) {
            self.replace_record(record);
        }
        std::mem::take(&mut self.awaiting_refresh).into_iter().for_each(|cast| self.on_cast(cast));
    }

    fn replace_record(&mut self, record: RoomRecord) {
        self.view.docket = Some(Arc::new(EncodedView::docket(&record)));
        let pending = self.cases.replace(record);
        let foreign = self.cases.live.values().any(|live| !live.has_key(&self.lifecycle.key));
        self.channels.occupancy.set_foreign_key(foreign);
        // Their case has ended; a repeat of such a cast is answered from the docket.
        self.refuse_all(pending, Refusal::Unavailable);
        self.view.tallies = self.cases.encode();
        self.show();
    }

    pub(super) fn recorded(
        &mut self,
        case: CaseId,
        epoch: u64,
        batch: Vec<PendingCast>,
        result: Result<Recorded, TallyError>,
    ) {
        let Some(live) = self.cases.live.get_mut(&case) else {
            // It ended while the batch was away; what the store said of it still holds.
            match (result, self.cases.ended.iter().find(|ended| ended.id == case)) {
                (Ok(recorded), Some(ended)) => self.counters.answer(ended, batch, &recorded),
                _ => self.refuse_all(batch, Refusal::Unavailable),
            }
            return;
        };
        live.batches_in_flight = live.batches_in_flight.saturating_sub(1);
        match result {
            Ok(recorded) => {
                self.counters.answer(&live.case, batch, &recorded);
                live.apply_tally(recorded.state.clone());
                self.cases.set_store_time(recorded.state.now_ms);
            }
            Err(error) => {
                self.store_failed(case, epoch, &error);
                self.refuse_all(batch, Refusal::Unavailable);
            }
        }
    }

    pub(super) fn case_done(&mut self, case: CaseId, epoch: u64, result: CaseJobResult) {
        let Some(live) = self.cases.live.get_mut(&case) else { return };
        live.busy = false;
        match result {
            CaseJobResult::Polled(Ok(state), took) => {
                let now_ms = state.now_ms;
                let ballots = state.ballots().saturating_sub(live.ballots());
                self.pacing.record_store_time(usize::try_from(ballots).unwrap_or(usize::MAX), took);
                live.apply_tally(*state);
                self.cases.set_store_time(now_ms);
            }
            CaseJobResult::Polled(Err(error), _) => self.store_failed(case, epoch, &error),
            CaseJobResult::Moved(Ok(moved)) => {
                let now = Instant::now();
                live.next = NextStep::Poll;
                self.refresh_due = Some(now);
                match &moved.state {
                    State::Open(_) if moved.version > live.case.version => live.adopt(*moved),
                    // The store's clock is not as far as this node believed: it is asked again.
                    State::Open(_) => live.rest(now + CLOCK_SLACK),
                    State::Sealed(_) => live.defer_to_sealer(),
                    _ => live.rest(now + RETRY_AFTER),
                }
            }
            CaseJobResult::Moved(Err(LifecycleError::Tally(error))) => self.store_failed(case, epoch, &error),
            CaseJobResult::Moved(Err(error)) => {
                tracing::warn!(%case, %error, "a step of the case failed and will be tried again");
                live.rest(Instant::now() + RETRY_AFTER);
                self.refresh_due = Some(Instant::now() + RETRY_AFTER);
            }
        }
    }

    fn store_failed(&mut self, case: CaseId, epoch: u64, error: &TallyError) {
        let Some(live) = self.cases.live.get_mut(&case) else { return };
        match error {
            // Heard late: the epoch that the case is in by now is the answer to this loss.
            TallyError::Lost(_) if epoch < live.epoch() => {}
            TallyError::Lost(_) => {
                live.next = NextStep::Lost;
                live.due = Instant::now();
            }
            TallyError::Superseded { .. } => self.refresh_due = Some(Instant::now()),
            TallyError::Unavailable(_) | TallyError::Malformed(_) => {
                live.rest(Instant::now() + RETRY_AFTER);
                let pending = std::mem::take(&mut live.gathered);
                tracing::warn!(%case, %error, "the tally store failed");
                self.refuse_all(pending, Refusal::Unavailable);
            }
        }
    }
}
