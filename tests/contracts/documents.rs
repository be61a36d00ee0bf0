//! Claims of the documents in `docs/`, compared with the code; these tests start no server.

mod arrows;
mod asyncapi;
mod language;
mod reference;
mod reliability;
mod security;
mod surfaces;
mod texts;

use std::path::Path;

use live_jury_protocol::{ClientFrame, ServerFrame};
use serde_json::Value;

/// The server's frames by their names on the wire. A new frame does not compile until it is listed.
macro_rules! server_frames {
    ($($frame:ident => $name:literal),* $(,)?) => {
        const SERVER_FRAMES: &[&str] = &[$($name),*];

        fn name_of_server_frame(frame: &ServerFrame) -> Option<&'static str> {
            match frame {
                $(ServerFrame::$frame { .. } => Some($name),)*
                ServerFrame::Unknown => None,
            }
        }
    };
}

macro_rules! client_frames {
    ($($frame:ident => $name:literal),* $(,)?) => {
        const CLIENT_FRAMES: &[&str] = &[$($name),*];

        fn name_of_client_frame(frame: &ClientFrame) -> &'static str {
            match frame {
                $(ClientFrame::$frame { .. } => $name,)*
            }
        }
    };
}

server_frames! {
    Welcome => "welcome", Docket => "docket", Ballot => "ballot", Refused => "refused", Receipt => "receipt",
    NoReceipt => "no_receipt", Tally => "tally", Called => "called",
    Presence => "presence", Stats => "stats", Draining => "draining", Error => "error",
}
client_frames! { Join => "join", Cast => "cast", Renew => "renew", Receipt => "receipt" }

/// Reads a file of the repository.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether a frame is a client's. Both ends have a frame `receipt`, and only the server's holds one.
fn is_of_client(frame: &Value) -> bool {
    frame["type"].as_str().is_some_and(|name| CLIENT_FRAMES.contains(&name)) && frame.get("receipt").is_none()
}

/// Requires that the code parses an example as the frame it names, and writes the same JSON again.
fn assert_is_a_frame(example: &Value) {
    let name = example["type"].as_str().unwrap_or_else(|| panic!("no type: {example}"));
    let again = if is_of_client(example) {
        let frame: ClientFrame = serde_json::from_value(example.clone()).unwrap_or_else(|e| panic!("{e}: {example}"));
        assert_eq!(name_of_client_frame(&frame), name);
        serde_json::to_value(&frame)
    } else {
        let frame: ServerFrame = serde_json::from_value(example.clone()).unwrap_or_else(|e| panic!("{e}: {example}"));
        assert_eq!(name_of_server_frame(&frame), Some(name), "{example}");
        serde_json::to_value(&frame)
    };
    assert_eq!(&again.expect("a frame is JSON"), example, "a field of this example is not one of the frame's");
}

/// The close codes, read from the source, as constants have no list of themselves.
fn close_codes() -> Vec<u16> {
    let source = read("protocol/src/close.rs");
    let codes: Vec<u16> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once(": u16 = ")?.1.strip_suffix(';')?.parse().ok())
        .collect();
    assert!(codes.contains(&live_jury_protocol::close::REPLACED), "close.rs is not read as it is written: {codes:?}");
    codes
}
