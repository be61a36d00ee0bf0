//! A case on the wire, as a moderator writes it and as everybody reads it; it never checks a limit.

use serde::{Deserialize, Serialize};

use crate::case_state::{CaseState, ClosedBy};
#[cfg(feature = "details")]
use crate::dispute::RemedyKind;
use crate::dispute::{Evidence, RemedyClock, Statements, Subject};
use crate::id::{CaseId, OptionId, RoomId};
#[cfg(feature = "details")]
use crate::panel::Draw;
#[cfg(feature = "details")]
use crate::policy::AskedStep;
use crate::rules::Rules;
use crate::verdict::Verdict;

/// A case as it is read. Only moderators see `recused`, and drafts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Case {
    /// The case's id.
    pub id: CaseId,
    /// The room whose viewers judge the case.
    pub room: RoomId,
    /// The kind of complaint: `false_advertising`, `counterfeit`, `not_as_described`, `after_sales`, `host_conduct` or
    /// a kind of the platform's own.
    pub kind: String,
    /// The question before the jury.
    pub title: String,
    /// The facts in brief.
    pub summary: String,
    /// The merchant, host, product and order concerned.
    #[cfg(feature = "details")]
    pub subject: Subject,
    /// The statements of both sides. A docket leaves them out for ended cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements: Option<Statements>,
    /// The evidence. A docket leaves it out for ended cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<Evidence>>,
    /// The options to vote for, in the order shown.
    pub options: Vec<CaseOption>,
    /// The rules of the vote.
    pub rules: Rules,
    /// The remedy that applies if the jury decides.
    pub remedy: Option<String>,
    /// The policy that the subject broke if the complaint is upheld.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The kind of the remedy.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_kind: Option<RemedyKind>,
    /// The time within which the remedy is due after the verdict, in hours. None means 72.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_due_h: Option<u32>,
    /// The state.
    pub state: CaseState,
    /// The version. It grows with every change, and `If-Match` compares it.
    pub version: u64,
    /// The epoch. It grows each time the tally store loses its data; 0 before the case is opened.
    pub epoch: u64,
    /// The time that the case stays open, in seconds, if the moderator gave one.
    #[cfg(feature = "details")]
    pub duration_s: Option<u64>,
    /// The time of creation, in Unix milliseconds.
    #[cfg(feature = "details")]
    pub created_at_ms: u64,
    /// The time of opening, in Unix milliseconds.
    pub opened_at_ms: Option<u64>,
    /// The closing time, in Unix milliseconds. A draft has one only if the moderator fixed it.
    pub closes_at_ms: Option<u64>,
    /// The sum of all extensions, in seconds.
    pub extended_s: u64,
    /// The number of viewer ids that may not judge the case.
    #[serde(default)]
    pub recused_count: u64,
    /// The number of this case among those on the same subject: one more than were decided or void at its opening. 0
    /// before the case is opened.
    #[serde(default)]
    pub attempt: u64,
    /// The case whose verdict this one is an appeal against; left out of other cases.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_of: Option<CaseId>,
    /// The bucket of viewers' reports from which the case was drafted, as long as it is kept. Only moderators see it,
    /// in the answer about one case.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_reports: Option<uuid::Uuid>,
    /// The claim that the case is about. Only moderators see it, in the answer about one case.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<uuid::Uuid>,
    /// The step that a moderator asked for and another one must ask for, too. Only moderators see it.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedStep>,
    /// The draw of the panel; left out of a case without one.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Draw>,
    /// The clock of the remedy that the verdict ordered; left out while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_clock: Option<RemedyClock>,
    /// The party that closed the case.
    pub closed_by: Option<ClosedBy>,
    /// Whether the case takes no more ballots and waits for a tally that its store has lost. The result may come later.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tally_missing: bool,
    /// The result, once there is one.
    pub verdict: Option<Verdict>,
}

/// A case as a moderator writes it. It needs `title`, `options`, and either `duration_s` or `closes_at_ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCase {
    /// The question before the jury.
    pub title: String,
    /// The kind of complaint.
    #[serde(default = "other_kind")]
    pub kind: String,
    /// The facts in brief.
    #[serde(default)]
    pub summary: String,
    /// The merchant, host, product and order concerned.
    #[serde(default)]
    pub subject: Subject,
    /// The statements of both sides.
    #[serde(default)]
    pub statements: Statements,
    /// The evidence.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// The options to vote for: two to five, of which at least two do not abstain.
    pub options: Vec<CaseOption>,
    /// The rules of the vote.
    #[serde(default)]
    pub rules: Rules,
    /// The remedy that applies if the jury decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The policy that the subject broke if the complaint is upheld. It needs a merchant or a host in the subject,
    /// and an option that upholds.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The kind of the remedy.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_kind: Option<RemedyKind>,
    /// The time within which the remedy is due after the verdict, in hours. None means 72.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_due_h: Option<u32>,
    /// The time that the case stays open, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u64>,
    /// The closing time, in Unix milliseconds; an alternative to `duration_s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at_ms: Option<u64>,
    /// Whether the case opens on creation.
    #[serde(default, skip_serializing_if = "is_false")]
    pub open: bool,
}

#[cfg(feature = "details")]
impl NewCase {
    /// A case of this kind with its question and its options, the usual rules and nothing else. It needs a duration, or
    /// a closing time.
    #[must_use]
    pub fn bare(kind: &str, title: &str, options: Vec<CaseOption>) -> Self {
        Self {
            title: title.to_owned(),
            kind: kind.to_owned(),
            summary: String::new(),
            subject: Subject::default(),
            statements: Statements::default(),
            evidence: Vec::new(),
            options,
            rules: Rules::default(),
            remedy: None,
            policy: None,
            remedy_kind: None,
            remedy_due_h: None,
            duration_s: None,
            closes_at_ms: None,
            open: false,
        }
    }

    /// Whether something follows from its verdict that a program without policies would leave out.
    #[must_use]
    pub fn has_consequence(&self) -> bool {
        self.policy.is_some()
            || self.remedy_kind.is_some()
            || self.remedy_due_h.is_some()
            || self.options.iter().any(|option| option.upholds)
    }
}

/// The kind of a case whose kind nobody named.
pub const OTHER_KIND: &str = "other";

fn other_kind() -> String {
    OTHER_KIND.to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn is_false(value: &bool) -> bool {
    !*value
}

/// An option to vote for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseOption {
    /// The id, unique within the case.
    pub id: OptionId,
    /// The label that jurors read.
    pub label: String,
    /// Whether a vote for it counts towards the quorum only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub abstain: bool,
    /// Whether its win means that the complaint against the subject is right. At most one option upholds, and none that
    /// abstains.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "is_false")]
    pub upholds: bool,
}

#[cfg(feature = "details")]
impl CaseOption {
    /// The id of the option of jurors who cannot tell.
    const CANNOT_TELL: &str = "abstain";

    /// The options of a question: the one that upholds the complaint, the one against it, each with its id and its
    /// label, and that of jurors who cannot tell. An id that is none is left out.
    #[must_use]
    pub fn of_question(for_it: (&str, &str), against_it: (&str, &str), cannot_tell: &str) -> Vec<Self> {
        let option = |(id, label): (&str, &str), abstain, upholds| {
            let id = id.parse().ok()?;
            Some(Self { id, label: label.to_owned(), abstain, upholds })
        };
        let options = [
            option(for_it, false, true),
            option(against_it, false, false),
            option((Self::CANNOT_TELL, cannot_tell), true, false),
        ];
        options.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_needs_title_options_and_duration_only() {
        let new: NewCase = serde_json::from_str(
            r#"{"title":"Is it?","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}],"duration_s":60}"#,
        )
        .unwrap();
        assert_eq!(new.rules, Rules::default());
        assert_eq!(new.kind, "other");
        assert!(!new.open);
    }
}
