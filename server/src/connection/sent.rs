//! What a socket was sent of the room's view, so that it is sent what is newer and nothing twice.

use live_jury_protocol::{CaseId, OwnBallot, Role};

use crate::room::{Posted, PostedTally, View};
use crate::socket::Word;

/// What a socket was sent.
#[derive(Debug, Default)]
pub struct Sent {
    docket: Option<u64>,
    presence: u64,
    stats: u64,
    tallies: Vec<SentTally>,
}

#[derive(Debug)]
struct SentTally {
    case: CaseId,
    order: (u64, u64),
    shown: bool,
}

impl Sent {
    /// The messages of `view` that are newer than what was sent, in the order to send them; they count as sent then.
    pub fn next(&mut self, view: &View, role: Role, ballots: &[OwnBallot]) -> Vec<Word> {
        let mut words = Vec::new();
        if let Some(docket) = &view.docket
            && self.docket.is_none_or(|rev| rev < docket.rev)
        {
            self.docket = Some(docket.rev);
            words.push(docket.word(role));
        }
        for tally in &view.tallies {
            let voted = ballots.iter().any(|own| own.case == tally.case && own.epoch == tally.order.0);
            words.extend(self.tally(tally, tally.is_shown_to(role, voted)));
        }
        self.tallies.retain(|sent| view.tallies.iter().any(|tally| tally.case == sent.case));
        words.extend(newer(&mut self.presence, view.presence.as_deref(), role));
        if role == Role::Moderator {
            words.extend(newer(&mut self.stats, view.stats.as_deref(), role));
        }
        words
    }

    fn tally(&mut self, tally: &PostedTally, shown: bool) -> Option<Word> {
        let (order, case) = (tally.order, tally.case);
        match self.tallies.iter_mut().find(|sent| sent.case == case) {
            Some(sent) if sent.order > order || (sent.order == order && sent.shown >= shown) => return None,
            Some(sent) => (sent.order, sent.shown) = (order, shown),
            None => {
                // Most rooms have one case.
                self.tallies.reserve_exact(1);
                self.tallies.push(SentTally { case, order, shown });
            }
        }
        Some(tally.word(shown))
    }
}

fn newer(sent: &mut u64, posted: Option<&Posted>, role: Role) -> Option<Word> {
    let posted = posted.filter(|posted| posted.rev > *sent)?;
    *sent = posted.rev;
    Some(posted.word(role))
}
