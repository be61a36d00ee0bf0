//! What the console says when something did not go as asked, in words; it never asks the server itself.

use live_jury_protocol::{AuditEntry, Outcome};

use super::desk::Note;
use crate::page::{Texts, error_text};

/// That somebody else was first, and who and what that was, where it is known.
#[must_use]
pub fn change_text(texts: Texts, by: Option<&AuditEntry>) -> String {
    let pages = texts.pages();
    match by {
        Some(entry) => {
            (pages.changed_by)(&entry.by, &action_text(texts, &entry.action), &texts.lang().time(entry.at_ms))
        }
        None => pages.changed.to_owned(),
    }
}

/// That somebody else was first with a draft, while what was typed stays.
#[must_use]
pub fn draft_change_text(texts: Texts, by: Option<&AuditEntry>) -> String {
    let pages = texts.pages();
    by.map_or_else(
        || pages.draft_changed.to_owned(),
        |entry| {
            (pages.draft_changed_by)(&entry.by, &action_text(texts, &entry.action), &texts.lang().time(entry.at_ms))
        },
    )
}

/// What a line of the audit trail says was done; a newer server's word as it is.
#[must_use]
pub fn action_text(texts: Texts, action: &str) -> String {
    (texts.pages().action)(action).map_or_else(|| action.to_owned(), str::to_owned)
}

/// What else a line of the audit trail says: the server's word for an outcome or a time in the reader's language, and what
/// people wrote as it is.
pub fn detail_text(texts: Texts, entry: &AuditEntry) -> impl Fn() -> Option<String> + use<> {
    let (action, detail) = (entry.action.clone(), entry.detail.clone());
    move || {
        let detail = detail.as_deref()?;
        let known = match action.as_str() {
            "decided" => Outcome::ALL
                .into_iter()
                .find(|outcome| outcome.as_str() == detail)
                .map(|outcome| (texts.viewer().outcome)(outcome).to_owned()),
            "extended" => detail
                .strip_prefix("by ")
                .and_then(|by| by.strip_suffix(" s")?.parse().ok())
                .map(|by_s| format!("+{}", (texts.pages().duration_short)(texts.lang(), by_s))),
            _ => None,
        };
        Some(known.unwrap_or_else(|| detail.to_owned()))
    }
}

/// What is to be said on a case's card.
#[must_use]
pub fn note_text(texts: Texts, note: &Note) -> String {
    match note {
        Note::Conflict(by) => change_text(texts, by.as_ref()),
        Note::Failed(error) => error_text(texts, error),
        Note::Extended(by_s) => (texts.viewer().extended_by)(texts.lang(), *by_s),
    }
}
