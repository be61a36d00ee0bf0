//! The checks of a file of policies. They change nothing and stop at the first fault.

use std::collections::BTreeSet;

use live_jury_protocol::ID_FORM;
use live_jury_protocol::limits::POLICY_ID_BYTES_MAX;
use live_jury_protocol::text::{self, look_alike};

use super::{Policy, PromiseProgramme, TrustFile};
use crate::signal::{Form, SignalId, Source};
use crate::{ID_BYTES_MAX, is_platform_id};

/// Limits the policies of a file. A form with more choices is not read.
pub const POLICIES_MAX: usize = 64;
/// The most points of a policy that viewers judge: a verdict gives 6, a repeat 12, and neither bans.
pub const JURY_POINTS_MAX: u32 = 6;
/// The most points of any policy: those from which a ban is proposed.
pub const POLICY_POINTS_MAX: u32 = 48;
/// Limits a title and a clause, in characters: one line.
const LINE_CHARS_MAX: usize = 120;
/// Limits the address of a clause, in bytes: the length that all browsers accept.
const URL_BYTES_MAX: usize = 2_048;
/// The largest deposit, in the smallest unit of its currency: what fits the signed numbers of a database.
pub const DEPOSIT_MINOR_MAX: u64 = i64::MAX as u64;
/// Limits the keywords of a policy.
const KEYWORDS_MAX: usize = 8;

/// The categories of the EU's transparency database, without what they all begin with.
const CATEGORIES: [&str; 16] = [
    "ANIMAL_WELFARE",
    "CONSUMER_INFORMATION",
    "CYBER_VIOLENCE",
    "CYBER_VIOLENCE_AGAINST_WOMEN",
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    "ILLEGAL_OR_HARMFUL_SPEECH",
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    "NOT_SPECIFIED_NOTICE",
    "OTHER_VIOLATION_TC",
    "PROTECTION_OF_MINORS",
    "RISK_FOR_PUBLIC_SECURITY",
    "SCAMS_AND_FRAUD",
    "SELF_HARM",
    "UNSAFE_AND_PROHIBITED_PRODUCTS",
    "VIOLENCE",
];

/// A fault of a file of policies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The file is not JSON of this form.
    #[error("the file cannot be read: {0}")]
    Malformed(String),
    /// There are too many policies, or none.
    #[error("a file has 1 to {POLICIES_MAX} policies, and this one has {0}")]
    Count(usize),
    /// Two entries have the same id.
    #[error("the id {0:?} stands twice")]
    Duplicate(String),
    /// An id does not have its form.
    #[error("{0:?} is no id of a policy: 1 to {POLICY_ID_BYTES_MAX} lower-case letters, digits and _")]
    Id(String),
    /// A text is missing or too long, or shows nothing.
    #[error("policy {policy}: {field} must have 1 to {LINE_CHARS_MAX} characters, and show something")]
    Text {
        /// The policy's id.
        policy: String,
        /// The field's name.
        field: &'static str,
    },
    /// A reader cannot tell the titles of two policies apart.
    #[error("policy {policy}: {field} looks like that of {other}")]
    AlikeTitles {
        /// The policy's id.
        policy: String,
        /// The field's name.
        field: &'static str,
        /// The id of the other policy.
        other: String,
    },
    /// The points are out of range.
    #[error("policy {policy}: points must be from 1 to {POLICY_POINTS_MAX}, and are {points}")]
    Points {
        /// The policy's id.
        policy: String,
        /// The points.
        points: u32,
    },
    /// Viewers would judge what costs too much.
    #[error("policy {policy}: viewers judge policies of at most {JURY_POINTS_MAX} points, and it has {points}")]
    JuryPoints {
        /// The policy's id.
        policy: String,
        /// The points.
        points: u32,
    },
    /// The second factor of repeats is below the first.
    #[error("policy {0}: a later repeat must cost no less than the first")]
    Repeat(String),
    /// The bars would let a minority, or nobody, make a violation.
    #[error("policy {0}: min_ballots must be 1 or more, and min_share 0.5 or more")]
    Bars(String),
    /// The address of the clause is no `https:` address.
    #[error("policy {0}: clause_url must be an https: address of at most {URL_BYTES_MAX} bytes")]
    Url(String),
    /// The category is none of the database's.
    #[error("policy {policy}: {category:?} is no category of the EU's transparency database")]
    StatementCategory {
        /// The policy's id.
        policy: String,
        /// The category.
        category: String,
    },
    /// The keywords do not have their form.
    #[error("policy {0}: keywords must be at most {KEYWORDS_MAX}, and begin with KEYWORD_")]
    Keywords(String),
    /// A category of goods has no id.
    #[error("{0:?} is no id of a category: 1 to {ID_BYTES_MAX} bytes {ID_FORM}")]
    CategoryId(String),
    /// A signal does not exist, or no fact feeds it.
    #[error("{0:?} is no signal that tallies may feed")]
    TallySignal(String),
    /// The name of the programme is missing in a language, or too long.
    #[error("programme: {0} must have 1 to {LINE_CHARS_MAX} characters, and show something")]
    ProgrammeName(&'static str),
    /// The deposit is nothing, or does not fit a database.
    #[error("programme: deposit_minor must be from 1 to {DEPOSIT_MINOR_MAX}, and is {0}")]
    Deposit(u64),
}

impl TrustFile {
    /// Checks the file.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), PolicyError> {
        if !(1..=POLICIES_MAX).contains(&self.policies.len()) {
            return Err(PolicyError::Count(self.policies.len()));
        }
        self.policies.iter().try_for_each(Policy::check)?;
        once(self.policies.iter().map(|policy| policy.id.as_str()))?;
        self.check_titles()?;
        if let Some(category) = self.categories.iter().find(|category| !is_platform_id(&category.id)) {
            return Err(PolicyError::CategoryId(category.id.clone()));
        }
        once(self.categories.iter().map(|category| category.id.as_str()))?;
        if let Some(name) = self.tally_signals.iter().find(|name| !may_be_tallied(name)) {
            return Err(PolicyError::TallySignal(name.clone()));
        }
        once(self.tally_signals.iter().map(String::as_str))?;
        self.programme.check()
    }

    /// Checks that a reader of one language can tell all titles apart.
    fn check_titles(&self) -> Result<(), PolicyError> {
        for (place, policy) in self.policies.iter().enumerate() {
            for other in &self.policies[..place] {
                let (own, others) = (&policy.title, &other.title);
                let titles = [("title.en", &own.en, &others.en), ("title.zh-CN", &own.zh_cn, &others.zh_cn)];
                if let Some((field, ..)) = titles.into_iter().find(|(_, own, others)| look_alike(others, own)) {
                    let (policy, other) = (policy.id.clone(), other.id.clone());
                    return Err(PolicyError::AlikeTitles { policy, field, other });
                }
            }
        }
        Ok(())
    }
}

impl PromiseProgramme {
    fn check(&self) -> Result<(), PolicyError> {
        let texts = self.name.iter().flat_map(|name| [("name.en", &name.en), ("name.zh-CN", &name.zh_cn)]);
        for (field, text) in texts {
            if !is_line(text) {
                return Err(PolicyError::ProgrammeName(field));
            }
        }
        match self.deposit_minor {
            Some(minor) if !(1..=DEPOSIT_MINOR_MAX).contains(&minor) => Err(PolicyError::Deposit(minor)),
            _ => Ok(()),
        }
    }
}

/// Whether a text is a line that shows something.
fn is_line(text: &str) -> bool {
    !text.is_empty() && text::check(text, LINE_CHARS_MAX).is_ok()
}

/// Whether tallies may feed a signal: facts feed it, and it is no state.
fn may_be_tallied(name: &str) -> bool {
    let signal = SignalId::from_name(name).map(SignalId::signal);
    signal.is_some_and(|signal| signal.source == Source::Facts && signal.form != Form::State)
}

fn once<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(PolicyError::Duplicate(id.to_owned()));
        }
    }
    Ok(())
}

impl Policy {
    fn check(&self) -> Result<(), PolicyError> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=POLICY_ID_BYTES_MAX).contains(&self.id.len()) || !self.id.bytes().all(is_letter) {
            return Err(PolicyError::Id(self.id.clone()));
        }
        let policy = self.id.clone();
        for (field, text) in [
            ("title.en", &self.title.en),
            ("title.zh-CN", &self.title.zh_cn),
            ("clause", &self.clause),
            ("kind", &self.kind),
        ] {
            if !is_line(text) {
                return Err(PolicyError::Text { policy, field });
            }
        }
        let points = self.points;
        if !(1..=POLICY_POINTS_MAX).contains(&points) {
            return Err(PolicyError::Points { policy, points });
        }
        if self.jury && points > JURY_POINTS_MAX {
            return Err(PolicyError::JuryPoints { policy, points });
        }
        if self.repeat[1] < self.repeat[0] {
            return Err(PolicyError::Repeat(policy));
        }
        if self.min_ballots == 0 || self.min_share < live_jury_protocol::Threshold::HALF {
            return Err(PolicyError::Bars(policy));
        }
        if self.clause_url.as_ref().is_some_and(|url| !url.starts_with("https://") || url.len() > URL_BYTES_MAX) {
            return Err(PolicyError::Url(policy));
        }
        let name = self.category.strip_prefix("STATEMENT_CATEGORY_");
        if !name.is_some_and(|name| CATEGORIES.contains(&name)) {
            return Err(PolicyError::StatementCategory { policy, category: self.category.clone() });
        }
        let is_keyword = |word: &String| word.strip_prefix("KEYWORD_").is_some_and(|name| !name.is_empty());
        if self.keywords.len() > KEYWORDS_MAX || !self.keywords.iter().all(is_keyword) {
            return Err(PolicyError::Keywords(policy));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::{BUILTIN, FallsOn};

    #[test]
    fn the_built_in_file_is_valid_and_has_the_known_points() {
        let file = TrustFile::parse(BUILTIN).unwrap();
        let points: Vec<(&str, u32, bool, FallsOn)> = file
            .policies
            .iter()
            .map(|policy| (policy.id.as_str(), policy.points, policy.jury, policy.falls_on))
            .collect();
        let (merchant, host, both) = (FallsOn::Merchant, FallsOn::Host, FallsOn::Both);
        assert_eq!(
            points,
            [
                ("false_advertising", 6, true, both),
                ("not_as_described", 3, true, merchant),
                ("price_fraud", 6, true, both),
                ("promise_breach", 2, true, merchant),
                ("staged_drama", 4, true, host),
                ("abuse", 4, true, host),
                ("look_alike_brand", 6, true, merchant),
                ("off_platform", 6, false, both),
                ("false_shipment", 4, false, merchant),
                ("fake_reviews", 12, false, merchant),
                ("evasion", 48, false, merchant),
                ("forged_evidence", 24, false, merchant),
                ("counterfeit", 24, false, merchant),
                ("repeated", 48, false, merchant),
                ("unsafe_goods", 24, false, merchant),
                ("prohibited_goods", 48, false, merchant),
            ]
        );
        assert_eq!(file.policy("look_alike_brand").unwrap().min_ballots, 500);
        assert_eq!(file.policy("abuse").unwrap().min_ballots, 30);
        assert_eq!(file.policy("abuse").unwrap().min_share.parts(), 6_000);
        assert_eq!(TrustFile::builtin(), file);
        let programme = file.programme;
        assert_eq!((programme.name.unwrap().en.as_str(), programme.deposit_minor), ("Assured", None));
    }

    /// The fault of the built-in file with one change.
    fn fault(change: impl FnOnce(&mut Value)) -> String {
        let mut file: Value = serde_json::from_str(BUILTIN).unwrap();
        change(&mut file);
        TrustFile::parse(&file.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn viewers_never_judge_a_policy_above_six_points() {
        let error = fault(|file| file["policies"][0]["points"] = json!(7));
        assert_eq!(error, "policy false_advertising: viewers judge policies of at most 6 points, and it has 7");
        let error = fault(|file| file["policies"][12]["jury"] = json!(true));
        assert_eq!(error, "policy counterfeit: viewers judge policies of at most 6 points, and it has 24");
    }

    #[test]
    fn each_fault_is_named() {
        let set = |path: &str, value: Value| {
            let path = path.to_owned();
            fault(move |file| *file.pointer_mut(&path).unwrap() = value)
        };
        for (path, value, expected) in [
            ("/policies", json!([]), "a file has 1 to 64 policies, and this one has 0"),
            ("/policies/1/id", json!("abuse"), "the id \"abuse\" stands twice"),
            ("/policies/1/id", json!("Abuse"), "\"Abuse\" is no id of a policy"),
            ("/policies/0/title/en", json!(" "), "policy false_advertising: title.en must have 1 to 120 characters"),
            ("/policies/0/title/en", json!("\u{200b}"), "title.en must have 1 to 120 characters, and show something"),
            ("/policies/1/title/en", json!("FALSE  advertising"), "title.en looks like that of false_advertising"),
            ("/policies/0/clause", json!("a\u{0}"), "clause must have 1 to 120 characters"),
            ("/policies/0/points", json!(0), "points must be from 1 to 48, and are 0"),
            ("/policies/8/points", json!(49), "points must be from 1 to 48, and are 49"),
            ("/policies/12/repeat", json!([2, 1.5]), "a later repeat must cost no less than the first"),
            ("/policies/12/repeat", json!([0.5, 1]), "a factor of repeats must be from 1 to 10"),
            ("/policies/6/min_ballots", json!(0), "min_ballots must be 1 or more"),
            ("/policies/0/category", json!("STATEMENT_CATEGORY_FRAUD"), "is no category of the EU's"),
            ("/policies/0/keywords", json!(["MISLEADING"]), "keywords must be at most 8"),
            ("/policies/0/falls_on", json!("buyer"), "unknown variant `buyer`"),
            ("/categories", json!([{"id": "a"}, {"id": "a"}]), "the id \"a\" stands twice"),
            ("/categories", json!([{"id": " a"}]), "is no id of a category"),
            ("/categories", json!([{"id": "a\u{200b}"}]), "is no id of a category"),
            ("/tally_signals", json!(["q99"]), "\"q99\" is no signal that tallies may feed"),
            ("/tally_signals", json!(["x01"]), "\"x01\" is no signal that tallies may feed"),
            ("/tally_signals", json!(["x05"]), "\"x05\" is no signal that tallies may feed"),
        ] {
            let error = set(path, value);
            assert!(error.contains(expected), "{path}: {error}");
        }
        for (value, expected) in [
            (json!({ "deposit_minor": 0 }), "programme: deposit_minor must be from 1 to"),
            (json!({ "deposit_minor": u64::MAX }), "and is 18446744073709551615"),
            (json!({ "deposit_minor": -1 }), "invalid value: integer `-1`"),
            (json!({ "name": { "en": " ", "zh-CN": "a" } }), "programme: name.en must have 1 to 120 characters"),
            (json!({ "deposit": 5 }), "unknown field `deposit`"),
        ] {
            let error = fault(|file| file["programme"] = value.clone());
            assert!(error.contains(expected), "{value}: {error}");
        }
        assert!(fault(|file| file["policies"][0]["min_share"] = json!(0.4)).contains("min_share 0.5 or more"));
        assert!(
            fault(|file| file["policies"][0]["clause_url"] = json!("http://a.example")).contains("an https: address")
        );
        assert!(fault(|file| file["policys"] = json!([])).contains("unknown field `policys`"));
    }
}
