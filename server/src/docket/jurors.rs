//! Practice and panels of jurors, by profile, and the answers of passed jurors to each item; it knows no `sub`, no
//! pseudonym and no ballot.

use async_trait::async_trait;
use live_jury_court::{Answers, ItemRecord, Pseudonym};
use live_jury_protocol::CaseId;

use super::{DocketError, serving};
use crate::pseudonym::JurorProfile;
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, signed, text};
use crate::sql::statements as sql;

/// The most profiles of one call. The draw of a panel asks for as many at a time.
pub const PROFILES_MAX: usize = 256;

/// The practice of jurors, and the panels that they served on.
#[async_trait]
pub trait JurorStore: Send + Sync {
    /// Files the items of practice at their places, unless they are there. Returns the place of one that is another
    /// item's.
    async fn begin_practice(&self, items: &[String]) -> Result<Option<usize>, DocketError>;

    /// Reads how passed jurors have answered, by place.
    async fn practice(&self) -> Result<Vec<ItemRecord>, DocketError>;

    /// Reads the records of at most [`PROFILES_MAX`] jurors, in their order. A juror without one has an empty one.
    async fn jurors(&self, jurors: &[JurorProfile]) -> Result<Vec<JurorRecord>, DocketError>;

    /// Files an answer, and that the juror has passed practice, if it makes the difference. The answers of a juror who
    /// has passed count for the items. Returns the record; `None` if the item was answered before.
    async fn file_answer(&self, juror: JurorProfile, answer: Answer) -> Result<Option<JurorRecord>, DocketError>;

    /// Deletes a juror's record, and the masked profiles of these `called`, all or nothing. Returns whether there was
    /// any.
    async fn forget_juror(&self, juror: JurorProfile, called: &[(CaseId, Pseudonym)]) -> Result<bool, DocketError>;
}

/// The practice of a juror, and the panels that it served on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JurorRecord {
    /// The answers to items of practice.
    pub answers: Answers,
    /// The minute in which practice was passed, in Unix time.
    pub passed_at_min: Option<u64>,
    /// The panels in which a ballot of the juror was counted.
    pub served: u32,
}

/// An answer to an item of practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The item's place.
    pub place: u8,
    /// Whether it is right.
    pub is_right: bool,
    /// The minute of the answer, in Unix time.
    pub at_min: u64,
}

impl Answer {
    /// The item's bit.
    fn bit(self) -> u64 {
        1_u64.checked_shl(u32::from(self.place)).unwrap_or_default()
    }
}

/// The items that count, as bits of their places. An item that was never answered counts, too.
#[must_use]
pub fn counting(items: &[ItemRecord]) -> u64 {
    let left_out = items.iter().enumerate().filter(|(_, item)| !item.counts());
    left_out.fold(u64::MAX, |counting, (place, _)| {
        counting & !Answer { place: u8::try_from(place).unwrap_or(u8::MAX), is_right: false, at_min: 0 }.bit()
    })
}

/// The statements on jurors that differ between the dialects.
pub(super) trait JurorDb: Db {
    /// `$1` profile. Reads a juror's record, and locks it against other answers.
    const LOCK_JUROR: &'static str;
    /// `$1` profiles in their order, as JSON of hex digits. Counts one more panel for each.
    const COUNT_SERVED: &'static str;
}

pub(super) async fn begin_practice<D: Db>(db: &mut D, items: &[String]) -> Result<Option<usize>, DocketError> {
    for (place, item) in items.iter().enumerate() {
        let values = [signed("place", place as u64)?.into(), text("item", item)?.into()];
        db.execute(sql::INSERT_PRACTICE_ITEM, &values).await?;
    }
    let found = db.fetch_all(sql::PRACTICE_ITEMS, &[]).await?;
    for (place, item) in items.iter().enumerate() {
        if found.get(place).map(|row| row.text("item")).transpose()?.as_ref() != Some(item) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

pub(super) async fn practice<D: Db>(db: &mut D) -> Result<Vec<ItemRecord>, DocketError> {
    let found = db.fetch_all(sql::PRACTICE_ITEMS, &[]).await?;
    let item =
        |row: &D::Row| Ok(ItemRecord { answers: row.number("answers")?, correct: row.number("correct")?, upheld: 0 });
    Ok(found.iter().map(item).collect::<Result<_, Malformed>>()?)
}

/// A row of `jurors`.
pub(super) fn record(row: &impl Columns) -> Result<JurorRecord, Malformed> {
    Ok(JurorRecord {
        answers: Answers { answered: row.bits("answered")?, correct: row.bits("correct")? },
        passed_at_min: row.maybe_number("passed_at_min")?,
        served: row.small("served")?,
    })
}

/// The records of `jurors` in their order, from rows in any order.
pub(super) fn by_profile(rows: &[impl Columns], jurors: &[JurorProfile]) -> Result<Vec<JurorRecord>, Malformed> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let profile = row.bytes("profile")?.try_into().map_err(|why| Malformed::new("profile", why))?;
        found.push((JurorProfile(profile), record(row)?));
    }
    found.sort_unstable_by_key(|(profile, _)| *profile);
    let of = |juror: &JurorProfile| {
        let index = found.binary_search_by_key(juror, |(profile, _)| *profile);
        index.map_or_else(|_| JurorRecord::default(), |index| found[index].1)
    };
    Ok(jurors.iter().map(of).collect())
}

pub(super) async fn file_answer<D: JurorDb>(
    db: &mut D,
    juror: JurorProfile,
    answer: Answer,
) -> Result<Option<JurorRecord>, DocketError> {
    let profile = Value::Bytes(&juror.0);
    db.execute(sql::INSERT_JUROR, &[profile]).await?;
    let found = db.fetch_optional(D::LOCK_JUROR, &[profile]).await?;
    let before = found.as_ref().map(record).transpose()?.unwrap_or_default();
    if before.answers.answered & answer.bit() != 0 {
        return Ok(None);
    }
    let right = if answer.is_right { answer.bit() } else { 0 };
    let answers = Answers { answered: before.answers.answered | answer.bit(), correct: before.answers.correct | right };
    let has_passed = before.passed_at_min.is_some();
    let passes = has_passed || answers.pass(counting(&practice(db).await?));
    let passed_at_min = if passes { before.passed_at_min.or(Some(answer.at_min)) } else { None };
    let values = [
        profile,
        answers.answered.cast_signed().into(),
        answers.correct.cast_signed().into(),
        passed_at_min.map(|at_min| signed("passed_at_min", at_min)).transpose()?.into(),
    ];
    db.execute(sql::UPDATE_JUROR, &values).await?;
    if passes {
        // Those of before count, too, once the juror has passed.
        let counted = if has_passed { answer.bit() } else { answers.answered };
        count_answers(db, Answers { answered: counted, correct: answers.correct }).await?;
    }
    Ok(Some(JurorRecord { answers, passed_at_min, ..before }))
}

/// Counts answers of a juror who has passed. Items come in order of place, so that no two jurors wait for each other.
async fn count_answers<D: Db>(db: &mut D, answers: Answers) -> Result<(), DocketError> {
    for place in (0..u64::BITS).filter(|place| answers.answered >> place & 1 == 1) {
        let is_right = i64::from(answers.correct >> place & 1 == 1);
        db.execute(sql::COUNT_PRACTICE_ANSWER, &[i64::from(place).into(), is_right.into()]).await?;
    }
    Ok(())
}

pub(super) async fn forget<D: Db>(
    db: &mut D,
    juror: JurorProfile,
    called: &[(CaseId, Pseudonym)],
) -> Result<bool, DocketError> {
    // First what a panel would be counted from, so that a count at the same time leaves nothing behind.
    let was_called = serving::forget(db, called).await?;
    let existed = db.execute(sql::DELETE_JUROR, &[Value::Bytes(&juror.0)]).await? > 0;
    Ok(was_called || existed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_passed_jurors_get_wrong_counts_for_nobody() {
        let item = |correct| ItemRecord { answers: 20, correct, upheld: 0 };
        assert_eq!(counting(&[]), u64::MAX);
        assert_eq!(counting(&[item(12), item(11), item(20)]), !0b10);
        assert_eq!(counting(&[item(11); 64]), 0);
    }
}
