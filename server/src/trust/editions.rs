//! The public report: figures of a period as they are now, and the editions in which they are frozen. Nothing in them
//! is typed in.

use live_jury_court::check_needed_text;
use live_jury_protocol::trust::{DayCount, Edition, Figure, FigureText, ListedEdition, Report};
use live_jury_trust::DAY_MS;
use live_jury_trust::fact::day_of;
use live_jury_trust::figure::dsa::{self, Period};
use live_jury_trust::figure::{self, Counts, Earlier, Text};
use live_jury_trust::statement::date;
use uuid::Uuid;

use super::Trust;
use crate::ledger::LedgerError;
use crate::ledger::editions::{EditionPage, EditionRow, FileEdition};
use crate::ledger::standing::StandingError;

/// Limits a period, in days: a leap year and a month. Facts are taken for 400 days.
const PERIOD_DAYS_MAX: u64 = 400;
/// Limits a title, in characters: a line of a heading.
const TITLE_CHARS_MAX: usize = 120;

/// The ways in which a period or an edition is wrong.
#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    /// A field is wrong.
    #[error("{why}")]
    Field {
        /// The field.
        field: &'static str,
        /// The reason.
        why: String,
    },
    /// The ledger failed, or refused the step.
    #[error(transparent)]
    Standing(#[from] StandingError),
}

impl From<LedgerError> for EditionError {
    fn from(error: LedgerError) -> Self {
        Self::Standing(error.into())
    }
}

/// A period, from its first day to its last, in days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    from: u64,
    to: u64,
}

impl Days {
    /// The period between two dates.
    ///
    /// # Errors
    /// One is no date, or the period is too long or has no day.
    pub fn parse(from: &str, to: &str) -> Result<Self, EditionError> {
        let day = |field: &'static str, text: &str| {
            day_of(text).ok_or_else(|| wrong(field, "must be a day, as 2026-01-01".to_owned()))
        };
        let (from, to) = (day("from", from)?, day("to", to)?);
        if to < from {
            return Err(wrong("to", "must not be before `from`".to_owned()));
        }
        if to - from >= PERIOD_DAYS_MAX {
            return Err(wrong("to", format!("a period has at most {PERIOD_DAYS_MAX} days")));
        }
        Ok(Self { from, to })
    }

    /// The number of days.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.to - self.from + 1
    }
}

const fn wrong(field: &'static str, why: String) -> EditionError {
    EditionError::Field { field, why }
}

impl Trust {
    /// The figures of a period, as they are now.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn report(&self, days: Days) -> Result<Report, EditionError> {
        let counts = self.ledger.counts(days.from, days.to).await?;
        let before = self.ledger.edition_before(days.from, days.count()).await?;
        Ok(report(days, &counts, before.as_ref()))
    }

    /// Freezes the figures of a period that is over. `request` makes it once.
    ///
    /// # Errors
    /// The title is wrong, the period is not over, or the ledger failed.
    pub async fn publish(
        &self,
        days: Days,
        title: &str,
        by: &str,
        request: Option<String>,
    ) -> Result<EditionRow, EditionError> {
        if days.to >= self.clock.now_ms() / DAY_MS {
            return Err(wrong("to", "must be a day that is over".to_owned()));
        }
        self.freeze(days, title, by, request).await
    }

    /// Freezes the figures of a period as they are now, also where its last day is not over. No route does so.
    ///
    /// # Errors
    /// The title is wrong, or the ledger failed.
    pub async fn freeze(
        &self,
        days: Days,
        title: &str,
        by: &str,
        request: Option<String>,
    ) -> Result<EditionRow, EditionError> {
        let (now_ms, title) = (self.clock.now_ms(), title.trim());
        check_needed_text("title", title, TITLE_CHARS_MAX).map_err(|error| wrong("title", error.detail))?;
        let counts = self.ledger.counts(days.from, days.to).await?;
        let before = self.ledger.edition_before(days.from, days.count()).await?;
        let preceding = before.as_ref().map(|edition| date(edition.at_ms));
        let (from, to, published) = (date_of(days.from), date_of(days.to), date(now_ms));
        let period =
            Period { from: &from, to: &to, published: &published, preceding: preceding.as_deref(), days: days.count() };
        let new = FileEdition {
            title: title.to_owned(),
            days: (days.from, days.to),
            by: by.to_owned(),
            report: report(days, &counts, before.as_ref()),
            parts: dsa::parts(&counts, &self.file, period),
            request,
        };
        Ok(self.ledger.file_edition(&new, now_ms).await?)
    }

    /// The edition with this id; without one, the newest.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn edition(&self, id: Option<Uuid>) -> Result<Option<EditionRow>, StandingError> {
        match id {
            Some(id) => self.ledger.edition(id).await,
            None => Ok(self.ledger.editions(EditionPage { before: None, limit: 1 }).await?.into_iter().next()),
        }
    }
}

/// An edition as everybody reads it.
#[must_use]
pub fn edition(row: EditionRow) -> Edition {
    Edition { id: row.id, title: row.title, published_at_ms: row.at_ms, report: row.report }
}

/// An edition in a list.
#[must_use]
pub fn listed_edition(row: &EditionRow) -> ListedEdition {
    ListedEdition {
        id: row.id,
        title: row.title.clone(),
        published_at_ms: row.at_ms,
        from: row.report.from.clone(),
        to: row.report.to.clone(),
    }
}

fn report(days: Days, counts: &Counts, before: Option<&EditionRow>) -> Report {
    let (from, to) = (date_of(days.from), date_of(days.to));
    let period = format!("{from}/{to}");
    let figures = figure::figures(counts, days.count());
    let participants = counts.participants.iter().map(|day| DayCount { day: date_of(day.day), n: day.viewers });
    Report {
        compared_with: before.map(|edition| edition.id),
        figures: figures.iter().map(|figure| wire(figure, &period, before)).collect(),
        participants: participants.collect(),
        from,
        to,
    }
}

fn wire(figure: &figure::Figure, period: &str, before: Option<&EditionRow>) -> Figure {
    let (id, definition) = (figure.id(), figure.definition);
    let earlier = before.and_then(|edition| edition.report.figures.iter().find(|one| one.id == id));
    let earlier = earlier.map(|one| Earlier { value: one.value, version: one.version });
    let (previous, change) = figure::change(figure.value, definition.version, earlier);
    Figure {
        id,
        name: both(definition.name),
        value: figure.value,
        unit: definition.unit.as_str().to_owned(),
        period: period.to_owned(),
        definition: both(definition.text),
        version: definition.version,
        low: figure.interval.map(|(low, _)| low),
        high: figure.interval.map(|(_, high)| high),
        previous,
        change,
        note: figure.note.as_ref().map(|(en, zh)| FigureText { en: en.clone(), zh_cn: zh.clone() }),
    }
}

fn both(text: Text) -> FigureText {
    FigureText { en: text.en.to_owned(), zh_cn: text.zh.to_owned() }
}

fn date_of(day: u64) -> String {
    date(day * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_one_day_to_four_hundred() {
        let fault = |from: &str, to: &str| match Days::parse(from, to) {
            Err(EditionError::Field { field, .. }) => Some(field),
            _ => None,
        };
        assert_eq!(Days::parse("2026-01-01", "2026-01-01").unwrap().count(), 1);
        assert_eq!(Days::parse("2024-01-01", "2024-12-31").unwrap().count(), 366);
        assert_eq!(fault("2026-01-01", "2025-12-31"), Some("to"));
        assert_eq!(fault("2026-01-01", "2027-02-04"), None);
        assert_eq!(fault("2026-01-01", "2027-02-05"), Some("to"));
        assert_eq!(fault("yesterday", "2026-01-01"), Some("from"));
        assert_eq!(fault("2026-01-01", "2026-02-30"), Some("to"));
    }
}
