//! The draw of a panel: its number, and the viewer's own ticket against the last called one.

use live_jury_proof::row::{Row, Stratum, row_tree};
use live_jury_proof::statement::Outcome;
use live_jury_proof::text::{base64, hex};
use live_jury_proof::ticket::commitment;

use super::{BALLOTS, ballot, check, proof, pseudonym, rows, shown, statement};

const NONCE: [u8; 32] = [7; 32];
/// The first juror's ticket under that number, and the two beside it.
const TICKET: &str = "236b92047e9fcd43";
const BELOW: &str = "236b92047e9fcd42";
const ABOVE: &str = "236b92047e9fcd44";

/// The rows, with the first juror called for this stratum.
fn rows_with(called: Option<Stratum>) -> Vec<u8> {
    let row = |at: usize| {
        let called = called.filter(|_| at == 0);
        Row { pseudonym: pseudonym(at), option: BALLOTS[at].1, side: 0, called, counted: called.is_some() }.to_bytes()
    };
    (0..3).flat_map(row).collect()
}

/// The result of the step, in a case whose last called tickets are these, for the first juror.
fn result(called: Option<Stratum>, last: &[(&str, &str)], further: &str) -> String {
    let rows_then = rows_with(called);
    let (before, then) = (row_tree(&rows()).root, row_tree(&rows_then).root);
    let mut lines = format!("draw {} {}\n", hex(&commitment(&NONCE)), hex(&NONCE));
    for (stratum, last) in last {
        lines += &format!("called {stratum} 7 14 {last}\n");
    }
    let stated = statement(Outcome::Decided(0)).replace(&base64(&before), &base64(&then));
    let stated = stated.replace("outcome ", &format!("{lines}outcome "));
    let own = ballot().replace(&base64(&rows()), &base64(&rows_then));
    step(&stated, &(shown() + &own + "option buyer\n" + further))
}

fn step(stated: &str, request: &str) -> String {
    let report = check(stated, &proof(stated), "", request);
    assert!(report.starts_with("signature pass\nlog pass\n"), "{report}");
    report.lines().find_map(|line| line.strip_prefix("draw ")).unwrap().to_owned()
}

#[test]
fn a_called_viewer_has_a_ticket_up_to_the_last_one() {
    let other = Some(Stratum::Other);
    for (last, expected) in [(TICKET, "pass"), (ABOVE, "pass"), (BELOW, "fail")] {
        assert_eq!(result(other, &[("other", last)], ""), expected, "{last}");
    }
    let both = [("buyer", BELOW), ("merchant", ABOVE)];
    assert_eq!(result(Some(Stratum::Buyer), &both, ""), "fail", "another stratum's last ticket");
    assert_eq!(result(Some(Stratum::Merchant), &both, ""), "pass");
    assert_eq!(result(other, &both, ""), "fail", "nobody was called for it");
}

#[test]
fn a_viewer_of_the_pool_with_a_lower_ticket_was_passed_over() {
    let all = [("buyer", ABOVE), ("merchant", BELOW), ("other", TICKET)];
    for (pool, expected) in [("buyer", "passed"), ("merchant", "pass"), ("other", "pass")] {
        assert_eq!(result(None, &all, &format!("pool {pool}\n")), expected, "{pool}");
    }
    assert_eq!(result(None, &all, ""), "pass", "whoever was not in the pool");
    assert_eq!(result(None, &[], "pool buyer\n"), "pass", "nobody was called");
}

#[test]
fn a_draw_is_the_one_that_was_fixed_before() {
    let draw = |nonce: [u8; 32]| format!("draw {} {}\noutcome ", hex(&commitment(&NONCE)), hex(&nonce));
    let stated = statement(Outcome::Decided(0));
    // A viewer who asks how the case was decided names no ballot.
    for (nonce, expected) in [(NONCE, "pass"), ([8; 32], "fail")] {
        assert_eq!(step(&stated.replace("outcome ", &draw(nonce)), &shown()), expected);
    }
    assert_eq!(step(&stated.replace("outcome ", "draw 00\noutcome "), &shown()), "fail");
    assert_eq!(step(&stated, &shown()), "none");
    let void = statement(Outcome::VoidByModerator).replace("outcome ", &draw(NONCE));
    assert_eq!(step(&void, &(shown() + &ballot())), "pass", "a void case has no lines");
}

#[cfg(feature = "files")]
mod files {
    use live_jury_proof::bundle::Bundle;
    use live_jury_proof::statement::{Called, Draw, PanelRule, PanelSum, Statement};

    use super::*;
    use crate::{Files, check_files};

    /// The result of the step for a bundle whose first juror is called, up to this ticket.
    fn result(last_ticket: u64, nonce: [u8; 32], counted: bool) -> String {
        result_of(last_ticket, nonce, counted, true)
    }

    /// The same, of a bundle that has its rows, or of that of an erased case.
    fn result_of(last_ticket: u64, nonce: [u8; 32], counted: bool, has_rows: bool) -> String {
        let mut stated = Statement::parse(&statement(Outcome::Decided(0))).unwrap();
        stated.rule.panel = Some(PanelRule { seats: [0, 0, 7], call: 2 });
        stated.draw = Some(Draw { commitment: commitment(&NONCE), nonce });
        stated.called = vec![Called { stratum: Stratum::Other, seats: 7, called: 1, last_ticket }];
        let mut rows = rows_with(Some(Stratum::Other));
        rows[18] &= if counted { 0xff } else { 0xfe };
        stated.rows = Some(row_tree(&rows));
        if let Some(sums) = &mut stated.sums {
            sums.panel = vec![PanelSum { stratum: Stratum::Other, counted: 1, counts: None }];
        }
        let stated = stated.to_text().unwrap();
        let bundle = Bundle {
            proof: proof(&stated),
            statement: stated,
            brief: None,
            audit: None,
            rows: has_rows.then_some(rows),
            opening: None,
        };
        let bundle = bundle.to_json().unwrap();
        let report = check_files(&Files { bundle: bundle.as_bytes(), ..Files::default() });
        assert!(report.starts_with("form pass\n"), "{report}");
        report.lines().find_map(|line| line.strip_prefix("draw ")).unwrap().to_owned()
    }

    #[test]
    fn a_saved_case_shows_who_was_called_and_counted() {
        let ticket = u64::from_str_radix(TICKET, 16).unwrap();
        assert_eq!(result(ticket, NONCE, true), "pass");
        assert_eq!(result(ticket - 1, NONCE, true), "fail", "called beyond the last ticket");
        assert_eq!(result(ticket, [8; 32], true), "fail", "another number");
        assert_eq!(result(ticket, NONCE, false), "fail", "the first who voted is not counted");
        assert_eq!(result_of(ticket, NONCE, true, false), "none", "rows that were erased show nobody");
        assert_eq!(result_of(ticket, [8; 32], true, false), "fail", "another number");
    }
}
