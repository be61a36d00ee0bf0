//! The routes of practice, one method for each.

use live_jury_protocol::{OptionId, Practice, PracticeAnswer, PracticeResult};

use super::{Api, ApiError, Call};
use crate::i18n::Lang;

impl Api {
    /// Reads the next item of practice.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn practice(self, lang: Lang) -> Result<Practice, ApiError> {
        self.read(Call::get(format!("/api/v1/practice?lang={}", lang.tag()))).await
    }

    /// Answers an item of practice.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn answer_practice(
        self,
        item: &OptionId,
        option: &OptionId,
        lang: Lang,
    ) -> Result<PracticeResult, ApiError> {
        let answer = PracticeAnswer { option: option.clone() };
        self.read(Call::post(format!("/api/v1/practice/{item}?lang={}", lang.tag())).body(&answer)?).await
    }
}
