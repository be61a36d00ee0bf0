//! The panel of a live case: its plan follows the case; it does no IO.

use std::sync::Arc;

use live_jury_court::Case;
use tokio::time::Instant;

use super::super::Job;
use super::super::panel_plan::PanelPlan;
use super::LiveCase;
use crate::pseudonym::BallotKey;
use crate::room::{Offer, PanelView};

impl LiveCase {
    /// Plans the panel of the case's newest version.
    pub fn plan_panel(&mut self, rev: &mut u64, key: &BallotKey, now: Instant) {
        if self.panel.as_ref().is_none_or(|panel| !panel.fits(&self.case)) {
            *rev += 1;
            self.panel = PanelPlan::of(&self.case, *rev, key, now);
        }
    }

    /// Takes an offer for the panel.
    pub fn on_offer(&mut self, offer: &Offer) {
        if offer.epoch == self.epoch()
            && let Some(panel) = &mut self.panel
        {
            panel.on_offer(&self.case, offer);
        }
    }

    /// The panel as connections see it.
    pub fn panel_view(&self) -> Option<&Arc<PanelView>> {
        self.panel.as_ref()?.view()
    }

    /// The plan of the panel, for the result of a job, with the case.
    pub fn panel_of(&mut self) -> Option<(&Case, &mut PanelPlan)> {
        self.panel.as_mut().map(|panel| (&self.case, panel))
    }

    /// The next job for the panel, if one is due. While the store's epoch is not the docket's there is none.
    pub fn next_panel_job(&mut self, now: Instant, store_now_ms: Option<u64>) -> Option<Job> {
        if self.blocked_since.is_some() {
            return None;
        }
        let now_ms = self.clock_ms(now).or(store_now_ms);
        self.panel.as_mut()?.next_job(&self.case, now, now_ms, self.state.as_ref())
    }

    /// When the next job for the panel is due.
    pub fn next_panel_wake(&self, now: Instant, store_now_ms: Option<u64>) -> Option<Instant> {
        let panel = self.panel.as_ref().filter(|_| self.blocked_since.is_none())?;
        panel.next_wake(&self.case, now, self.clock_ms(now).or(store_now_ms))
    }
}
