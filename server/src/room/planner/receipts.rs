//! The queue of requests for receipts: which of them make the next batch, and when. Ballots go first.

use std::collections::BTreeMap;
use std::time::Duration;

use live_jury_proof::receipt::BATCH_MAX;
use live_jury_protocol::{CaseId, NoReceipt, Role};
use tokio::time::Instant;

use super::{Job, LiveCase, Planner, ReceiptBatch};
use crate::room::receipts::{ReceiptRequest, RefusedRequest};

/// Time for which requests gather after the first one. They share a call of the tally store and a signature, and a
/// juror does not notice it.
const GATHER_TIME: Duration = Duration::from_millis(50);
/// Requests that make a batch at once, without waiting for more.
const BATCH_REQUESTS_MAX: usize = BATCH_MAX as usize;
/// Requests in the planner, at most: a batch in flight takes milliseconds, and the next one gathers meanwhile. Further
/// ones wait in the room's channel.
const QUEUED_REQUESTS_MAX: usize = 2 * BATCH_REQUESTS_MAX;
/// Longest time for which a request waits for its batch; beyond it the answer is busy. Ballots come first, and the
/// juror's socket handles nothing else meanwhile.
const REQUEST_WAIT_MAX: Duration = Duration::from_secs(2);
/// Requests for cases that the room does not show, which wait for one look-up in the docket, at most. Beyond it: busy.
const UNKNOWN_REQUESTS_MAX: usize = 64;

/// The requests that wait.
#[derive(Debug, Default)]
pub(super) struct ReceiptQueue {
    /// Requests for live cases, in the order in which they came.
    by_case: BTreeMap<CaseId, Vec<ReceiptRequest>>,
    in_flight: bool,
    /// Requests for cases that the room does not show.
    unknown: Vec<ReceiptRequest>,
    looking_up: bool,
}

impl ReceiptQueue {
    fn len(&self) -> usize {
        self.by_case.values().map(Vec::len).sum::<usize>() + self.unknown.len()
    }

    /// The case whose batch is due first, and when that is.
    fn next(&self) -> Option<(CaseId, Instant)> {
        let due = |requests: &Vec<ReceiptRequest>| {
            let first = requests.first()?.asked_at;
            Some(if requests.len() < BATCH_REQUESTS_MAX { first + GATHER_TIME } else { first })
        };
        let due = self.by_case.iter().filter_map(|(case, requests)| Some((*case, due(requests)?)));
        due.min_by_key(|(_, due)| *due)
    }

    /// When the first request is overdue.
    fn overdue(&self) -> Option<Instant> {
        let first = self.by_case.values().filter_map(|requests| requests.first()).map(|request| request.asked_at).min();
        first.map(|asked_at| asked_at + REQUEST_WAIT_MAX)
    }
}

fn batch_of(live: &LiveCase, requests: Vec<ReceiptRequest>) -> ReceiptBatch {
    ReceiptBatch {
        case: live.case().id,
        epoch: live.epoch(),
        store: live.store(),
        seen_rev: live.seen_rev(),
        changes_allowed: live.case().brief.rules.allow_change,
        requests,
    }
}

impl Planner {
    /// Requests for receipts that the task may read from their channel now.
    pub fn free_receipt_requests(&self) -> usize {
        QUEUED_REQUESTS_MAX.saturating_sub(self.receipts.len())
    }

    /// Queues a request for the next batch of its case, or for a look-up if the room does not show the case.
    ///
    /// # Errors
    /// There can be no receipt, or too many requests wait.
    pub fn on_receipt_request(&mut self, request: ReceiptRequest) -> Result<(), RefusedRequest> {
        let refused = |request: ReceiptRequest, reason| Err(RefusedRequest { reply: request.reply, reason });
        if request.juror.role != Role::Viewer || request.juror.anonymous {
            return refused(request, NoReceipt::NotAJuror);
        }
        match self.live.get(&request.case) {
            Some(live) if !live.has_key(&self.fingerprint) || live.is_missing_tally() => {
                refused(request, NoReceipt::Unavailable)
            }
            Some(_) => {
                self.receipts.by_case.entry(request.case).or_default().push(request);
                Ok(())
            }
            None if self.ended.iter().any(|ended| ended.id == request.case) => refused(request, NoReceipt::Ended),
            None if self.receipts.unknown.len() >= UNKNOWN_REQUESTS_MAX => refused(request, NoReceipt::Busy),
            None => {
                self.receipts.unknown.push(request);
                Ok(())
            }
        }
    }

    /// Takes the requests that have waited too long, and those whose case has ended. They are to be refused.
    pub fn take_refused_requests(&mut self, now: Instant) -> Vec<RefusedRequest> {
        let mut refused = Vec::new();
        for (case, requests) in &mut self.receipts.by_case {
            let (overdue, reason) = match self.live.contains_key(case) {
                false => (requests.len(), NoReceipt::Ended),
                true => (requests.partition_point(|one| one.asked_at + REQUEST_WAIT_MAX <= now), NoReceipt::Busy),
            };
            refused.extend(requests.drain(..overdue).map(|one| RefusedRequest { reply: one.reply, reason }));
        }
        self.receipts.by_case.retain(|_, requests| !requests.is_empty());
        refused
    }

    /// The next batch of receipts, and the next look-up, if they are due. Neither begins while ballots wait because the
    /// tally store has as many batches as it takes.
    pub(super) fn receipt_jobs(&mut self, now: Instant) -> Vec<Job> {
        let mut jobs = Vec::new();
        if self.live.values().any(|live| live.is_behind()) {
            return jobs;
        }
        if !self.receipts.in_flight
            && let Some((id, due)) = self.receipts.next()
            && due <= now
            && let (Some(live), Some(requests)) = (self.live.get(&id), self.receipts.by_case.get_mut(&id))
        {
            let rest = requests.split_off(requests.len().min(BATCH_REQUESTS_MAX));
            let requests = std::mem::replace(requests, rest);
            self.receipts.in_flight = true;
            jobs.push(Job::SignReceipts(batch_of(live, requests)));
        }
        if !self.receipts.looking_up && !self.receipts.unknown.is_empty() {
            self.receipts.looking_up = true;
            jobs.push(Job::LookUpRequests(std::mem::take(&mut self.receipts.unknown)));
        }
        jobs
    }

    /// When the next batch or an answer to an overdue request is due. A batch that waits for ballots, or for the batch
    /// before it, begins with an event.
    pub(super) fn receipts_due(&self) -> Option<Instant> {
        let waits = self.receipts.in_flight || self.live.values().any(|live| live.is_behind());
        let next = self.receipts.next().filter(|_| !waits).map(|(_, due)| due);
        next.into_iter().chain(self.receipts.overdue()).min()
    }

    /// Ends `Job::SignReceipts`.
    pub fn receipts_signed(&mut self) {
        self.receipts.in_flight = false;
    }

    /// Ends `Job::LookUpRequests`.
    pub fn requests_looked_up(&mut self) {
        self.receipts.looking_up = false;
    }
}
