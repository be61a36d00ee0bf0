//! The rooms on this node: starts a room's task when somebody comes or a case is live, lets it go when neither is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_protocol::{Role, RoomId};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::docket::{DocketError, RoomRev};
use crate::lifecycle::Lifecycle;
use crate::pseudonym::BallotKey;
use crate::room::{Actor, PollIntervals, RoomHandle, Subscription};

/// Time between two readings of all live rooms' revs: hints may be lost, this may not.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// The rooms on this node.
pub struct Hub {
    rooms: Mutex<HashMap<RoomId, Arc<RoomHandle>>>,
    rooms_max: usize,
    lifecycle: Lifecycle,
    key: BallotKey,
    intervals: PollIntervals,
    tasks: TaskTracker,
}

/// The node has as many rooms as it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyRooms;

impl Hub {
    /// A hub without rooms, of at most `rooms_max` with somebody in them.
    #[must_use]
    pub fn new(lifecycle: Lifecycle, key: BallotKey, intervals: PollIntervals, rooms_max: usize) -> Arc<Self> {
        let rooms = Mutex::new(HashMap::new());
        Arc::new(Self { rooms, rooms_max, lifecycle, key, intervals, tasks: TaskTracker::new() })
    }

    /// Takes a seat in a room, which is started if it is not there.
    ///
    /// # Errors
    /// [`TooManyRooms`] if this would be one room too many.
    pub fn enter(&self, room: &RoomId, role: Role) -> Result<Subscription, TooManyRooms> {
        let mut rooms = self.lock();
        match rooms.get(room) {
            Some(handle) if handle.is_alive() => Ok(handle.subscribe(role)),
            _ if rooms.len() >= self.rooms_max => Err(TooManyRooms),
            _ => Ok(self.start(&mut rooms, room.clone()).subscribe(role)),
        }
    }

    /// Follows the docket until `stop`: rooms with live cases run here, whoever watches, so that each closes by itself.
    pub async fn watch(&self, stop: CancellationToken) {
        let mut hints = self.lifecycle.peers.hints();
        let mut clock = tokio::time::interval(WATCH_INTERVAL);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut away = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = clock.tick() => {
                    metrics::gauge!("live_jury_unrecorded_cases").set(self.unrecorded() as f64);
                    match self.follow_docket().await {
                        Ok(()) => away = false,
                        Err(error) if !std::mem::replace(&mut away, true) => {
                            tracing::warn!(%error, "the live rooms cannot be read; trying on");
                        }
                        Err(_) => {}
                    }
                }
                hint = hints.recv() => match hint {
                    Ok(room) => self.hint(&room),
                    // Some were missed; the clock finds what they were about.
                    Err(RecvError::Lagged(_)) => clock.reset_immediately(),
                    Err(RecvError::Closed) => clock.reset_at(Instant::now() + WATCH_INTERVAL),
                },
            }
        }
    }

    /// Whether this node holds the ballot key of every live case it knows.
    #[must_use]
    pub fn holds_all_keys(&self) -> bool {
        self.lock().values().all(|handle| !handle.occupancy.has_foreign_key())
    }

    /// Cases of this node's rooms that are sealed and not recorded: for a moment at each deadline, for longer where the
    /// docket is away.
    #[must_use]
    pub fn unrecorded(&self) -> usize {
        self.lock().values().map(|handle| handle.occupancy.unrecorded()).sum()
    }

    async fn follow_docket(&self) -> Result<(), DocketError> {
        let known: Vec<RoomId> = self.lock().keys().cloned().collect();
        let revs = self.lifecycle.docket.revs(&known).await?;
        let mut rooms = self.lock();
        let mut quiet: HashMap<&RoomId, bool> = known.iter().map(|room| (room, true)).collect();
        for RoomRev { room, rev, live } in &revs {
            let handle = match rooms.get(room) {
                Some(handle) if handle.is_alive() => handle.clone(),
                // A live case runs here also above `rooms_max`: it must close.
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
        Ok(())
    }

    /// A hinted room that is not here yet may have gone live: it is started, finds out, and is let go if it has not.
    fn hint(&self, room: &RoomId) {
        let mut rooms = self.lock();
        match rooms.get(room) {
            Some(handle) if handle.is_alive() => handle.refresh(),
            _ => drop(self.start(&mut rooms, room.clone())),
        }
    }

    fn start(&self, rooms: &mut HashMap<RoomId, Arc<RoomHandle>>, room: RoomId) -> Arc<RoomHandle> {
        let (handle, channels) = RoomHandle::new(room.clone(), self.lifecycle.clock.clone());
        self.tasks.spawn(channels.broadcast.clone().run());
        self.tasks.spawn(Actor::new(channels, self.lifecycle.clone(), self.key.clone(), self.intervals).run());
        rooms.insert(room, handle.clone());
        handle
    }

    /// The map is valid between any two statements that change it, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Arc<RoomHandle>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
