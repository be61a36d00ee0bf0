//! The calls on stores that a room's task starts and does not wait for; each ends as a [`Done`] that the task finishes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use live_jury_court::{Case, Pseudonym, SealedBy, State, StoredBallot, admit, may_repeat};
use live_jury_protocol::{BallotStatus, CaseId, OwnBallot, Refusal, RoomId};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::planner::{Cases, LiveCase};
use crate::docket::{DocketError, RoomRecord};
use crate::lifecycle::{Lifecycle, LifecycleError};
use crate::peers::{PeersError, RoomPresence};
use crate::pseudonym::BallotKey;
use crate::room::batch::PendingCast;
use crate::room::{Cast, CastReply, Join, StoreUnavailable, WelcomeData, own_ballot};
use crate::tally::{Recorded, StoredBallotAt, TallyError, TallyState};

/// Cases that one inquiry reads from the docket, at most: more is somebody guessing.
const LOOKED_UP_CASES_MAX: usize = 16;

/// A call that has ended.
pub enum Done {
    /// The room's record was read.
    Refreshed(Box<Result<Refreshed, String>>),
    /// Jurors were greeted, or, if not `ok`, told that a store is away.
    Welcomed {
        /// Whether the store answered.
        ok: bool,
    },
    /// Casts on cases that the room does not show were looked into.
    LookedUp {
        /// The answers.
        results: Vec<CastAnswer>,
        /// Casts on cases that were opened since the room last read its record.
        awaiting_refresh: Vec<Cast>,
    },
    /// Presence went round.
    PresenceReported(Result<(RoomPresence, u64), PeersError>),
    /// A batch came back.
    Recorded {
        /// The case.
        case: CaseId,
        /// The epoch that it was sent in.
        epoch: u64,
        /// The batch.
        batch: Vec<PendingCast>,
        /// What the store did.
        result: Result<Recorded, TallyError>,
        /// How long it was away.
        took: Duration,
    },
    /// A step of a case was taken.
    Case {
        /// The case.
        case: CaseId,
        /// The epoch that the case was in when the step was started.
        epoch: u64,
        /// How it went.
        result: CaseJobResult,
    },
}

/// A room's record, as it was read.
pub struct Refreshed {
    /// The record.
    pub record: RoomRecord,
    /// The tally store's clock, if it was asked for.
    pub now_ms: Option<u64>,
}

/// How a step of a case went.
pub enum CaseJobResult {
    /// The store was looked at, which took so long.
    Polled(Result<Box<TallyState>, TallyError>, Duration),
    /// The case was moved on, or found where it was.
    Moved(Result<Box<Case>, LifecycleError>),
}

pub fn refresh(lifecycle: &Lifecycle, room: &RoomId, knows_time: bool) -> BoxFuture<'static, Done> {
    let (lifecycle, room) = (lifecycle.clone(), room.clone());
    async move {
        let read = async {
            let record = lifecycle.docket.room(&room).await.map_err(|error| error.to_string())?;
            let now_ms = match knows_time {
                true => None,
                false => Some(lifecycle.tally.now_ms().await.map_err(|error| error.to_string())?),
            };
            Ok(Refreshed { record, now_ms })
        };
        Done::Refreshed(Box::new(read.await))
    }
    .boxed()
}

pub fn report_presence(lifecycle: &Lifecycle, room: &RoomId, here: RoomPresence) -> BoxFuture<'static, Done> {
    let (peers, room) = (lifecycle.peers.clone(), room.clone());
    async move {
        let round = async { Ok((peers.report_presence(&room, &here).await?, peers.count().await?)) };
        Done::PresenceReported(round.await)
    }
    .boxed()
}

pub fn record(
    lifecycle: &Lifecycle,
    case: CaseId,
    epoch: u64,
    seen_rev: u64,
    batch: Vec<PendingCast>,
) -> BoxFuture<'static, Done> {
    let tally = lifecycle.tally.clone();
    async move {
        let casts: Vec<_> = batch.iter().map(|pending| pending.cast).collect();
        let began = Instant::now();
        let result = tally.record(case, epoch, seen_rev, &casts).await;
        let took = began.elapsed();
        metrics::histogram!("live_jury_record_seconds").record(took);
        Done::Recorded { case, epoch, batch, result, took }
    }
    .boxed()
}

pub fn poll(lifecycle: &Lifecycle, case: CaseId, epoch: u64, seen_rev: u64) -> BoxFuture<'static, Done> {
    let tally = lifecycle.tally.clone();
    async move {
        let began = Instant::now();
        let looked = tally.poll(case, epoch, seen_rev).await.map(Box::new);
        Done::Case { case, epoch, result: CaseJobResult::Polled(looked, began.elapsed()) }
    }
    .boxed()
}

pub fn advance(lifecycle: &Lifecycle, case: Case) -> BoxFuture<'static, Done> {
    moved(lifecycle, case, |lifecycle, case| async move { lifecycle.advance(case, &SealedBy::Deadline).await })
}

pub fn lost(lifecycle: &Lifecycle, case: Case) -> BoxFuture<'static, Done> {
    moved(lifecycle, case, |lifecycle, case| async move { lifecycle.lost(case).await })
}

pub fn restore_keys(lifecycle: &Lifecycle, case: Case) -> BoxFuture<'static, Done> {
    moved(lifecycle, case, |lifecycle, case| async move { lifecycle.restore_keys(case).await })
}

pub fn repair_deadline(lifecycle: &Lifecycle, case: Case) -> BoxFuture<'static, Done> {
    moved(lifecycle, case, |lifecycle, case| async move { lifecycle.repair_deadline(case.id).await })
}

fn moved<F, Fut>(lifecycle: &Lifecycle, case: Case, step: F) -> BoxFuture<'static, Done>
where
    F: FnOnce(Lifecycle, Case) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Case, LifecycleError>> + Send,
{
    let (lifecycle, id) = (lifecycle.clone(), case.id);
    let epoch = case.state.opened().map_or(0, |open| open.epoch);
    async move { Done::Case { case: id, epoch, result: CaseJobResult::Moved(step(lifecycle, case).await.map(Box::new)) } }
        .boxed()
}

/// Greets jurors with one call a case, not one a juror.
pub fn welcome_jurors(
    lifecycle: &Lifecycle,
    key: &BallotKey,
    cases: &Cases,
    joins: Vec<Join>,
) -> BoxFuture<'static, Done> {
    let tally = lifecycle.tally.clone();
    let now_ms = cases.store_now_ms().unwrap_or_default();
    let asked: Vec<(Case, Vec<Pseudonym>)> = cases
        .live
        .values()
        .filter(|live| live.has_key(&lifecycle.key))
        .map(|LiveCase { case, .. }| {
            (case.clone(), joins.iter().map(|join| key.pseudonym(case.id, &join.juror.sub)).collect())
        })
        .collect();
    async move {
        let mut ballots: Vec<Vec<OwnBallot>> = vec![Vec::new(); joins.len()];
        for (case, jurors) in asked {
            let Ok(found) = tally.ballots_of(case.id, &jurors).await else {
                joins.into_iter().for_each(|join| drop(join.reply.send(Err(StoreUnavailable))));
                return Done::Welcomed { ok: false };
            };
            for (own, stored) in ballots.iter_mut().zip(found) {
                own.extend(stored.and_then(|StoredBallotAt { epoch, ballot }| as_own(&case, epoch, ballot)));
            }
        }
        for (join, ballots) in joins.into_iter().zip(ballots) {
            let _ = join.reply.send(Ok(WelcomeData { now_ms, ballots }));
        }
        Done::Welcomed { ok: true }
    }
    .boxed()
}

fn as_own(case: &Case, epoch: u64, stored: StoredBallot) -> Option<OwnBallot> {
    let option = case.brief.options.get(usize::from(stored.option))?.id.clone();
    Some(own_ballot(case.id, option, epoch, stored.change))
}

type CastAnswer = (oneshot::Sender<CastReply>, Result<CastReply, Refusal>);

/// Answers casts on cases that are not live here: a repeat of a recorded ballot is told so, all else why not.
pub fn look_up_casts(
    lifecycle: &Lifecycle,
    key: &BallotKey,
    room: &RoomId,
    unknown_casts: Vec<Cast>,
) -> BoxFuture<'static, Done> {
    let (lifecycle, key, room) = (lifecycle.clone(), key.clone(), room.clone());
    let mut by_case: BTreeMap<CaseId, Vec<Cast>> = BTreeMap::new();
    for cast in unknown_casts {
        by_case.entry(cast.case).or_default().push(cast);
    }
    async move {
        let (mut results, mut awaiting_refresh) = (Vec::new(), Vec::new());
        for (place, (id, casts)) in by_case.into_iter().enumerate() {
            if place >= LOOKED_UP_CASES_MAX {
                results.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::Busy))));
                continue;
            }
            match lifecycle.docket.case(id).await {
                Ok(Some(case)) if case.room != room => {
                    results.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::UnknownCase))));
                }
                // Live: the room only does not know it yet, and then decides on it as on any other.
                Ok(Some(case)) if matches!(case.state, State::Open(_) | State::Sealed(_)) => {
                    awaiting_refresh.extend(casts)
                }
                Ok(Some(case)) => results.extend(look_up(&lifecycle, &key, &case, casts).await),
                Ok(None) => results.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::UnknownCase)))),
                Err(_) => results.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::Unavailable)))),
            }
        }
        Done::LookedUp { results, awaiting_refresh }
    }
    .boxed()
}

async fn look_up(lifecycle: &Lifecycle, key: &BallotKey, case: &Case, casts: Vec<Cast>) -> Vec<CastAnswer> {
    let now_ms = lifecycle.clock.now_ms();
    let mut results = Vec::new();
    let mut repeats = Vec::new();
    for cast in casts {
        let option = may_repeat(case, &cast.juror, &cast.option, now_ms);
        match admit(case, &cast.juror, &cast.option, now_ms) {
            Err(reason) if reason != Refusal::Closed => results.push((cast.reply, Err(reason))),
            _ => match option {
                Some(option) => repeats.push((key.pseudonym(case.id, &cast.juror.sub), option, cast)),
                None => results.push((cast.reply, Err(Refusal::Closed))),
            },
        }
    }
    let jurors: Vec<_> = repeats.iter().map(|(juror, ..)| *juror).collect();
    let recorded: Result<_, DocketError> = lifecycle.docket.ballots_of(case.id, &jurors).await;
    let Ok(recorded) = recorded else {
        results.extend(repeats.into_iter().map(|(_, _, cast)| (cast.reply, Err(Refusal::Unavailable))));
        return results;
    };
    for ((_, option, cast), stored) in repeats.into_iter().zip(recorded) {
        let repeated = stored.filter(|stored| match case.brief.rules.allow_change {
            true => cast.change <= stored.change,
            false => option == stored.option,
        });
        let epoch = case.state.opened().map_or(0, |open| open.epoch);
        let answer = repeated.and_then(|stored| as_own(case, epoch, stored)).ok_or(Refusal::Closed);
        results
            .push((cast.reply, answer.map(|ballot| CastReply::Recorded { status: BallotStatus::Duplicate, ballot })));
    }
    results
}
