//! Words a verdict for every surface, with winner, reason, remedy and closing; it never draws, and it never decides.

use live_jury_protocol::{Case, CaseOption, ClosedBy, Outcome, RemedyState, TALLY_LOST, Verdict};

use crate::i18n::{TextKey, ViewerTexts};
use crate::pages::PageTexts;
use crate::shares::{hue, rows};

/// Separates the parts of a line.
pub const SEPARATOR: &str = " · ";

/// A case with its verdict, to be read.
#[derive(Clone, Copy, Debug)]
pub struct VerdictView<'a> {
    case: &'a Case,
    verdict: &'a Verdict,
}

impl<'a> VerdictView<'a> {
    /// The verdict of a case, if it has one.
    #[must_use]
    pub fn of(case: &'a Case) -> Option<Self> {
        Some(Self { case, verdict: case.verdict.as_ref()? })
    }

    /// The outcome.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        self.verdict.outcome
    }

    /// Whether no vote on the case counts.
    #[must_use]
    pub fn is_void(self) -> bool {
        self.verdict.outcome == Outcome::Void
    }

    /// The option that won.
    #[must_use]
    pub fn winner(self) -> Option<&'a CaseOption> {
        let id = self.verdict.option.as_ref()?;
        self.case.options.iter().find(|option| option.id == *id)
    }

    /// The winner's hue, for `data-hue`; `none` without a winner.
    #[must_use]
    pub fn hue(self) -> &'static str {
        self.winner().map_or("none", |option| hue(self.case, option))
    }

    /// The result in one label: the option that won, else the outcome.
    #[must_use]
    pub fn result(self, texts: &ViewerTexts) -> &'a str {
        self.winner().map_or(texts.outcome(self.verdict.outcome), |option| &option.label)
    }

    /// The result in one line: the outcome, with the option that won.
    #[must_use]
    pub fn headline(self, texts: &ViewerTexts, pages: &PageTexts) -> String {
        let outcome = texts.outcome(self.verdict.outcome);
        self.winner().map_or_else(|| outcome.to_owned(), |option| (pages.decided_for)(outcome, &option.label))
    }

    /// The rule of the case that kept the jury from a decision.
    #[must_use]
    pub fn why(self, texts: &ViewerTexts) -> Option<&'static str> {
        texts.why(self.verdict.why?)
    }

    /// Why the case is void, or which of its rules kept the jury from a decision.
    #[must_use]
    pub fn reason(self, texts: &ViewerTexts) -> Option<String> {
        self.void_reason(texts).or_else(|| self.why(texts).map(str::to_owned))
    }

    /// Why there is no winner: the rule that was not met, else in terms of quorum and threshold.
    #[must_use]
    pub fn hint(self, texts: &ViewerTexts) -> Option<String> {
        if let Some(why) = self.why(texts) {
            return Some(why.to_owned());
        }
        let rules = &self.case.rules;
        texts.outcome_hint(self.verdict.outcome, rules.threshold.into(), rules.quorum)
    }

    /// Why the case is void.
    #[must_use]
    pub fn void_reason(self, texts: &ViewerTexts) -> Option<String> {
        self.is_void().then(|| texts.void_reason(self.verdict.reason.as_deref()))
    }

    /// The ballots after a loss of the tally and those before it, if they made the case void.
    #[must_use]
    pub fn came_again(self) -> Option<(u64, u64)> {
        let is_lost = self.is_void() && self.verdict.reason.as_deref() == Some(TALLY_LOST);
        self.verdict.ballots_before_loss.filter(|_| is_lost).map(|before| (self.verdict.ballots, before))
    }

    /// The remedy that applies. Only a decision has one, until an appeal takes the verdict back.
    #[must_use]
    pub fn remedy(self) -> Option<&'a str> {
        self.case.remedy.as_deref().filter(|_| self.verdict.outcome == Outcome::Decided && !self.is_waived())
    }

    /// The remedy with its clock in one sentence; none without a clock. A state of a later version has no sentence.
    #[must_use]
    pub fn remedy_clock(self, texts: &ViewerTexts) -> Option<String> {
        let (remedy, clock) = (self.remedy()?, self.case.remedy_clock?);
        match clock.state {
            RemedyState::Owed => Some(texts.remedy_owed(clock.due_ms, remedy)),
            RemedyState::Done => Some(texts.remedy_done(remedy, clock.done_ms?)),
            RemedyState::Late => Some(texts.remedy_late(remedy)),
            RemedyState::Waived | RemedyState::Unknown => None,
        }
    }

    /// Whether an appeal took the remedy back with the verdict.
    fn is_waived(self) -> bool {
        self.case.remedy_clock.is_some_and(|clock| clock.state == RemedyState::Waived)
    }

    /// Whether the jury voted and nothing follows.
    #[must_use]
    pub fn has_no_effect(self) -> bool {
        matches!(self.verdict.outcome, Outcome::Hung | Outcome::NoQuorum) || self.is_waived()
    }

    /// The closing line: the party that closed the case, the extensions, and the time of the decision.
    #[must_use]
    pub fn closing(self, texts: &ViewerTexts) -> String {
        let mut parts = Vec::new();
        match self.case.closed_by {
            Some(ClosedBy::Deadline) => parts.push(texts.get(TextKey::ClosedByDeadline).to_owned()),
            Some(ClosedBy::Moderator) => parts.push(texts.get(TextKey::ClosedByModerator).to_owned()),
            #[cfg(feature = "details")]
            Some(ClosedBy::Settled) => {}
            Some(ClosedBy::Unknown) | None => {}
        }
        if self.case.extended_s > 0 {
            parts.push(texts.extended_by(self.case.extended_s));
        }
        parts.push(texts.date_time(self.verdict.decided_at_ms));
        parts.join(SEPARATOR)
    }

    /// The whole result as one announcement for screen readers.
    #[must_use]
    pub fn sentence(self, texts: &ViewerTexts) -> String {
        let outcome = texts.outcome(self.verdict.outcome);
        let mut parts = vec![format!("{}: {}", texts.get(TextKey::Verdict), self.case.title), outcome.to_owned()];
        parts.extend(self.winner().map(|option| option.label.clone()));
        parts.extend(self.why(texts).map(|why| why.trim_end_matches(['.', '。']).to_owned()));
        for row in rows(self.case, self.verdict.counts.as_ref()) {
            parts.extend(row.sentence(texts).map(|votes| format!("{}: {votes}", row.option.label)));
        }
        parts.extend(self.remedy().map(|remedy| format!("{}: {remedy}", texts.get(TextKey::Remedy))));
        parts.join(". ")
    }
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::Why;
    use serde_json::json;

    use super::*;
    use crate::i18n::Lang;

    fn case(outcome: Outcome, option: Option<&str>, reason: Option<&str>) -> Case {
        serde_json::from_value(json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "room": "r", "kind": "other", "title": "Is it silk?",
            "summary": "", "subject": {}, "rules": {"quorum": 30}, "state": "decided", "version": 5, "epoch": 1,
            "options": [{"id": "buyer", "label": "Yes"}, {"id": "merchant", "label": "No"}],
            "remedy": "Refund", "created_at_ms": 0, "extended_s": 60, "closed_by": "deadline",
            "verdict": {"outcome": outcome.as_str(), "option": option, "reason": reason,
                        "counts": {"buyer": 31, "merchant": 1},
                        "ballots": 32, "decided_at_ms": 7},
        }))
        .unwrap()
    }

    fn with<T>(case: &Case, read: impl FnOnce(VerdictView) -> T) -> T {
        read(VerdictView::of(case).unwrap())
    }

    const TEXTS: &ViewerTexts = &ViewerTexts::EN;
    const PAGES: &PageTexts = Lang::En.pages();

    #[test]
    fn a_decision_names_its_winner_and_its_remedy() {
        with(&case(Outcome::Decided, Some("buyer"), None), |verdict| {
            assert_eq!((verdict.result(TEXTS), verdict.hue(), verdict.remedy()), ("Yes", "buyer", Some("Refund")));
            assert_eq!(verdict.headline(TEXTS, PAGES), "The jury has decided: \u{2068}Yes\u{2069}");
            assert_eq!((verdict.hint(TEXTS), verdict.void_reason(TEXTS)), (None, None));
            assert!(!verdict.has_no_effect());
        });
    }

    /// A decided case whose remedy has this clock.
    fn clocked(state: &str, done_ms: Option<u64>) -> Case {
        let clock = json!({"kind": "refund", "due_ms": 9, "state": state, "done_ms": done_ms});
        let remedy_clock = serde_json::from_value(clock).unwrap();
        Case { remedy_clock, ..case(Outcome::Decided, Some("buyer"), None) }
    }

    #[test]
    fn the_clock_of_a_remedy_is_one_sentence_with_it() {
        let sentence = |state, done_ms, texts| with(&clocked(state, done_ms), |verdict| verdict.remedy_clock(texts));
        for (state, done_ms, en, zh) in [
            (
                "owed",
                None,
                "Due by date and time 9: \u{2068}Refund\u{2069}",
                "应于 date and time 9 前完成：\u{2068}Refund\u{2069}",
            ),
            (
                "done",
                Some(8),
                "\u{2068}Refund\u{2069}\u{a0}· Done date and time 8",
                "\u{2068}Refund\u{2069}\u{a0}· date and time 8 已完成",
            ),
            (
                "late",
                None,
                "\u{2068}Refund\u{2069}\u{a0}· Not done in time; the platform knows.",
                "\u{2068}Refund\u{2069}\u{a0}· 逾期，已通知平台。",
            ),
        ] {
            assert_eq!(sentence(state, done_ms, TEXTS).as_deref(), Some(en));
            assert_eq!(sentence(state, done_ms, &ViewerTexts::ZH_CN).as_deref(), Some(zh));
        }
        assert_eq!(sentence("paused", None, TEXTS), None, "a state of a later version");
        with(&case(Outcome::Decided, Some("buyer"), None), |verdict| assert_eq!(verdict.remedy_clock(TEXTS), None));
    }

    #[test]
    fn nothing_follows_from_a_verdict_that_an_appeal_took_back() {
        with(&clocked("waived", None), |verdict| {
            assert_eq!((verdict.remedy(), verdict.remedy_clock(TEXTS)), (None, None));
            assert!(verdict.has_no_effect());
        });
        with(&clocked("late", None), |verdict| {
            assert_eq!((verdict.remedy(), verdict.has_no_effect()), (Some("Refund"), false));
        });
    }

    #[test]
    fn a_case_without_a_winner_says_why_and_has_no_remedy() {
        with(&case(Outcome::NoQuorum, None, None), |verdict| {
            assert_eq!((verdict.result(TEXTS), verdict.hue(), verdict.remedy()), ("Too few votes", "none", None));
            assert_eq!(verdict.headline(TEXTS, PAGES), "Too few votes");
            assert_eq!(verdict.hint(TEXTS).as_deref(), Some("A result needs 30 votes."));
            assert!(verdict.has_no_effect());
        });
    }

    #[test]
    fn a_rule_that_was_not_met_is_named_in_one_sentence() {
        let mut hung = case(Outcome::Hung, None, None);
        let mut with_why = |why| {
            hung.verdict.as_mut().unwrap().why = Some(why);
            with(&hung, |verdict| (verdict.hint(TEXTS), verdict.sentence(TEXTS)))
        };
        let (hint, sentence) = with_why(Why::SidesDisagree);
        assert_eq!(hint.as_deref(), Some("Buyers and merchants do not agree."));
        assert!(sentence.contains("The jury is split. Buyers and merchants do not agree. Yes:"), "{sentence}");
        let (hint, _) = with_why(Why::Unknown);
        assert!(hint.is_some_and(|hint| hint.starts_with("No side had more than")), "a rule of a later version");
        for why in Why::ALL.into_iter().filter(|why| *why != Why::NoBeacon) {
            assert!(TEXTS.why(why).is_some_and(|text| text.ends_with('.')), "{why:?}");
        }
    }

    #[test]
    fn a_void_case_gives_its_reason() {
        for (reason, text) in [
            (Some("The wrong product."), "The wrong product."),
            (Some(TALLY_LOST), "The count was lost through a technical fault."),
            (None, "No reason was given."),
        ] {
            with(&case(Outcome::Void, None, reason), |verdict| {
                assert_eq!(verdict.void_reason(TEXTS).as_deref(), Some(text));
                assert!(!verdict.has_no_effect() && verdict.remedy().is_none());
            });
        }
    }

    #[test]
    fn a_case_that_is_void_for_a_loss_says_how_many_came_again() {
        let before = |reason| {
            let mut case = case(Outcome::Void, None, reason);
            case.verdict.as_mut().unwrap().ballots_before_loss = Some(90);
            with(&case, |view| view.came_again())
        };
        assert_eq!(before(Some(TALLY_LOST)), Some((32, 90)));
        assert_eq!(before(Some("The wrong product.")), None);
        assert_eq!(with(&case(Outcome::Void, None, Some(TALLY_LOST)), |view| view.came_again()), None);
    }

    #[test]
    fn the_closing_line_leaves_out_what_did_not_happen() {
        let extended = case(Outcome::Hung, None, None);
        let closing = |case: &Case| with(case, |verdict| verdict.closing(TEXTS));
        assert_eq!(closing(&extended), "Closed on time · extended by 1 min · date and time 7");
        let lost = Case { closed_by: None, extended_s: 0, ..extended };
        assert_eq!(closing(&lost), "date and time 7");
    }

    #[test]
    fn the_announcement_holds_title_winner_counts_and_remedy() {
        let sentence = with(&case(Outcome::Decided, Some("buyer"), None), |verdict| verdict.sentence(TEXTS));
        let expected = "Result: Is it silk?. The jury has decided. Yes. Yes: 97%, 31 votes. No: 3%, 1 vote. \
                        What follows: Refund";
        assert_eq!(sentence, expected);
    }

    #[test]
    fn an_outcome_of_a_later_version_reads_as_ended() {
        with(&case(Outcome::Unknown, None, None), |verdict| {
            assert_eq!((verdict.result(TEXTS), verdict.hue(), verdict.remedy()), ("This case has ended", "none", None));
            assert_eq!((verdict.hint(TEXTS), verdict.void_reason(TEXTS)), (None, None));
            assert!(!verdict.has_no_effect());
        });
    }

    #[test]
    fn a_case_without_a_verdict_has_no_view() {
        let open = Case { verdict: None, ..case(Outcome::Hung, None, None) };
        assert!(VerdictView::of(&open).is_none());
    }
}
