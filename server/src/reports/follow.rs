//! Buckets follow the outbox: they end with their cases. Drafts that wait are filed, quiet buckets closed, old ones
//! deleted. Several nodes may do so at once: an event counts once.

use std::time::Duration;

use live_jury_protocol::record::{EventKind, EventRecord};
use live_jury_protocol::{CaseId, NewCase, Outcome, RoomId, Verdict};
use live_jury_trust::DAY_MS;
use live_jury_trust::policy::TrustFile;
use live_jury_trust::ruling::{Finding, Judged, rule};
use tokio_util::sync::CancellationToken;

use super::{ReportError, Reports};
use crate::ledger::{Bucket, BucketEnd, BucketState, Credit};
use crate::lifecycle::LifecycleError;

/// Time between two looks at the outbox. A reporter learns of a verdict this much later.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Looks between two tries of drafts that wait: a room's limit of drafts lasts minutes, and a store that failed is back
/// within seconds.
const LOOKS_PER_DRAFTING: u64 = 15;
/// Looks between two deletions. An hour more of a report matters little.
const LOOKS_PER_DELETION: u64 = 3_600;
/// Most events of one look.
const EVENTS_AT_ONCE: u32 = 100;
/// Most drafts of one try.
const DRAFTS_AT_ONCE: u32 = 100;
/// The rows that one transaction closes or deletes. On SQLite ballots wait for its one writer.
const ROWS_AT_ONCE: u32 = 500;
/// The time without a report after which a bucket that waits is closed, in milliseconds.
const QUIET_MS: u64 = 30 * DAY_MS;
/// The time for which reports stay after the end of their bucket, in milliseconds: as long as an appeal may take.
const KEPT_MS: u64 = 180 * DAY_MS;
/// Limits the cases that led to an appeal: two appeals in a row, with one to spare.
const APPEALS_MAX: usize = 3;

impl Reports {
    /// Follows the outbox until the node stops.
    pub async fn run(self, closed: CancellationToken) {
        let mut times = tokio::time::interval(LOOK_INTERVAL);
        times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut look = 0_u64;
        while closed.run_until_cancelled(times.tick()).await.is_some() {
            match closed.run_until_cancelled(self.look(look)).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    crate::telemetry::log_limited!(warn, %error, "buckets of reports were not followed; trying again");
                }
            }
            look += 1;
        }
    }

    async fn look(&self, look: u64) -> Result<(), ReportError> {
        self.follow().await?;
        if look.is_multiple_of(LOOKS_PER_DRAFTING) {
            self.draft_waiting().await?;
        }
        if look.is_multiple_of(LOOKS_PER_DELETION) {
            self.delete_old().await?;
        }
        Ok(())
    }

    /// Applies the events that were filed since the last look.
    async fn follow(&self) -> Result<(), ReportError> {
        let mut cursor = self.ledger.report_cursor().await?;
        loop {
            let events = self.lifecycle.reads.events(cursor, EVENTS_AT_ONCE).await.map_err(LifecycleError::from)?;
            for event in &events {
                if let Some(record) = &event.record {
                    self.apply(event.seq, record).await?;
                }
                cursor = event.seq;
            }
            if events.is_empty() {
                return Ok(());
            }
            self.ledger.move_report_cursor(cursor).await?;
        }
    }

    /// Applies an event to the bucket of its case. An earlier one than the bucket has seen changes nothing, so that an
    /// event may be applied again.
    async fn apply(&self, seq: u64, record: &EventRecord) -> Result<(), ReportError> {
        let is_step = matches!(record.kind, EventKind::Opened | EventKind::Discarded | EventKind::Recorded);
        if !is_step {
            return Ok(());
        }
        let first = self.first_case(record).await?;
        // Most cases come from no report. A read waits for no ballot, and a write does on SQLite.
        let Some(bucket) = self.ledger.bucket_of(first).await? else { return Ok(()) };
        let is_first = first == record.case;
        match (record.kind, &record.brief, &record.verdict) {
            (EventKind::Opened, ..) if is_first => self.ledger.set_opened(first, seq).await?,
            (EventKind::Discarded, ..) if is_first => self.settle(first, seq, BucketEnd::CLOSED).await?,
            (EventKind::Recorded, Some(brief), Some(verdict)) => {
                let end = end_of(&self.file, brief, verdict);
                if is_first || replaces(&bucket, end, verdict.outcome) {
                    self.settle(first, seq, end).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn settle(&self, case: CaseId, seq: u64, end: BucketEnd) -> Result<(), ReportError> {
        self.ledger.settle(case, seq, end, self.clock.now_ms()).await?;
        Ok(())
    }

    /// The first case of a row of appeals; a case that is none is its own.
    async fn first_case(&self, record: &EventRecord) -> Result<CaseId, ReportError> {
        let (mut first, mut next) = (record.case, record.appeal_of);
        for _ in 0..APPEALS_MAX {
            let Some(earlier) = next else { break };
            first = earlier;
            next = match self.lifecycle.read_case(earlier).await {
                Ok(case) => case.appeal_of,
                // An erased case is the first that can be found.
                Err(LifecycleError::NotFound) => None,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(first)
    }

    /// Files the drafts that wait. A room that is full makes its others wait, too.
    async fn draft_waiting(&self) -> Result<(), ReportError> {
        let mut full: Vec<RoomId> = Vec::new();
        for bucket in self.ledger.undrafted(DRAFTS_AT_ONCE).await? {
            if !full.contains(&bucket.room) && !self.draft_or_wait(&bucket).await {
                full.push(bucket.room);
            }
        }
        Ok(())
    }

    async fn delete_old(&self) -> Result<(), ReportError> {
        let now_ms = self.clock.now_ms();
        while self.ledger.close_quiet(now_ms.saturating_sub(QUIET_MS), now_ms, ROWS_AT_ONCE).await? > 0 {}
        while self.ledger.delete_old(now_ms.saturating_sub(KEPT_MS), ROWS_AT_ONCE).await? > 0 {}
        Ok(())
    }
}

/// Whether the verdict of an appeal counts in the place of the first one. It must decide, and a violation that it
/// confirms stays as it is.
fn replaces(bucket: &Bucket, end: BucketEnd, outcome: Outcome) -> bool {
    let confirms = end.state == BucketState::Upheld && bucket.credit == Credit::Upheld;
    outcome == Outcome::Decided && !confirms
}

/// The end of a bucket by its case's verdict.
fn end_of(file: &TrustFile, brief: &NewCase, verdict: &Verdict) -> BucketEnd {
    let end = |state, credit| BucketEnd { state, credit };
    match verdict.outcome {
        Outcome::Hung | Outcome::NoQuorum => end(BucketState::NotUpheld, Credit::None),
        Outcome::Void | Outcome::Unknown => BucketEnd::CLOSED,
        Outcome::Decided => {
            let policy = brief.policy.as_deref().and_then(|id| file.policy(id));
            let ruling = policy.zip(judged(brief, verdict)).and_then(|(policy, judged)| rule(policy, judged));
            match ruling.map(|ruling| ruling.finding) {
                Some(Finding::Violation) => BucketEnd::UPHELD,
                // A moderator decides whether it is a violation, and that step gives the credit; or it is none.
                Some(Finding::Proposed | Finding::Minority) => end(BucketState::Upheld, Credit::None),
                Some(Finding::NotUpheld) => BucketEnd::NOT_UPHELD,
                None => BucketEnd::CLOSED,
            }
        }
    }
}

/// The parts of a verdict that a ruling needs. The panel's ballots decide where there is one.
fn judged(brief: &NewCase, verdict: &Verdict) -> Option<Judged> {
    let upholds = brief.options.iter().find(|option| option.upholds)?;
    let panel = verdict.panel.as_ref().and_then(|panel| panel.counts.as_ref());
    let counts = panel.or(verdict.counts.as_ref())?;
    let votes = |id| counts.get(id).copied().unwrap_or(0);
    Some(Judged {
        outcome: verdict.outcome,
        upheld: verdict.option.as_ref() == Some(&upholds.id),
        votes: votes(&upholds.id),
        deciding: brief.options.iter().filter(|option| !option.abstain).map(|option| votes(&option.id)).sum(),
        has_host: brief.subject.host.is_some(),
    })
}
