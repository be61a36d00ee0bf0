//! What a socket was sent of the room's view, so that it is sent what is newer and nothing twice.

use live_jury_protocol::{CaseId, OwnBallot, Role};

use crate::frame::EncodedFrame;
use crate::room::{EncodedTally, EncodedView, View};

/// What a socket was sent.
#[derive(Debug, Default)]
pub struct SentVersions {
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

impl SentVersions {
    /// The messages of `view` that are newer than what was sent, in the order to send them; they count as sent then.
    pub fn next(&mut self, view: &View, role: Role, ballots: &[OwnBallot]) -> Vec<EncodedFrame> {
        let mut frames = Vec::new();
        if let Some(docket) = &view.docket
            && self.docket.is_none_or(|rev| rev < docket.rev)
        {
            self.docket = Some(docket.rev);
            frames.push(docket.frame(role));
        }
        for tally in &view.tallies {
            let voted = ballots.iter().any(|own| own.case == tally.case && own.epoch == tally.order.0);
            frames.extend(self.tally(tally, tally.is_shown_to(role, voted)));
        }
        self.tallies.retain(|sent| view.tallies.iter().any(|tally| tally.case == sent.case));
        frames.extend(newer(&mut self.presence, view.presence.as_deref(), role));
        if role == Role::Moderator {
            frames.extend(newer(&mut self.stats, view.stats.as_deref(), role));
        }
        frames
    }

    fn tally(&mut self, tally: &EncodedTally, shown: bool) -> Option<EncodedFrame> {
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
        Some(tally.frame(shown))
    }
}

fn newer(sent: &mut u64, encoded: Option<&EncodedView>, role: Role) -> Option<EncodedFrame> {
    let encoded = encoded.filter(|encoded| encoded.rev > *sent)?;
    *sent = encoded.rev;
    Some(encoded.frame(role))
}
