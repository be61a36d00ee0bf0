//! The limits of a brief's rules, and what of them goes together.

use live_jury_protocol::limits::{
    ACCOUNT_AGE_DAYS_MAX, PER_SIDE_MAX, PER_SIDE_MIN, QUORUM_MAX, QUORUM_MIN, REASON_LABEL_CHARS_MAX, REASONS_MAX,
    RECUSED_MAX, SUB_BYTES_MAX,
};
use live_jury_protocol::{Raid, Reason, Reveal, Rules};

use super::check_needed_text;
use crate::FieldError;
use crate::id::{ID_FORM, is_id};
use crate::text::look_alike;

/// Checks all rules and names the first wrong field.
pub(super) fn check(rules: &Rules) -> Result<(), FieldError> {
    if !(QUORUM_MIN..=QUORUM_MAX).contains(&rules.quorum) {
        return Err(FieldError::new("rules.quorum", format!("must be {QUORUM_MIN} to {QUORUM_MAX}")));
    }
    if rules.reveal == Reveal::Unknown {
        return Err(FieldError::new("rules.reveal", "must be live, after_vote or after_close"));
    }
    if rules.allow_change && rules.reveal != Reveal::AfterClose {
        // A juror who has seen the counts could change the ballot to follow them.
        return Err(FieldError::new("rules.allow_change", "needs reveal after_close"));
    }
    if rules.blind && rules.reveal != Reveal::AfterClose {
        return Err(FieldError::new("rules.blind", "needs reveal after_close"));
    }
    if rules.min_account_age_days > ACCOUNT_AGE_DAYS_MAX {
        return Err(FieldError::new("rules.min_account_age_days", format!("must be 0 to {ACCOUNT_AGE_DAYS_MAX}")));
    }
    check_sides(rules)?;
    check_reasons(&rules.reasons)?;
    let recused = rules.recused.as_deref().unwrap_or_default();
    if recused.len() > RECUSED_MAX {
        return Err(FieldError::new("rules.recused", format!("are more than {RECUSED_MAX}")));
    }
    for (index, sub) in recused.iter().enumerate() {
        if sub.len() > SUB_BYTES_MAX || !is_id(sub) {
            let field = format!("rules.recused[{index}]");
            return Err(FieldError::new(field, format!("must be 1 to {SUB_BYTES_MAX} bytes {ID_FORM}")));
        }
    }
    Ok(())
}

fn check_sides(rules: &Rules) -> Result<(), FieldError> {
    if rules.two_sided.is_some_and(|rule| !(PER_SIDE_MIN..=PER_SIDE_MAX).contains(&rule.min_per_side)) {
        let detail = format!("must be {PER_SIDE_MIN} to {PER_SIDE_MAX}");
        return Err(FieldError::new("rules.two_sided.min_per_side", detail));
    }
    if rules.raid == Raid::Unknown {
        return Err(FieldError::new("rules.raid", "must be show, hang or off"));
    }
    Ok(())
}

fn check_reasons(reasons: &[Reason]) -> Result<(), FieldError> {
    if reasons.len() > REASONS_MAX {
        return Err(FieldError::new("rules.reasons", format!("are more than {REASONS_MAX}")));
    }
    for (index, reason) in reasons.iter().enumerate() {
        let field = format!("rules.reasons[{index}].label");
        check_needed_text(&field, &reason.label, REASON_LABEL_CHARS_MAX)?;
        let before = &reasons[..index];
        if before.iter().any(|other| other.id == reason.id) {
            return Err(FieldError::new(format!("rules.reasons[{index}].id"), "is the id of another reason"));
        }
        if let Some(other) = before.iter().position(|other| look_alike(&other.label, &reason.label)) {
            return Err(FieldError::new(field, format!("looks like the label of rules.reasons[{other}]")));
        }
    }
    Ok(())
}
