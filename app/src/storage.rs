//! Saves a juror's ballots and receipts in sessionStorage, so that a pending vote survives a reload; they never
//! leave the tab.

use crate::json;
#[cfg(feature = "receipts")]
use crate::jury::Receipt;
use crate::jury::SavedBallots;

/// The most receipts of one room that are kept. Beyond it the oldest goes: a stream judges fewer cases.
#[cfg(feature = "receipts")]
const RECEIPTS_MAX: usize = 20;

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

#[cfg(feature = "receipts")]
fn receipts_key(room: &str) -> String {
    format!("live-jury:receipts:{room}")
}

/// The receipts of a room, the newest last.
#[must_use]
#[cfg(feature = "receipts")]
pub fn receipts(room: &str) -> Vec<Receipt> {
    session_storage()
        .and_then(|storage| storage.get_item(&receipts_key(room)).ok()?)
        .and_then(|text| json::from_text(&text).ok())
        .unwrap_or_default()
}

/// Saves a receipt in place of an earlier one of the same ballot.
#[cfg(feature = "receipts")]
pub fn keep_receipt(room: &str, receipt: Receipt) {
    let mut all = receipts(room);
    all.retain(|known| !known.is_for_ballot_of(&receipt));
    all.push(receipt);
    let beyond = all.len().saturating_sub(RECEIPTS_MAX);
    all.drain(..beyond);
    if let (Some(storage), Ok(text)) = (session_storage(), json::to_text(&all)) {
        // Without the receipt only the check after the verdict knows less.
        let _ = storage.set_item(&receipts_key(room), &text);
    }
}
