//! `docs/asyncapi.yaml`, compared with the wire types: messages, fields, refusals, close codes and examples.

use std::collections::BTreeSet;

use live_jury_protocol::{
    BallotStatus, CaseId, CaseState, ClientFrame, Counts, FrameError, NoReceipt, OptionId, Refusal, Role, SUBPROTOCOL,
    ServerFrame, Tally, close,
};
use serde_json::{Map, Value, json};

use super::{CLIENT_FRAMES, SERVER_FRAMES, assert_is_a_frame, close_codes, is_of_client, read};

fn document() -> Value {
    serde_saphyr::from_str(&read("docs/asyncapi.yaml")).expect("the document is YAML")
}

fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}"))
}

fn object<'a>(document: &'a Value, pointer: &str) -> &'a Map<String, Value> {
    at(document, pointer).as_object().unwrap_or_else(|| panic!("{pointer} is no object"))
}

fn texts(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Messages of all operations with this action, without their replies.
fn messages_of<'a>(document: &'a Value, action: &str) -> BTreeSet<&'a str> {
    let operations = object(document, "/operations").values().filter(|operation| operation["action"] == action);
    operations.flat_map(|operation| references(&operation["messages"])).collect()
}

fn references(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(|item| item["$ref"].as_str()?.rsplit('/').next())
}

/// The document's name of a client's message. Where a server's has the same `type`, the client's is the request.
fn message_of_client(name: &str) -> String {
    if SERVER_FRAMES.contains(&name) { format!("{name}_request") } else { name.to_owned() }
}

#[test]
fn every_message_is_described_with_its_direction() {
    let document = document();
    let of_clients: BTreeSet<String> = CLIENT_FRAMES.iter().map(|name| message_of_client(name)).collect();
    let of_clients: BTreeSet<&str> = of_clients.iter().map(String::as_str).collect();
    let all: BTreeSet<&str> = of_clients.iter().chain(SERVER_FRAMES).copied().collect();
    for place in ["/components/messages", "/channels/room/messages"] {
        assert_eq!(object(&document, place).keys().map(String::as_str).collect::<BTreeSet<_>>(), all, "{place}");
    }
    assert_eq!(messages_of(&document, "receive"), of_clients);
    let replies = object(&document, "/operations").values().flat_map(|each| references(&each["reply"]["messages"]));
    let sent: BTreeSet<&str> = messages_of(&document, "send").into_iter().chain(replies).collect();
    assert_eq!(sent, SERVER_FRAMES.iter().copied().collect());
}

#[test]
fn every_example_matches_the_code() {
    for (name, message) in object(&document(), "/components/messages") {
        let examples = message["examples"].as_array().unwrap_or_else(|| panic!("{name} has no example"));
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            let frame = example["payload"]["type"].as_str().unwrap_or_default();
            let of_frame = if is_of_client(&example["payload"]) { message_of_client(frame) } else { frame.to_owned() };
            assert_eq!(of_frame, *name, "the example is another message's");
            assert_is_a_frame(&example["payload"]);
        }
    }
}

/// The fullest and the barest example of a message show its optional and its required fields.
#[test]
fn every_field_is_described_and_no_other() {
    let document = document();
    for (name, message) in object(&document, "/components/messages") {
        let examples = message["examples"].as_array().into_iter().flatten().map(|example| &example["payload"]);
        assert_describes(&message["payload"], examples, name);
    }
    let dockets = at(&document, "/components/messages/docket/examples").as_array().into_iter().flatten();
    let cases: Vec<&Value> = dockets.flat_map(|docket| docket["payload"]["cases"].as_array()).flatten().collect();
    let case = at(&document, "/components/schemas/Case");
    assert_describes(case, cases.iter().copied(), "Case");
    assert_describes(&case["properties"]["rules"], cases.iter().map(|case| &case["rules"]), "rules");
    let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<BTreeSet<_>>());
    for part in ["subject", "statements"] {
        assert_eq!(keys(&cases[0][part]), keys(&case["properties"][part]["properties"]), "{part}");
    }
    assert_eq!(
        keys(&cases[0]["evidence"][0]),
        keys(&case["properties"]["evidence"]["items"]["properties"]),
        "evidence"
    );
    let verdict = cases.iter().map(|case| &case["verdict"]).find(|verdict| verdict.is_object());
    assert_eq!(verdict.and_then(keys), keys(at(&document, "/components/schemas/Verdict/properties")), "Verdict");
}

fn assert_describes<'a>(schema: &Value, examples: impl Iterator<Item = &'a Value>, name: &str) {
    let fields: Vec<BTreeSet<&str>> = examples
        .map(|example| example.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect())
        .collect();
    let any = fields.iter().flatten().copied().collect::<BTreeSet<_>>();
    let always =
        any.iter().copied().filter(|key| fields.iter().all(|each| each.contains(key))).collect::<BTreeSet<_>>();
    let described = schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    assert_eq!(described.collect::<BTreeSet<_>>(), any, "fields of {name}");
    assert_eq!(texts(&schema["required"]), always, "required fields of {name}");
}

/// Frames with optional fields, with and without them. The full ones name every field, so a new field does not compile
/// until it is listed, and fails until it is described.
#[test]
fn optional_fields_are_described_and_not_required() {
    let document = document();
    let (case, text) = (CaseId(uuid::Uuid::nil()), String::new);
    let option: OptionId = "buyer".parse().expect("an option");
    let pairs = [
        (
            json!(ClientFrame::Cast {
                case: text(),
                option: text(),
                request: Some(text()),
                change: Some(0),
                read: Some(0),
                reason: Some(1),
            }),
            json!({"type": "cast", "case": "", "option": ""}),
        ),
        (
            json!(ServerFrame::Ballot {
                case,
                option,
                status: BallotStatus::Counted,
                epoch: 1,
                change: 0,
                request: Some(text()),
            }),
            json!({"type": "ballot", "case": case, "option": "buyer", "status": "counted", "epoch": 1, "change": 0}),
        ),
        (
            json!(ServerFrame::Refused {
                case: text(),
                option: text(),
                reason: Refusal::Busy,
                request: Some(text()),
                retry_after_ms: Some(1),
            }),
            json!({"type": "refused", "case": "", "option": "", "reason": "busy"}),
        ),
        (
            json!(ServerFrame::Receipt { case, epoch: 1, change: 0, receipt: text(), request: Some(text()) }),
            json!({"type": "receipt", "case": case, "epoch": 1, "change": 0, "receipt": ""}),
        ),
        (
            json!(ServerFrame::NoReceipt {
                case: text(),
                reason: NoReceipt::Busy,
                retry_after_ms: Some(1),
                request: Some(text()),
            }),
            json!({"type": "no_receipt", "case": "", "reason": "busy"}),
        ),
        (
            json!(ServerFrame::Tally(Tally { case, epoch: 1, rev: 1, ballots: 0, counts: Some(Counts::new()) })),
            json!({"type": "tally", "case": case, "epoch": 1, "rev": 1, "ballots": 0}),
        ),
    ];
    for (full, bare) in &pairs {
        assert_is_a_frame(bare);
        let name = bare["type"].as_str().unwrap_or_default();
        let payload = at(&document, &format!("/components/messages/{name}/payload"));
        assert_describes(payload, [full, bare].into_iter(), name);
    }
}

#[test]
fn every_enum_lists_its_names_in_order() {
    let document = document();
    let listed = |schema: &str| at(&document, &format!("/components/schemas/{schema}/enum")).clone();
    assert_eq!(listed("Refusal"), json!(Refusal::ALL));
    assert_eq!(listed("NoReceipt"), json!(NoReceipt::ALL));
    assert_eq!(listed("Role"), json!(Role::ALL));
    assert_eq!(listed("CaseState"), json!(CaseState::ALL));
    assert_eq!(listed("BallotStatus"), json!([BallotStatus::Counted, BallotStatus::Duplicate, BallotStatus::Changed]));
    let errors = [FrameError::Malformed, FrameError::UnknownType, FrameError::AlreadyJoined, FrameError::TooLong];
    assert_eq!(listed("FrameError"), json!(errors));
}

#[test]
fn every_close_code_says_whether_to_reconnect() {
    let document = document();
    let described = at(&document, "/channels/room/x-close-codes").as_array().expect("a list");
    let expected: Vec<Value> =
        close_codes().into_iter().map(|code| json!([code, close::should_reconnect(code)])).collect();
    assert_eq!(described.iter().map(|each| json!([each["code"], each["return"]])).collect::<Vec<_>>(), expected);
}

#[test]
fn the_subprotocol_matches_the_code() {
    let header = "/channels/room/bindings/ws/headers/properties/Sec-WebSocket-Protocol/const";
    assert_eq!(at(&document(), header), SUBPROTOCOL);
}
