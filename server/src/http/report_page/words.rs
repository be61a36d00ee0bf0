//! The words of the page beside those of the figures, in both languages.

use axum::http::{HeaderMap, header};

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The language that the address names; else the one that the browser prefers; else English.
    pub fn of(asked: Option<&str>, headers: &HeaderMap) -> Self {
        if let Some(lang) = asked.and_then(Self::of_tag) {
            return lang;
        }
        let preferred = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (0.0, Self::En);
        for offer in preferred.split(',') {
            let (tag, rest) = offer.split_once(';').unwrap_or((offer, ""));
            let weight = rest.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.parse::<f32>().ok());
            if let (Some(lang), Some(weight)) = (Self::of_tag(tag.trim()), weight)
                && weight > best.0
            {
                best = (weight, lang);
            }
        }
        best.1
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }

    /// The tag in the address and in the page.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// The other language.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Zh,
            Self::Zh => Self::En,
        }
    }

    /// One of two texts.
    pub const fn pick(self, en: &'static str, zh: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }

    /// The name of the language in itself.
    pub const fn name(self) -> &'static str {
        self.pick("English", "中文")
    }

    pub const fn heading(self) -> &'static str {
        self.pick("Public report on trust", "信任公开报告")
    }

    pub const fn own_records(self) -> &'static str {
        self.pick("From the system's own records.", "数据均由系统记录得出。")
    }

    pub const fn nothing(self) -> &'static str {
        self.pick("No edition has been published yet.", "尚未发布任何一期报告。")
    }

    pub const fn no_such_edition(self) -> &'static str {
        self.pick("There is no such edition.", "没有这一期报告。")
    }

    pub const fn definition(self) -> &'static str {
        self.pick("Definition", "定义")
    }

    pub const fn definitions(self) -> &'static str {
        self.pick("Definitions", "全部定义")
    }

    pub const fn absent(self) -> &'static str {
        self.pick("Not known for this period", "本期无数据")
    }

    pub const fn no_badge(self) -> &'static str {
        self.pick("Absent: no random badge ran.", "未做随机对照，无此数据。")
    }

    pub const fn editions(self) -> &'static str {
        self.pick("Editions", "各期报告")
    }

    pub const fn files(self) -> &'static str {
        self.pick("As data", "数据下载")
    }

    pub const fn dsa(self) -> &'static str {
        self.pick("Parts of a transparency report, (EU) 2024/2835", "欧盟透明度报告各部分，(EU) 2024/2835")
    }

    /// The end of a sentence, before another one or a tag.
    pub const fn sentence_end(self) -> &'static str {
        self.pick(". ", "。")
    }

    pub const fn since_before(self) -> &'static str {
        self.pick("since the edition before", "较上一期")
    }

    pub const fn interval(self) -> &'static str {
        self.pick("95 % interval", "95% 置信区间")
    }

    pub const fn version(self) -> &'static str {
        self.pick("Version", "版本")
    }

    pub const fn published(self) -> &'static str {
        self.pick("Published on", "发布于")
    }

    pub const fn deciles(self) -> &'static str {
        self.pick("All deciles", "全部十分位")
    }
}
