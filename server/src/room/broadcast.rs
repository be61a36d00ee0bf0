//! Notifies the sockets of a room of each new view, shard by shard, so that ballots get the processor in between; it
//! sends nothing itself.

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
/// Time that one view is delayed by overload, at most. Beyond it the view goes out in spite of the overload, so that no
/// viewer sees a tally that is older.
const OVERLOAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// A viewer count alone is sent at most once per 30 broadcast durations. It costs as much as a tally and matters less.
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
            let (mut pause, mut overload_wait_left) = (Duration::ZERO, OVERLOAD_WAIT_MAX);
            loop {
                while let Some(overload) =
                    self.load.overload(self.clock.instant()).filter(|_| !overload_wait_left.is_zero())
                {
                    overload_wait_left = overload_wait_left.saturating_sub(overload);
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
        announced_at + interval.clamp(Duration::from_millis(limits::TALLY_INTERVAL_MS), INTERVAL_MAX)
    }

    /// Announces a new view to all sockets.
    pub fn announce(&mut self, now: Instant) {
        self.announced_at = Some(now);
        self.announce_to_others();
        self.broadcast.announced.fetch_add(1, Ordering::Release);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::room::load::tests::{HOLD, overload};

    const TICK: Duration = Duration::from_millis(limits::TALLY_INTERVAL_MS);

    fn room() -> (Arc<Broadcast>, BroadcastPacing) {
        let broadcast = Arc::new(Broadcast::new(Arc::default(), SystemClock::shared()));
        tokio::spawn(broadcast.clone().run());
        (broadcast.clone(), BroadcastPacing::new(broadcast))
    }

    fn now() -> Instant {
        SystemClock.instant()
    }

    fn is_due(pacing: &BroadcastPacing, update: UpdateKind) -> bool {
        pacing.due(now(), update) <= now()
    }

    fn viewers(broadcast: &Broadcast, count: usize) -> Vec<watch::Receiver<()>> {
        (0..count).map(|_| broadcast.subscribe(Role::Viewer)).collect()
    }

    /// Receivers that were notified since the last call.
    fn notified(subscribers: &mut [watch::Receiver<()>]) -> usize {
        subscribers
            .iter_mut()
            .filter(|updates| updates.has_changed().unwrap())
            .map(|updates| updates.mark_unchanged())
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn all_sockets_are_notified_once_an_interval() {
        let (broadcast, mut pacing) = room();
        let (mut subscribers, mut moderator) = (viewers(&broadcast, 1_000), broadcast.subscribe(Role::Moderator));
        assert!(is_due(&pacing, UpdateKind::Ballots));
        for _ in 0..3 {
            pacing.announce(now());
            assert!(!is_due(&pacing, UpdateKind::Ballots), "the pass has not ended");
            tokio::time::sleep(TICK).await;
            assert_eq!(notified(&mut subscribers), 1_000);
            assert!(is_due(&pacing, UpdateKind::Ballots));
        }
        pacing.announce_to_others();
        assert!(moderator.has_changed().unwrap());
        moderator.mark_unchanged();
        assert_eq!(notified(&mut subscribers), 0);
        drop(pacing);
        assert!(subscribers[0].changed().await.is_err());
        assert!(moderator.changed().await.is_err());
        assert!(broadcast.subscribe(Role::Viewer).changed().await.is_err(), "the room's task has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn a_view_announced_during_a_pass_reaches_all_sockets() {
        let (broadcast, mut pacing) = room();
        let mut subscribers = viewers(&broadcast, 10 * SHARD_SOCKETS);
        pacing.announce(now());
        while notified(&mut subscribers) == 0 {
            tokio::task::yield_now().await;
        }
        pacing.announce(now());
        tokio::time::sleep(TICK).await;
        assert_eq!(notified(&mut subscribers), 10 * SHARD_SOCKETS);
        assert!(is_due(&pacing, UpdateKind::Ballots));
    }

    #[tokio::test(start_paused = true)]
    async fn an_overload_delays_a_view_but_not_for_ever() {
        let (broadcast, mut pacing) = room();
        let mut subscribers = viewers(&broadcast, 10);
        pacing.announce(now());
        tokio::time::sleep(TICK).await;
        assert_eq!(notified(&mut subscribers), 10);

        overload(&broadcast.load);
        pacing.announce(now());
        tokio::time::sleep(HOLD / 2).await;
        assert_eq!(notified(&mut subscribers), 0);
        tokio::time::sleep(HOLD).await;
        assert_eq!(notified(&mut subscribers), 10);

        let began = now();
        pacing.announce(began);
        while notified(&mut subscribers) == 0 {
            overload(&broadcast.load);
            tokio::time::sleep(HOLD / 2).await;
        }
        let waited = now() - began;
        assert!(waited >= OVERLOAD_WAIT_MAX - HOLD && waited <= OVERLOAD_WAIT_MAX + HOLD, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn newcomers_fill_gaps_in_shards() {
        let (broadcast, _pacing) = room();
        let mut subscribers = viewers(&broadcast, 10 * SHARD_SOCKETS);
        subscribers.drain(..SHARD_SOCKETS / 2);
        subscribers.extend(viewers(&broadcast, SHARD_SOCKETS / 2));
        assert_eq!(broadcast.lock().shards.len(), 10);
    }
}
