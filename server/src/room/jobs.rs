//! Runs the planner's jobs: turns each [`Job`] into a future that ends as a [`Done`]; it decides nothing about a case.

mod joins;
mod panels;
mod receipts;
mod unknown_casts;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use live_jury_protocol::{CaseId, OwnBallot, RoomId};
use tokio::time::Instant;

use super::batch::{PendingCast, RefusedCast};
use super::planner::{CaseJobResult, Job, PanelJobResult, Shown};
use super::{Cast, CastReply, own_ballot};
use crate::clock::Clock;
use crate::docket::RoomRecord;
use crate::lifecycle::{BatchAccount, Lifecycle, LifecycleError};
use crate::log::ReceiptSigner;
use crate::peers::{PeersError, RoomPresence};
use crate::pseudonym::BallotKey;
use crate::tally::{Recorded, StoreEpoch, TallyError};
use live_jury_court::{Case, SealedBy, StoredBallot};

/// Result of a [`Job`].
pub enum Done {
    /// The room's record was read.
    Refreshed(Box<Result<Refreshed, String>>),
    /// Joins were answered.
    Welcomed {
        /// Whether the store answered. If not, the joins were rejected.
        ok: bool,
        /// The number of joins.
        joins: usize,
        /// Time that their job took.
        took: Duration,
    },
    /// Casts on cases that the room does not show were looked up.
    LookedUp(LookedUp),
    /// Presence of all nodes, and their number.
    PresenceReported(Result<(RoomPresence, u64), PeersError>),
    /// A batch was sent to the tally store.
    Recorded {
        /// The case.
        case: CaseId,
        /// The epoch in which the batch was sent.
        epoch: u64,
        /// The batch, whose casts are to be answered.
        batch: Vec<PendingCast>,
        /// The store's answer.
        result: Result<Recorded, TallyError>,
        /// Time that the store took.
        took: Duration,
        /// Takes the ballots that are answered as counted.
        account: BatchAccount,
    },
    /// A job for a case's panel ended.
    Panel {
        /// The case.
        case: CaseId,
        /// The epoch in which the job began; none where it does not matter.
        epoch: Option<u64>,
        /// The job's result.
        result: PanelJobResult,
    },
    /// A batch of receipts was answered.
    ReceiptsSigned,
    /// Requests for receipts in cases that the room does not show were answered.
    RequestsLookedUp,
    /// A step of a case ended.
    Case {
        /// The case.
        case: CaseId,
        /// The epoch in which the step began.
        epoch: u64,
        /// The step's result.
        result: CaseJobResult,
    },
}

/// A room's record.
pub struct Refreshed {
    /// The record.
    pub record: RoomRecord,
    /// The tally store's clock, if it was read.
    pub now_ms: Option<u64>,
}

/// Result of a look-up.
#[derive(Default)]
pub struct LookedUp {
    /// Casts that repeat a recorded ballot, with their replies.
    pub repeats: Vec<(tokio::sync::oneshot::Sender<CastReply>, CastReply)>,
    /// Casts that do not count.
    pub refused: Vec<RefusedCast>,
    /// Casts on cases that were opened since the room last read its record.
    pub awaiting_refresh: Vec<Cast>,
}

/// Starts jobs with the stores and the ballot key of this node.
pub struct JobRunner {
    /// The stores, and the steps of cases.
    pub lifecycle: Lifecycle,
    /// Replaces jurors by pseudonyms.
    pub key: BallotKey,
    /// The room.
    pub room: RoomId,
    /// Signs receipts; none where the server gives none.
    pub receipts: Option<Arc<ReceiptSigner>>,
}

type DoneFuture = BoxFuture<'static, Done>;

impl JobRunner {
    /// Starts a job. It runs while the future is polled; dropping the future abandons the call.
    pub fn run(&self, job: Job) -> DoneFuture {
        match job {
            Job::Refresh { read_clock, shown } => self.refresh(read_clock, shown),
            Job::Record { case, epoch, store, seen_rev, batch } => {
                self.record(case, StoreEpoch { number: epoch, store }, seen_rev, batch)
            }
            Job::Poll { case, epoch, store, seen_rev } => {
                self.poll(case, StoreEpoch { number: epoch, store }, seen_rev)
            }
            Job::Conclude(case) => {
                self.step(*case, |lifecycle, case| async move { lifecycle.advance(case, &SealedBy::Deadline).await })
            }
            Job::Lost(case) => self.step(*case, |lifecycle, case| async move { lifecycle.lost(case).await }),
            Job::RestoreKeys(case) => {
                self.step(*case, |lifecycle, case| async move { lifecycle.restore_keys(case).await })
            }
            Job::FollowEpoch { case, epoch } => self.follow_epoch(case, epoch),
            Job::RepairDeadline { case, epoch } => self.repair_deadline(case, epoch),
            Job::OfferJurors { case, offered } => self.offer_jurors(*case, offered),
            Job::CallPanel(case) => self.call_panel(*case),
            Job::ReadPanel(case) => self.read_panel(case),
            Job::SettlePanel { case, called, state } => self.settle_panel(*case, called, state),
            Job::WelcomeJurors { joins, cases, now_ms } => self.welcome_jurors(joins, cases, now_ms),
            Job::LookUpCasts(casts) => self.look_up_casts(casts),
            Job::SignReceipts(batch) => self.sign_receipts(batch),
            Job::LookUpRequests(requests) => self.look_up_requests(requests),
            Job::ReportPresence(here) => self.report_presence(here),
        }
    }

    fn refresh(&self, read_clock: bool, shown: Option<Shown>) -> DoneFuture {
        let (lifecycle, room) = (self.lifecycle.clone(), self.room.clone());
        async move {
            let read = async {
                let record = read_record(&lifecycle, &room, shown).await.map_err(|error| error.to_string())?;
                let now_ms = match read_clock {
                    true => Some(lifecycle.tally.now_ms().await.map_err(|error| error.to_string())?),
                    false => None,
                };
                Ok(Refreshed { record, now_ms })
            };
            Done::Refreshed(Box::new(read.await))
        }
        .boxed()
    }

    fn report_presence(&self, here: RoomPresence) -> DoneFuture {
        let (peers, room) = (self.lifecycle.peers.clone(), self.room.clone());
        async move {
            let report = async { Ok((peers.report_presence(&room, &here).await?, peers.count().await?)) };
            Done::PresenceReported(report.await)
        }
        .boxed()
    }

    fn record(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64, batch: Vec<PendingCast>) -> DoneFuture {
        let (tally, clock) = (self.lifecycle.tally.clone(), self.lifecycle.clock.clone());
        let account = self.lifecycle.ledger.begin(case, epoch.number);
        async move {
            let casts: Vec<_> = batch.iter().map(|pending| pending.cast).collect();
            let began = clock.instant();
            let result = tally.record(case, epoch, seen_rev, &casts).await;
            let took = time_since(&clock, began);
            metrics::histogram!("live_jury_record_seconds").record(took);
            Done::Recorded { case, epoch: epoch.number, batch, result, took, account }
        }
        .boxed()
    }

    fn poll(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64) -> DoneFuture {
        let (tally, clock) = (self.lifecycle.tally.clone(), self.lifecycle.clock.clone());
        async move {
            let began = clock.instant();
            let polled = tally.poll(case, epoch, seen_rev).await.map(Box::new);
            Done::Case { case, epoch: epoch.number, result: CaseJobResult::Polled(polled, time_since(&clock, began)) }
        }
        .boxed()
    }

    fn follow_epoch(&self, case: CaseId, epoch: u64) -> DoneFuture {
        let lifecycle = self.lifecycle.clone();
        async move { step_done(case, epoch, lifecycle.follow_epoch(case).await) }.boxed()
    }

    fn repair_deadline(&self, case: CaseId, epoch: u64) -> DoneFuture {
        let lifecycle = self.lifecycle.clone();
        async move { step_done(case, epoch, lifecycle.repair_deadline(case).await) }.boxed()
    }

    fn step<F, Fut>(&self, case: Case, step: F) -> DoneFuture
    where
        F: FnOnce(Lifecycle, Case) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Case, LifecycleError>> + Send,
    {
        let (lifecycle, id) = (self.lifecycle.clone(), case.id);
        let epoch = case.state.opened().map_or(0, |open| open.epoch);
        async move { step_done(id, epoch, step(lifecycle, case).await) }.boxed()
    }
}

/// Reads a room's record. If it is older than the one that the room shows, the docket went back, and the record is of
/// the incarnation that begins with that.
async fn read_record(lifecycle: &Lifecycle, room: &RoomId, shown: Option<Shown>) -> Result<RoomRecord, LifecycleError> {
    let record = lifecycle.docket.room(room).await?;
    let Some(shown) = shown.filter(|shown| shown.is_newer_than(&record)) else { return Ok(record) };
    // An old primary may still answer on an old connection.
    lifecycle.docket.distrust_connections();
    let again = lifecycle.docket.room(room).await?;
    if !shown.is_newer_than(&again) {
        return Ok(again);
    }
    lifecycle.went_back(shown.incarnation).await?;
    Ok(lifecycle.docket.room(room).await?)
}

fn step_done(case: CaseId, epoch: u64, moved: Result<Case, LifecycleError>) -> Done {
    Done::Case { case, epoch, result: CaseJobResult::Moved(moved.map(Box::new)) }
}

fn time_since(clock: &Arc<dyn Clock>, began: Instant) -> Duration {
    clock.instant().saturating_duration_since(began)
}

/// A stored ballot as its juror reads it; none if the case has no such option.
fn as_own(case: &Case, epoch: u64, stored: StoredBallot) -> Option<OwnBallot> {
    let option = case.brief.options.get(usize::from(stored.option))?.id.clone();
    Some(own_ballot(case.id, option, epoch, stored.change))
}
