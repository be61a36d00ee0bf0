//! The rooms on this node: starts a room for its first socket or its live case, and ends it when it has neither; it
//! counts no ballot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_protocol::{Role, RoomId};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::docket::RoomRev;
use crate::lifecycle::{Lifecycle, LifecycleError};
use crate::log::ReceiptSigner;
use crate::pseudonym::BallotKey;
use crate::room::{Actor, NodeLoad, PollIntervals, RoomHandle, Subscription};

/// Time between two comparisons of all rooms' revs with the docket. Hints come sooner but may be lost; then a room
/// shows a change this much later.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// The rooms on this node. Connections subscribe to them, and one task runs [`Self::watch`].
pub struct Hub {
    /// Rooms whose tasks run. Only the hub adds and removes them. A task that ended early is replaced at its next use.
    rooms: Mutex<HashMap<RoomId, Arc<RoomHandle>>>,
    rooms_max: usize,
    lifecycle: Lifecycle,
    key: BallotKey,
    receipts: Option<Arc<ReceiptSigner>>,
    intervals: PollIntervals,
    load: Arc<NodeLoad>,
    /// Spawns the rooms' tasks. Each of them ends by itself, with its room's last handle.
    tasks: TaskTracker,
}

/// The node has the maximum of rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyRooms;

impl Hub {
    /// A hub without rooms. At most `rooms_max` are started for sockets; rooms with live cases start beyond it. Its
    /// rooms give no receipts without `receipts`.
    #[must_use]
    pub fn new(
        lifecycle: Lifecycle,
        key: BallotKey,
        receipts: Option<Arc<ReceiptSigner>>,
        intervals: PollIntervals,
        rooms_max: usize,
    ) -> Arc<Self> {
        let rooms = Mutex::new(HashMap::new());
        let load = Arc::default();
        Arc::new(Self { rooms, rooms_max, lifecycle, key, receipts, intervals, load, tasks: TaskTracker::new() })
    }

    /// Subscribes a socket to a room, and starts the room if it does not run.
    ///
    /// # Errors
    /// [`TooManyRooms`] if the room does not run and the maximum do.
    pub fn enter(&self, room: &RoomId, role: Role) -> Result<Subscription, TooManyRooms> {
        let mut rooms = self.lock();
        match rooms.get(room) {
            Some(handle) if handle.is_alive() => Ok(handle.subscribe(role)),
            _ if rooms.len() >= self.rooms_max => Err(TooManyRooms),
            _ => Ok(self.start(&mut rooms, room.clone()).subscribe(role)),
        }
    }

    /// Follows the docket until `stop`. Each room with a live case runs here, also without sockets, so that its case
    /// closes by itself.
    pub async fn watch(&self, stop: CancellationToken) {
        let mut hints = self.lifecycle.peers.hints();
        let mut interval = tokio::time::interval(WATCH_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unavailable = false;
        let mut incarnation = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = interval.tick() => {
                    metrics::gauge!("live_jury_unrecorded_cases").set(self.unrecorded() as f64);
                    let stepped = self.lifecycle.tally.clock_stepped();
                    metrics::gauge!("live_jury_store_clock_stepped").set(stepped as f64);
                    match self.follow_docket(&mut incarnation).await {
                        Ok(()) => unavailable = false,
                        Err(error) if !std::mem::replace(&mut unavailable, true) => {
                            tracing::warn!(%error, "the docket's revs cannot be read; trying again");
                        }
                        Err(_) => {}
                    }
                }
                hint = hints.recv() => match hint {
                    Ok(room) => self.hint(&room),
                    // Some hints were lost. A comparison of all revs finds their rooms.
                    Err(RecvError::Lagged(_)) => interval.reset_immediately(),
                    Err(RecvError::Closed) => interval.reset(),
                },
            }
        }
    }

    /// The node's overload signals.
    #[must_use]
    pub fn load(&self) -> &NodeLoad {
        &self.load
    }

    /// Whether every live case that this node knows was opened with its ballot key.
    #[must_use]
    pub fn holds_all_keys(&self) -> bool {
        self.lock().values().all(|handle| !handle.occupancy.has_foreign_key())
    }

    /// Cases of this node's rooms that are sealed, or open 2 s after their deadline, and not recorded. There are some
    /// for a moment after each deadline, and for longer while a store cannot be written.
    #[must_use]
    pub fn unrecorded(&self) -> usize {
        self.lock().values().map(|handle| handle.occupancy.unrecorded()).sum()
    }

    /// Follows the docket's incarnation and all rooms' revs. `incarnation` is the last one that was seen.
    async fn follow_docket(&self, incarnation: &mut Option<Uuid>) -> Result<(), LifecycleError> {
        // Rooms are followed also while the mark does not answer.
        let followed = self.lifecycle.follow_incarnation().await;
        let known: Vec<RoomId> = self.lock().keys().cloned().collect();
        let revs = self.lifecycle.docket.revs(&known).await?;
        self.lifecycle.health.docket_was_read();
        let mut rooms = self.lock();
        if let Ok(current) = followed
            && incarnation.replace(current) != Some(current)
        {
            // A room finds by its record that it is of an earlier incarnation.
            rooms.values().for_each(|handle| handle.refresh());
        }
        let mut quiet: HashMap<&RoomId, bool> = known.iter().map(|room| (room, true)).collect();
        for RoomRev { room, rev, live } in &revs {
            let handle = match rooms.get(room) {
                Some(handle) if handle.is_alive() => handle.clone(),
                // A live case must close, so its room starts also beyond `rooms_max`.
                _ if *live => self.start(&mut rooms, room.clone()),
                _ => continue,
            };
            if handle.rev() != Some(*rev) {
                handle.refresh();
            }
            if *live && let Some(quiet) = quiet.get_mut(room) {
                *quiet = false;
            }
        }
        for (room, _) in quiet.into_iter().filter(|(_, quiet)| *quiet) {
            if rooms.get(room).is_some_and(|handle| handle.occupancy.sockets() == 0) {
                rooms.remove(room);
            }
        }
        metrics::gauge!("live_jury_rooms").set(rooms.len() as f64);
        followed.map(drop)
    }

    /// Refreshes a room. One that does not run may have a new live case: it is started, and removed later if it has
    /// none.
    fn hint(&self, room: &RoomId) {
        let mut rooms = self.lock();
        match rooms.get(room) {
            Some(handle) if handle.is_alive() => handle.refresh(),
            _ => drop(self.start(&mut rooms, room.clone())),
        }
    }

    fn start(&self, rooms: &mut HashMap<RoomId, Arc<RoomHandle>>, room: RoomId) -> Arc<RoomHandle> {
        let (handle, channels) = RoomHandle::new(room.clone(), self.lifecycle.clock.clone(), self.load.clone());
        self.tasks.spawn(channels.broadcast.clone().run());
        let (lifecycle, key, receipts) = (self.lifecycle.clone(), self.key.clone(), self.receipts.clone());
        self.tasks.spawn(Actor::new(channels, lifecycle, key, receipts, self.intervals).run());
        rooms.insert(room, handle.clone());
        handle
    }

    /// Each change of the map is one call, so a panic elsewhere cannot leave it half changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Arc<RoomHandle>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
