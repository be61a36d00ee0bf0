//! Languages of the interface, and their numbers, shares and dates; it never holds a sentence. The widget's texts are
//! in `app/texts/`, and those of the pages in `pages/texts/`. A text that a language lacks fails the build.

#[cfg(target_arch = "wasm32")]
mod intl;
#[cfg(not(target_arch = "wasm32"))]
#[path = "i18n/plain.rs"]
mod intl;
mod viewer;

pub use viewer::{TextKey, ViewerTexts};

/// A language of console, host view and overlay. The widget knows the one language whose texts it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

/// A form of a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Format {
    Number,
    Percent,
    DateTime,
    Time,
}

impl Lang {
    /// All languages.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::ZhCn];

    /// The language that fits a tag such as `zh-Hans-CN`; English if none does. `public/texts.js` has the same rule.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let fits = |lang: &Self| primary(lang.tag()) == primary(tag);
        Self::ALL.into_iter().find(fits).unwrap_or_default()
    }

    /// The language's tag, for `lang=` and `Intl`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// The language's own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::ZhCn => "简体中文",
        }
    }

    /// The viewer's texts.
    #[must_use]
    pub const fn viewer(self) -> &'static ViewerTexts {
        match self {
            Self::En => &ViewerTexts::EN,
            Self::ZhCn => &ViewerTexts::ZH_CN,
        }
    }

    /// Formats a count with the language's separators.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn number(self, count: u64) -> String {
        intl::format(self.tag(), Format::Number, count as f64)
    }

    /// Formats a share between 0 and 1 in whole percent.
    #[must_use]
    pub fn percent(self, share: f64) -> String {
        intl::format(self.tag(), Format::Percent, share)
    }

    /// Formats Unix milliseconds as date and time in the reader's time zone.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53")]
    pub fn date_time(self, unix_ms: u64) -> String {
        intl::format(self.tag(), Format::DateTime, unix_ms as f64)
    }

    /// Formats Unix milliseconds as time of day in the reader's time zone.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53")]
    pub fn time(self, unix_ms: u64) -> String {
        intl::format(self.tag(), Format::Time, unix_ms as f64)
    }

    /// Whether the language uses its singular for a count.
    #[must_use]
    pub fn is_one(self, count: u64) -> bool {
        intl::plural_category(self.tag(), count) == "one"
    }
}

/// Isolates people's text within a sentence, so that its direction does not change the rest.
#[must_use]
pub fn isolated(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_selects_its_language() {
        for (tag, lang) in [
            ("en", Lang::En),
            ("zh-CN", Lang::ZhCn),
            ("ZH", Lang::ZhCn),
            ("zh-Hans-CN", Lang::ZhCn),
            ("zh_TW", Lang::ZhCn),
            ("en-GB", Lang::En),
            ("de", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::of_tag(tag), lang, "{tag}");
        }
    }
}
