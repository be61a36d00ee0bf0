//! The limits of a brief's rules, and what of them goes together.

use live_jury_protocol::limits::{
    ACCOUNT_AGE_DAYS_MAX, LEVEL_MAX, PANEL_CALL_MAX, PANEL_PRESENT_S_MAX, PANEL_SEATS_MAX, PANEL_SEATS_MIN,
    PER_SIDE_MAX, PER_SIDE_MIN, QUORUM_MAX, QUORUM_MIN, REASON_LABEL_CHARS_MAX, REASONS_MAX, RECUSED_MAX,
    SUB_BYTES_MAX,
};
use live_jury_protocol::text::look_alike;
use live_jury_protocol::{ID_FORM, Panel, Raid, Reason, Reveal, Rules, Stratum, is_id};

use super::check_needed_text;
use crate::FieldError;

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
    rules.panel.as_ref().map_or(Ok(()), |panel| check_panel(rules, panel))?;
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
        // The public reads how many are recused, and the statement counts each viewer once.
        if recused[..index].contains(sub) {
            return Err(FieldError::new(format!("rules.recused[{index}]"), "is there before"));
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

pub(super) fn check_panel(rules: &Rules, panel: &Panel) -> Result<(), FieldError> {
    let wrong = |field: &str, detail: String| Err(FieldError::new(format!("rules.panel{field}"), detail));
    for stratum in Stratum::ALL {
        let seats = panel.seats_of(stratum);
        if seats > 0 && !(PANEL_SEATS_MIN..=PANEL_SEATS_MAX).contains(&seats) {
            return wrong(
                &format!(".{}", stratum.as_str()),
                format!("must be 0 or {PANEL_SEATS_MIN} to {PANEL_SEATS_MAX}"),
            );
        }
    }
    if panel.seats() == 0 {
        return wrong("", "needs seats for buyer, merchant or other".to_owned());
    }
    if !(1..=PANEL_CALL_MAX).contains(&panel.call) {
        return wrong(".call", format!("must be 1 to {PANEL_CALL_MAX}"));
    }
    if panel.present_s > PANEL_PRESENT_S_MAX {
        return wrong(".present_s", format!("must be 0 to {PANEL_PRESENT_S_MAX}"));
    }
    if panel.min_level > LEVEL_MAX {
        return wrong(".min_level", format!("must be 0 to {LEVEL_MAX}"));
    }
    let by_side = rules.two_sided.is_some() || rules.hold_when_balanced;
    if by_side && (panel.buyer == 0 || panel.merchant == 0) {
        return wrong("", "needs seats for buyer and merchant where a rule compares them".to_owned());
    }
    if rules.raid == Raid::Hang {
        // Nobody on a panel came late.
        return Err(FieldError::new("rules.raid", "hang does not go with a panel"));
    }
    // With these rules, the silence of a called juror could change the result, too.
    let silence_matters = by_side || !rules.bias_band.is_zero() || rules.allow_change;
    if panel.stop_early && silence_matters {
        return wrong(".stop_early", "goes with no rule by side, no bias_band and no allow_change".to_owned());
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(rules: Value) -> Option<String> {
        check(&serde_json::from_value(rules).unwrap()).err().map(|error| error.field)
    }

    #[test]
    fn a_panel_has_limits_and_excludes_rules() {
        let panel = |panel: Value| refused(json!({"panel": panel}));
        for good in [json!({"buyer": 7}), json!({"other": 101, "call": 4, "present_s": 3_600, "min_level": 3})] {
            assert_eq!(panel(good), None);
        }
        let field = |field: &str| Some(format!("rules.panel{field}"));
        assert_eq!(panel(json!({})), field(""));
        assert_eq!(panel(json!({"buyer": 6})), field(".buyer"));
        assert_eq!(panel(json!({"merchant": 102})), field(".merchant"));
        assert_eq!(panel(json!({"other": 1})), field(".other"));
        assert_eq!(panel(json!({"buyer": 7, "call": 0})), field(".call"));
        assert_eq!(panel(json!({"buyer": 7, "call": 5})), field(".call"));
        assert_eq!(panel(json!({"buyer": 7, "present_s": 3_601})), field(".present_s"));
        assert_eq!(panel(json!({"buyer": 7, "min_level": 4})), field(".min_level"));
        let with = |seats: Value, name: &str, value: Value| refused(json!({"panel": seats, name: value}));
        let (buyers, both) = (|| json!({"buyer": 7}), || json!({"buyer": 7, "merchant": 7}));
        for (name, value) in [("two_sided", json!({})), ("hold_when_balanced", json!(true))] {
            assert_eq!(with(buyers(), name, value.clone()), field(""));
            assert_eq!(with(both(), name, value), None);
        }
        assert_eq!(with(both(), "raid", json!("hang")), Some("rules.raid".to_owned()));
        let early = || json!({"buyer": 7, "merchant": 7, "stop_early": true});
        assert_eq!(panel(early()), None);
        for (name, value) in [("two_sided", json!({})), ("hold_when_balanced", json!(true)), ("bias_band", json!(0.1))]
        {
            assert_eq!(with(early(), name, value), field(".stop_early"));
        }
        let changes = json!({"panel": early(), "allow_change": true, "reveal": "after_close"});
        assert_eq!(refused(changes), field(".stop_early"));
    }
}
