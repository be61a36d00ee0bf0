//! Saves a juror's ballots in sessionStorage, so that a pending vote survives a reload; they never leave the tab.

use crate::json;
use crate::jury::SavedBallots;

fn session_storage() -> Option<web_sys::Storage> {
    // A browser that blocks storage throws. A reload then forgets the vote, and nothing else changes.
    web_sys::window()?.session_storage().ok()?
}

/// The storage key of one viewer in one room of one server.
fn key(server: &str, room: &str, sub: &str) -> String {
    format!("live-jury:{server}:{room}:{sub}")
}

/// Loads the saved ballots.
#[must_use]
pub fn load(server: &str, room: &str, sub: &str) -> SavedBallots {
    session_storage()
        .and_then(|storage| storage.get_item(&key(server, room, sub)).ok()?)
        .and_then(|text| json::from_text(&text).ok())
        .unwrap_or_default()
}

/// Saves the ballots in place of earlier ones.
pub fn save(server: &str, room: &str, sub: &str, saved: &SavedBallots) {
    let (Some(storage), Ok(text)) = (session_storage(), json::to_text(saved)) else { return };
    let key = key(server, room, sub);
    // A full storage must not disturb the vote itself.
    let _ = if *saved == SavedBallots::default() { storage.remove_item(&key) } else { storage.set_item(&key, &text) };
}
