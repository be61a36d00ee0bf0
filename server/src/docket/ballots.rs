//! The ballots of a sealed case on their way into the docket, in ranges of pseudonyms. It begins and commits no
//! transaction.

use std::borrow::Cow;

use live_jury_court::{Case, Pseudonym, StoredBallot};
use live_jury_protocol::CaseId;

use super::write::{WriteDb, state_before};
use super::{DocketError, row};
use crate::sql::query::Value;
use crate::sql::row::{Columns, Malformed};
use crate::sql::statements as sql;

/// The number of ballots in one transaction. A database that writes 400 rows a second is fast enough for it, and 23
/// transactions for 450,000 ballots cost little.
const BALLOTS_PER_RANGE: usize = 20_000;

/// A case's ballots in order of pseudonym, each juror once.
pub(super) struct SortedBallots<'b>(Cow<'b, [StoredBallot]>);

/// A part of all pseudonyms, and the ballots in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct BallotRange<'b> {
    /// The first pseudonym of the part.
    first: Pseudonym,
    /// The last pseudonym of the part.
    last: Pseudonym,
    /// The ballots, in order of pseudonym.
    ballots: &'b [StoredBallot],
}

impl<'b> SortedBallots<'b> {
    /// The ballots to file with a case's next version. An index grows fastest in its own order.
    pub(super) fn of(case: &Case, ballots: &'b [StoredBallot]) -> Result<Self, Malformed> {
        if !ballots.is_empty() && case.state.ended().is_none() {
            return Err(Malformed::new("ballots", "come with a step that does not record the case"));
        }
        let mut sorted = Cow::Borrowed(ballots);
        if !ballots.is_sorted_by_key(|ballot| ballot.juror) {
            sorted.to_mut().sort_unstable_by_key(|ballot| ballot.juror);
        }
        match sorted.windows(2).find(|pair| pair[0].juror == pair[1].juror) {
            Some(pair) => Err(Malformed::new("ballots", format_args!("have juror {} twice", pair[0].juror))),
            None => Ok(Self(sorted)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges to file. They leave no pseudonym out, so that a row of another juror is noticed.
    pub(super) fn ranges(&self) -> impl Iterator<Item = BallotRange<'_>> {
        let all = &self.0[..];
        let starts = (0..all.len()).step_by(BALLOTS_PER_RANGE);
        starts.map(move |start| {
            let end = (start + BALLOTS_PER_RANGE).min(all.len());
            BallotRange {
                first: if start == 0 { Pseudonym([0; 16]) } else { all[start].juror },
                last: all.get(end).map_or(Pseudonym([u8::MAX; 16]), |next| next.juror.before().unwrap_or(next.juror)),
                ballots: &all[start..end],
            }
        })
    }

    /// The number of ballots of each option that has any.
    fn counts(&self) -> Vec<(u8, u64)> {
        let mut counts = [0; u8::MAX as usize + 1];
        self.0.iter().for_each(|ballot| counts[usize::from(ballot.option)] += 1);
        (0..=u8::MAX).zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

/// Files the ballots of one range under the sealed case, unless the docket has exactly these. Other rows of the range
/// are deleted. `case` is the concluded case, which is not filed yet.
pub(super) async fn file_range<D: WriteDb>(db: &mut D, case: &Case, range: BallotRange<'_>) -> Result<(), DocketError> {
    row::check_sealed("ballots", state_before(db, case).await?.state)?;
    let bounds = [case.id.0.into(), Value::Bytes(&range.first.0), Value::Bytes(&range.last.0)];
    let is_empty = match row::ballots(db.fetch(sql::BALLOTS_IN_RANGE, &bounds)).await {
        Ok(rows) if rows == range.ballots => return Ok(()),
        Ok(rows) => rows.is_empty(),
        // A row that cannot be read is deleted with the others.
        Err(DocketError::Malformed(_)) => false,
        Err(error) => return Err(error),
    };
    if !is_empty {
        db.execute(sql::DELETE_BALLOTS_IN_RANGE, &bounds).await?;
    }
    db.insert_ballots(case.id, range.ballots).await
}

/// Whether the rows of a sealed case add up to these ballots. If they do not, all of them are deleted.
pub(super) async fn keep_if_whole<D: WriteDb>(
    db: &mut D,
    id: CaseId,
    ballots: &SortedBallots<'_>,
) -> Result<bool, DocketError> {
    let found = db.fetch_all(sql::COUNT_BALLOTS, &[id.0.into()]).await?;
    let counts: Result<Vec<(u8, u64)>, Malformed> =
        found.iter().map(|row| Ok((row.small("option")?, row.number("ballots")?))).collect();
    if counts.is_ok_and(|counts| counts == ballots.counts()) {
        return Ok(true);
    }
    db.execute(sql::DELETE_BALLOTS, &[id.0.into()]).await?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use live_jury_court::Marks;

    use super::*;

    fn ballot(juror: u128) -> StoredBallot {
        let (juror, marks) = (Pseudonym(juror.to_be_bytes()), Marks::default());
        StoredBallot { juror, option: 0, side: None, marks, change: 0, cast_at_min: 0 }
    }

    #[test]
    fn ranges_leave_no_pseudonym_out() {
        let ballots: Vec<StoredBallot> = (0..45_000).map(|juror| ballot(1_000 + 7 * juror)).collect();
        let sorted = SortedBallots(Cow::Borrowed(&ballots));
        let ranges: Vec<BallotRange<'_>> = sorted.ranges().collect();
        assert_eq!(ranges.iter().map(|range| range.ballots.len()).collect::<Vec<_>>(), [20_000, 20_000, 5_000]);
        assert_eq!((ranges[0].first, ranges[2].last), (Pseudonym([0; 16]), Pseudonym([u8::MAX; 16])));
        for pair in ranges.windows(2) {
            assert_eq!(pair[1].first.before(), Some(pair[0].last));
        }
        assert_eq!(ranges.iter().flat_map(|range| range.ballots).count(), ballots.len());
        assert_eq!(SortedBallots(Cow::Borrowed(&[])).ranges().count(), 0);
    }
}
