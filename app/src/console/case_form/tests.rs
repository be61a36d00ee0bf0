//! Tests of the form and of the case that it makes.

use super::case::fault;
use super::*;

fn written() -> CaseForm {
    let mut form = CaseForm::empty();
    form.title = " Is it silk? ".to_owned();
    form.push_option("buyer", "Yes", false);
    form.push_option("merchant", "No", false);
    form.push_option("abstain", "Cannot tell", true);
    form
}

#[test]
fn the_typed_fields_are_sent() {
    let mut form = written();
    form.set_duration_s(90);
    form.threshold = "66.67".to_owned();
    form.recused = "u_1, u_2\n\nu_3".to_owned();
    let case = form.to_case().unwrap();
    assert_eq!(case.title, "Is it silk?");
    assert_eq!(case.duration_s, Some(90));
    assert_eq!(case.rules.threshold.parts(), 6_667);
    assert_eq!(case.rules.recused.unwrap(), ["u_1", "u_2", "u_3"]);
    assert_eq!(case.remedy, None);
}

#[test]
fn ballots_change_and_counts_stay_blind_only_if_counts_show_after_the_close() {
    let mut form = written();
    (form.allow_change, form.blind) = (true, true);
    let rules = form.to_case().unwrap().rules;
    assert!(!rules.allow_change && !rules.blind);
    form.reveal = Reveal::AfterClose;
    let rules = form.to_case().unwrap().rules;
    assert!(rules.allow_change && rules.blind);
}

#[test]
fn what_follows_is_sent_only_where_it_can_be() {
    let mut form = written();
    form.policy = "abuse".to_owned();
    form.upholds = Some(form.options[0].key);
    (form.remedy_kind, form.remedy_due_h) = (Some(RemedyKind::Refund), "48".to_owned());
    let case = form.to_case().unwrap();
    assert_eq!((case.policy, case.remedy_kind, case.remedy_due_h), (None, None, None), "without party and remedy");
    assert!(case.options[0].upholds && !case.options[1].upholds);
    (form.subject.host, form.remedy) = ("ann".to_owned(), "Refund".to_owned());
    let case = form.to_case().unwrap();
    let sent = (case.policy.as_deref(), case.remedy_kind, case.remedy_due_h);
    assert_eq!(sent, (Some("abuse"), Some(RemedyKind::Refund), Some(48)));
    assert_eq!(CaseForm::of(&form.preview(&"live-42".parse().unwrap(), 0)).to_case().unwrap(), form.to_case().unwrap());
    form.remedy_due_h = "soon".to_owned();
    assert_eq!(form.to_case().unwrap_err(), fault("remedy_due_h", Fault::Number));
    form.options[0].abstain = true;
    form.remedy_due_h.clear();
    assert!(!form.to_case().unwrap().options[0].upholds, "an abstention upholds nothing");
}

#[test]
fn a_malformed_field_has_the_servers_path() {
    let mut form = written();
    form.quorum = "many".to_owned();
    assert_eq!(form.to_case().unwrap_err(), fault("rules.quorum", Fault::Number));
    form.quorum = "30".to_owned();
    form.add_evidence();
    form.evidence[0].stream_at = "soon".to_owned();
    assert_eq!(form.to_case().unwrap_err(), fault("evidence[0].stream_at_ms", Fault::Time));
}

#[test]
fn a_form_and_its_case_hold_the_same_fields() {
    let mut form = written();
    form.add_evidence();
    form.evidence[0].url = "https://example.com/a.jpg".to_owned();
    form.evidence[0].sha256 = "0".repeat(64);
    form.evidence[0].stream_at = "1:02:03".to_owned();
    (form.reveal, form.blind, form.fixed_end) = (Reveal::AfterClose, true, true);
    form.further.raid = live_jury_protocol::Raid::Hang;
    form.further.hold_when_balanced = true;
    let room = "live-42".parse().unwrap();
    let again = CaseForm::of(&form.preview(&room, 0));
    assert_eq!(again.to_case().unwrap(), CaseForm { recused: String::new(), ..form }.to_case().unwrap());
}

#[test]
fn a_new_option_has_an_unused_id_and_comes_before_the_abstention() {
    let mut form = written();
    form.add_option();
    form.add_option();
    let ids: Vec<_> = form.options.iter().map(|option| option.id.as_str()).collect();
    assert_eq!(ids, ["buyer", "merchant", "option-1", "option-2", "abstain"]);
}
