//! Derives the rows and the turnout that every surface shows of a count; it never draws, and it never decides.

use live_jury_protocol::{Case, CaseOption, Counts, Reveal, Tally, limits};

use crate::i18n::{Lang, TextKey, ViewerTexts};

/// One option in a count.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The option.
    pub option: CaseOption,
    /// The option's hue, for `data-hue`.
    pub hue: &'static str,
    /// Whether the option won.
    pub wins: bool,
    /// The option's ballots; none while hidden.
    pub votes: Option<u64>,
    /// The option's share of the ballots that do not abstain, 0 to 1; none for abstaining, or while hidden.
    pub share: Option<f64>,
}

impl Row {
    /// Votes and share in words; none while hidden.
    #[must_use]
    pub fn sentence(&self, texts: &ViewerTexts) -> Option<String> {
        Some(texts.option_result(self.votes?, self.share))
    }

    /// Share and votes as figures; a dash while hidden.
    #[must_use]
    pub fn figures(&self, lang: Lang) -> String {
        match (self.votes, self.share) {
            (None, _) => "–".to_owned(),
            (Some(votes), None) => lang.number(votes),
            (Some(votes), Some(share)) => format!("{} · {}", lang.percent(share), lang.number(votes)),
        }
    }

    /// The length of the option's bar, 0 to 1, as [`part_text`] writes it.
    #[must_use]
    pub fn part(&self) -> String {
        part_text(self.share.unwrap_or_default())
    }

    /// The length of the option's bar in percent, with two decimals.
    #[must_use]
    pub fn percent(&self) -> String {
        format!("{:.2}", self.share.unwrap_or_default() * 100.0)
    }
}

/// The rows of a case, in the order of its options.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share to look at; the court decides in integers")]
pub fn rows(case: &Case, counts: Option<&Counts>) -> Vec<Row> {
    let winner = case.verdict.as_ref().and_then(|verdict| verdict.option.as_ref());
    let votes = |option: &CaseOption| counts.map(|counts| counts.get(&option.id).copied().unwrap_or(0));
    let deciding: u64 = case.options.iter().filter(|option| !option.abstain).filter_map(votes).sum();
    let row = |option: &CaseOption| {
        let votes = votes(option);
        let share = votes.filter(|_| !option.abstain);
        Row {
            option: option.clone(),
            hue: hue(case, option),
            wins: winner == Some(&option.id),
            votes,
            share: share.map(|votes| if deciding == 0 { 0.0 } else { votes as f64 / deciding as f64 }),
        }
    };
    case.options.iter().map(row).collect()
}

/// The counts to show: the verdict's once there is a verdict, else the tally's.
#[must_use]
pub fn counts<'a>(case: &'a Case, tally: Option<&'a Tally>) -> Option<&'a Counts> {
    match &case.verdict {
        Some(verdict) => verdict.counts.as_ref(),
        None => tally.and_then(|tally| tally.counts.as_ref()),
    }
}

/// The counts of the panel that was to decide; none where they are not published.
#[must_use]
pub fn panel_counts(case: &Case) -> Option<&Counts> {
    case.verdict.as_ref()?.panel.as_ref()?.counts.as_ref()
}

/// Why a viewer does not see the counts of an open case yet.
#[must_use]
pub fn hidden_reason(texts: &ViewerTexts, reveal: Option<Reveal>, may_vote: bool, voted: bool) -> &'static str {
    match reveal {
        Some(Reveal::AfterClose) => texts.get(TextKey::CountsAfterClose),
        // Without a vote the counts come with the verdict.
        Some(Reveal::AfterVote) if !may_vote => texts.get(TextKey::CountsAfterClose),
        Some(Reveal::AfterVote) if !voted => texts.get(TextKey::CountsAfterVote),
        _ => texts.get(TextKey::CountsSoon),
    }
}

/// The threshold that the winner must pass, in percent.
#[must_use]
pub fn threshold_percent(case: &Case) -> f64 {
    // In one division: two roundings would show as 66.67000000000002.
    f64::from(case.rules.threshold.parts()) / (f64::from(limits::THRESHOLD_SCALE) / 100.0)
}

/// Ballots against the quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turnout {
    /// Ballots in, abstentions among them.
    pub ballots: u64,
    /// Ballots that a result needs.
    pub quorum: u64,
}

impl Turnout {
    /// The turnout of a case: the verdict's once there is a verdict, else the tally's.
    #[must_use]
    pub fn of(case: Option<&Case>, tally: Option<&Tally>) -> Self {
        let ballots = match case.and_then(|case| case.verdict.as_ref()) {
            Some(verdict) => verdict.ballots,
            None => tally.map_or(0, |tally| tally.ballots),
        };
        Self { ballots, quorum: case.map_or(1, |case| case.rules.quorum) }
    }

    /// Whether enough ballots are in for a result.
    #[must_use]
    pub const fn is_met(self) -> bool {
        self.ballots >= self.quorum
    }

    /// The length of the turnout's bar, 0 to 1, as [`part_text`] writes it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a length to look at")]
    pub fn part(self) -> String {
        part_text(self.ballots as f64 / self.quorum.max(1) as f64)
    }
}

/// Writes a part of a whole, 0 to 1, for a style. It formats an integer, since code that formats floats would add
/// several kilobytes to the widget.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=10,000")]
pub fn part_text(part: f64) -> String {
    match (part.clamp(0.0, 1.0) * 10_000.0).round() as u32 {
        10_000 => "1".to_owned(),
        parts => format!("0.{parts:04}"),
    }
}

/// The hue of an option. Buyer, merchant and abstaining have their own. The others are `first` to `fifth`, in the order
/// of the options.
#[must_use]
pub fn hue(case: &Case, option: &CaseOption) -> &'static str {
    const REST: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    match option.id.as_str() {
        _ if option.abstain => "abstain",
        "buyer" => "buyer",
        "merchant" => "merchant",
        _ => {
            let before = |other: &&CaseOption| !other.abstain && !matches!(other.id.as_str(), "buyer" | "merchant");
            let at = case.options.iter().filter(before).position(|other| other.id == option.id).unwrap_or(0);
            REST[at % REST.len()]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case() -> Case {
        serde_json::from_value(json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "room": "r", "kind": "other", "title": "t", "summary": "",
            "subject": {}, "rules": {"threshold": 0.6667}, "state": "open", "version": 1, "epoch": 1, "extended_s": 0,
            "created_at_ms": 0,
            "options": [
                {"id": "buyer", "label": "A"}, {"id": "x", "label": "X"}, {"id": "y", "label": "Y"},
                {"id": "skip", "label": "S", "abstain": true}
            ]
        }))
        .unwrap()
    }

    fn decided() -> Case {
        let verdict = json!({"outcome": "decided", "option": "x", "reason": null, "ballots": 40, "decided_at_ms": 0});
        Case { verdict: Some(serde_json::from_value(verdict).unwrap()), ..case() }
    }

    fn pairs(pairs: &[(&str, u64)]) -> Counts {
        pairs.iter().map(|(id, votes)| (id.parse().unwrap(), *votes)).collect()
    }

    fn tally(ballots: u64) -> Tally {
        Tally { case: case().id, epoch: 1, rev: 1, ballots, counts: Some(pairs(&[("buyer", ballots)])) }
    }

    #[test]
    fn shares_leave_abstentions_out() {
        let rows = rows(&case(), Some(&pairs(&[("buyer", 3), ("x", 1), ("y", 0), ("skip", 9)])));
        let shares: Vec<_> = rows.iter().map(|row| row.share).collect();
        assert_eq!(shares, [Some(0.75), Some(0.25), Some(0.0), None]);
        assert_eq!(rows[3].votes, Some(9));
    }

    #[test]
    fn without_votes_every_share_is_zero_and_without_counts_there_is_none() {
        assert_eq!(rows(&case(), Some(&Counts::new()))[0].share, Some(0.0));
        assert_eq!(rows(&case(), None)[0].votes, None);
    }

    #[test]
    fn only_the_verdicts_option_wins() {
        let wins = |case: &Case| rows(case, None).into_iter().map(|row| row.wins).collect::<Vec<_>>();
        assert_eq!(wins(&decided()), [false, true, false, false]);
        assert_eq!(wins(&case()), [false; 4]);
    }

    #[test]
    fn a_row_reads_in_words_and_in_figures() {
        let rows_of = |counts: Option<&Counts>| rows(&case(), counts);
        let shown = rows_of(Some(&pairs(&[("buyer", 3), ("x", 1), ("skip", 9)])));
        assert_eq!(shown[1].sentence(&ViewerTexts::EN).as_deref(), Some("25%, 1 vote"));
        assert_eq!((shown[1].figures(Lang::En), shown[3].figures(Lang::En)), ("25% · 1".to_owned(), "9".to_owned()));
        assert_eq!((shown[0].part(), shown[0].percent()), ("0.7500".to_owned(), "75.00".to_owned()));
        let hidden = rows_of(None);
        assert_eq!((hidden[0].sentence(&ViewerTexts::EN), hidden[0].figures(Lang::En)), (None, "–".to_owned()));
        assert_eq!(hidden[0].percent(), "0.00");
    }

    #[test]
    fn a_verdict_replaces_the_tally() {
        let tally = tally(12);
        assert_eq!(counts(&case(), Some(&tally)), tally.counts.as_ref());
        assert_eq!(counts(&decided(), Some(&tally)), None);
        assert_eq!(Turnout::of(Some(&case()), Some(&tally)), Turnout { ballots: 12, quorum: 30 });
        assert_eq!(Turnout::of(Some(&decided()), Some(&tally)).ballots, 40);
        assert_eq!(Turnout::of(None, None), Turnout { ballots: 0, quorum: 1 });
    }

    #[test]
    fn turnout_is_met_at_the_quorum_and_its_bar_ends_there() {
        let turnout = |ballots| Turnout { ballots, quorum: 30 };
        assert_eq!([29, 30, 31].map(|ballots| turnout(ballots).is_met()), [false, true, true]);
        assert_eq!([15, 31].map(|ballots| turnout(ballots).part()), ["0.5000", "1"]);
    }

    #[test]
    fn hidden_counts_have_the_reason_that_fits_the_viewer() {
        let texts = &ViewerTexts::EN;
        for (reveal, may_vote, voted, text) in [
            (Reveal::AfterClose, true, true, texts.get(TextKey::CountsAfterClose)),
            (Reveal::AfterVote, true, false, texts.get(TextKey::CountsAfterVote)),
            (Reveal::AfterVote, true, true, texts.get(TextKey::CountsSoon)),
            (Reveal::AfterVote, false, false, texts.get(TextKey::CountsAfterClose)),
            (Reveal::Live, true, false, texts.get(TextKey::CountsSoon)),
        ] {
            assert_eq!(hidden_reason(texts, Some(reveal), may_vote, voted), text, "{reveal:?}");
        }
        assert_eq!(hidden_reason(texts, None, true, false), texts.get(TextKey::CountsSoon));
    }

    #[test]
    fn the_threshold_is_marked_in_percent() {
        assert_eq!(threshold_percent(&case()).to_string(), "66.67");
    }

    #[test]
    fn a_part_is_written_with_four_decimals() {
        for (part, text) in [(0.0, "0.0000"), (0.25, "0.2500"), (1.0 / 3.0, "0.3333"), (0.99999, "1"), (7.0, "1")] {
            assert_eq!(part_text(part), text);
        }
    }

    #[test]
    fn each_option_has_its_own_hue() {
        let hues: Vec<_> = rows(&case(), None).iter().map(|row| row.hue).collect();
        assert_eq!(hues, ["buyer", "first", "second", "abstain"]);
    }
}
