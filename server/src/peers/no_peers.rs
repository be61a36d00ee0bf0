//! A single node: its announcements come back to itself. It opens no connection.

use async_trait::async_trait;
use live_jury_protocol::RoomId;
use tokio::sync::broadcast;

use super::{HINTS_HELD, Peers, PeersError, RoomPresence};

/// The peers of a single node.
#[derive(Debug)]
pub struct NoPeers {
    hints: broadcast::Sender<RoomId>,
}

impl NoPeers {
    /// The peers of a node that runs alone.
    #[must_use]
    pub fn new() -> Self {
        Self { hints: broadcast::Sender::new(HINTS_HELD) }
    }
}

impl Default for NoPeers {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Peers for NoPeers {
    fn announce(&self, room: &RoomId) {
        // A hint without a receiver is no failure.
        let _ = self.hints.send(room.clone());
    }

    fn hints(&self) -> broadcast::Receiver<RoomId> {
        self.hints.subscribe()
    }

    async fn report_presence(&self, _room: &RoomId, here: &RoomPresence) -> Result<RoomPresence, PeersError> {
        Ok(here.clone())
    }

    async fn count(&self) -> Result<u64, PeersError> {
        Ok(1)
    }
}
