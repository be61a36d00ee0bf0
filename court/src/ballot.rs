//! A recorded ballot, in the form in which stores save it and exports show it.

use live_jury_protocol::Side;

use crate::{Marks, Pseudonym};

/// One recorded ballot. It does not name the juror, and its time is a whole minute, so that it does not tell the order
/// of the ballots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBallot {
    /// The juror's pseudonym in this case.
    pub juror: Pseudonym,
    /// The option's index among the case's options.
    pub option: u8,
    /// The juror's side of the market, if the token named one.
    pub side: Option<Side>,
    /// The marks, which the jury's cohorts are made of; empty in a ballot that an earlier version recorded.
    pub marks: Marks,
    /// The ballot's number among this juror's ballots in this case, from 0.
    pub change: u32,
    /// The time of the cast by the tally store's clock, in whole Unix minutes.
    pub cast_at_min: u64,
}
