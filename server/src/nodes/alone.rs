//! A node without others: what it says, it hears; it opens no connection.

use async_trait::async_trait;
use live_jury_protocol::RoomId;
use tokio::sync::broadcast;

use super::{Attendance, HINTS_HELD, Nodes, NodesError};

/// The one node there is.
#[derive(Debug)]
pub struct Alone {
    hints: broadcast::Sender<RoomId>,
}

impl Alone {
    /// A node by itself.
    #[must_use]
    pub fn new() -> Self {
        Self { hints: broadcast::Sender::new(HINTS_HELD) }
    }
}

impl Default for Alone {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Nodes for Alone {
    fn announce(&self, room: &RoomId) {
        // Nobody listening is no failure: a hint may be lost.
        let _ = self.hints.send(room.clone());
    }

    fn hints(&self) -> broadcast::Receiver<RoomId> {
        self.hints.subscribe()
    }

    async fn attend(&self, _room: &RoomId, here: &Attendance) -> Result<Attendance, NodesError> {
        Ok(here.clone())
    }

    async fn count(&self) -> Result<u64, NodesError> {
        Ok(1)
    }
}
