//! Encodes a page of a list, which ends at its number of items or at its bytes; it reads no store.

use live_jury_protocol::{Page, limits};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::ledger::standing::ListedRow;

/// Bytes of a page beside its items.
const FRAME_BYTES: usize = 128;

/// A page of at most `limit` items and [`limits::PAGE_BYTES_MAX`] bytes, each item already encoded. Each comes with the
/// cursor that goes on after it; a page that is full, in either way, has the last one's as `next`. An item beyond the
/// bytes is encoded only to see that.
pub fn page<T: Serialize>(items: impl IntoIterator<Item = (T, Option<String>)>, limit: u32) -> Page<Box<RawValue>> {
    let (mut encoded, mut bytes, mut next) = (Vec::new(), FRAME_BYTES, None);
    for (item, cursor) in items {
        // The wire types have text keys only, so encoding does not fail.
        let Ok(item) = to_raw_value(&item) else { continue };
        bytes += item.get().len() + 1;
        if bytes > limits::PAGE_BYTES_MAX && !encoded.is_empty() {
            return Page { items: encoded, next };
        }
        encoded.push(item);
        next = cursor;
    }
    let is_full = encoded.len() >= limit as usize;
    Page { items: encoded, next: next.filter(|_| is_full) }
}

/// An item of a list of which only the id can be read: it is damaged, or a newer server wrote it.
#[derive(Serialize)]
pub struct UnreadableItem {
    id: Uuid,
    unreadable: bool,
}

/// An item of a list of trust. The first form has no name on the wire, nor has the second.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Listed<T> {
    /// An item.
    Item(T),
    /// One that cannot be read.
    Unreadable(UnreadableItem),
}

impl<T> Listed<T> {
    /// The item of a row, with the cursor that goes on after it.
    pub fn of<R>(row: &ListedRow<R>, shown: impl FnOnce(&R) -> T) -> (Self, Option<String>) {
        let unreadable = UnreadableItem { id: row.id, unreadable: true };
        let item = row.row.as_ref().map_or(Self::Unreadable(unreadable), |row| Self::Item(shown(row)));
        (item, Some(row.id.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(items: usize, bytes: usize, limit: u32) -> (usize, Option<String>, usize) {
        let items = (0..items).map(|n| ("x".repeat(bytes), Some(n.to_string())));
        let page = page(items, limit);
        (page.items.len(), page.next.clone(), serde_json::to_string(&page).unwrap().len())
    }

    #[test]
    fn a_page_ends_at_its_items_or_its_bytes() {
        assert_eq!(page_of(0, 10, 3).1, None);
        assert_eq!(page_of(2, 10, 3).1, None);
        assert_eq!(page_of(3, 10, 3).1.as_deref(), Some("2"));
        let (items, next, bytes) = page_of(100, 10_000, 100);
        assert_eq!((items, next.as_deref()), (26, Some("25")));
        assert!(bytes <= limits::PAGE_BYTES_MAX, "{bytes}");
        let (items, next, _) = page_of(2, limits::PAGE_BYTES_MAX, 100);
        assert_eq!((items, next.as_deref()), (1, Some("0")), "one item is on every page");
    }
}
