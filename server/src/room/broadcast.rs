//! Notifies the sockets of a room of each new view, shard by shard, so that ballots get the processor in between; it
//! sends nothing itself.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_protocol::{Role, limits};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::load::Load;
use crate::clock::Clock;

/// Sockets notified at one time. The runtime runs about this many tasks before it polls for new input, so a ballot
/// waits for one shard at most.
const SHARD_SOCKETS: usize = 64;
/// After each shard the broadcast pauses for (messages received meanwhile) × (time the shard took), capped at 19 ×.
/// Ballots and joins are served first. While a verdict is recorded the pause is 19 ×: all viewers wait for the verdict.
const PAUSE_PER_QUEUED_MESSAGE_MAX: u32 = 19;
/// Shortest pause. The runtime's timer is no finer; shorter pauses add up until they reach it.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// Time of one shard above which other work wants the processor. A shard takes about a millisecond on an idle machine.
const SHARD_SLOW: Duration = Duration::from_millis(5);
/// Pause after a slow shard, as a multiple of its time. Nodes that share a machine then leave it to a node whose
/// ballots still wait.
const SHARD_SLOW_PAUSE_FACTOR: u32 = 9;
/// Time that a tally is delayed by overload, at most. Beyond it the view goes out in spite of the overload, so that no
/// viewer sees a tally that is older.
const TALLY_WAIT_MAX: Duration = Duration::from_secs(30);
/// Time that a docket view is delayed by overload, at most. It is shorter than for a tally: nobody can vote on a case
/// before the view shows it, and all wait for a verdict.
const DOCKET_WAIT_MAX: Duration = Duration::from_secs(5);
/// A viewer count alone is sent at most once per 30 broadcast durations, and not at all under overload. It costs as
/// much as a tally and matters less.
const PRESENCE_INTERVAL_FACTOR: u32 = 30;
/// Longest time between two views, however long a broadcast takes.
const INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Delay before the room's task checks again whether a pass has ended.
const RECHECK_AFTER: Duration = Duration::from_millis(20);

/// Difference of a view from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// Ballots, and perhaps a viewer count.
    Ballots,
    /// A viewer count and nothing else.
    Presence,
}

/// The part of a view that is new, and matters most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// The cases.
    Docket,
    /// Tallies, or a viewer count.
    Tallies,
}

/// The sockets of a room on this node, in shards, and the state of the broadcast to them.
///
/// Views are numbered. A pass notifies shard after shard and starts where the last one ended. A view that is announced
/// during a pass restarts the count of shards, so that each shard is notified of the newest view.
///
/// Connections subscribe, the room's task announces through `BroadcastPacing`, and one task of its own runs
/// [`Self::run`].
pub struct Broadcast {
    subscribers: Mutex<Subscribers>,
    load: Arc<Load>,
    clock: Arc<dyn Clock>,
    /// Wakes [`Self::run`].
    wake: Notify,
    /// Number of the newest view. Only [`BroadcastPacing`] changes it.
    announced: AtomicU64,
    /// Number of the newest view with a new docket. Only [`BroadcastPacing`] changes it.
    docket: AtomicU64,
    /// Number of the newest view that all shards were notified of. Only [`Self::run`] changes it.
    delivered: AtomicU64,
    /// Duration of the last pass, in microseconds. Only [`Self::run`] changes it.
    pass_us: AtomicU64,
    /// Casts and joins that the room has received. Only [`BroadcastPacing`] changes it.
    messages: AtomicU64,
    /// Whether a verdict is being recorded. Only [`BroadcastPacing`] changes it.
    recording: AtomicBool,
}

#[derive(Debug, Default)]
struct Subscribers {
    /// Viewers; each sender has at most [`SHARD_SOCKETS`] receivers.
    shards: Vec<watch::Sender<()>>,
    /// Hosts, moderators and overlays. They are few, so one channel serves them all.
    others: watch::Sender<()>,
    /// Whether the room's task has ended.
    closed: bool,
}

/// Position of a pass.
#[derive(Default)]
struct BroadcastPass {
    /// Number of the view that is announced to the shards.
    view: u64,
    /// The shard notified last.
    shard: usize,
    /// Shards that were not notified of `view` yet.
    left: usize,
}

/// Result of one step of a pass.
enum PassStep {
    /// One shard was notified.
    Notified,
    /// Every shard was notified of the newest view.
    Done,
    /// The room's task has ended.
    Closed,
}

impl Broadcast {
    /// A broadcast without subscribers.
    #[must_use]
    pub fn new(load: Arc<Load>, clock: Arc<dyn Clock>) -> Self {
        Self {
            subscribers: Mutex::default(),
            load,
            clock,
            wake: Notify::new(),
            announced: AtomicU64::new(0),
            docket: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            pass_us: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            recording: AtomicBool::new(false),
        }
    }

    /// Subscribes a socket: the receiver changes with each new view, and closes with the room's task.
    pub fn subscribe(&self, role: Role) -> watch::Receiver<()> {
        let mut subscribers = self.lock();
        if subscribers.closed {
            return watch::channel(()).1;
        }
        if role != Role::Viewer {
            return subscribers.others.subscribe();
        }
        // Newcomers fill the last shard. When it is full, they fill gaps in the others before a new one is made.
        match subscribers.shards.iter().rev().find(|shard| shard.receiver_count() < SHARD_SOCKETS) {
            Some(shard) => shard.subscribe(),
            None => {
                let (shard, updates) = watch::channel(());
                subscribers.shards.push(shard);
                updates
            }
        }
    }

    /// Notifies all shards of each announced view. Runs until the room's task ends.
    pub async fn run(self: Arc<Self>) {
        let mut pass = BroadcastPass::default();
        loop {
            self.wake.notified().await;
            let began = self.clock.instant();
            let (mut pause, mut waited) = (Duration::ZERO, Duration::ZERO);
            loop {
                while let Some(overload) = self.load.overload(self.clock.instant()).filter(|_| self.may_wait(waited)) {
                    waited += overload;
                    tokio::time::sleep(overload).await;
                }
                let (shard_began, messages) = (self.clock.instant(), self.messages.load(Ordering::Relaxed));
                match self.step(&mut pass) {
                    PassStep::Notified => {}
                    PassStep::Done => break,
                    PassStep::Closed => return,
                }
                // The runtime polls its sockets before this task goes on, so ballots that have arrived are queued
                // first.
                tokio::task::yield_now().await;
                pause += self.pause(self.time_since(shard_began), messages);
                if pause >= PAUSE_MIN {
                    tokio::time::sleep(std::mem::take(&mut pause)).await;
                }
            }
            let pass_us = u64::try_from(self.time_since(began).as_micros()).unwrap_or(u64::MAX);
            self.pass_us.store(pass_us, Ordering::Relaxed);
            self.delivered.store(pass.view, Ordering::Release);
        }
    }

    /// Whether the view that is delivered next may wait for the end of an overload, after it has waited for `waited`.
    fn may_wait(&self, waited: Duration) -> bool {
        let has_docket = self.docket.load(Ordering::Acquire) > self.delivered.load(Ordering::Relaxed);
        waited < if has_docket { DOCKET_WAIT_MAX } else { TALLY_WAIT_MAX }
    }

    fn time_since(&self, began: Instant) -> Duration {
        self.clock.instant().saturating_duration_since(began)
    }

    /// Pause after a shard. `messages_before` is the number of messages received before it.
    ///
    /// Voters get the tally with the answer to their cast, and all wait for a verdict. So ballots and verdicts go
    /// first.
    fn pause(&self, shard_took: Duration, messages_before: u64) -> Duration {
        if self.recording.load(Ordering::Relaxed) {
            return shard_took * PAUSE_PER_QUEUED_MESSAGE_MAX;
        }
        let messages = self.messages.load(Ordering::Relaxed) - messages_before;
        let factor = u32::try_from(messages).unwrap_or(u32::MAX).min(PAUSE_PER_QUEUED_MESSAGE_MAX);
        let slow_factor = if shard_took > SHARD_SLOW { SHARD_SLOW_PAUSE_FACTOR } else { 0 };
        shard_took * factor.max(slow_factor)
    }

    /// Notifies the next shard.
    fn step(&self, pass: &mut BroadcastPass) -> PassStep {
        let mut subscribers = self.lock();
        if subscribers.closed {
            return PassStep::Closed;
        }
        let announced = self.announced.load(Ordering::Acquire);
        if pass.view != announced {
            pass.view = announced;
            pass.left = subscribers.shards.len();
        }
        if pass.left == 0 {
            subscribers.shards.retain(|shard| shard.receiver_count() > 0);
            return PassStep::Done;
        }
        pass.left -= 1;
        pass.shard = (pass.shard + 1) % subscribers.shards.len();
        subscribers.shards[pass.shard].send_replace(());
        PassStep::Notified
    }

    /// A panic elsewhere cannot leave the subscribers half changed.
    fn lock(&self) -> MutexGuard<'_, Subscribers> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Broadcast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broadcast").field("announced", &self.announced).finish_non_exhaustive()
    }
}

/// The room's task's side of the broadcast: it announces views and decides when the next one may come.
///
/// Dropping it ends the broadcast and closes all receivers.
#[derive(Debug)]
pub struct BroadcastPacing {
    broadcast: Arc<Broadcast>,
    /// When the last view was announced to viewers; none before the first.
    announced_at: Option<Instant>,
}

impl BroadcastPacing {
    /// The pacing of `broadcast`.
    pub const fn new(broadcast: Arc<Broadcast>) -> Self {
        Self { broadcast, announced_at: None }
    }

    /// When the next view may be announced, as far as it is known at `now`. The caller asks again at that time.
    pub fn due(&self, now: Instant, update: UpdateKind) -> Instant {
        let Some(announced_at) = self.announced_at else { return now };
        if self.broadcast.delivered.load(Ordering::Acquire) < self.broadcast.announced.load(Ordering::Relaxed) {
            return now + RECHECK_AFTER;
        }
        let pass = Duration::from_micros(self.broadcast.pass_us.load(Ordering::Relaxed));
        let interval = match update {
            UpdateKind::Ballots => pass,
            UpdateKind::Presence => pass * PRESENCE_INTERVAL_FACTOR,
        };
        let due = announced_at + interval.clamp(Duration::from_millis(limits::TALLY_INTERVAL_MS), INTERVAL_MAX);
        match (update, self.broadcast.load.overload(now)) {
            (UpdateKind::Presence, Some(overload)) => due.max(now + overload),
            _ => due,
        }
    }

    /// Announces a new view to all sockets.
    pub fn announce(&mut self, now: Instant, kind: ViewKind) {
        self.announced_at = Some(now);
        self.announce_to_others();
        let number = self.broadcast.announced.load(Ordering::Relaxed) + 1;
        if kind == ViewKind::Docket {
            self.broadcast.docket.store(number, Ordering::Release);
        }
        self.broadcast.announced.store(number, Ordering::Release);
        self.broadcast.wake.notify_one();
    }

    /// Announces a view with nothing new for viewers to all other sockets.
    pub fn announce_to_others(&self) {
        self.broadcast.lock().others.send_replace(());
    }

    /// Counts casts and joins that the room has received.
    pub fn count_messages(&self, messages: usize) {
        self.broadcast.messages.fetch_add(messages as u64, Ordering::Relaxed);
    }

    /// Sets whether a verdict is being recorded.
    pub fn set_recording(&self, recording: bool) {
        self.broadcast.recording.store(recording, Ordering::Relaxed);
    }
}

impl Drop for BroadcastPacing {
    fn drop(&mut self) {
        *self.broadcast.lock() = Subscribers { closed: true, ..Subscribers::default() };
        self.broadcast.wake.notify_one();
    }
}
