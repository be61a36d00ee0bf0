//! How the results of jobs change the planner; each method ends the job that its comment names.

use live_jury_protocol::CaseId;
use tokio::time::Instant;

use super::live_case::LiveCase;
use super::{CaseJobResult, Moment, PanelJobResult, Planner, RETRY_AFTER, RecordChange};
use crate::docket::RoomRecord;
use crate::lifecycle::LifecycleError;
use crate::room::batch::PendingCast;
use crate::room::{Cast, Join};
use crate::tally::{TallyError, TallyState};

impl Planner {
    /// Ends `Job::Refresh`. If `record` is newer than the one that the room shows, [`Self::replace_record`] is to
    /// follow.
    pub fn refreshed(&mut self, record: &RoomRecord, store_now_ms: Option<u64>, now: Instant) -> RecordChange {
        self.refreshing = false;
        if let Some(now_ms) = store_now_ms {
            self.store_clock = Some((now_ms, now));
        }
        match self.shown {
            Some((incarnation, _)) if incarnation != record.incarnation => RecordChange::WentBack,
            Some((_, rev)) if rev >= record.rev => RecordChange::None,
            _ => RecordChange::Newer,
        }
    }

    /// Ends `Job::Refresh` that failed. Returns the joins and casts that waited for it.
    pub fn refresh_failed(&mut self, now: Instant) -> (Vec<Join>, Vec<Cast>) {
        self.refreshing = false;
        self.refresh_due = Some(now + RETRY_AFTER);
        (self.take_joins(), self.take_awaiting_refresh())
    }

    /// Takes over the docket's record. Returns the casts that waited for cases that have ended.
    pub fn replace_record(&mut self, record: RoomRecord, moment: Moment) -> Vec<PendingCast> {
        self.shown = Some((record.incarnation, record.rev));
        let mut before = std::mem::take(&mut self.live);
        for case in record.live {
            let mut live = match before.remove(&case.id) {
                Some(known) => known.updated(case, moment),
                None => LiveCase::new(case, moment.now),
            };
            if live.has_key(&self.fingerprint) {
                live.plan_panel(&mut self.panel_rev, &self.key, moment.now);
            }
            self.live.insert(live.case().id, live);
        }
        self.ended = record.ended;
        before.into_values().flat_map(LiveCase::into_pending).collect()
    }

    /// Takes the casts that waited for a refresh; they are to be handed to [`Self::on_cast_after_refresh`].
    pub fn take_awaiting_refresh(&mut self) -> Vec<Cast> {
        self.awaiting_since = None;
        std::mem::take(&mut self.awaiting_refresh)
    }

    /// Takes the joins that wait for a welcome.
    pub fn take_joins(&mut self) -> Vec<Join> {
        std::mem::take(&mut self.joins)
    }

    /// Ends `Job::WelcomeJurors`.
    pub fn welcomed(&mut self) {
        self.welcoming = false;
    }

    /// Ends `Job::LookUpCasts`. `awaiting_refresh` are casts on live cases that the room does not show yet.
    pub fn looked_up(&mut self, awaiting_refresh: Vec<Cast>, now: Instant) {
        self.looking_up = false;
        if !awaiting_refresh.is_empty() {
            self.awaiting_since = self.awaiting_since.or(Some(now));
            self.awaiting_refresh.extend(awaiting_refresh);
            self.refresh_due = Some(now);
        }
    }

    /// Ends `Job::ReportPresence`.
    pub fn presence_reported(&mut self, now: Instant) {
        self.reporting_presence = false;
        self.presence_due = now + self.intervals.report_presence;
    }

    /// Ends `Job::Record`, with the tally after the batch. A case that ended meanwhile keeps nothing of it.
    pub fn batch_recorded(&mut self, case: CaseId, state: TallyState, moment: Moment) {
        let Some(live) = self.live.get_mut(&case) else { return };
        live.batch_ended();
        self.store_clock = Some((state.now_ms, moment.now));
        live.apply_tally(state, moment);
    }

    /// Ends `Job::Record` that failed. Returns further casts that cannot be recorded now.
    pub fn batch_failed(&mut self, case: CaseId, epoch: u64, error: &TallyError, now: Instant) -> Vec<PendingCast> {
        let Some(live) = self.live.get_mut(&case) else { return Vec::new() };
        live.batch_ended();
        self.store_failed(case, epoch, error, now)
    }

    /// Ends a job that took a step of a case. `epoch` is the epoch in which the job began. Returns the casts that
    /// cannot be recorded now.
    pub fn case_done(&mut self, case: CaseId, epoch: u64, result: CaseJobResult, moment: Moment) -> Vec<PendingCast> {
        let Some(live) = self.live.get_mut(&case) else { return Vec::new() };
        live.step_ended();
        match result {
            CaseJobResult::Polled(Ok(state), _) => {
                self.store_clock = Some((state.now_ms, moment.now));
                live.apply_tally(*state, moment);
            }
            CaseJobResult::Moved(Ok(moved)) => {
                live.moved(*moved, moment);
                self.refresh_due = Some(moment.now);
            }
            CaseJobResult::Polled(Err(error), _) | CaseJobResult::Moved(Err(LifecycleError::Tally(error))) => {
                return self.store_failed(case, epoch, &error, moment.now);
            }
            CaseJobResult::Moved(Err(_)) => {
                live.delay_until(moment.now + RETRY_AFTER);
                self.refresh_due = Some(moment.now + RETRY_AFTER);
                return live.take_pending();
            }
        }
        Vec::new()
    }

    /// Ends a job for a case's panel. The result of a job that began in an earlier epoch counts for nothing. If its
    /// plan outlived the epoch, the job is made again. Returns whether connections are to see a panel that was read.
    pub fn panel_done(&mut self, case: CaseId, epoch: Option<u64>, result: PanelJobResult, now: Instant) -> bool {
        let Some(live) = self.live.get_mut(&case) else { return false };
        let is_stale = epoch.is_some_and(|epoch| epoch != live.epoch());
        let Some((case, panel)) = live.panel_of() else { return false };
        if is_stale {
            if epoch.is_some_and(|epoch| panel.began_by(epoch)) {
                panel.job_ended(false, now);
            }
            return false;
        }
        match result {
            PanelJobResult::Offered(result) => panel.offered(result.is_ok(), now),
            PanelJobResult::Stepped(result) => {
                panel.job_ended(result.is_ok(), now);
                // The docket has a newer version, by this node or by another one.
                if !matches!(result, Ok(false)) {
                    self.refresh_due = Some(now);
                }
            }
            PanelJobResult::Read(Err(_)) => panel.job_ended(false, now),
            PanelJobResult::Read(Ok(called)) => {
                self.panel_rev += 1;
                panel.read(case, called, self.panel_rev, &self.key, now);
                return true;
            }
        }
        false
    }

    fn store_failed(&mut self, case: CaseId, epoch: u64, error: &TallyError, now: Instant) -> Vec<PendingCast> {
        let Some(live) = self.live.get_mut(&case) else { return Vec::new() };
        match error {
            TallyError::Lost(_) => live.lost(epoch, now),
            TallyError::Superseded { .. } => live.superseded(epoch, now),
            TallyError::ClockStepped(_) => {}
            TallyError::Full | TallyError::Unavailable(_) | TallyError::Malformed(_) => {
                live.delay_until(now + RETRY_AFTER);
                live.refuse_until(now + RETRY_AFTER);
                return live.take_pending();
            }
        }
        Vec::new()
    }
}
