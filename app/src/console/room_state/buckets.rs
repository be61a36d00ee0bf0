//! The room's buckets of reports, read over HTTP. It draws nothing.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::RoomId;
use live_jury_protocol::trust::Bucket;

use crate::api::Api;

/// A room's buckets that have not ended, those of most weight first.
#[derive(Clone, Copy)]
pub struct BucketList {
    /// The buckets. A server without trust has none.
    pub items: RwSignal<Vec<Bucket>>,
    room: StoredValue<RoomId>,
    api: Api,
}

impl BucketList {
    /// An empty list.
    #[must_use]
    pub fn new(api: Api, room: RoomId) -> Self {
        Self { items: RwSignal::default(), room: StoredValue::new(room), api }
    }

    /// Reads the buckets again. A failure leaves those that are known: the next reading follows within seconds.
    pub fn refresh(self) {
        let room = self.room.get_value();
        spawn_local(async move {
            if let Ok(found) = self.api.buckets(&room).await {
                // An unchanged list is not set again: redrawing it would take the focus off its rows.
                if self.items.try_with_untracked(|items| *items != found.items) == Some(true) {
                    self.items.set(found.items);
                }
            }
        });
    }
}
