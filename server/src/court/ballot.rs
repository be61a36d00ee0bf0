//! A recorded ballot, as stores keep it and exports show it.

use live_jury_protocol::Side;

use crate::pseudonym::Pseudonym;

/// One recorded ballot. Nothing in it names the juror, and its time is no finer than a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBallot {
    /// Who cast it.
    pub juror: Pseudonym,
    /// The option's place among the case's options, from 0.
    pub option: u8,
    /// Which side of the market the juror trades on, where the token said.
    pub side: Option<Side>,
    /// The ballot's number among this juror's ballots in this case, from 0.
    pub change: u32,
    /// When it was cast, by the store's clock, in whole Unix minutes.
    pub cast_at_min: u64,
}
