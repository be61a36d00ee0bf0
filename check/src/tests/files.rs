//! The checks of saved files: bundles, receipts and the stream of seals.

use live_jury_proof::bundle::{Bundle, Opening, REST_BYTES, Rest};
use live_jury_proof::text::from_base64;

use super::*;
use crate::{Files, check_files};

fn bundle(with_opening: bool) -> Vec<u8> {
    let stated = statement(Outcome::Decided(0));
    let rest = |(_, _, side, marks): (&str, u8, u8, u8)| Rest { side, marks, change: 0 }.to_bytes();
    let rest: Vec<[u8; REST_BYTES]> = BALLOTS.into_iter().map(rest).collect();
    let opening = Opening { key: *CaseKey::derive(BALLOT_SECRET, &case()).bytes(), rest: rest.concat() };
    let bundle = Bundle {
        proof: proof(&stated),
        statement: stated,
        brief: Some("brief".to_owned()),
        audit: None,
        rows: Some(rows()),
        opening: with_opening.then_some(opening),
    };
    bundle.to_json().unwrap().into_bytes()
}

fn key() -> String {
    log().verifier().to_string()
}

fn receipt_bytes(signer: &Signer, case: CaseBytes, epoch: u64) -> Vec<u8> {
    let line = receipt(signer, case, epoch, 0);
    from_base64(line.trim_start_matches("receipt ").trim_end()).unwrap()
}

#[test]
fn a_good_bundle_passes_and_says_what_was_not_checked() {
    let bundle = bundle(false);
    let files = Files { bundle: &bundle, ..Files::default() };
    let unchecked = "form pass\nbrief pass\naudit none\nlog pass\nsignature none\nrows pass\ndraw none\n";
    assert_eq!(check_files(&files), unchecked);
    let signed = check_files(&Files { keys: &key(), ..files });
    assert_eq!(signed, unchecked.replace("signature none", "signature pass"));
    let other = other_log().verifier().to_string();
    assert!(check_files(&Files { keys: &other, ..files }).contains("signature fail"));
}

#[test]
fn each_changed_part_is_found() {
    let good = String::from_utf8(bundle(true)).unwrap();
    for (from, to, failed) in [
        ("ballots 3", "ballots 4", "form fail"),
        ("outcome decided buyer", "outcome decided merchant", "log fail"),
        ("\"brief\":\"brief\"", "\"brief\":\"briefs\"", "brief fail"),
        ("\"audit\":null", "\"audit\":\"a\\n\"", "audit fail"),
        (&base64(&rows())[..20], &base64(&[9; 15]), "rows fail"),
        ("\"key\":\"", "\"key\":\"0", "form fail"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        let report = check_files(&Files { bundle: changed.as_bytes(), ..Files::default() });
        assert!(report.contains(failed), "{from} → {to}: {report}");
    }
}

#[test]
fn an_auditors_bundle_and_the_stream_show_every_seal() {
    let opened = bundle(true);
    assert!(check_files(&Files { bundle: &opened, ..Files::default() }).contains("seals pass"));
    let public = bundle(false);
    let stream = sorted_seals().concat();
    let files = Files { bundle: &public, seals: &stream, ..Files::default() };
    assert!(check_files(&files).contains("stream pass"));
    assert!(check_files(&Files { seals: &stream[32..], ..files }).contains("stream fail"));
    assert!(check_files(&Files { seals: &stream[1..], ..files }).contains("stream fail"));
}

#[test]
fn a_receipt_is_looked_up_among_the_seals() {
    let (bundle, key, stream) = (bundle(false), key(), sorted_seals().concat());
    let own = receipt_bytes(&log(), case(), 2);
    let files = Files { bundle: &bundle, keys: &key, receipt: &own, seals: &stream };
    assert!(check_files(&files).ends_with("receipt recorded\n"));
    for (files, result) in [
        (Files { seals: &[], ..files }, "signed"),
        (Files { bundle: &[], seals: &[], ..files }, "signed"),
        (Files { keys: "", ..files }, "none"),
        (Files { receipt: &receipt_bytes(&other_log(), case(), 2), ..files }, "fail"),
        (Files { receipt: &receipt_bytes(&log(), case(), 1), ..files }, "lost"),
        (Files { receipt: &receipt_bytes(&log(), case(), 3), ..files }, "foreign"),
        (Files { receipt: &receipt_bytes(&log(), [1; 16], 2), ..files }, "foreign"),
        (Files { receipt: &own[1..], ..files }, "fail"),
    ] {
        assert!(check_files(&files).ends_with(&format!("receipt {result}\n")), "{result}");
    }
    let head = BatchHead { case: case(), epoch: 2, node: 1, batch: 1, changes_allowed: true };
    let absent = sign_batch(&log(), head, &[[7; 32]]).unwrap()[0].to_bytes();
    assert!(check_files(&Files { receipt: &absent, ..files }).ends_with("receipt absent\n"));
}
