//! Statements of every shape, written and read; and what no statement may say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod generated;

use generated::{panel_statement, plain_statement, statement};
use live_jury_proof::merkle::Tree;
use live_jury_proof::row::Stratum;
use live_jury_proof::statement::{Cohort, LossFound, Lost, Outcome, PanelSum, Raid, SealedBy, Statement, Why, line};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_statement_is_read_as_it_is_written(statement in statement()) {
        let text = statement.to_text();
        prop_assert!(text.is_ok(), "{text:?}: {statement:#?}");
        let text = text.unwrap();
        prop_assert!(text.is_ascii() && text.ends_with('\n') && text.len() <= 2_600, "{}", text.len());
        prop_assert_eq!(Statement::parse(&text), Ok(statement));
    }

    /// One byte more, fewer or other is refused, or is another statement that is written as it was read.
    #[test]
    fn no_statement_has_a_second_spelling(
        statement in statement(), at in any::<prop::sample::Index>(), byte in 0_u8..128,
    ) {
        let text = statement.to_text().unwrap().into_bytes();
        let at = at.index(text.len());
        let with = |middle: &[u8], rest: usize| [&text[..at], middle, &text[at + rest..]].concat();
        for other in [with(&[byte], 1), with(&[byte], 0), with(&[], 1)] {
            let other = String::from_utf8(other).unwrap();
            if let Ok(read) = Statement::parse(&other) {
                prop_assert_eq!(read.to_text(), Ok(other));
            }
        }
    }
}

#[test]
fn the_lines_stand_in_their_order() {
    let mut statement = panel_statement();
    statement.lost = Some(Lost { ballots: 90, share: 7_500, found: Some(LossFound::Late) });
    let text = statement.to_text().unwrap();
    let names: Vec<&str> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "live-jury/verdict/v1",
            "case",
            "room",
            "brief",
            "recused",
            "opened",
            "sealed",
            "extended",
            "epoch",
            "lost",
            "audit",
            "key",
            "options",
            "rule",
            "draw",
            "beacon",
            "called",
            "called",
            "outcome",
            "ballots",
            "counts",
            "panel",
            "panel",
            "present",
            "older",
            "informed",
            "reason",
            "reason",
            "seals",
            "rows",
            "appeal-of",
        ]
    );
    assert!(text.contains("\nlost 90 7500 late\n") && text.contains("\noptions buyer merchant none~\n"), "{text}");
    assert!(text.contains(" panel=15,15,0:2 raid=show\n") && text.contains("\npanel merchant 4\n"), "{text}");
}

#[test]
fn one_line_is_read_without_the_others() {
    let text = panel_statement().to_text().unwrap();
    assert_eq!(line(&text, "outcome"), Some("decided buyer"));
    assert_eq!(line(&text, "counts"), Some("60 30 10"));
    assert_eq!(line(&text, "side"), None, "a longer name is another one");
}

/// Changes a good statement, and requires that nobody can write it.
fn refused(change: impl FnOnce(&mut Statement)) {
    let mut statement = panel_statement();
    assert!(statement.to_text().is_ok());
    change(&mut statement);
    assert!(statement.to_text().is_err(), "{statement:#?}");
}

fn refused_plain(change: impl FnOnce(&mut Statement)) {
    let mut statement = plain_statement();
    assert!(statement.to_text().is_ok());
    change(&mut statement);
    assert!(statement.to_text().is_err(), "{statement:#?}");
}

#[test]
fn small_groups_are_not_published_apart() {
    let sums = |statement: &mut Statement| statement.sums.clone().unwrap();
    refused(|s| s.sums.as_mut().unwrap().panel[1].counts = Some(vec![2, 2, 0]));
    refused(|s| s.sums.as_mut().unwrap().panel[0].counts = None);
    refused(|s| s.sums.as_mut().unwrap().informed = Some(vec![2, 2, 0]));
    refused(|s| s.sums.as_mut().unwrap().reasons[0].1 = vec![2, 2, 0]);
    refused(|s| s.sums.as_mut().unwrap().present = Some(Cohort { counts: vec![20, 9, 0], e: 0 }));
    refused(|s| {
        let counts = sums(s).counts;
        s.sums.as_mut().unwrap().informed = Some(counts);
    });
    refused(|s| {
        // All but one gave a reason that is shown.
        let mut counts = sums(s).counts;
        counts[0] -= 1;
        s.sums.as_mut().unwrap().reasons = vec![(1, counts)];
    });
    refused_plain(|s| {
        let sums = s.sums.as_mut().unwrap();
        sums.sides = Some([4, 40]);
    });
}

#[test]
fn sums_that_do_not_agree_are_refused() {
    refused(|s| s.ballots += 1);
    refused(|s| s.sums.as_mut().unwrap().counts[0] += 1);
    refused(|s| s.seals.size += 1);
    refused(|s| s.rows.as_mut().unwrap().size += 1);
    refused(|s| s.sums.as_mut().unwrap().panel[0].counted += 1);
    refused(|s| s.sums.as_mut().unwrap().panel[0].counts = Some(vec![13, 0]));
    refused(|s| s.sums.as_mut().unwrap().informed = Some(vec![u64::MAX, 0, 0]));
    refused(|s| s.called[0].called = 31);
    refused(|s| s.called[0].stratum = Stratum::Other);
    refused_plain(|s| s.sums.as_mut().unwrap().side.as_mut().unwrap()[0][0] += 1);
    refused_plain(|s| s.sums.as_mut().unwrap().sides = Some([20, 21]));
}

#[test]
fn a_moderator_voids_a_case_by_its_seal_or_while_its_tally_is_missing() {
    let holds = |sealed_by, found| {
        let lost = Some(Lost { ballots: 9, share: 7_500, found });
        let seals = Tree { size: 0, root: [5; 32] };
        let outcome = Outcome::VoidByModerator;
        let plain = plain_statement();
        let void = Statement { sealed_by, lost, outcome, ballots: 0, sums: None, rows: None, seals, ..plain };
        void.to_text().is_ok()
    };
    for found in [None, Some(LossFound::Late), Some(LossFound::Gone)] {
        assert!(holds(SealedBy::Void, found));
        for by in [SealedBy::Deadline, SealedBy::Moderator, SealedBy::Settled] {
            assert_eq!(holds(by, found), found.is_some(), "{by:?} {found:?}");
        }
    }
}

#[test]
fn a_line_stands_only_where_it_applies() {
    refused(|s| s.draw = None);
    refused(|s| s.rule.panel = None);
    refused(|s| s.rule.raid = Raid::Off);
    refused(|s| s.rule.raid = Raid::Hang);
    refused(|s| s.outcome = Outcome::VoidByModerator);
    refused(|s| s.outcome = Outcome::TallyLost);
    refused(|s| s.outcome = Outcome::Decided(2));
    refused(|s| s.sealed_by = SealedBy::Void);
    refused(|s| s.sums = None);
    refused(|s| s.rows = None);
    refused(|s| s.sums.as_mut().unwrap().sides = Some([20, 20]));
    refused(|s| s.sums.as_mut().unwrap().panel.clear());
    refused(|s| s.recused.as_mut().unwrap().count = 0);
    refused(|s| s.epoch = 0);
    refused(|s| s.rule.threshold = 10_000);
    refused(|s| s.options[1].id = "buyer".to_owned());
    refused(|s| s.options[1].id = "two words".to_owned());
    refused(|s| s.room = "a\nroom b".to_owned());
    refused(|s| s.called.iter_mut().for_each(|called| called.seats = 16));
    refused_plain(|s| (s.rule.sides, s.rule.balanced) = (None, false));
    refused_plain(|s| s.sums.as_mut().unwrap().side = None);
    refused_plain(|s| {
        let panel = PanelSum { stratum: Stratum::Buyer, counted: 0, counts: None };
        s.sums.as_mut().unwrap().panel.push(panel);
    });
    // A void case has its seals alone.
    let mut void = panel_statement();
    (void.outcome, void.sums, void.rows) = (Outcome::TallyLost, None, None);
    assert!(void.to_text().is_ok());
    // Each reason is read again.
    for why in Why::HUNG {
        let hung = Statement { outcome: Outcome::Hung(Some(why)), ..plain_statement() };
        assert_eq!(Statement::parse(&hung.to_text().unwrap()), Ok(hung));
    }
    for why in Why::NO_QUORUM {
        let short = Statement { outcome: Outcome::NoQuorum(Some(why)), ..panel_statement() };
        assert_eq!(Statement::parse(&short.to_text().unwrap()), Ok(short));
    }
}
