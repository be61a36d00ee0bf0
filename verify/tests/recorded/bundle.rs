//! Bundles of recorded cases: what holds, what is found, and what an outsider reads.

use crate::fixture::{PHOTO, Recorded, Spec, log_key, logged, panel, plain, record, strict};
use live_jury_proof::bundle::Bundle;
use live_jury_proof::note::{KeyKind, Signer};
use live_jury_proof::policy::Policy;
use live_jury_proof::receipt::{BatchHead, sign_batch};
use live_jury_proof::row::ROW_BYTES;
use live_jury_proof::sha256;
use live_jury_proof::statement::{Outcome, Raid, Rule, Statement, Why};
use live_jury_verify::{EvidenceFile, Finding, Known, Report, verify};

fn known() -> Known {
    Known { policy: Some(Policy::of_log(log_key().verifier().clone())), ..Known::default() }
}

fn check(recorded: &Recorded, known: &Known) -> Report {
    verify(recorded.bundle.to_json().unwrap().as_bytes(), known).unwrap()
}

fn finding<'r>(report: &'r Report, name: &str) -> &'r Finding {
    &report.checks.iter().find(|check| check.name == name).unwrap().finding
}

fn spec(ballots: usize, rule: Rule, opening: bool) -> Spec {
    Spec { ballots, rule, opening, first: 60 }
}

#[test]
fn every_honest_bundle_is_good() {
    for rule in [plain(), strict(), panel(), Rule { raid: Raid::Hang, ..strict() }, Rule { raid: Raid::Off, ..plain() }]
    {
        for ballots in [0, 1, 47, 400, 3_000] {
            for opening in [false, true] {
                let recorded = record(&spec(ballots, rule, opening));
                let seals = Some(recorded.seals.concat());
                let report = check(&recorded, &Known { seals, minted: Some(ballots as u64), ..known() });
                assert_eq!(report.exit_code(), 0, "{ballots} {rule:?}\n{report}");
                assert_eq!(opening, report.checks.iter().any(|check| check.name == "opening"));
            }
        }
    }
}

#[test]
fn the_outcomes_of_the_fixtures_are_those_of_the_rules() {
    let outcome =
        |ballots, rule| Statement::parse(&record(&spec(ballots, rule, false)).bundle.statement).unwrap().outcome;
    assert_eq!(outcome(10, plain()), Outcome::NoQuorum(None));
    assert_eq!(outcome(400, plain()), Outcome::Decided(0));
    assert_eq!(outcome(400, strict()), Outcome::Decided(0));
    assert_eq!(outcome(31, panel()), Outcome::NoQuorum(Some(Why::PanelShort)));
}

#[test]
fn without_a_key_nothing_fails_and_the_exit_code_is_3() {
    let report = check(&record(&spec(47, plain(), false)), &Known::default());
    assert_eq!(report.exit_code(), 3, "{report}");
    let Finding::Unchecked(_) = finding(&report, "checkpoint") else { panic!("{report}") };
}

#[test]
fn another_key_and_missing_witnesses_fail() {
    let recorded = record(&spec(47, plain(), false));
    let other = Signer::new("jury.example.com/log/1", KeyKind::Log, &[43; 32]).unwrap();
    let report = check(&recorded, &Known { policy: Some(Policy::of_log(other.verifier().clone())), ..known() });
    assert_eq!((report.exit_code(), finding(&report, "checkpoint").word()), (1, "FAILED"));
    let witness = Signer::new("witness.example", KeyKind::Witness, &[9; 32]).unwrap();
    let policy = format!("log {}\nwitness w {}\nquorum w\n", log_key().verifier(), witness.verifier());
    let report = check(&recorded, &Known { policy: Some(Policy::parse(&policy).unwrap()), ..known() });
    assert_eq!(finding(&report, "witnesses").word(), "FAILED", "{report}");
}

#[test]
fn a_changed_row_is_found_even_if_its_root_is_not_changed_with_it() {
    let mut recorded = record(&spec(47, plain(), false));
    recorded.bundle.rows.as_mut().unwrap()[16] ^= 1;
    let report = check(&recorded, &known());
    assert_eq!(["sums", "rows"].map(|name| finding(&report, name).word()), ["FAILED"; 2], "{report}");
}

/// Changes the statement, signs it into the log again, and returns the report. Only the operator could do it.
fn restated(rule: Rule, opening: bool, change: impl FnOnce(&mut Statement, &mut Bundle)) -> Report {
    let mut recorded = record(&spec(400, rule, opening));
    let mut statement = Statement::parse(&recorded.bundle.statement).unwrap();
    change(&mut statement, &mut recorded.bundle);
    recorded.bundle.statement = statement.to_text().unwrap();
    recorded.bundle.proof = logged(&recorded.bundle.statement);
    let report = check(&recorded, &known());
    assert_eq!(report.exit_code(), 1, "{report}");
    assert_eq!(finding(&report, "checkpoint").word(), "good", "{report}");
    report
}

fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.checks.iter().filter(|check| matches!(check.finding, Finding::Failed(_)));
    failed.map(|check| check.name).collect()
}

#[test]
fn a_lie_that_the_log_signed_is_found() {
    let outcome = restated(plain(), false, |s, _| s.outcome = Outcome::Decided(1));
    assert_eq!(failed(&outcome), ["law"]);
    let counts = restated(plain(), false, |s, _| {
        let sums = s.sums.as_mut().unwrap();
        sums.counts[0] -= 1;
        sums.counts[1] += 1;
    });
    assert_eq!(failed(&counts), ["sums"]);
    assert_eq!(failed(&restated(plain(), false, |s, _| s.rule.quorum = 31)), ["brief"]);
    assert_eq!(failed(&restated(plain(), false, |s, _| s.options[2].id = "maybe".to_owned())), ["brief"]);
    assert_eq!(failed(&restated(plain(), false, |s, _| s.audit.lines = 3)), ["audit"]);
    assert_eq!(failed(&restated(plain(), true, |s, _| s.seals.root = [0; 32])), ["seals"]);
    let e = |s: &mut Statement, by: i64| s.sums.as_mut().unwrap().present.as_mut().unwrap().e += by;
    assert_eq!(failed(&restated(plain(), true, |s, _| e(s, 2))), ["opening"]);
    assert_eq!(failed(&restated(plain(), true, |s, _| s.sums.as_mut().unwrap().informed = None)), ["opening"]);
    assert_eq!(failed(&restated(plain(), true, |s, _| s.sums.as_mut().unwrap().older = None)), ["opening"]);
    assert_eq!(failed(&restated(panel(), false, |s, _| s.draw.as_mut().unwrap().commitment = [0; 32])), ["draw"]);
    assert_eq!(failed(&restated(panel(), false, |s, _| s.called[0].last_ticket /= 8)), ["draw"]);
    // Another juror of the stratum is counted in place of the one with the last ticket.
    let other = restated(panel(), false, |s, bundle| {
        let rows = bundle.rows.as_mut().unwrap();
        let flags = |rows: &[u8], flags: u8| rows.chunks(ROW_BYTES).position(|row| row[18] == flags).unwrap();
        let (counted, called) = (flags(rows, 0b1011), flags(rows, 0b1010));
        let option = rows[counted * ROW_BYTES + 16];
        (rows[counted * ROW_BYTES + 18], rows[called * ROW_BYTES + 18]) = (0b1010, 0b1011);
        rows.swap(counted * ROW_BYTES + 16, called * ROW_BYTES + 16);
        assert!(option < 3);
        s.rows = Some(live_jury_proof::row::row_tree(rows));
    });
    assert_eq!(failed(&other), ["draw"]);
}

#[test]
fn a_receipt_is_in_the_verdict_or_proves_a_loss() {
    let recorded = record(&spec(47, plain(), false));
    let receipts = |epoch, seals: &[[u8; 32]]| {
        let head = BatchHead { case: [1; 16], epoch, node: 1, batch: 0, changes_allowed: false };
        let signed = sign_batch(&recorded.log, head, seals).unwrap();
        signed.iter().map(|receipt| receipt.to_bytes()).collect::<Vec<_>>()
    };
    let seals = Some(recorded.seals.concat());
    let report = |receipts: Vec<Vec<u8>>| check(&recorded, &Known { receipts, seals: seals.clone(), ..known() });
    let good = report(receipts(1, &recorded.seals));
    assert_eq!(finding(&good, "receipts").word(), "good", "{good}");
    let lost = report(receipts(1, &[[5; 32]]));
    let text = "the ballot was taken and is not in the verdict";
    assert_eq!(*finding(&lost, "receipts"), Finding::Failed(text.to_owned()));
    let earlier = Statement::parse(&recorded.bundle.statement).unwrap().epoch - 1;
    assert_eq!(
        *finding(&report(receipts(earlier, &[[5; 32]])), "receipts"),
        Finding::Good("of a lost epoch".to_owned())
    );
    assert_eq!(finding(&report(receipts(2, &recorded.seals)), "receipts").word(), "FAILED");
    let mut forged = receipts(1, &recorded.seals);
    *forged[0].last_mut().unwrap() ^= 1;
    assert_eq!(finding(&report(forged), "receipts").word(), "FAILED");
}

#[test]
fn a_file_is_the_evidence_or_another_one() {
    let mut recorded = record(&spec(47, plain(), false));
    let file = |bytes: &[u8]| EvidenceFile { name: "photo".to_owned(), sha256: sha256(&[bytes]) };
    let report = |recorded: &Recorded, files| check(recorded, &Known { evidence: files, ..known() });
    let good = report(&recorded, vec![file(PHOTO), file(PHOTO)]);
    let text = "1 of 1 pieces that the brief names by their SHA-256";
    assert_eq!(*finding(&good, "evidence"), Finding::Good(text.to_owned()));
    let other = report(&recorded, vec![file(PHOTO), file(b"another photo")]);
    assert_eq!(finding(&other, "evidence").word(), "FAILED");
    assert!(other.to_string().contains("photo is none of the evidence: its SHA-256 is "), "{other}");
    (recorded.bundle.rows, recorded.bundle.brief) = (None, None);
    assert_eq!(finding(&report(&recorded, vec![file(PHOTO)]), "evidence").word(), "unchecked");
}

#[test]
fn a_draw_without_rows_is_not_said_to_be_drawn_again() {
    let mut recorded = record(&spec(400, panel(), false));
    assert_eq!(finding(&check(&recorded, &known()), "draw").word(), "good");
    (recorded.bundle.rows, recorded.bundle.brief) = (None, None);
    let text = "the nonce is the one that was committed to; the rows were erased";
    assert_eq!(*finding(&check(&recorded, &known()), "draw"), Finding::Unchecked(text.to_owned()));
}

#[test]
fn erased_rows_and_brief_are_said_to_be_erased() {
    let mut recorded = record(&spec(47, plain(), false));
    (recorded.bundle.rows, recorded.bundle.brief) = (None, None);
    let report = check(&recorded, &known());
    assert_eq!(report.exit_code(), 3, "{report}");
    assert_eq!(*finding(&report, "rows"), Finding::Unchecked("erased, not recounted".to_owned()));
    recorded.bundle.brief = Some(String::new());
    assert_eq!(check(&recorded, &known()).exit_code(), 1, "rows that are missing alone were not erased");
}

#[test]
fn each_flipped_bit_of_a_bundle_is_found() {
    // All bits of a public bundle; of the larger ones with an opening, one of each byte.
    for (rule, opening, step) in [(plain(), false, 1), (strict(), true, 9), (panel(), true, 9)] {
        let json = record(&spec(47, rule, opening)).bundle.to_json().unwrap().into_bytes();
        let known = known();
        let mut wrong = json.clone();
        for bit in (0..json.len() * 8).step_by(step) {
            wrong[bit / 8] ^= 1 << (bit % 8);
            let found = verify(&wrong, &known).map_or(2, |report| report.exit_code());
            assert!(found == 1 || found == 2, "bit {} of byte {}: {found}", bit % 8, bit / 8);
            wrong[bit / 8] = json[bit / 8];
        }
    }
}

/// `make fuzz` sets `FUZZ_FLIPS`, and takes a bundle of 100,000 ballots.
#[test]
fn flipped_bits_of_a_large_bundle_are_found() {
    let wanted = std::env::var("FUZZ_FLIPS").ok().map(|flips| flips.parse::<usize>().unwrap());
    let (ballots, flips) = wanted.map_or((20_000, 50), |flips| (100_000, flips));
    let json = record(&spec(ballots, strict(), false)).bundle.to_json().unwrap().into_bytes();
    let mut random = fastrand::Rng::with_seed(7);
    let bits: Vec<usize> = (0..flips).map(|_| random.usize(..json.len() * 8)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for bits in bits.chunks(flips.div_ceil(threads)) {
            let json = &json;
            scope.spawn(move || {
                let (known, mut wrong) = (known(), json.clone());
                for bit in bits {
                    wrong[bit / 8] ^= 1 << (bit % 8);
                    assert_ne!(verify(&wrong, &known).map_or(2, |report| report.exit_code()), 0, "bit {bit}");
                    wrong[bit / 8] = json[bit / 8];
                }
            });
        }
    });
}
