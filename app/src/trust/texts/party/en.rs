//! The texts about a party in English.

use super::PartyTexts;
use crate::i18n::isolated;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;

fn units(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

pub(super) const PARTY: PartyTexts = PartyTexts {
    standing: "Standing",
    points_total: |points| match points {
        0 => "No points in the last 180 days.".to_owned(),
        1 => "1 point in the last 180 days.".to_owned(),
        points => format!("{points} points in the last 180 days."),
    },
    points_end: |points, date| format!("The next to end: {points} on {date}."),
    tier: |kind, tier| {
        Some(match (kind, tier) {
            (_, "clear") => "In good standing.",
            ("host", "notice") => "Noticed: nothing is limited, and more points would limit how often it is shown.",
            ("host", "warned") => "Warned: shown no more often than a typical host.",
            ("host", "limited") => "Limited: shown less.",
            ("host", "suspended") => "Suspended: not shown.",
            (_, "notice") => "Noticed: nothing is limited, and more points would limit how often the shop is shown.",
            (_, "warned") => "Warned: the shop is shown no more often than a typical one.",
            (_, "limited") => "Limited: the shop is shown less, and lists nothing new.",
            (_, "suspended") => "Suspended: the shop is not shown.",
            (_, "ban_proposed") => "Suspended, and a person decides about a ban.",
            _ => return None,
        })
    },
    names_nobody: "This link does not say who you are. Your platform puts the id into it.",

    measures: "Measures",
    measure: |kind, until| {
        Some(match kind {
            "no_boost" => format!("Until {until}: exposure at most 1."),
            "limit" => format!("Until {until}: exposure at most 0.85, nothing new."),
            "suspend" => format!("Not shown until {until}."),
            "ban" => "Banned: not shown, until a moderator or an appeal lifts it.".to_owned(),
            "probation" => format!("On probation until {until}: listings are reviewed first, exposure at most 1."),
            "refuse" => "Refused: the shop does not sell, until a moderator or an appeal lifts it.".to_owned(),
            _ => return None,
        })
    },
    measure_since: |date, points| format!("Since {date}, at {points} points."),
    account_ends: |date| format!("The listings are gone; the account ends on {date}."),
    lifted: |reason| match reason {
        "reversed" => "Lifted: what it answered does not count any more.",
        "overturned" => "Lifted by an appeal.",
        "unbanned" => "Lifted by a moderator.",
        "completed" => "Ended early, by 50 completed orders.",
        _ => "Lifted.",
    },
    is_over: "It is over.",
    statement: "Statement of reasons",
    earlier: "Earlier",

    violations: "Violations",
    no_violations: "No violation is on record.",
    violation: |points, title, clause, who, date| {
        format!("{points} points: {}, clause {clause}, by {who}; until {date}.", isolated(title))
    },
    proposed: |points, title, clause| {
        format!("Proposed: {}, clause {clause}; {points} points if a moderator confirms it.", isolated(title))
    },
    void: |title, clause, reason| {
        let why = match reason {
            "dismissed" => "dismissed by a moderator",
            "overturned" => "overturned on appeal",
            "withdrawn" => "withdrawn by a moderator",
            _ => "void",
        };
        format!("No points: {}, clause {clause}, {why}.", isolated(title))
    },
    source: |source| {
        Some(match source {
            "jury" => "the jury",
            "moderator" => "a moderator",
            "authority" => "an authority",
            "screening" => "screening",
            "claim" => "a claim",
            _ => return None,
        })
    },
    facts: "What was found",
    moderators_words: "A moderator's reasons",
    holds_back: "Its points count for no new measure while the appeal is open.",
    expired: "Its points have ended.",

    drafts: "Your side",
    draft: |title| match title {
        Some(title) => format!("A case is being prepared: {}. Give your side before it opens.", isolated(title)),
        None => "A case is being prepared. Give your side before it opens.".to_owned(),
    },
    draft_product: "Product",
    draft_side: "What jurors should know",
    draft_send: "Give your side",
    draft_given: "The draft has your side. You may replace it until the case opens.",

    appeals: "Appeals",
    no_appeals: "No appeal was filed.",
    appeal_free: |jury_until, until| match jury_until {
        Some(first) => format!("Free: to a second jury until {first}, to another moderator until {until}."),
        None => format!("Free: to another moderator until {until}."),
    },
    appeal: "Appeal…",
    appeal_once: "It can be appealed once. Filing one never counts against you.",
    appeal_text: "Why is it wrong?",
    appeal_evidence: "Evidence (optional)",
    appeal_evidence_hint: "One https address a line, at most 10.",
    file_appeal: "File the appeal",
    appeal_against: |title| format!("Appeal against: {}", isolated(title)),
    appeal_state: |state| {
        Some(match state {
            "filed" => "Filed",
            "in_court" => "Before a second jury",
            "in_review" => "With another moderator",
            "confirmed" => "Decided: it stays",
            "overturned" => "Won: all is as if it had never been",
            "withdrawn" => "Withdrawn",
            _ => return None,
        })
    },
    appeal_due: |state, date, left| format!("{state}. An answer is due by {date} ({left})."),
    review_reason: |reason| {
        Some(match reason {
            "not_a_verdict" => "No jury decided it, so another moderator does.",
            "too_late" => "The 72 hours for a second jury were over.",
            "appealed" => "The verdict was appealed before.",
            "key_changed" => "Nobody knows any more who sat on the first jury.",
            "refused" => "The room could not take the case.",
            "not_opened" => "The case was not opened within five days.",
            "discarded" => "The draft of the case was discarded.",
            "no_verdict" => "The second jury reached no verdict.",
            _ => return None,
        })
    },
    withdraw_appeal: "Withdraw the appeal…",
    withdraw_appeal_effect: "What it was against stays, and cannot be appealed again.",
    left: |_, left_ms| {
        let size = left_ms.abs();
        let text = if size >= 2 * DAY_MS {
            units(size / DAY_MS, "day", "days")
        } else {
            units(size / HOUR_MS, "hour", "hours")
        };
        if left_ms < 0 { format!("overdue by {text}") } else { format!("{text} left") }
    },

    confirm: "Confirm…",
    confirm_effect: |points, date| {
        format!(
            "The party gets {points} points until {date}. A tier that they reach starts its measure at once. The party \
             reads your reasons and may appeal; another moderator may withdraw it."
        )
    },
    dismiss: "Dismiss…",
    dismiss_effect: "It counts nothing, as if it had never been. Nobody can propose it again for this case.",
    withdraw: "Withdraw…",
    withdraw_effect: "It is as if it had never been: its points go, and with them each measure that needed them.",
    uphold: "Let it stay…",
    uphold_effect: "What the appeal is against stays as it is. The party cannot appeal it again.",
    overturn: "Overturn…",
    overturn_effect: "What the appeal is against is as if it had never been: points, measures and exposure go back.",
    ban_title: "Ban",
    ban: "Ban…",
    ban_effect: "The shop is not shown from now on, and its listings go. For counterfeit or prohibited goods, evasion \
                 and forged evidence the account ends at once, else in 30 days. The party reads your reasons and may \
                 appeal for 180 days; you or another moderator can lift the ban at any time.",
    ban_for: "It would be for:",
    unban: "Lift the ban…",
    unban_effect: "The ban ends now. Points and other measures stay as they are.",

    unfounded: "Unfounded…",
    release: "Release…",
    ask_jury: "Ask a jury…",
    on_probation: "On probation…",
    refuse: "Refuse…",
    grant: "Grant…",
    deny: "Deny…",

    words: "Your reasons, which the party reads",
    words_hint: "20 to 2,000 characters.",
    do_it: "Do it",
    problem: |code| {
        Some(match code {
            "not_found" => "It is gone, or it is not for you.",
            "version_mismatch" | "conflict" => "Somebody else was first. What you see now is how it stands.",
            "not_proposed" => "This violation is not proposed any more.",
            "not_active" => "This violation is not in force.",
            "appealed" => "It was appealed before.",
            "appeal_too_late" => "The time for an appeal is over.",
            "same_moderator" => "You decided in this matter before. Another moderator decides about the appeal.",
            "below_ban" => "A ban needs 48 points.",
            "decided" => "It is decided already.",
            "not_a_draft" => "The case is open already, or over.",
            "not_configured" => "This server is not set up for it.",
            "unknown_policy" => "There is no such policy.",
            "words_needed" => "This step needs reasons of 20 characters or more.",
            _ => return None,
        })
    },
};
