//! The standing of jurors: practice, panels served, and the level that follows. It knows no ballot.

mod served;

use std::sync::Arc;

use live_jury_court::{Answers, level};
use live_jury_protocol::{OptionId, Practice, PracticeResult};

use crate::clock::Clock;
use crate::docket::{Answer, Docket, DocketError, JurorRecord, counting};
use crate::practice::{Judged, NotJudged, PracticeError, PracticeItems, PracticeLang};
use crate::pseudonym::BallotKey;

/// Milliseconds in a minute. Times of jurors are in whole minutes, as those of ballots are.
const MINUTE_MS: u64 = 60_000;

/// A juror, as a token names one.
#[derive(Clone, Copy, Debug)]
pub struct NamedJuror<'a> {
    /// The viewer id.
    pub sub: &'a str,
    /// The level that the token claims.
    pub claimed: u8,
}

/// Why an answer to an item was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// There is no such item.
    #[error("there is no such item")]
    NoItem,
    /// The item has no such option.
    #[error("there is no such option")]
    NoOption,
    /// The juror has answered the item.
    #[error("this item was answered before")]
    Answered,
    /// The docket failed.
    #[error(transparent)]
    Docket(#[from] DocketError),
}

/// Why practice cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The items do not fit those of before.
    #[error(transparent)]
    Items(#[from] PracticeError),
    /// The docket failed.
    #[error(transparent)]
    Docket(#[from] DocketError),
}

/// The records of jurors, and the items of practice.
#[derive(Clone)]
pub struct Jurors {
    docket: Arc<dyn Docket>,
    /// The same docket over the connections of the API's reads.
    reads: Arc<dyn Docket>,
    key: BallotKey,
    clock: Arc<dyn Clock>,
    items: Arc<PracticeItems>,
}

impl Jurors {
    /// The records of a docket. Profiles are made with this key.
    #[must_use]
    pub fn new(docket: Arc<dyn Docket>, reads: Arc<dyn Docket>, key: BallotKey, clock: Arc<dyn Clock>) -> Self {
        Self { docket, reads, key, clock, items: Arc::default() }
    }

    /// The same with these items of practice, each at the place that it had before.
    ///
    /// # Errors
    /// An item has another one's place, or the docket did not answer.
    pub async fn practising(self, items: PracticeItems) -> Result<Self, BeginError> {
        if let Some(place) = self.docket.begin_practice(&items.ids()).await? {
            return Err(PracticeError::Moved { place }.into());
        }
        Ok(Self { items: Arc::new(items), ..self })
    }

    /// Whether there is practice.
    #[must_use]
    pub fn has_practice(&self) -> bool {
        !self.items.is_empty()
    }

    /// The next item of practice for a juror.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn practice(&self, juror: NamedJuror<'_>, lang: PracticeLang) -> Result<Practice, DocketError> {
        let profile = self.key.profile(juror.sub);
        let record = self.reads.jurors(&[profile]).await?.first().copied().unwrap_or_default();
        let counting = counting(&self.reads.practice().await?);
        Ok(Practice {
            item: self.items.next(profile, lang, counting & !record.answers.answered),
            answered: u64::from((record.answers.answered & counting).count_ones()),
            e: record.answers.evidence(counting),
            level: level_of(&record, juror.claimed),
        })
    }

    /// Files a juror's answer to an item of practice.
    ///
    /// # Errors
    /// There is no such item or option, the juror has answered it, or the docket did not answer.
    pub async fn answer(
        &self,
        juror: NamedJuror<'_>,
        item: &str,
        option: &OptionId,
        lang: PracticeLang,
    ) -> Result<PracticeResult, AnswerError> {
        let Judged { place, right, why } = self.items.judge(item, option, lang).map_err(|why| match why {
            NotJudged::NoItem => AnswerError::NoItem,
            NotJudged::NoOption => AnswerError::NoOption,
        })?;
        let profile = self.key.profile(juror.sub);
        let before = self.reads.jurors(&[profile]).await?.first().copied().unwrap_or_default();
        // A repeat costs the database's one writer nothing.
        if is_answered(before.answers, place) {
            return Err(AnswerError::Answered);
        }
        let answer = Answer { place, is_right: right == *option, at_min: self.clock.now_ms() / MINUTE_MS };
        let record = self.docket.file_answer(profile, answer).await?.ok_or(AnswerError::Answered)?;
        let counting = counting(&self.reads.practice().await?);
        let level = level_of(&record, juror.claimed);
        Ok(PracticeResult { right, why, e: record.answers.evidence(counting), level })
    }

    /// Forgets what a juror has practised and served, also on panels that are not counted yet. Returns whether there
    /// was something.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn forget(&self, sub: &str) -> Result<bool, DocketError> {
        let called = self.docket.cases_serving().await?.into_iter().map(|id| (id, self.key.pseudonym(id, sub)));
        let called: Vec<_> = called.collect();
        self.docket.forget_juror(self.key.profile(sub), &called).await
    }
}

fn is_answered(answers: Answers, place: u8) -> bool {
    answers.answered >> place & 1 == 1
}

fn level_of(record: &JurorRecord, claimed: u8) -> u8 {
    level(record.passed_at_min.is_some(), record.served, claimed)
}
