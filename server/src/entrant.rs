//! A juror who is entered for the draw of a panel, as both stores know one. It draws nobody.

use live_jury_court::Candidate;

use crate::pseudonym::MaskedProfile;

/// A juror who is entered for the draw of a panel, or was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entrant {
    /// Ticket and pseudonym.
    pub candidate: Candidate,
    /// The juror's profile, whose panels are counted once the case is recorded.
    pub profile: MaskedProfile,
}

/// Entrants of the three strata, each in order: buyers, merchants, and jurors of no known side.
pub type Entrants = [Vec<Entrant>; 3];
