//! An appeal: whether a case may be judged again, and the panel that does it, which is larger than what decided before.
//! It files nothing.

use live_jury_protocol::limits::{APPEAL_WINDOW_MS, DURATION_S_MAX, PANEL_DURATION_S_MIN, PANEL_SEATS_MAX, QUORUM_MAX};
use live_jury_protocol::{NewCase, Outcome, Panel, Raid, Rules, Threshold};

use crate::sums::deciding;
use crate::{Case, Ended, FieldError, Sums};

/// The appeals that may follow one another. After two, the third panel has the last word.
pub const APPEAL_STEPS_MAX: usize = 2;
/// The seats of buyers, and of merchants, after an open vote in which most sides were known.
const SEATS_OF_SIDE: u64 = 31;
/// The seats after an open vote in which most sides were not known: one more than two sides have, so that they are odd.
const SEATS_OF_ALL: u64 = 63;
/// The highest level that an appeal raises. Level 3 is a claim of few tokens, and would leave a panel empty.
const RAISED_LEVEL_MAX: u8 = 2;

/// The seats of a panel and the level that its jurors need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PanelSize {
    /// The seats of buyers.
    pub buyer: u64,
    /// The seats of merchants.
    pub merchant: u64,
    /// The seats of jurors of no known side.
    pub other: u64,
    /// The level that a juror needs.
    pub min_level: u8,
}

impl PanelSize {
    /// The panel of an appeal against the verdict of this panel.
    #[must_use]
    pub fn after_panel(self) -> Self {
        // A stratum without seats stays so.
        let seats = |seats: u64| match seats {
            0 => 0,
            seats => seats.saturating_mul(2).saturating_add(1).min(PANEL_SEATS_MAX),
        };
        let raised = (1..=RAISED_LEVEL_MAX).contains(&self.min_level);
        Self {
            buyer: seats(self.buyer),
            merchant: seats(self.merchant),
            other: seats(self.other),
            min_level: self.min_level + u8::from(raised),
        }
    }

    /// The panel of an appeal against the verdict of an open vote.
    #[must_use]
    pub fn after_vote(case: &NewCase, sums: &Sums) -> Self {
        let known = u128::from(sums.buyers.deciding) + u128::from(sums.merchants.deciding);
        // Rules by side decide nothing without seats for both.
        let by_side = case.rules.two_sided.is_some() || case.rules.hold_when_balanced;
        if by_side || 2 * known >= u128::from(deciding(case, &sums.counts)) {
            Self { buyer: SEATS_OF_SIDE, merchant: SEATS_OF_SIDE, ..Self::default() }
        } else {
            Self { other: SEATS_OF_ALL, ..Self::default() }
        }
    }

    /// Whether this panel is no smaller than `least` and asks for no lower level.
    #[must_use]
    pub fn is_at_least(&self, least: &Self) -> bool {
        self.buyer >= least.buyer
            && self.merchant >= least.merchant
            && self.other >= least.other
            && self.min_level >= least.min_level
    }
}

impl From<&Panel> for PanelSize {
    fn from(panel: &Panel) -> Self {
        let Panel { buyer, merchant, other, min_level, .. } = *panel;
        Self { buyer, merchant, other, min_level }
    }
}

/// Why a case cannot be appealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppealError {
    /// The case has no verdict yet.
    #[error("the case is not recorded yet")]
    NotRecorded,
    /// The jury neither decided nor hung.
    #[error("only a case that was decided, or that hung, can be appealed")]
    NoVerdict,
    /// The case is the last of its steps.
    #[error("a case can be appealed {APPEAL_STEPS_MAX} times at most")]
    LastStep,
    /// The case was recorded before there was a log, and an appeal's statement names the entry.
    #[error("the case was recorded before there was a log")]
    NotLogged,
    /// The time is over.
    #[error("a verdict can be appealed within 72 h")]
    TooLate,
    /// A case that led to this one was erased, so nobody knows who took part in it.
    #[error("a case before was erased; nobody knows who took part in it")]
    EarlierErased,
    /// The ballot key is another one by now, so nobody knows who took part before.
    #[error("the ballot secret has changed since; nobody knows who took part before")]
    KeyChanged,
}

/// The facts of a case that may be appealed at `now_ms`. `steps` are the appeals that led to it, and `key` is the
/// fingerprint of the present ballot key.
///
/// # Errors
/// It cannot be appealed.
pub fn check_appealable<'c>(case: &'c Case, steps: usize, key: &str, now_ms: u64) -> Result<&'c Ended, AppealError> {
    let ended = case.state.ended().ok_or(AppealError::NotRecorded)?;
    if !matches!(ended.verdict.outcome, Outcome::Decided | Outcome::Hung) {
        return Err(AppealError::NoVerdict);
    }
    if steps >= APPEAL_STEPS_MAX {
        return Err(AppealError::LastStep);
    }
    if now_ms.saturating_sub(ended.verdict.decided_at_ms) > APPEAL_WINDOW_MS {
        return Err(AppealError::TooLate);
    }
    if ended.sealed.open.key != key {
        return Err(AppealError::KeyChanged);
    }
    Ok(ended)
}

/// The brief of an appeal against the verdict of a case, whose ballots have these sums: the same with a larger panel.
///
/// Rules that do not go with a panel give way. A fixed end is over by now, and becomes a time of the same length.
#[must_use]
pub fn appeal_brief(case: &Case, sums: &Sums) -> NewCase {
    let mut brief = NewCase::clone(&case.brief);
    let before = brief.rules.panel;
    let size = match &before {
        Some(panel) => PanelSize::from(panel).after_panel(),
        None => PanelSize::after_vote(&brief, sums),
    };
    let PanelSize { buyer, merchant, other, min_level } = size;
    brief.rules.panel = Some(Panel { buyer, merchant, other, min_level, ..before.unwrap_or_default() });
    if brief.rules.raid == Raid::Hang {
        brief.rules.raid = Raid::Show;
    }
    let open_s = case.state.opened().map(|open| open.closes_at_ms.saturating_sub(open.opened_at_ms) / 1_000);
    let duration_s = brief.duration_s.or(open_s).unwrap_or(PANEL_DURATION_S_MIN);
    brief.duration_s = Some(duration_s.clamp(PANEL_DURATION_S_MIN, DURATION_S_MAX));
    brief.closes_at_ms = None;
    brief
}

/// Raises the bars of the appeal of a party against what a verdict led to: more ballots than twice as many, and half of
/// them at least.
pub fn raise_bars(brief: &mut NewCase) {
    let rules = &mut brief.rules;
    rules.quorum = rules.quorum.saturating_mul(2).saturating_add(1).min(QUORUM_MAX);
    rules.threshold = rules.threshold.max(Threshold::HALF);
}

/// Checks an edit of an appeal's draft. Statements may be added to. Evidence, the time, recusals and the panel may
/// change. Its seats, its level and the jurors called for a seat only grow. The time for which jurors must have been
/// present only falls. The platform may change the panel in any way.
///
/// # Errors
/// The first field that must not change so.
pub fn check_appeal_edit(before: &NewCase, after: &NewCase, may_lower: bool) -> Result<(), FieldError> {
    let same_rules = |rules: &Rules| Rules { panel: None, recused: None, ..rules.clone() };
    let changed = [
        ("title", before.title != after.title),
        ("kind", before.kind != after.kind),
        ("summary", before.summary != after.summary),
        ("subject", before.subject != after.subject),
        ("options", before.options != after.options),
        ("remedy", before.remedy != after.remedy),
        ("policy", before.policy != after.policy),
        ("remedy_kind", before.remedy_kind != after.remedy_kind),
        ("remedy_due_h", before.remedy_due_h != after.remedy_due_h),
        ("rules", same_rules(&before.rules) != same_rules(&after.rules)),
    ];
    if let Some((field, _)) = changed.into_iter().find(|(_, changed)| *changed) {
        return Err(FieldError::new(field, "is that of the case that is appealed"));
    }
    for (field, before, after) in [
        ("statements.buyer", &before.statements.buyer, &after.statements.buyer),
        ("statements.merchant", &before.statements.merchant, &after.statements.merchant),
    ] {
        if !after.starts_with(before.as_str()) {
            return Err(FieldError::new(field, "may only be added to: it begins as the case had it"));
        }
    }
    let Some(panel) = &after.rules.panel else {
        return Err(FieldError::new("rules.panel", "is needed: a panel judges an appeal"));
    };
    let Some(before) = before.rules.panel.as_ref().filter(|_| !may_lower) else { return Ok(()) };
    if !PanelSize::from(panel).is_at_least(&PanelSize::from(before)) {
        return Err(FieldError::new("rules.panel", "may only grow: the platform may lower seats and level"));
    }
    if panel.call < before.call {
        return Err(FieldError::new("rules.panel.call", "may only grow: the platform may lower it"));
    }
    if panel.present_s > before.present_s {
        return Err(FieldError::new("rules.panel.present_s", "may only fall: the platform may raise it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::tests::{NOW_MS, open_case};
    use crate::{Loss, SealedBy, SideSums, judge};

    fn decided(counts: &[u64]) -> Case {
        let sealed = open_case().seal(SealedBy::Deadline, NOW_MS + 60_000).unwrap();
        let brief = sealed.brief.clone().with_rules(|rules| rules.quorum = 1);
        let verdict = judge(&brief, &Sums::of_counts(counts), None, &Loss::default(), NOW_MS + 60_000);
        sealed.conclude(verdict).unwrap()
    }

    #[test]
    fn a_decided_or_hung_case_is_appealed_in_time_and_twice() {
        let check = |case: &Case, steps, key, after_ms| {
            check_appealable(case, steps, key, NOW_MS + 60_000 + after_ms).map(drop)
        };
        let case = decided(&[3, 1]);
        assert_eq!(check(&case, 0, "key", APPEAL_WINDOW_MS), Ok(()));
        assert_eq!(check(&case, 1, "key", 0), Ok(()));
        assert_eq!(check(&case, 2, "key", 0), Err(AppealError::LastStep));
        assert_eq!(check(&case, 0, "key", APPEAL_WINDOW_MS + 1), Err(AppealError::TooLate));
        assert_eq!(check(&case, 0, "other", 0), Err(AppealError::KeyChanged));
        assert_eq!(check(&decided(&[1, 1]), 0, "key", 0), Ok(()), "it hung");
        assert_eq!(check(&decided(&[0, 0]), 0, "key", 0), Err(AppealError::NoVerdict));
        assert_eq!(check(&open_case(), 0, "key", 0), Err(AppealError::NotRecorded));
    }

    #[test]
    fn an_appeal_has_the_brief_of_its_case_and_a_larger_panel() {
        let mut case = decided(&[3, 1]);
        case.brief = case.brief.with_rules(|rules| rules.raid = Raid::Hang);
        let brief = appeal_brief(&case, &Sums::of_counts(&[3, 1]));
        let panel = Panel { other: 63, ..Panel::default() };
        assert_eq!((brief.rules.panel, brief.rules.raid), (Some(panel), Raid::Show));
        assert_eq!((brief.duration_s, brief.title.as_str()), (Some(60), "Is it silk?"));
        let first = Panel { buyer: 15, merchant: 15, call: 3, present_s: 5, min_level: 1, ..Panel::default() };
        case.brief = case.brief.with_rules(|rules| rules.panel = Some(first));
        let panel = Panel { buyer: 31, merchant: 31, min_level: 2, ..first };
        assert_eq!(appeal_brief(&case, &Sums::default()).rules.panel, Some(panel));
    }

    #[test]
    fn the_appeal_of_a_party_needs_twice_the_ballots_and_half_of_them() {
        let raised = |quorum, parts| {
            let mut brief = NewCase::clone(&open_case().brief);
            (brief.rules.quorum, brief.rules.threshold) = (quorum, Threshold::from_parts(parts).unwrap());
            raise_bars(&mut brief);
            (brief.rules.quorum, brief.rules.threshold.parts())
        };
        assert_eq!(raised(30, 3_400), (61, 5_000));
        assert_eq!(raised(QUORUM_MAX, 6_600), (QUORUM_MAX, 6_600));
    }

    #[test]
    fn an_edit_of_an_appeal_only_raises_its_panel() {
        let mut before = appeal_brief(&decided(&[3, 1]), &Sums::of_counts(&[3, 1]));
        (before.statements.buyer, before.statements.merchant) = ("It is no silk.".into(), "It is.".into());
        let edited = |change: fn(&mut NewCase), may_lower| {
            let mut after = before.clone();
            change(&mut after);
            check_appeal_edit(&before, &after, may_lower).map_err(|error| error.field)
        };
        fn panel(brief: &mut NewCase, other: u64) {
            brief.rules.panel = Some(Panel { other, ..Panel::default() });
        }
        assert_eq!(edited(|brief| brief.statements.buyer.push_str(" And more."), false), Ok(()));
        assert_eq!(edited(|brief| brief.statements.buyer = "It is.".into(), true), Err("statements.buyer".into()));
        assert_eq!(edited(|brief| brief.statements.merchant.clear(), true), Err("statements.merchant".into()));
        assert_eq!(edited(|brief| brief.summary = "It is silk.".into(), true), Err("summary".into()));
        fn pool(brief: &mut NewCase, call: u64, present_s: u64) {
            let panel = brief.rules.panel.unwrap();
            brief.rules.panel = Some(Panel { call, present_s, ..panel });
        }
        assert_eq!(edited(|brief| pool(brief, 4, 0), false), Ok(()));
        assert_eq!(edited(|brief| pool(brief, 1, 60), false), Err("rules.panel.call".into()));
        assert_eq!(edited(|brief| pool(brief, 2, 61), false), Err("rules.panel.present_s".into()));
        assert_eq!(edited(|brief| pool(brief, 1, 3_600), true), Ok(()));
        assert_eq!(edited(|brief| panel(brief, 101), false), Ok(()));
        assert_eq!(edited(|brief| panel(brief, 62), false), Err("rules.panel".into()));
        assert_eq!(edited(|brief| panel(brief, 62), true), Ok(()));
        assert_eq!(edited(|brief| brief.rules.panel = None, true), Err("rules.panel".into()));
        assert_eq!(edited(|brief| brief.title = "Is it wool?".into(), true), Err("title".into()));
        assert_eq!(edited(|brief| brief.rules.quorum += 1, false), Err("rules".into()));
    }

    #[test]
    fn an_appeal_after_a_panel_doubles_each_stratum() {
        let first = PanelSize { buyer: 15, merchant: 7, other: 0, min_level: 1 };
        let second = PanelSize { buyer: 31, merchant: 15, other: 0, min_level: 2 };
        assert_eq!(first.after_panel(), second);
        assert_eq!(second.after_panel().after_panel().buyer, 101);
        let level = |min_level| PanelSize { min_level, ..first }.after_panel().min_level;
        assert_eq!([level(0), level(1), level(2), level(3)], [0, 2, 3, 3]);
        assert!(second.is_at_least(&first) && !first.is_at_least(&second));
        assert!(!PanelSize { merchant: 14, ..second }.is_at_least(&second));
        assert!(!PanelSize { min_level: 1, ..second }.is_at_least(&second));
    }

    #[test]
    fn an_appeal_after_an_open_vote_has_sides_where_most_are_known() {
        let case: NewCase = serde_json::from_value(serde_json::json!({
            "title": "t", "options": [{"id": "a", "label": "a"}, {"id": "b", "label": "b"},
                                      {"id": "n", "label": "n", "abstain": true}]
        }))
        .unwrap();
        let side = |deciding| SideSums { deciding, counts: Vec::new() };
        let size = |buyers, merchants| {
            let sums = Sums { buyers: side(buyers), merchants: side(merchants), ..Sums::of_counts(&[60, 40, 500]) };
            PanelSize::after_vote(&case, &sums)
        };
        assert_eq!(size(45, 5), PanelSize { buyer: 31, merchant: 31, ..PanelSize::default() });
        assert_eq!(size(45, 4), PanelSize { other: 63, ..PanelSize::default() });
    }
}
