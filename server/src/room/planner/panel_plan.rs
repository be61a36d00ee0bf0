//! The due steps of a live case's panel: offers, the call, the list of the called, an early end; it does no IO.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use live_jury_court::{Candidate, Candidates, Case};
use live_jury_protocol::Stratum;
use live_jury_protocol::limits::REOPENED_MIN_MS;
use tokio::time::Instant;

use super::{Job, RETRY_AFTER};
use crate::lifecycle::{OFFERS_KEPT_MAX, Offered, OfferedJurors, called_at_most};
use crate::pseudonym::BallotKey;
use crate::room::panel::{Offer, PanelView, TicketBounds};
use crate::tally::TallyState;

/// The time from the opening until this node puts its offers into the tally store, in milliseconds. A large room hears
/// of a case within it.
const OFFER_AFTER_MS: u64 = 3_000;
/// The time from the opening until any node calls the panel, in milliseconds: two seconds for the other nodes' offers.
const CALL_AFTER_MS: u64 = 5_000;
/// The time between two checks whether the result can still change. Each reads the ballots of all called jurors.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The panel of a live case.
#[derive(Debug)]
pub struct PanelPlan {
    /// The case's epoch at the plan's beginning.
    epoch: u64,
    phase: Phase,
    /// Whether a job is in flight.
    in_flight: bool,
    /// No job begins before this time.
    due: Instant,
    /// The panel as connections see it; none while there is nothing to see.
    view: Option<Arc<PanelView>>,
}

#[derive(Debug)]
enum Phase {
    /// Jurors of this node offer themselves, until the offers are put into the tally store.
    Offering { kept: [BTreeMap<Candidate, Offered>; 3], bounds: Arc<TicketBounds>, is_put: bool },
    /// The call is filed, and this node has not read the called jurors.
    Called,
    /// The called jurors, and epoch and rev of the tally that was checked last.
    Known { called: Arc<Candidates>, checked: (u64, u64) },
}

impl PanelPlan {
    /// The plan of a live case; none of a case without a panel, or of one that nobody can call any more.
    pub fn of(case: &Case, rev: u64, key: &BallotKey, now: Instant) -> Option<Self> {
        let draw = case.draw.filter(|_| case.brief.rules.panel.is_some())?;
        let epoch = case.state.opened()?.epoch;
        if draw.called.is_some() {
            return Some(Self { epoch, phase: Phase::Called, in_flight: false, due: now, view: None });
        }
        case.as_voting().ok()?;
        let bounds = Arc::new(TicketBounds::default());
        let view = PanelView::drawing(rev, case, key, bounds.clone()).map(Arc::new);
        let phase = Phase::Offering { kept: Default::default(), bounds, is_put: false };
        Some(Self { epoch, phase, in_flight: false, due: now, view })
    }

    /// Whether the plan is still that of the case's newer version. In another epoch, all offer again before the call.
    pub fn fits(&self, case: &Case) -> bool {
        let is_called = case.draw.is_some_and(|draw| draw.called.is_some());
        match self.phase {
            Phase::Offering { .. } => !is_called && case.as_voting().is_ok_and(|open| open.epoch == self.epoch),
            Phase::Called | Phase::Known { .. } => is_called,
        }
    }

    /// Whether the plan began in this epoch or before it, so that a job of the epoch may be its own.
    pub fn began_by(&self, epoch: u64) -> bool {
        self.epoch <= epoch
    }

    /// The panel as connections see it.
    pub fn view(&self) -> Option<&Arc<PanelView>> {
        self.view.as_ref()
    }

    /// Keeps an offer if its ticket is among the lowest of its stratum. A juror with tokens of several levels has one
    /// place, with the highest of them.
    pub fn on_offer(&mut self, case: &Case, offer: &Offer) {
        let Phase::Offering { kept, bounds, is_put: false } = &mut self.phase else { return };
        let Some(kept) = kept.get_mut(offer.stratum as usize) else { return };
        let most = kept_at_most(case, offer.stratum);
        let own = kept.entry(offer.juror.candidate).or_insert_with(|| offer.juror.clone());
        own.claimed_level = own.claimed_level.max(offer.juror.claimed_level);
        while kept.len() > most {
            kept.pop_last();
        }
        if kept.len() == most {
            let highest = kept.last_key_value().map_or(u64::MAX, |(last, _)| last.ticket);
            bounds.set(offer.stratum, highest);
        }
    }

    /// The next job, if one is due and none is in flight.
    pub fn next_job(
        &mut self,
        case: &Case,
        now: Instant,
        store_now_ms: Option<u64>,
        state: Option<&TallyState>,
    ) -> Option<Job> {
        if self.in_flight || self.due > now {
            return None;
        }
        let job = match &self.phase {
            Phase::Offering { kept, is_put, .. } => {
                let since_ms = store_now_ms?.saturating_sub(began_at_ms(case)?);
                if !is_put && since_ms >= OFFER_AFTER_MS {
                    let offered: OfferedJurors = kept.each_ref().map(|kept| kept.values().cloned().collect());
                    Job::OfferJurors { case: Box::new(case.clone()), offered: Box::new(offered) }
                } else if *is_put && since_ms >= CALL_AFTER_MS {
                    Job::CallPanel(Box::new(case.clone()))
                } else {
                    return None;
                }
            }
            Phase::Called => Job::ReadPanel(case.id),
            Phase::Known { called, checked } => {
                let state = state.filter(|state| (state.epoch, state.rev) != *checked && state.seal.is_none())?;
                let may_stop = case.brief.rules.panel.is_some_and(|panel| panel.stop_early);
                // After a loss, jurors get time to cast again.
                let again_at_ms = case.as_voting().ok()?.loss.reopened_at_ms.map_or(0, |at_ms| at_ms + REOPENED_MIN_MS);
                if !may_stop || store_now_ms? < again_at_ms {
                    return None;
                }
                Job::SettlePanel {
                    case: Box::new(case.clone()),
                    called: called.clone(),
                    state: Box::new(state.clone()),
                }
            }
        };
        if let (Phase::Known { checked, .. }, Some(state)) = (&mut self.phase, state) {
            *checked = (state.epoch, state.rev);
            self.due = now + CHECK_INTERVAL;
        }
        self.in_flight = true;
        Some(job)
    }

    /// When the next job is due that waits for nothing but time. `store_now_ms` is the tally store's clock at `now`.
    pub fn next_wake(&self, case: &Case, now: Instant, store_now_ms: Option<u64>) -> Option<Instant> {
        if self.in_flight {
            return None;
        }
        match &self.phase {
            Phase::Offering { is_put, .. } => {
                let after_ms = if *is_put { CALL_AFTER_MS } else { OFFER_AFTER_MS };
                let left_ms = (began_at_ms(case)? + after_ms).saturating_sub(store_now_ms?);
                Some(self.due.max(now + Duration::from_millis(left_ms)))
            }
            Phase::Called => Some(self.due),
            // A tally that moved wakes the room by itself, and one that moved within the interval is checked after it.
            Phase::Known { .. } => Some(self.due).filter(|due| *due > now),
        }
    }

    /// The offers are in the tally store, or were not taken.
    pub fn offered(&mut self, is_done: bool, now: Instant) {
        self.job_ended(is_done, now);
        if let Phase::Offering { is_put, .. } = &mut self.phase {
            *is_put |= is_done;
        }
    }

    /// A job ended. One that failed begins again after a while.
    pub fn job_ended(&mut self, is_done: bool, now: Instant) {
        self.in_flight = false;
        if !is_done {
            self.due = now + RETRY_AFTER;
            if let Phase::Known { checked, .. } = &mut self.phase {
                *checked = (0, 0);
            }
        }
    }

    /// The called jurors were read.
    pub fn read(&mut self, case: &Case, called: Candidates, rev: u64, key: &BallotKey, now: Instant) {
        self.job_ended(true, now);
        self.view = Some(Arc::new(PanelView::called(rev, case.id, key, &called)));
        self.phase = Phase::Known { called: Arc::new(called), checked: (0, 0) };
    }
}

/// When the draw began: at the opening, or at the new epoch after a loss, by the tally store's clock.
fn began_at_ms(case: &Case) -> Option<u64> {
    let open = case.as_voting().ok()?;
    Some(open.opened_at_ms.max(open.loss.reopened_at_ms.unwrap_or(0)))
}

/// The most offers of a stratum that a node keeps.
fn kept_at_most(case: &Case, stratum: Stratum) -> usize {
    let not_all_may_sit = case.appeal_of.is_some() || case.brief.rules.panel.is_some_and(|panel| panel.min_level > 0);
    let called = called_at_most(&case.brief).get(stratum as usize).copied().unwrap_or(0);
    if not_all_may_sit && called > 0 { OFFERS_KEPT_MAX } else { called }
}
