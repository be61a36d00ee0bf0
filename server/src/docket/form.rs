//! Ballots in the bytes that are published: as they are sealed, and as rows. It hashes nothing.

use live_jury_court::StoredBallot;
use live_jury_proof::row::{ROW_BYTES, Row};
use live_jury_proof::seal::Ballot;
use live_jury_protocol::Side;

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

/// Ballots in order of pseudonym, as the bytes of their rows. Their sides are published where the statement has them.
#[must_use]
pub fn row_bytes(ballots: &[StoredBallot], with_sides: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ballots.len() * ROW_BYTES);
    for ballot in ballots {
        let side = if with_sides { side_byte(ballot.side) } else { 0 };
        let row = Row { pseudonym: ballot.juror.0, option: ballot.option, side, called: None, counted: false };
        bytes.extend(row.to_bytes());
    }
    bytes
}
