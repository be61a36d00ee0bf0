//! Applies the results of jobs in the room's task: answers jurors, writes logs, and hands the rest to the planner.

use std::sync::Arc;

use live_jury_protocol::{CaseId, Refusal, SidesPresent, Stats};

use super::actor::{Actor, reject};
use super::batch::PendingCast;
use super::broadcast::ViewKind;
use super::jobs::{Done, LookedUp, Refreshed};
use super::planner::{CaseJobResult, Moment, PanelJobResult, RecordChange};
use super::view::EncodedView;
use crate::docket::RoomRecord;
use crate::lifecycle::{BatchAccount, LifecycleError};
use crate::peers::{PeersError, RoomPresence};
use crate::tally::{Recorded, TallyError};

impl Actor {
    /// Applies the result of a job.
    pub(super) fn on_done(&mut self, done: Done) {
        let moment = self.moment();
        match done {
            Done::Refreshed(result) => self.refreshed(*result, moment),
            Done::Welcomed { ok, joins, took } => {
                self.channels.load.record_joins(joins, took, moment.now);
                self.planner.welcomed();
                if !ok {
                    reject(self.planner.take_joins());
                }
            }
            Done::LookedUp(found) => self.looked_up(found, moment),
            Done::PresenceReported(result) => self.presence_reported(result, moment),
            Done::Recorded { case, epoch, batch, result, took, account } => {
                self.channels.load.record_ballots(batch.len(), took, moment.now);
                self.recorded(case, epoch, batch, result, &account, moment);
            }
            Done::Panel { case, epoch, result } => self.panel_done(case, epoch, result, moment),
            Done::ReceiptsSigned => self.planner.receipts_signed(),
            Done::RequestsLookedUp => self.planner.requests_looked_up(),
            Done::Case { case, epoch, result } => self.case_done(case, epoch, result, moment),
        }
        for (case, epoch) in self.planner.take_seals() {
            self.ledger().seal(case, epoch);
        }
    }

    /// Shows the docket's record, unless the room shows that one already. If the docket went back, the room ends, and
    /// starts again from the record: its sockets are closed, since clients take a lower rev on a new socket only.
    fn refreshed(&mut self, result: Result<Refreshed, String>, moment: Moment) {
        let Refreshed { record, now_ms } = match result {
            Ok(refreshed) => refreshed,
            Err(error) => {
                tracing::warn!(room = %self.room(), error, "the room's record cannot be read");
                let (joins, casts) = self.planner.refresh_failed(moment.now);
                reject(joins);
                casts.into_iter().for_each(|cast| self.refuse(cast.reply, Refusal::Unavailable));
                return;
            }
        };
        match self.planner.refreshed(&record, now_ms, moment.now) {
            RecordChange::None => {}
            RecordChange::Newer => self.replace_record(record, moment),
            RecordChange::WentBack => {
                tracing::warn!(room = %self.room(), "the docket went back; the room starts again");
                self.is_outdated = true;
            }
        }
        let casts = self.planner.take_awaiting_refresh();
        let now_ms = self.store_now_ms(moment.now);
        for cast in casts {
            if let Err(refused) = self.planner.on_cast_after_refresh(cast, moment.now, now_ms) {
                self.refuse(refused.reply, refused.reason);
            }
        }
    }

    fn replace_record(&mut self, record: RoomRecord, moment: Moment) {
        self.view.docket = Some(Arc::new(EncodedView::docket(&record)));
        let before = self.planner.live_cases();
        let pending = self.planner.replace_record(record, moment);
        let after = self.planner.live_cases();
        before.into_iter().filter(|case| !after.contains(case)).for_each(|case| self.ledger().end(case));
        self.channels.occupancy.set_foreign_key(self.planner.has_foreign_key());
        // Their case has ended. A client sends such a cast again, and the docket answers the repeat.
        self.refuse_all(pending, Refusal::Unavailable);
        self.view.tallies = self.planner.encode_tallies();
        self.view.panels = self.planner.panels();
        self.show(ViewKind::Docket);
    }

    /// Ends a job for a panel. Called jurors are told at once.
    fn panel_done(&mut self, case: CaseId, epoch: Option<u64>, result: PanelJobResult, moment: Moment) {
        let error = match &result {
            PanelJobResult::Offered(result) => result.as_ref().err(),
            PanelJobResult::Stepped(result) => result.as_ref().err(),
            PanelJobResult::Read(result) => result.as_ref().err(),
        };
        if let Some(error) = error {
            tracing::warn!(%case, %error, "a step of the case's panel failed and will be tried again");
        }
        if self.planner.panel_done(case, epoch, result, moment.now) {
            self.view.panels = self.planner.panels();
            self.show(ViewKind::Docket);
        }
    }

    fn looked_up(&mut self, found: LookedUp, moment: Moment) {
        self.planner.looked_up(found.awaiting_refresh, moment.now);
        for (reply, repeat) in found.repeats {
            let _ = reply.send(repeat);
        }
        found.refused.into_iter().for_each(|cast| self.refuse(cast.reply, cast.reason));
    }

    fn recorded(
        &mut self,
        case: CaseId,
        epoch: u64,
        batch: Vec<PendingCast>,
        result: Result<Recorded, TallyError>,
        account: &BatchAccount,
        moment: Moment,
    ) {
        match result {
            Ok(recorded) => {
                match self.planner.case(case) {
                    Some(known) => {
                        account.count(recorded.counted());
                        let refused = self.counters.answer(known, batch, &recorded);
                        refused.into_iter().for_each(|cast| self.refuse(cast.reply, cast.reason));
                    }
                    None => self.refuse_all(batch, Refusal::Unavailable),
                }
                self.planner.batch_recorded(case, recorded.state, moment);
            }
            Err(error) => {
                self.log_store_failure(case, &error);
                let pending = self.planner.batch_failed(case, epoch, &error, moment.now);
                self.refuse_all(pending, Refusal::Unavailable);
                self.refuse_all(batch, Refusal::Unavailable);
            }
        }
    }

    fn case_done(&mut self, case: CaseId, epoch: u64, result: CaseJobResult, moment: Moment) {
        let Some(known_ballots) = self.planner.ballots_in(case) else { return };
        match &result {
            CaseJobResult::Polled(Ok(state), took) => {
                let new_ballots = state.ballots().saturating_sub(known_ballots);
                let new_ballots = usize::try_from(new_ballots).unwrap_or(usize::MAX);
                self.channels.load.record_ballots(new_ballots, *took, moment.now);
            }
            CaseJobResult::Polled(Err(error), _) | CaseJobResult::Moved(Err(LifecycleError::Tally(error))) => {
                self.log_store_failure(case, error);
            }
            CaseJobResult::Moved(Err(error)) => {
                tracing::warn!(%case, %error, "a step of the case failed and will be tried again");
            }
            CaseJobResult::Moved(Ok(_)) => {}
        }
        let pending = self.planner.case_done(case, epoch, result, moment);
        self.refuse_all(pending, Refusal::Unavailable);
    }

    /// A loss and a higher epoch are no failures of the store; what answers them writes its own log.
    fn log_store_failure(&self, case: CaseId, error: &TallyError) {
        let failed = matches!(error, TallyError::Unavailable(_) | TallyError::Malformed(_));
        if failed && self.planner.ballots_in(case).is_some() {
            tracing::warn!(%case, %error, "the tally store failed");
        }
    }

    fn presence_reported(&mut self, result: Result<(RoomPresence, u64), PeersError>, moment: Moment) {
        self.planner.presence_reported(moment.now);
        // The last known presence stays while the other nodes do not answer.
        let Ok((all, nodes)) = result else { return };
        let ballots_per_s = self.ballot_rate.update(self.planner.ballots(), moment.now);
        self.viewers.set(all.viewers);
        let rev = self.view.stats.as_ref().map_or(0, |stats| stats.rev) + 1;
        let RoomPresence { viewers, buyers: buyer, merchants: merchant, refused } = all;
        let sides = SidesPresent { buyer, merchant, none: viewers.saturating_sub(buyer + merchant) };
        let stats = Stats { viewers, nodes, ballots_per_s, refused, sides: Some(sides) };
        self.view.stats = Some(Arc::new(EncodedView::stats(rev, stats)));
        // Viewers are not sent `stats`, so only hosts and moderators are notified.
        self.publish();
        self.pacing.announce_to_others();
    }
}
