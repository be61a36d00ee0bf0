//! The brief and the audit lines, compared with their hashes and with the stated rules.

use live_jury_proof::sha256;
use live_jury_proof::statement::{PARTS, PanelRule, Raid, Rule, StatedOption, TwoSided};
use serde_json::Value;

use crate::Case;
use crate::report::Finding;

/// The format that a public brief names.
const BRIEF_FORMAT: &str = "live-jury/brief/v1";

/// Compares the brief with its hash, and its options and rules with the stated ones.
pub(crate) fn brief(case: &Case) -> Finding {
    let Some(brief) = &case.bundle.brief else {
        return match case.is_erased() {
            true => Finding::unchecked("erased, not compared"),
            false => Finding::failed("the brief is missing"),
        };
    };
    if sha256(&[brief.as_bytes()]) != case.statement.brief {
        return Finding::failed("the brief is not the one that is stated");
    }
    let Some(brief) = case.brief.as_ref().filter(|brief| brief["format"] == BRIEF_FORMAT) else {
        return Finding::failed("the brief is not of the format live-jury/brief/v1");
    };
    if options(&brief["options"]).as_ref() != Some(&case.statement.options) {
        return Finding::failed("the brief has other options than the statement");
    }
    if rule(&brief["rules"]) != Some(case.statement.rule) {
        return Finding::failed("the brief has other rules than the statement");
    }
    Finding::good("the brief is the stated one, with the stated options and rules")
}

fn options(options: &Value) -> Option<Vec<StatedOption>> {
    let option = |option: &Value| {
        let abstains = flag(&option["abstain"])?;
        Some(StatedOption { id: option["id"].as_str()?.to_owned(), abstains })
    };
    options.as_array()?.iter().map(option).collect()
}

/// A switch that is off where it is not named.
fn flag(value: &Value) -> Option<bool> {
    if value.is_null() { Some(false) } else { value.as_bool() }
}

/// A share with four decimals, in parts.
fn parts(value: &Value) -> Option<u32> {
    /// The rounding error of such a share, in parts. It is far below one part.
    const SLACK: f64 = 1e-6;
    let parts = value.as_f64()? * f64::from(PARTS);
    let is_whole = (0.0..=f64::from(PARTS)).contains(&parts) && (parts - parts.round()).abs() <= SLACK;
    is_whole.then(|| parts.round() as u32)
}

/// The deciding rules of a brief. A rule that it does not name has its default.
fn rule(rules: &Value) -> Option<Rule> {
    let (sides, panel) = (&rules["two_sided"], &rules["panel"]);
    let or = |value: &Value, default: u64| if value.is_null() { Some(default) } else { value.as_u64() };
    let parts_or = |value: &Value, default: u32| if value.is_null() { Some(default) } else { parts(value) };
    let sides = if sides.is_null() {
        None
    } else {
        let threshold = parts_or(&sides["threshold"], PARTS / 2)?;
        Some(TwoSided { min_per_side: or(&sides["min_per_side"], 20)?, threshold })
    };
    let panel = if panel.is_null() {
        None
    } else {
        let seats = [or(&panel["buyer"], 0)?, or(&panel["merchant"], 0)?, or(&panel["other"], 0)?];
        Some(PanelRule { seats, call: or(&panel["call"], 2)? })
    };
    let raid = match rules["raid"].as_str() {
        None if rules["raid"].is_null() => Raid::Show,
        Some("show") => Raid::Show,
        Some("hang") => Raid::Hang,
        Some("off") => Raid::Off,
        _ => return None,
    };
    Some(Rule {
        quorum: or(&rules["quorum"], 30)?,
        threshold: parts_or(&rules["threshold"], PARTS / 2)?,
        band: parts_or(&rules["bias_band"], 0)?,
        balanced: flag(&rules["hold_when_balanced"])?,
        sides,
        panel,
        raid,
    })
}

/// Compares the audit lines with their number and hash.
pub(crate) fn audit(case: &Case) -> Finding {
    let Some(audit) = &case.bundle.audit else {
        return Finding::none("the bundle has no audit lines: they are for moderators");
    };
    let lines = audit.bytes().filter(|byte| *byte == b'\n').count() as u64;
    let whole = audit.is_empty() || audit.ends_with('\n');
    if !whole || lines != case.statement.audit.lines || sha256(&[audit.as_bytes()]) != case.statement.audit.hash {
        return Finding::failed("the audit lines are not those that are stated");
    }
    Finding::Good(format!("{lines} audit lines are the stated ones"))
}
