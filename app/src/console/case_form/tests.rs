//! What a moderator types, and the case it makes.

use super::case::fault;
use super::*;

fn written() -> Brief {
    let mut brief = Brief::empty();
    brief.title = " Is it silk? ".to_owned();
    brief.push_option("buyer", "Yes", false);
    brief.push_option("merchant", "No", false);
    brief.push_option("abstain", "Cannot tell", true);
    brief
}

#[test]
fn what_is_typed_is_what_is_sent() {
    let mut brief = written();
    brief.set_duration_s(90);
    brief.threshold = "66.67".to_owned();
    brief.recused = "u_1, u_2\n\nu_3".to_owned();
    let case = brief.to_case().unwrap();
    assert_eq!(case.title, "Is it silk?");
    assert_eq!(case.duration_s, Some(90));
    assert_eq!(case.rules.threshold.parts(), 6_667);
    assert_eq!(case.rules.recused.unwrap(), ["u_1", "u_2", "u_3"]);
    assert_eq!(case.remedy, None);
}

#[test]
fn a_change_is_allowed_only_while_counts_wait_for_the_end() {
    let mut brief = written();
    brief.allow_change = true;
    assert!(!brief.to_case().unwrap().rules.allow_change);
    brief.reveal = Reveal::AfterClose;
    assert!(brief.to_case().unwrap().rules.allow_change);
}

#[test]
fn a_field_that_is_not_of_its_form_is_named_as_the_server_names_it() {
    let mut brief = written();
    brief.quorum = "many".to_owned();
    assert_eq!(brief.to_case().unwrap_err(), fault("rules.quorum", Fault::Number));
    brief.quorum = "30".to_owned();
    brief.add_evidence();
    brief.evidence[0].stream_at = "soon".to_owned();
    assert_eq!(brief.to_case().unwrap_err(), fault("evidence[0].stream_at_ms", Fault::Time));
}

#[test]
fn a_draft_is_read_back_as_it_was_written() {
    let mut brief = written();
    brief.add_evidence();
    brief.evidence[0].url = "https://example.com/a.jpg".to_owned();
    brief.evidence[0].stream_at = "1:02:03".to_owned();
    let room = "live-42".parse().unwrap();
    let again = Brief::of(&brief.preview(&room, 0));
    assert_eq!(again.to_case().unwrap(), Brief { recused: String::new(), ..brief }.to_case().unwrap());
}

#[test]
fn a_new_option_has_an_id_of_its_own_and_stands_before_the_abstention() {
    let mut brief = written();
    brief.add_option();
    brief.add_option();
    let ids: Vec<_> = brief.options.iter().map(|option| option.id.as_str()).collect();
    assert_eq!(ids, ["buyer", "merchant", "option-1", "option-2", "abstain"]);
}
