//! Adds the wire's limits to the OpenAPI document; [`limits`] owns their values, this file their places.

use live_jury_protocol::limits;
use serde_json::{Value, json};

/// A name of letters, digits, `_` and `-`.
const NAME: &str = "^[A-Za-z0-9_-]+$";

/// The SHA-256 of a file.
const SHA256: &str = "^[0-9A-Fa-f]{64}$";

/// The fewest characters of a moderator's words, as the document has it.
const WORDS_MIN: u8 = limits::WORDS_CHARS_MIN as u8;

/// Adds the limits to the document.
pub fn write(document: &mut Value) {
    for (place, keywords) in of_schemas() {
        if let Some(schema) = document.pointer_mut(&format!("/components/schemas/{place}")) {
            add(schema, keywords);
        }
    }
    let operations = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    for operation in operations.filter_map(Value::as_object_mut).flat_map(|operations| operations.values_mut()) {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let keywords = of_parameter(parameter["name"].as_str().unwrap_or_default());
            add(&mut parameter["schema"], keywords);
        }
    }
}

fn add(schema: &mut Value, keywords: Value) {
    for (keyword, value) in keywords.as_object().into_iter().flatten() {
        schema[keyword] = value.clone();
    }
}

/// The limits of a parameter, the same in every operation.
fn of_parameter(name: &str) -> Value {
    match name {
        "limit" => json!({ "minimum": 1, "maximum": limits::PAGE_ITEMS_MAX, "default": limits::PAGE_ITEMS_DEFAULT }),
        "room" => json!({ "pattern": NAME, "maxLength": limits::ROOM_BYTES_MAX }),
        "id" => json!({ "format": "uuid" }),
        "Idempotency-Key" => json!({ "minLength": 1, "maxLength": limits::IDEMPOTENCY_KEY_BYTES_MAX }),
        _ => json!({}),
    }
}

/// Places in the schemas with the keywords that hold there.
fn of_schemas() -> Vec<(String, Value)> {
    let text = |min: u8, max: usize| json!({ "minLength": min, "maxLength": max });
    let name = |max: usize| json!({ "pattern": NAME, "maxLength": max });
    let field = |schema: &str, field: &str, keywords: Value| (format!("{schema}/properties/{field}"), keywords);
    let mut places = vec![
        ("OptionId".to_owned(), name(limits::OPTION_ID_BYTES_MAX)),
        ("RoomId".to_owned(), name(limits::ROOM_BYTES_MAX)),
        field("NewCase", "title", text(1, limits::TITLE_CHARS_MAX)),
        field("NewCase", "kind", text(0, limits::KIND_BYTES_MAX)),
        field("NewCase", "summary", text(0, limits::SUMMARY_CHARS_MAX)),
        field("NewCase", "remedy", text(0, limits::REMEDY_CHARS_MAX)),
        field("NewCase", "policy", json!({ "pattern": "^[a-z0-9_]+$", "maxLength": limits::POLICY_ID_BYTES_MAX })),
        field(
            "NewCase",
            "remedy_due_h",
            json!({ "minimum": limits::REMEDY_DUE_H_MIN, "maximum": limits::REMEDY_DUE_H_MAX }),
        ),
        field("NewCase", "evidence", json!({ "maxItems": limits::EVIDENCE_MAX })),
        field("NewCase", "options", json!({ "minItems": limits::OPTIONS_MIN, "maxItems": limits::OPTIONS_MAX })),
        field("NewCase", "duration_s", json!({ "minimum": limits::DURATION_S_MIN, "maximum": limits::DURATION_S_MAX })),
        field("Evidence", "url", text(0, limits::URL_BYTES_MAX)),
        field("Evidence", "sha256", json!({ "pattern": SHA256 })),
        field("Evidence", "text", text(0, limits::EVIDENCE_TEXT_CHARS_MAX)),
        field("Evidence", "caption", text(0, limits::CAPTION_CHARS_MAX)),
        field("CaseOption", "label", text(1, limits::LABEL_CHARS_MAX)),
        field("Rules", "quorum", json!({ "minimum": limits::QUORUM_MIN, "maximum": limits::QUORUM_MAX })),
        field("Rules", "min_account_age_days", json!({ "maximum": limits::ACCOUNT_AGE_DAYS_MAX })),
        field("Panel", "call", json!({ "minimum": 1, "maximum": limits::PANEL_CALL_MAX })),
        field("Panel", "present_s", json!({ "maximum": limits::PANEL_PRESENT_S_MAX })),
        field("Panel", "min_level", json!({ "maximum": limits::LEVEL_MAX })),
        field("Rules", "recused", json!({ "maxItems": limits::RECUSED_MAX })),
        field("Extend", "by_s", json!({ "minimum": limits::EXTENSION_S_MIN, "maximum": limits::DURATION_S_MAX })),
        field("RoomPolicy", "min_open_s", json!({ "maximum": limits::DURATION_S_MAX })),
        field("RoomPolicy", "counts_from", json!({ "maximum": limits::QUORUM_MAX })),
        field("RoomPolicy", "attempts_max", json!({ "minimum": 1, "maximum": limits::ATTEMPTS_MAX })),
        field("RoomPolicy", "second_moderator", json!({ "uniqueItems": true })),
        field("RoomPolicy", "require", json!({ "uniqueItems": true })),
        field("ForgetJuror", "sub", text(1, limits::SUB_BYTES_MAX)),
        field("Revoke", "jti", text(1, limits::JTI_BYTES_MAX)),
        field("Revoke", "sub", text(1, limits::SUB_BYTES_MAX)),
        field("SendReport", "text", text(0, limits::REPORT_TEXT_CHARS_MAX)),
        field("CloseBucket", "words", text(WORDS_MIN, limits::WORDS_CHARS_MAX)),
        field("Void", "reason", text(1, limits::REASON_CHARS_MAX)),
    ];
    places.extend(["buyer", "merchant"].map(|side| field("Statements", side, text(0, limits::STATEMENT_CHARS_MAX))));
    places.extend(
        ["buyer", "merchant", "other"]
            .map(|stratum| field("Panel", stratum, json!({ "maximum": limits::PANEL_SEATS_MAX }))),
    );
    let references = ["merchant", "host", "product", "order"];
    places.extend(references.map(|reference| field("Subject", reference, text(1, limits::SUBJECT_CHARS_MAX))));
    let references = ["merchant", "host", "product"];
    places.extend(references.map(|reference| field("ReportSubject", reference, text(1, limits::SUBJECT_CHARS_MAX))));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limited_place_is_in_the_document() {
        let document = super::super::document("https://jury.example.com");
        for (place, keywords) in of_schemas() {
            let schema = document.pointer(&format!("/components/schemas/{place}"));
            let schema = schema.unwrap_or_else(|| panic!("{place} is missing"));
            for (keyword, value) in keywords.as_object().unwrap() {
                assert_eq!(&schema[keyword], value, "{place} {keyword}");
            }
        }
    }
}
