//! The other nodes: presence and hints of changed rooms. All of it may be lost; no correctness depends on it.

mod no_peers;
mod redis;

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_protocol::{Refusal, RoomId};
use tokio::sync::broadcast;

pub use self::no_peers::NoPeers;
pub use self::redis::RedisPeers;

/// The number of hints that a busy node buffers. Older ones are dropped; the node polls its rooms anyway.
pub const HINTS_HELD: usize = 1_024;

/// The other nodes.
#[async_trait]
pub trait Peers: Send + Sync {
    /// Notifies all nodes, this one too, that a room's record has changed. The call does not wait, and the hint may be
    /// lost.
    fn announce(&self, room: &RoomId);

    /// Receives the rooms that other nodes and this one announce.
    fn hints(&self) -> broadcast::Receiver<RoomId>;

    /// Reports this node's share of a room and returns the sum over all nodes. A node calls this every few seconds;
    /// after 10 s without a call it does not count. `RoomPresence::viewers == 0` removes the node.
    async fn report_presence(&self, room: &RoomId, here: &RoomPresence) -> Result<RoomPresence, PeersError>;

    /// Reports this node as alive and returns the number of nodes that did so in the last 10 s.
    async fn count(&self) -> Result<u64, PeersError>;
}

/// The presence in a room, of one node or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomPresence {
    /// Viewers connected.
    pub viewers: u64,
    /// Those of them whose token says that they buy.
    pub buyers: u64,
    /// Those whose token says that they sell.
    pub merchants: u64,
    /// Casts that were refused since the node started, by reason.
    pub refused: BTreeMap<Refusal, u64>,
}

/// The error when the other nodes cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the other nodes cannot be reached: {0}")]
pub struct PeersError(pub String);
