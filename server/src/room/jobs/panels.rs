//! Runs the jobs for panels.

use std::sync::Arc;

use futures_util::FutureExt;
use live_jury_court::{Candidates, Case};
use live_jury_protocol::CaseId;

use super::{Done, DoneFuture, JobRunner};
use crate::lifecycle::OfferedJurors;
use crate::room::planner::PanelJobResult;
use crate::tally::TallyState;

impl JobRunner {
    /// Puts this node's jurors into the tally store.
    pub(super) fn offer_jurors(&self, case: Case, offered: Box<OfferedJurors>) -> DoneFuture {
        let (lifecycle, of) = (self.lifecycle.clone(), of_case(&case));
        async move { done(of, PanelJobResult::Offered(lifecycle.offer(&case, &offered).await)) }.boxed()
    }

    /// Draws a panel and files the call.
    pub(super) fn call_panel(&self, case: Case) -> DoneFuture {
        let (lifecycle, of) = (self.lifecycle.clone(), of_case(&case));
        async move { done(of, PanelJobResult::Stepped(lifecycle.call_panel(case).await.map(|_| true))) }.boxed()
    }

    /// Reads the called jurors.
    pub(super) fn read_panel(&self, id: CaseId) -> DoneFuture {
        let lifecycle = self.lifecycle.clone();
        async move { done((id, None), PanelJobResult::Read(lifecycle.called(id).await)) }.boxed()
    }

    /// Ends a case whose panel's result can no longer change.
    pub(super) fn settle_panel(&self, case: Case, called: Arc<Candidates>, state: Box<TallyState>) -> DoneFuture {
        let (lifecycle, of) = (self.lifecycle.clone(), of_case(&case));
        async move {
            let settled = lifecycle.settle(case, &called, &state).await;
            done(of, PanelJobResult::Stepped(settled.map(|case| case.is_some())))
        }
        .boxed()
    }
}

/// A case, and the epoch in which its job begins.
fn of_case(case: &Case) -> (CaseId, Option<u64>) {
    (case.id, case.state.opened().map(|open| open.epoch))
}

fn done((case, epoch): (CaseId, Option<u64>), result: PanelJobResult) -> Done {
    Done::Panel { case, epoch, result }
}
