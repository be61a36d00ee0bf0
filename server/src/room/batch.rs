//! Ballots that wait for the tally store, and the way of its answers back to their jurors; it calls no store.

use std::collections::BTreeMap;

use live_jury_protocol::{BallotStatus, CaseId, OptionId, Refusal};
use metrics::Counter;
use tokio::sync::oneshot;

use super::{CastReply, Refused, own_ballot};
use crate::court::Case;
use crate::tally::{Answer, Cast, Recorded};

/// A ballot that waits, with where its answer goes.
#[derive(Debug)]
pub struct Waiting {
    /// The ballot.
    pub cast: Cast,
    /// Where the answer goes.
    pub reply: oneshot::Sender<CastReply>,
}

/// Counts what became of casts in this room, for the moderators' stats and the metrics.
pub struct Outcomes {
    /// Casts refused, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    // Looked up once: there is one of these for each ballot.
    counted: Counter,
    duplicate: Counter,
    changed: Counter,
}

impl Default for Outcomes {
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

impl Outcomes {
    /// Refuses a cast. A juror who is gone does not hear it; the connection, too, is gone then.
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

    /// Tells each juror of a batch what the store recorded.
    pub fn answer(&mut self, case: &Case, batch: Vec<Waiting>, recorded: &Recorded) {
        let options = &case.brief.options;
        let id_of = |option: u8| options.get(usize::from(option)).map(|option| option.id.clone());
        for (waiting, answer) in batch.into_iter().zip(&recorded.answers) {
            match reply_to(case.id, *answer, recorded.standing.epoch, id_of) {
                Ok(reply) => {
                    if let CastReply::Recorded { status, .. } = &reply {
                        self.counter(*status).increment(1);
                    }
                    let _ = waiting.reply.send(reply);
                }
                Err(reason) => self.refuse(waiting.reply, reason.into()),
            }
        }
    }
}

fn reply_to(
    case: CaseId,
    answer: Answer,
    epoch: u64,
    id_of: impl Fn(u8) -> Option<OptionId>,
) -> Result<CastReply, Refusal> {
    let (status, option, change) = match answer {
        Answer::Counted { option, change } => (BallotStatus::Counted, option, change),
        Answer::Changed { option, change } => (BallotStatus::Changed, option, change),
        Answer::Duplicate { option, change } => (BallotStatus::Duplicate, option, change),
        Answer::AlreadyVoted { .. } => return Err(Refusal::AlreadyVoted),
        Answer::Closed => return Err(Refusal::Closed),
    };
    // An option that the case does not have cannot be stored; if it were, saying so is better than a made-up name.
    let option = id_of(option).ok_or(Refusal::Unavailable)?;
    Ok(CastReply::Recorded { status, ballot: own_ballot(case, option, epoch, change) })
}
