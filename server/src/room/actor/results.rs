//! What a room's task makes of the stores' answers.

use std::sync::Arc;

use live_jury_protocol::{CaseId, Refusal};
use tokio::time::Instant;

use super::cases::Next;
use super::jobs::{Refreshed, Step};
use super::{AGAIN_AFTER, Actor, CLOCK_SLACK};
use crate::court::State;
use crate::docket::RoomRecord;
use crate::room::ProceedingError;
use crate::room::batch::Waiting;
use crate::room::view::Posted;
use crate::tally::{Recorded, TallyError};

impl Actor {
    /// The docket's record replaces what is shown, unless a later one is shown already.
    pub(super) fn refreshed(&mut self, result: Result<Refreshed, String>) {
        self.refreshing = false;
        let Refreshed { record, now_ms } = match result {
            Ok(refreshed) => refreshed,
            Err(error) => {
                tracing::warn!(room = %self.desk.room, error, "the room's record cannot be read");
                self.refresh_due = Some(Instant::now() + AGAIN_AFTER);
                self.turn_away();
                for cast in std::mem::take(&mut self.early) {
                    let refused = self.passing(Refusal::Unavailable);
                    self.outcomes.refuse(cast.reply, refused);
                }
                return;
            }
        };
        if let Some(now_ms) = now_ms {
            self.cases.heard_time(now_ms);
        }
        if self.view.docket.as_ref().is_none_or(|shown| shown.rev < record.rev) {
            self.take_over(record);
        }
        std::mem::take(&mut self.early).into_iter().for_each(|cast| self.hear(cast));
    }

    fn take_over(&mut self, record: RoomRecord) {
        self.view.docket = Some(Arc::new(Posted::docket(&record)));
        let waiting = self.cases.replace(record);
        let foreign = self.cases.live.values().any(|live| !live.has_key(&self.proceedings.key));
        self.desk.seats.note_foreign_key(foreign);
        // Their case has ended; a repeat of such a cast is answered from the docket.
        self.refuse_all(waiting, Refusal::Unavailable);
        self.view.tallies = self.cases.post();
        self.show();
    }

    pub(super) fn recorded(
        &mut self,
        case: CaseId,
        epoch: u64,
        batch: Vec<Waiting>,
        result: Result<Recorded, TallyError>,
    ) {
        let Some(live) = self.cases.live.get_mut(&case) else {
            // It ended while the batch was away; what the store said of it still holds.
            match (result, self.cases.ended.iter().find(|ended| ended.id == case)) {
                (Ok(recorded), Some(ended)) => self.outcomes.answer(ended, batch, &recorded),
                _ => self.refuse_all(batch, Refusal::Unavailable),
            }
            return;
        };
        live.batches_away = live.batches_away.saturating_sub(1);
        match result {
            Ok(recorded) => {
                self.outcomes.answer(&live.case, batch, &recorded);
                live.heard(recorded.standing.clone());
                self.cases.heard_time(recorded.standing.now_ms);
            }
            Err(error) => {
                self.store_failed(case, epoch, &error);
                self.refuse_all(batch, Refusal::Unavailable);
            }
        }
    }

    pub(super) fn case_done(&mut self, case: CaseId, epoch: u64, result: Step) {
        let Some(live) = self.cases.live.get_mut(&case) else { return };
        live.busy = false;
        match result {
            Step::Looked(Ok(standing), took) => {
                let now_ms = standing.now_ms;
                let ballots = standing.ballots().saturating_sub(live.ballots());
                self.fan_out.note_counted(usize::try_from(ballots).unwrap_or(usize::MAX), took);
                live.heard(*standing);
                self.cases.heard_time(now_ms);
            }
            Step::Looked(Err(error), _) => self.store_failed(case, epoch, &error),
            Step::Moved(Ok(moved)) => {
                let now = Instant::now();
                live.next = Next::Look;
                self.refresh_due = Some(now);
                match &moved.state {
                    State::Open(_) if moved.version > live.case.version => live.adopt(*moved),
                    // The store's clock is not as far as this node believed: it is asked again.
                    State::Open(_) => live.rest(now + CLOCK_SLACK),
                    State::Sealed(_) => live.leave_to_another(),
                    _ => live.rest(now + AGAIN_AFTER),
                }
            }
            Step::Moved(Err(ProceedingError::Tally(error))) => self.store_failed(case, epoch, &error),
            Step::Moved(Err(error)) => {
                tracing::warn!(%case, %error, "a step of the case failed and will be tried again");
                live.rest(Instant::now() + AGAIN_AFTER);
                self.refresh_due = Some(Instant::now() + AGAIN_AFTER);
            }
        }
    }

    fn store_failed(&mut self, case: CaseId, epoch: u64, error: &TallyError) {
        let Some(live) = self.cases.live.get_mut(&case) else { return };
        match error {
            // Heard late: the epoch that the case is in by now is the answer to this loss.
            TallyError::Lost(_) if epoch < live.epoch() => {}
            TallyError::Lost(_) => {
                live.next = Next::Lost;
                live.due = Instant::now();
            }
            TallyError::Superseded { .. } => self.refresh_due = Some(Instant::now()),
            TallyError::Unavailable(_) | TallyError::Malformed(_) => {
                live.rest(Instant::now() + AGAIN_AFTER);
                let waiting = std::mem::take(&mut live.gathered);
                tracing::warn!(%case, %error, "the tally store failed");
                self.refuse_all(waiting, Refusal::Unavailable);
            }
        }
    }
}
