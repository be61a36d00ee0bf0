//! Casts between the court and the tally store, and the answers to their jurors; it calls no store.

use std::collections::BTreeMap;

use live_jury_court::Case;
use live_jury_protocol::{BallotStatus, CaseId, OptionId, Refusal};
use metrics::Counter;
use tokio::sync::oneshot;

use super::{CastReply, Refused, own_ballot};
use crate::tally::{Cast, RecordResult, Recorded};

/// An admitted ballot that the tally store has not answered yet.
#[derive(Debug)]
pub struct PendingCast {
    /// The ballot.
    pub cast: Cast,
    /// The reply channel.
    pub reply: oneshot::Sender<CastReply>,
}

/// A cast that is refused, with the reason.
#[derive(Debug)]
pub struct RefusedCast {
    /// The reply channel.
    pub reply: oneshot::Sender<CastReply>,
    /// The reason.
    pub reason: Refusal,
}

/// Counts the answers to casts in this room, for the moderators' statistics and for the metrics. A cast is counted
/// before its juror is answered.
pub struct CastCounters {
    /// Casts refused since the room's task started, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    // Each counter is looked up once, because every ballot increments one.
    counted: Counter,
    duplicate: Counter,
    changed: Counter,
}

impl Default for CastCounters {
    fn default() -> Self {
        let counter = |answer: &'static str| metrics::counter!("live_jury_casts_total", "answer" => answer);
        Self {
            refused: BTreeMap::new(),
            counted: counter("counted"),
            duplicate: counter("duplicate"),
            changed: counter("changed"),
        }
    }
}

impl CastCounters {
    /// Refuses a cast. A juror whose socket has closed needs no answer.
    pub fn refuse(&mut self, reply: oneshot::Sender<CastReply>, refused: Refused) {
        *self.refused.entry(refused.reason).or_default() += 1;
        metrics::counter!("live_jury_casts_total", "answer" => refused.reason.as_str()).increment(1);
        let _ = reply.send(CastReply::Refused(refused));
    }

    const fn counter(&self, status: BallotStatus) -> &Counter {
        match status {
            BallotStatus::Counted => &self.counted,
            // The node makes each status itself, and no unknown one.
            BallotStatus::Duplicate | BallotStatus::Unknown => &self.duplicate,
            BallotStatus::Changed => &self.changed,
        }
    }

    /// Answers the jurors of a batch whose ballots are recorded. Returns the casts that are to be refused.
    pub fn answer(&mut self, case: &Case, batch: Vec<PendingCast>, recorded: &Recorded) -> Vec<RefusedCast> {
        let options = &case.brief.options;
        let id_of = |option: u8| options.get(usize::from(option)).map(|option| option.id.clone());
        let mut refused = Vec::new();
        for (pending, result) in batch.into_iter().zip(&recorded.results) {
            match reply_to(case.id, *result, recorded.state.epoch, id_of) {
                Ok(reply) => {
                    if let CastReply::Recorded { status, .. } = &reply {
                        self.counter(*status).increment(1);
                    }
                    let _ = pending.reply.send(reply);
                }
                Err(reason) => refused.push(RefusedCast { reply: pending.reply, reason }),
            }
        }
        refused
    }
}

fn reply_to(
    case: CaseId,
    result: RecordResult,
    epoch: u64,
    id_of: impl Fn(u8) -> Option<OptionId>,
) -> Result<CastReply, Refusal> {
    let (status, option, change) = match result {
        RecordResult::Counted { option, change } => (BallotStatus::Counted, option, change),
        RecordResult::Changed { option, change } => (BallotStatus::Changed, option, change),
        RecordResult::Duplicate { option, change } => (BallotStatus::Duplicate, option, change),
        RecordResult::AlreadyVoted { .. } => return Err(Refusal::AlreadyVoted),
        RecordResult::Closed => return Err(Refusal::Closed),
        RecordResult::ClockStepped => return Err(Refusal::Unavailable),
    };
    // The store holds no option that the case lacks. If it did, a refusal would be better than an invented id.
    let option = id_of(option).ok_or(Refusal::Unavailable)?;
    Ok(CastReply::Recorded { status, ballot: own_ballot(case, option, epoch, change) })
}
