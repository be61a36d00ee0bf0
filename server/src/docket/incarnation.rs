//! Incarnations of a docket: which one it is, and up to which place nothing was lost when it began. It decides nothing.

use async_trait::async_trait;
use live_jury_protocol::CaseId;
use uuid::Uuid;

use super::DocketError;
use super::mark::Marked;
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, signed};
use crate::sql::statements as sql;

/// The docket's incarnations.
#[async_trait]
pub trait IncarnationStore: Send + Sync {
    /// Reads all incarnations, and the last place among the verdicts.
    async fn history(&self) -> Result<History, DocketError>;

    /// Reads the cases at the places after one, in their order.
    async fn places(&self, after: u64, limit: u32) -> Result<Vec<Place>, DocketError>;

    /// Begins an incarnation with this number in place of `before`. Nothing was lost up to `verdicts_kept`. Returns
    /// false if `before` is not the last one any more.
    async fn begin_incarnation(
        &self,
        before: Uuid,
        number: u64,
        verdicts_kept: u64,
        now_ms: u64,
    ) -> Result<bool, DocketError>;
}

/// An incarnation of a docket. A docket that is put back to an older state begins a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incarnation {
    /// Grows by one or more with each incarnation, from 1.
    pub number: u64,
    /// The id. The first incarnation's names the docket for good.
    pub id: Uuid,
    /// The place among the verdicts up to which nothing was lost when it began.
    pub verdicts_kept: u64,
    /// The `seq` in the outbox up to which nothing was lost when it began.
    pub events_kept: u64,
}

/// A docket's incarnations with its last place, read in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The first incarnation.
    first: Incarnation,
    /// The later ones, in order.
    later: Vec<Incarnation>,
    /// The highest place among the verdicts.
    pub last_place: u64,
}

/// A verdict's place and its case.
pub type Place = (u64, CaseId);

impl History {
    /// The id of the docket, in all its incarnations.
    #[must_use]
    pub fn docket_id(&self) -> Uuid {
        self.first.id
    }

    /// The incarnation that the docket is in.
    #[must_use]
    pub fn current(&self) -> Incarnation {
        *self.later.last().unwrap_or(&self.first)
    }

    /// The place up to which a reader of incarnation `id` has missed nothing. It is 0 for an incarnation that the
    /// docket does not know.
    #[must_use]
    pub fn verdicts_kept_since(&self, id: Uuid) -> u64 {
        self.kept_since(id, |incarnation| incarnation.verdicts_kept)
    }

    /// The `seq` up to which a reader of events of incarnation `id` has missed nothing, as above.
    #[must_use]
    pub fn events_kept_since(&self, id: Uuid) -> u64 {
        self.kept_since(id, |incarnation| incarnation.events_kept)
    }

    fn kept_since(&self, id: Uuid, kept: impl Fn(&Incarnation) -> u64) -> u64 {
        let known = [&self.first].into_iter().chain(&self.later).position(|incarnation| incarnation.id == id);
        let since = known.map(|at| self.later[at..].iter().map(kept));
        since.and_then(Iterator::min).unwrap_or(0)
    }

    /// Whether the docket is older than its mark was. `places` are the docket's from the mark's place on.
    #[must_use]
    pub fn is_behind(&self, marked: &Marked, places: &[Place]) -> bool {
        let current = self.current();
        match current.number.cmp(&marked.number) {
            // The mark is not advanced yet.
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => {
                let has_last = marked.last.is_none_or(|last| places.first() == Some(&last));
                current.id != marked.incarnation || !has_last
            }
        }
    }
}

pub(super) async fn history<D: Db>(db: &mut D) -> Result<History, DocketError> {
    let found = db.fetch_all(sql::INCARNATIONS, &[]).await?;
    let last_place = found.first().map_or(Ok(0), |row| row.number("last_place"))?;
    let mut all = found.iter().map(incarnation).collect::<Result<Vec<_>, _>>()?.into_iter();
    let first = all.next().ok_or_else(|| Malformed::new("incarnations", "has no row"))?;
    Ok(History { first, later: all.collect(), last_place })
}

fn incarnation(row: &impl Columns) -> Result<Incarnation, Malformed> {
    Ok(Incarnation {
        number: row.number("number")?,
        id: row.uuid("id")?,
        verdicts_kept: row.number("verdicts_kept")?,
        events_kept: row.number("events_kept")?,
    })
}

pub(super) async fn places<D: Db>(db: &mut D, after: u64, limit: u32) -> Result<Vec<Place>, DocketError> {
    let found = db.fetch_all(sql::PLACES_AFTER, &[cursor(after).into(), i64::from(limit).into()]).await?;
    let places = found.iter().map(|row| Ok((row.number("verdict_seq")?, CaseId(row.uuid("id")?))));
    Ok(places.collect::<Result<Vec<_>, Malformed>>()?)
}

pub(super) async fn begin<D: Db>(
    db: &mut D,
    before: Uuid,
    number: u64,
    verdicts_kept: u64,
    now_ms: u64,
) -> Result<bool, DocketError> {
    let values = [
        signed("number", number)?.into(),
        super::uuid_at(now_ms).into(),
        signed("verdicts_kept", verdicts_kept)?.into(),
        signed("began_at_ms", now_ms)?.into(),
        before.into(),
    ];
    Ok(db.execute(sql::BEGIN_INCARNATION, &values).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incarnation(number: u64, verdicts_kept: u64) -> Incarnation {
        Incarnation { number, id: Uuid::from_u128(number.into()), verdicts_kept, events_kept: 0 }
    }

    fn history() -> History {
        History { first: incarnation(1, 0), later: vec![incarnation(2, 40), incarnation(4, 25)], last_place: 60 }
    }

    fn case(number: u128) -> CaseId {
        CaseId(Uuid::from_u128(number))
    }

    #[test]
    fn a_reader_goes_on_from_the_lowest_place_since() {
        let history = history();
        assert_eq!((history.docket_id(), history.current()), (Uuid::from_u128(1), incarnation(4, 25)));
        assert_eq!(history.verdicts_kept_since(Uuid::from_u128(1)), 25);
        assert_eq!(history.verdicts_kept_since(Uuid::from_u128(2)), 25);
        assert_eq!(history.verdicts_kept_since(Uuid::from_u128(3)), 0, "an incarnation that was lost itself");
    }

    #[test]
    fn a_docket_without_what_its_mark_has_seen_is_behind() {
        let history = history();
        let marked = |number, last| Marked { number, incarnation: Uuid::from_u128(number.into()), last };
        let last = Some((60, case(9)));
        assert!(!history.is_behind(&marked(4, last), &[(60, case(9)), (61, case(3))]));
        assert!(!history.is_behind(&marked(4, None), &[]));
        assert!(!history.is_behind(&marked(2, last), &[]), "the mark is of an earlier incarnation");
        assert!(history.is_behind(&marked(4, last), &[]), "the place is gone");
        assert!(history.is_behind(&marked(4, last), &[(60, case(8))]), "the place was given out again");
        assert!(history.is_behind(&marked(5, None), &[]), "the incarnation is gone");
        let forked = Marked { incarnation: Uuid::from_u128(77), ..marked(4, None) };
        assert!(history.is_behind(&forked, &[]));
    }
}
