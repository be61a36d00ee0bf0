//! The versions of a room's view that a socket was sent, so that it gets each newer part once; it sends nothing itself.

use live_jury_protocol::{CaseId, OwnBallot, Role};

use crate::frame::EncodedFrame;
use crate::room::{EncodedTally, EncodedView, View};

/// Versions that a socket was sent, for each part of the view.
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
    /// Whether it was sent with its counts.
    shown: bool,
}

impl SentVersions {
    /// The messages of `view` that are newer than the versions sent, in sending order. They count as sent from now on.
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
                // Most rooms have one live case, so space for more would be wasted in most sockets.
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
