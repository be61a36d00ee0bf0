//! What nodes tell each other: presence and hints of change; nothing here decides anything, all of it may be lost.

mod no_peers;
mod redis;

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_protocol::{Refusal, RoomId};
use tokio::sync::broadcast;

pub use self::no_peers::NoPeers;
pub use self::redis::RedisPeers;

/// Hints that a node holds while it is busy; a lagging one re-reads its rooms by the clock anyway.
pub const HINTS_HELD: usize = 1_024;

/// The other nodes.
#[async_trait]
pub trait Peers: Send + Sync {
    /// Tells all nodes, this one too, that a room's record has changed. A hint: it may be lost, and nobody waits for it.
    fn announce(&self, room: &RoomId);

    /// Rooms whose record has changed, as other nodes and this one announce them.
    fn hints(&self) -> broadcast::Receiver<RoomId>;

    /// Says how this node's part of a room is, and hears how the whole of it is. To be called every few seconds; a
    /// node that has not been heard of for 10 s does not count any more. `RoomPresence::viewers == 0` takes the node out.
    async fn report_presence(&self, room: &RoomId, here: &RoomPresence) -> Result<RoomPresence, PeersError>;

    /// How many nodes were heard of in the last 10 s, this one among them; also says that this one is there.
    async fn count(&self) -> Result<u64, PeersError>;
}

/// How one node's, or all nodes', part of a room is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomPresence {
    /// Viewers connected.
    pub viewers: u64,
    /// Casts refused since the node started, by reason.
    pub refused: BTreeMap<Refusal, u64>,
}

/// Why the other nodes could not be heard.
#[derive(Debug, thiserror::Error)]
#[error("the other nodes cannot be heard: {0}")]
pub struct PeersError(pub String);
