//! What counts look like: each option's part of the votes, and the hue that goes with it; it decides no verdict.

use live_jury_protocol::{Case, CaseOption, Counts};

/// One option's row in a count.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The option.
    pub option: CaseOption,
    /// Its hue, for `data-hue`.
    pub hue: &'static str,
    /// Its ballots, where they may be seen.
    pub votes: Option<u64>,
    /// Its part of the ballots that do not abstain, 0 to 1; none for abstaining, or where hidden.
    pub share: Option<f64>,
}

/// The rows of a case, in the order of its options.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share for the eye; the verdict is reckoned in integers elsewhere")]
pub fn rows(case: &Case, counts: Option<&Counts>) -> Vec<Row> {
    let votes = |option: &CaseOption| counts.map(|counts| counts.get(&option.id).copied().unwrap_or(0));
    let deciding: u64 = case.options.iter().filter(|option| !option.abstain).filter_map(votes).sum();
    let row = |option: &CaseOption| {
        let votes = votes(option);
        let share = votes.filter(|_| !option.abstain);
        Row {
            option: option.clone(),
            hue: hue(case, option),
            votes,
            share: share.map(|votes| if deciding == 0 { 0.0 } else { votes as f64 / deciding as f64 }),
        }
    };
    case.options.iter().map(row).collect()
}

/// A part of a whole, 0 to 1, as styles take it: in integers, since what writes any float is the heaviest thing there is.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held to 0..=10,000")]
pub fn part_text(part: f64) -> String {
    match (part.clamp(0.0, 1.0) * 10_000.0).round() as u32 {
        10_000 => "1".to_owned(),
        parts => format!("0.{parts:04}"),
    }
}

/// The hue of an option: the two sides have theirs, abstaining is grey, the rest take what is left in order.
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
    use super::*;

    fn case() -> Case {
        serde_json::from_value(serde_json::json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "room": "r", "kind": "other", "title": "t", "summary": "",
            "subject": {}, "rules": {}, "state": "open", "version": 1, "epoch": 1, "created_at_ms": 0, "extended_s": 0,
            "options": [
                {"id": "buyer", "label": "A"}, {"id": "x", "label": "X"}, {"id": "y", "label": "Y"},
                {"id": "skip", "label": "S", "abstain": true}
            ]
        }))
        .unwrap()
    }

    fn counts(pairs: &[(&str, u64)]) -> Counts {
        pairs.iter().map(|(id, votes)| (id.parse().unwrap(), *votes)).collect()
    }

    #[test]
    fn shares_leave_abstentions_out() {
        let rows = rows(&case(), Some(&counts(&[("buyer", 3), ("x", 1), ("y", 0), ("skip", 9)])));
        let shares: Vec<_> = rows.iter().map(|row| row.share).collect();
        assert_eq!(shares, [Some(0.75), Some(0.25), Some(0.0), None]);
        assert_eq!(rows[3].votes, Some(9));
    }

    #[test]
    fn nothing_is_divided_by_no_votes_and_nothing_hidden_is_shown() {
        assert_eq!(rows(&case(), Some(&Counts::new()))[0].share, Some(0.0));
        assert_eq!(rows(&case(), None)[0].votes, None);
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
