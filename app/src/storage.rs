//! A juror's ballots in sessionStorage, so that a pending vote survives a reload of the tab; it never leaves the tab.

use crate::json;
use crate::jury::SavedBallots;

fn session_storage() -> Option<web_sys::Storage> {
    // A browser that blocks storage says so by an error: then a reload forgets, and nothing else changes.
    web_sys::window()?.session_storage().ok()?
}

/// Whose ballots in which room of which server.
fn key(server: &str, room: &str, sub: &str) -> String {
    format!("live-jury:{server}:{room}:{sub}")
}

/// What was kept.
#[must_use]
pub fn load(server: &str, room: &str, sub: &str) -> SavedBallots {
    session_storage()
        .and_then(|storage| storage.get_item(&key(server, room, sub)).ok()?)
        .and_then(|text| json::from_text(&text).ok())
        .unwrap_or_default()
}

/// Keeps it in place of what was kept before.
pub fn save(server: &str, room: &str, sub: &str, saved: &SavedBallots) {
    let (Some(storage), Ok(text)) = (session_storage(), json::to_text(saved)) else { return };
    let key = key(server, room, sub);
    // A full storage is no reason to disturb the vote itself.
    let _ = if *saved == SavedBallots::default() { storage.remove_item(&key) } else { storage.set_item(&key, &text) };
}
