//! Generated messages: a text that parses is written and parsed again with the same result, and none panics.

use std::fmt::Debug;

use live_jury_protocol::{
    AuditEntry, Case, ClientFrame, Extend, ListedCase, NewCase, Page, Problem, Revoke, ServerFrame, Tally, Verdict,
    Void,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::mutation::{damaged, distorted, examples};
use crate::runner;

/// Whether the text parses as this type. If it does, writing and parsing it again gives the same value. A value of a
/// later version is read as unknown, and is not written again.
fn is_stable<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) -> Result<bool, TestCaseError> {
    let Ok(read) = serde_json::from_str::<T>(text) else { return Ok(false) };
    let written = match serde_json::to_string(&read) {
        Ok(written) => written,
        Err(_) if format!("{read:?}").contains("Unknown") => return Ok(true),
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    };
    let again =
        serde_json::from_str::<T>(&written).map_err(|error| TestCaseError::fail(format!("{error}: {written}")))?;
    prop_assert_eq!(again, read);
    Ok(true)
}

fn all_are_stable(text: &str) -> Result<(), TestCaseError> {
    is_stable::<ClientFrame>(text)?;
    // `Unknown` stands for frames of later versions and cannot be written.
    if !matches!(serde_json::from_str(text), Ok(ServerFrame::Unknown)) {
        is_stable::<ServerFrame>(text)?;
    }
    is_stable::<NewCase>(text)?;
    is_stable::<Case>(text)?;
    is_stable::<Page<Case>>(text)?;
    is_stable::<Page<AuditEntry>>(text)?;
    is_stable::<Verdict>(text)?;
    is_stable::<Tally>(text)?;
    is_stable::<Problem>(text)?;
    is_stable::<Extend>(text)?;
    is_stable::<Revoke>(text)?;
    is_stable::<Void>(text)?;
    Ok(())
}

#[test]
fn damaged_bytes_parse_or_are_refused() {
    runner(20).run(&damaged(examples()), |text| all_are_stable(&text)).unwrap();
}

#[test]
fn distorted_messages_parse_or_are_refused() {
    runner(20).run(&distorted(examples()), |message| all_are_stable(&message.to_string())).unwrap();
}

#[test]
fn every_example_is_a_known_message() {
    for text in examples() {
        let known = [
            is_stable::<ClientFrame>(&text),
            is_stable::<ServerFrame>(&text),
            is_stable::<NewCase>(&text),
            is_stable::<Case>(&text),
            is_stable::<Page<Case>>(&text),
            is_stable::<Page<ListedCase>>(&text),
            is_stable::<Page<AuditEntry>>(&text),
            is_stable::<Verdict>(&text),
            is_stable::<Tally>(&text),
            is_stable::<Problem>(&text),
            is_stable::<Extend>(&text),
            is_stable::<Revoke>(&text),
            is_stable::<Void>(&text),
        ];
        assert!(known.into_iter().any(|known| known.unwrap()), "{text}");
    }
}
