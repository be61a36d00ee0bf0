//! The calls on stores that a room's task starts and does not wait for; each ends as a [`Done`] that the task finishes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use live_jury_protocol::{BallotStatus, CaseId, OwnBallot, Refusal, RoomId};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::cases::{Cases, LiveCase};
use crate::court::{Case, SealedBy, State, StoredBallot, admit, may_repeat};
use crate::docket::{DocketError, RoomRecord};
use crate::nodes::{Attendance, NodesError};
use crate::pseudonym::{BallotKey, Pseudonym};
use crate::room::batch::Waiting;
use crate::room::{Away, Cast, CastReply, Greeting, Join, ProceedingError, Proceedings, own_ballot};
use crate::tally::{Held, Recorded, Standing, TallyError};

/// Cases that one inquiry reads from the docket, at most: more is somebody guessing.
const INQUIRED_CASES_MAX: usize = 16;

/// A call that has ended.
pub enum Done {
    /// The room's record was read.
    Refreshed(Box<Result<Refreshed, String>>),
    /// Jurors were greeted, or, if not `ok`, told that a store is away.
    Greeted {
        /// Whether the store answered.
        ok: bool,
    },
    /// Casts on cases that the room does not show were looked into.
    Inquired {
        /// The answers.
        answers: Vec<Answered>,
        /// Casts on cases that were opened since the room last read its record.
        early: Vec<Cast>,
    },
    /// Presence went round.
    Attended(Result<(Attendance, u64), NodesError>),
    /// A batch came back.
    Recorded {
        /// The case.
        case: CaseId,
        /// The epoch that it was sent in.
        epoch: u64,
        /// The batch.
        batch: Vec<Waiting>,
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
        result: Step,
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
pub enum Step {
    /// The store was looked at, which took so long.
    Looked(Result<Box<Standing>, TallyError>, Duration),
    /// The case was moved on, or found where it was.
    Moved(Result<Box<Case>, ProceedingError>),
}

pub fn refresh(proceedings: &Proceedings, room: &RoomId, knows_time: bool) -> BoxFuture<'static, Done> {
    let (proceedings, room) = (proceedings.clone(), room.clone());
    async move {
        let read = async {
            let record = proceedings.docket.room(&room).await.map_err(|error| error.to_string())?;
            let now_ms = match knows_time {
                true => None,
                false => Some(proceedings.tally.now_ms().await.map_err(|error| error.to_string())?),
            };
            Ok(Refreshed { record, now_ms })
        };
        Done::Refreshed(Box::new(read.await))
    }
    .boxed()
}

pub fn attend(proceedings: &Proceedings, room: &RoomId, here: Attendance) -> BoxFuture<'static, Done> {
    let (nodes, room) = (proceedings.nodes.clone(), room.clone());
    async move {
        let round = async { Ok((nodes.attend(&room, &here).await?, nodes.count().await?)) };
        Done::Attended(round.await)
    }
    .boxed()
}

pub fn record(
    proceedings: &Proceedings,
    case: CaseId,
    epoch: u64,
    seen_rev: u64,
    batch: Vec<Waiting>,
) -> BoxFuture<'static, Done> {
    let tally = proceedings.tally.clone();
    async move {
        let casts: Vec<_> = batch.iter().map(|waiting| waiting.cast).collect();
        let began = Instant::now();
        let result = tally.record(case, epoch, seen_rev, &casts).await;
        let took = began.elapsed();
        metrics::histogram!("live_jury_record_seconds").record(took);
        Done::Recorded { case, epoch, batch, result, took }
    }
    .boxed()
}

pub fn look(proceedings: &Proceedings, case: CaseId, epoch: u64, seen_rev: u64) -> BoxFuture<'static, Done> {
    let tally = proceedings.tally.clone();
    async move {
        let began = Instant::now();
        let looked = tally.look(case, epoch, seen_rev).await.map(Box::new);
        Done::Case { case, epoch, result: Step::Looked(looked, began.elapsed()) }
    }
    .boxed()
}

pub fn settle(proceedings: &Proceedings, case: Case) -> BoxFuture<'static, Done> {
    moved(proceedings, case, |proceedings, case| async move { proceedings.settle(case, &SealedBy::Deadline).await })
}

pub fn lost(proceedings: &Proceedings, case: Case) -> BoxFuture<'static, Done> {
    moved(proceedings, case, |proceedings, case| async move { proceedings.lost(case).await })
}

pub fn stand_again(proceedings: &Proceedings, case: Case) -> BoxFuture<'static, Done> {
    moved(proceedings, case, |proceedings, case| async move { proceedings.stand_again(case).await })
}

pub fn repair_deadline(proceedings: &Proceedings, case: Case) -> BoxFuture<'static, Done> {
    moved(proceedings, case, |proceedings, case| async move { proceedings.repair_deadline(case.id).await })
}

fn moved<F, Fut>(proceedings: &Proceedings, case: Case, step: F) -> BoxFuture<'static, Done>
where
    F: FnOnce(Proceedings, Case) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Case, ProceedingError>> + Send,
{
    let (proceedings, id) = (proceedings.clone(), case.id);
    let epoch = case.state.opened().map_or(0, |open| open.epoch);
    async move { Done::Case { case: id, epoch, result: Step::Moved(step(proceedings, case).await.map(Box::new)) } }
        .boxed()
}

/// Greets jurors with one call a case, not one a juror.
pub fn greet(proceedings: &Proceedings, key: &BallotKey, cases: &Cases, joins: Vec<Join>) -> BoxFuture<'static, Done> {
    let tally = proceedings.tally.clone();
    let now_ms = cases.store_now_ms().unwrap_or_default();
    let asked: Vec<(Case, Vec<Pseudonym>)> = cases
        .live
        .values()
        .filter(|live| live.has_key(&proceedings.key))
        .map(|LiveCase { case, .. }| {
            (case.clone(), joins.iter().map(|join| key.pseudonym(case.id, &join.juror.sub)).collect())
        })
        .collect();
    async move {
        let mut ballots: Vec<Vec<OwnBallot>> = vec![Vec::new(); joins.len()];
        for (case, jurors) in asked {
            let Ok(found) = tally.ballots_of(case.id, &jurors).await else {
                joins.into_iter().for_each(|join| drop(join.reply.send(Err(Away))));
                return Done::Greeted { ok: false };
            };
            for (own, stored) in ballots.iter_mut().zip(found) {
                own.extend(stored.and_then(|Held { epoch, ballot }| as_own(&case, epoch, ballot)));
            }
        }
        for (join, ballots) in joins.into_iter().zip(ballots) {
            let _ = join.reply.send(Ok(Greeting { now_ms, ballots }));
        }
        Done::Greeted { ok: true }
    }
    .boxed()
}

fn as_own(case: &Case, epoch: u64, stored: StoredBallot) -> Option<OwnBallot> {
    let option = case.brief.options.get(usize::from(stored.option))?.id.clone();
    Some(own_ballot(case.id, option, epoch, stored.change))
}

type Answered = (oneshot::Sender<CastReply>, Result<CastReply, Refusal>);

/// Answers casts on cases that are not live here: a repeat of a recorded ballot is told so, all else why not.
pub fn inquire(proceedings: &Proceedings, key: &BallotKey, room: &RoomId, late: Vec<Cast>) -> BoxFuture<'static, Done> {
    let (proceedings, key, room) = (proceedings.clone(), key.clone(), room.clone());
    let mut by_case: BTreeMap<CaseId, Vec<Cast>> = BTreeMap::new();
    for cast in late {
        by_case.entry(cast.case).or_default().push(cast);
    }
    async move {
        let (mut answers, mut early) = (Vec::new(), Vec::new());
        for (place, (id, casts)) in by_case.into_iter().enumerate() {
            if place >= INQUIRED_CASES_MAX {
                answers.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::Busy))));
                continue;
            }
            match proceedings.docket.case(id).await {
                Ok(Some(case)) if case.room != room => {
                    answers.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::UnknownCase))));
                }
                // Live: the room only does not know it yet, and then decides on it as on any other.
                Ok(Some(case)) if matches!(case.state, State::Open(_) | State::Sealed(_)) => early.extend(casts),
                Ok(Some(case)) => answers.extend(look_up(&proceedings, &key, &case, casts).await),
                Ok(None) => answers.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::UnknownCase)))),
                Err(_) => answers.extend(casts.into_iter().map(|cast| (cast.reply, Err(Refusal::Unavailable)))),
            }
        }
        Done::Inquired { answers, early }
    }
    .boxed()
}

async fn look_up(proceedings: &Proceedings, key: &BallotKey, case: &Case, casts: Vec<Cast>) -> Vec<Answered> {
    let now_ms = proceedings.clock.now_ms();
    let mut answers = Vec::new();
    let mut repeats = Vec::new();
    for cast in casts {
        let option = may_repeat(case, &cast.juror, &cast.option, now_ms);
        match admit(case, &cast.juror, &cast.option, now_ms) {
            Err(reason) if reason != Refusal::Closed => answers.push((cast.reply, Err(reason))),
            _ => match option {
                Some(option) => repeats.push((key.pseudonym(case.id, &cast.juror.sub), option, cast)),
                None => answers.push((cast.reply, Err(Refusal::Closed))),
            },
        }
    }
    let jurors: Vec<_> = repeats.iter().map(|(juror, ..)| *juror).collect();
    let recorded: Result<_, DocketError> = proceedings.docket.ballots_of(case.id, &jurors).await;
    let Ok(recorded) = recorded else {
        answers.extend(repeats.into_iter().map(|(_, _, cast)| (cast.reply, Err(Refusal::Unavailable))));
        return answers;
    };
    for ((_, option, cast), stored) in repeats.into_iter().zip(recorded) {
        let repeated = stored.filter(|stored| match case.brief.rules.allow_change {
            true => cast.change <= stored.change,
            false => option == stored.option,
        });
        let epoch = case.state.opened().map_or(0, |open| open.epoch);
        let answer = repeated.and_then(|stored| as_own(case, epoch, stored)).ok_or(Refusal::Closed);
        answers
            .push((cast.reply, answer.map(|ballot| CastReply::Recorded { status: BallotStatus::Duplicate, ballot })));
    }
    answers
}
