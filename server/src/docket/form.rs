//! Ballots in the bytes that are published: as they are sealed, and as rows. It hashes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use live_jury_court::{Called, Candidates, Pseudonym, StoredBallot};
use live_jury_proof::bundle::Rest;
use live_jury_proof::row::{ROW_BYTES, Row, Stratum};
use live_jury_proof::seal::Ballot;
use live_jury_protocol::{NewCase, Side};

/// A ballot as it is sealed.
#[must_use]
pub fn sealed_form(ballot: &StoredBallot) -> Ballot {
    Ballot {
        pseudonym: ballot.juror.0,
        option: ballot.option,
        side: side_byte(ballot.side),
        marks: ballot.marks.byte(),
        change: ballot.change,
    }
}

/// A side's byte in a seal.
#[must_use]
pub const fn side_byte(side: Option<Side>) -> u8 {
    match side {
        None => 0,
        Some(Side::Buyer) => 1,
        Some(Side::Merchant) => 2,
    }
}

/// The called jurors of a recorded case: the stratum of each, and whether the ballot is counted on the panel.
#[derive(Clone, Debug, Default)]
pub struct PanelSeats(HashMap<Pseudonym, (Stratum, bool)>);

impl PanelSeats {
    /// The seats of a case whose ballots, or at least those of the called jurors, are these, in order of pseudonym.
    #[must_use]
    pub fn of(case: &NewCase, called: &Candidates, ballots: &[StoredBallot]) -> Self {
        let mut seats = HashMap::new();
        let with_ballots = Called::with_ballots(case, called, ballots);
        for ((stratum, called), with_ballots) in Stratum::ALL.into_iter().zip(called).zip(with_ballots) {
            seats.extend(called.iter().map(|one| (one.juror, (stratum, false))));
            for (place, _) in with_ballots.counted() {
                seats.insert(called[place].juror, (stratum, true));
            }
        }
        Self(seats)
    }

    /// Whether a juror's ballot is counted on the panel.
    #[must_use]
    pub fn is_counted(&self, juror: &Pseudonym) -> bool {
        self.0.get(juror).is_some_and(|(_, counted)| *counted)
    }

    /// The stratum for which a juror was called.
    #[must_use]
    pub fn stratum_of(&self, juror: &Pseudonym) -> Option<Stratum> {
        self.0.get(juror).map(|(stratum, _)| *stratum)
    }
}

/// The columns that the rows of a recorded case have besides pseudonym and option.
#[derive(Clone, Debug, Default)]
pub struct RowForm {
    /// Whether they tell sides: the statement has them.
    pub with_sides: bool,
    /// The called jurors.
    pub seats: Arc<PanelSeats>,
}

/// Ballots in order of pseudonym, as the bytes of their rows.
#[must_use]
pub fn row_bytes(ballots: &[StoredBallot], form: &RowForm) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ballots.len() * ROW_BYTES);
    for ballot in ballots {
        let side = if form.with_sides { side_byte(ballot.side) } else { 0 };
        let seat = form.seats.0.get(&ballot.juror);
        let (called, counted) = (seat.map(|(stratum, _)| *stratum), seat.is_some_and(|(_, counted)| *counted));
        let row = Row { pseudonym: ballot.juror.0, option: ballot.option, side, called, counted };
        bytes.extend(row.to_bytes());
    }
    bytes
}

/// The values of ballots that their rows leave out, for an opening.
#[must_use]
pub fn rest_bytes(ballots: &[StoredBallot]) -> Vec<u8> {
    let rest = |ballot: &StoredBallot| {
        let Ballot { side, marks, change, .. } = sealed_form(ballot);
        Rest { side, marks, change }.to_bytes()
    };
    ballots.iter().flat_map(rest).collect()
}
