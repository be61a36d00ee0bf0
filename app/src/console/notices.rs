//! Texts for the console's notices and for audit lines, in the reader's language. It sends no request.

use live_jury_protocol::{AskedStep, AuditEntry, Outcome};

use super::room_state::CaseNotice;
use crate::pages::{Texts, error_text};

/// A conflict on a case, with the other moderator and the change if known.
#[must_use]
pub fn conflict_text(texts: Texts, by: Option<&AuditEntry>) -> String {
    let pages = texts.pages();
    match by {
        Some(entry) => {
            (pages.changed_by)(&entry.by, &action_text(texts, &entry.action), &texts.lang().time(entry.at_ms))
        }
        None => pages.changed.to_owned(),
    }
}

/// A conflict on a draft, whose typed text stays in the form.
#[must_use]
pub fn draft_conflict_text(texts: Texts, by: Option<&AuditEntry>) -> String {
    let pages = texts.pages();
    by.map_or_else(
        || pages.draft_changed.to_owned(),
        |entry| {
            (pages.draft_changed_by)(&entry.by, &action_text(texts, &entry.action), &texts.lang().time(entry.at_ms))
        },
    )
}

/// A step that waits for a second moderator, with its author.
#[must_use]
pub fn asked_text(texts: Texts, asked: &AskedStep) -> String {
    let step = step_text(texts, asked.step.as_str(), asked.by_s, asked.reason.as_deref());
    (texts.pages().asked)(&asked.by, &step)
}

/// A step that needs two moderators. A step that this version does not know is shown as the server names it.
fn step_text(texts: Texts, step: &str, by_s: Option<u64>, reason: Option<&str>) -> String {
    let pages = texts.pages();
    match (step, by_s, reason) {
        ("close", ..) => pages.close_now.to_owned(),
        ("extend", Some(by_s), _) => format!("{} +{}", pages.extend, (pages.duration_short)(texts.lang(), by_s)),
        ("void", _, Some(reason)) => format!("{}: {reason}", pages.void_now),
        (other, ..) => other.to_owned(),
    }
}

/// The detail of a request for a step, as the server writes it: `close`, `extend by 60 s`, `void: reason`.
fn asked_detail(texts: Texts, detail: &str) -> String {
    let by_s = detail.strip_prefix("extend by ").and_then(|by| by.strip_suffix(" s")?.parse().ok());
    match (by_s, detail.strip_prefix("void: ")) {
        (None, None) => step_text(texts, detail, None, None),
        (Some(by_s), _) => step_text(texts, "extend", Some(by_s), None),
        (None, reason) => step_text(texts, "void", None, reason),
    }
}

/// The action of an audit line. An action that this version does not know is shown as the server names it.
#[must_use]
pub fn action_text(texts: Texts, action: &str) -> String {
    (texts.pages().action)(action).map_or_else(|| action.to_owned(), str::to_owned)
}

/// The detail of an audit line. Outcomes and durations are translated; text that people wrote is shown as it is.
pub fn detail_text(texts: Texts, entry: &AuditEntry) -> impl Fn() -> Option<String> + use<> {
    let (action, detail) = (entry.action.clone(), entry.detail.clone());
    move || {
        let detail = detail.as_deref()?;
        let known = match action.as_str() {
            "decided" => Outcome::ALL
                .into_iter()
                .find(|outcome| outcome.as_str() == detail)
                .map(|outcome| texts.viewer().outcome(outcome).to_owned()),
            "extended" => detail
                .strip_prefix("by ")
                .and_then(|by| by.strip_suffix(" s")?.parse().ok())
                .map(|by_s| format!("+{}", (texts.pages().duration_short)(texts.lang(), by_s))),
            "asked" => Some(asked_detail(texts, detail)),
            _ => None,
        };
        Some(known.unwrap_or_else(|| detail.to_owned()))
    }
}

/// The notice on a case's card; empty without one.
#[must_use]
pub fn notice_text(texts: Texts, notice: Option<&CaseNotice>) -> String {
    match notice {
        None => String::new(),
        Some(CaseNotice::Conflict(by)) => conflict_text(texts, by.as_ref()),
        Some(CaseNotice::Failed(error)) => error_text(texts, error),
        Some(CaseNotice::Extended(by_s)) => texts.viewer().extended_by(*by_s),
    }
}
