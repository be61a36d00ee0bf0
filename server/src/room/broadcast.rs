//! A new view's way to those who are here: row by row, so that ballots find the processor between two rows; it sends nothing.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_protocol::{Role, limits};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Sockets that hear of a view at one time: as many tasks as the runtime runs before it looks again what has come in.
const SHARD_SOCKETS: usize = 64;
/// For each ballot or join that came in while a row heard, the walk rests as long as the row took, and at most so many times as long.
/// That, too, while a verdict is recorded.
const PAUSE_PER_QUEUED_MESSAGE_MAX: u32 = 19;
/// The shortest rest: the runtime's clock knows no shorter one, and what is less is rested later.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// A row takes a millisecond. One that takes longer than this shows that others want the processor, and the walk rests so many times
/// as long: where many nodes share a machine, their walks take what is left, and a ballot on one of them does not wait for all.
const SHARD_SLOW: Duration = Duration::from_millis(5);
const SHARD_SLOW_PAUSE_FACTOR: u32 = 9;
/// A batch of ballots, or a look at the tally, that takes longer than this shows that there is more to do than can be done, on this
/// node or beside it.
const STORE_SLOW: Duration = Duration::from_millis(25);
/// As many ballots as this in such a batch, or since the look before, are a rush; fewer, and it is only the store that is slow.
const OVERLOAD_BALLOTS: usize = 64;
/// So long after such an answer no row hears of anything.
const OVERLOAD_HOLD: Duration = Duration::from_secs(2);
/// For so long a view waits on its way for a rush to be over.
const OVERLOAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// How many are here is read with half an eye, and costs as much to tell as a tally: it waits so many times as long as that takes.
const PRESENCE_INTERVAL_FACTOR: u32 = 30;
/// Longest wait between two views.
const INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Wait between two looks whether a walk is over.
const RECHECK_AFTER: Duration = Duration::from_millis(20);

/// What a view shows that the last one did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// Ballots.
    Ballots,
    /// How many are here, and nothing else.
    Presence,
}

/// The sockets of a room on this node, in rows, and the walk along them.
///
/// Views have numbers. A walk goes round the rows, on from where the last one ended, until each has heard of the newest.
#[derive(Debug, Default)]
pub struct Broadcast {
    subscribers: Mutex<Subscribers>,
    wake: Notify,
    /// The newest view.
    shown: AtomicU64,
    /// The newest one that all have heard of.
    walked: AtomicU64,
    /// How long the last walk took, in microseconds.
    took_us: AtomicU64,
    /// Ballots and joins that came in.
    messages: AtomicU64,
    /// More ballots come than can be counted, until then.
    overload_until: Mutex<Option<Instant>>,
    /// A verdict is being recorded.
    recording: AtomicBool,
}

#[derive(Debug, Default)]
struct Subscribers {
    viewers: Vec<watch::Sender<()>>,
    /// Hosts and moderators: few.
    others: watch::Sender<()>,
    /// The room's task has ended.
    closed: bool,
}

/// Where a walk is.
#[derive(Default)]
struct BroadcastPass {
    /// The view that is being told.
    view: u64,
    /// The row that hears next.
    shard: usize,
    /// Rows that have not heard yet.
    left: usize,
}

enum PassStep {
    /// A row heard.
    Notified,
    /// All have.
    Done,
    /// The room's task has ended.
    Closed,
}

impl Broadcast {
    /// A place in a row: it hears of each new view from now on, and of the room's end by an error.
    pub fn updates(&self, role: Role) -> watch::Receiver<()> {
        let mut subscribers = self.lock();
        if subscribers.closed {
            return watch::channel(()).1;
        }
        if role != Role::Viewer {
            return subscribers.others.subscribe();
        }
        // Those who come fill the last row; when it is full, a place that somebody left is as good as a new row.
        match subscribers.viewers.iter().rev().find(|shard| shard.receiver_count() < SHARD_SOCKETS) {
            Some(shard) => shard.subscribe(),
            None => {
                let (shard, updates) = watch::channel(());
                subscribers.viewers.push(shard);
                updates
            }
        }
    }

    /// Goes along the rows whenever there is a view that they have not heard of, until the room's task has ended.
    pub async fn pass(self: Arc<Self>) {
        let mut pass = BroadcastPass::default();
        loop {
            self.wake.notified().await;
            let began = Instant::now();
            let (mut pause, mut wait_left) = (Duration::ZERO, OVERLOAD_WAIT_MAX);
            loop {
                while let Some(overload) = self.overload().filter(|_| !wait_left.is_zero()) {
                    wait_left = wait_left.saturating_sub(overload);
                    tokio::time::sleep(overload).await;
                }
                let (shard_began, messages) = (Instant::now(), self.messages.load(Ordering::Relaxed));
                match self.step(&mut pass) {
                    PassStep::Notified => {}
                    PassStep::Done => break,
                    PassStep::Closed => return,
                }
                // The runtime looks at its sockets before this goes on: ballots that came in are in line before the next row.
                tokio::task::yield_now().await;
                pause += self.pause(shard_began.elapsed(), messages);
                if pause >= PAUSE_MIN {
                    tokio::time::sleep(std::mem::take(&mut pause)).await;
                }
            }
            self.took_us.store(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            self.walked.store(pass.view, Ordering::Release);
        }
    }

    /// For how long the rush goes on, as far as is known now; none if there is none.
    pub fn overload(&self) -> Option<Duration> {
        let until = *self.overload_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.map(|until| until.saturating_duration_since(Instant::now())).filter(|pause| !pause.is_zero())
    }

    /// Who votes takes the tally with the answer, and who waits for a verdict waits for its recording: both go first.
    fn pause(&self, shard_took: Duration, messages_before: u64) -> Duration {
        let messages = self.messages.load(Ordering::Relaxed) - messages_before;
        let many = u32::try_from(messages).unwrap_or(u32::MAX).min(PAUSE_PER_QUEUED_MESSAGE_MAX);
        let scarce = if shard_took > SHARD_SLOW { SHARD_SLOW_PAUSE_FACTOR } else { 0 };
        shard_took
            * if self.recording.load(Ordering::Relaxed) { PAUSE_PER_QUEUED_MESSAGE_MAX } else { many.max(scarce) }
    }

    fn step(&self, pass: &mut BroadcastPass) -> PassStep {
        let mut subscribers = self.lock();
        if subscribers.closed {
            return PassStep::Closed;
        }
        let shown = self.shown.load(Ordering::Acquire);
        if pass.view != shown {
            pass.view = shown;
            pass.left = subscribers.viewers.len();
        }
        if pass.left == 0 {
            subscribers.viewers.retain(|shard| shard.receiver_count() > 0);
            return PassStep::Done;
        }
        pass.left -= 1;
        pass.shard = (pass.shard + 1) % subscribers.viewers.len();
        subscribers.viewers[pass.shard].send_replace(());
        PassStep::Notified
    }

    fn lock(&self) -> MutexGuard<'_, Subscribers> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pace of a room's views. Its end is the room's: all bells go silent.
#[derive(Debug)]
pub struct BroadcastPacing {
    broadcast: Arc<Broadcast>,
    /// When the last view was shown to viewers; none before the first.
    began: Option<Instant>,
}

impl BroadcastPacing {
    /// For the sockets in these rows.
    pub const fn new(broadcast: Arc<Broadcast>) -> Self {
        Self { broadcast, began: None }
    }

    /// When the next view may be shown, as far as is known now; asked again then.
    pub fn due(&self, now: Instant, news: UpdateKind) -> Instant {
        let Some(began) = self.began else { return now };
        if self.broadcast.walked.load(Ordering::Acquire) < self.broadcast.shown.load(Ordering::Relaxed) {
            return now + RECHECK_AFTER;
        }
        let took = Duration::from_micros(self.broadcast.took_us.load(Ordering::Relaxed));
        let wait = match news {
            UpdateKind::Ballots => took,
            UpdateKind::Presence => took * PRESENCE_INTERVAL_FACTOR,
        };
        began + wait.clamp(Duration::from_millis(limits::TALLY_INTERVAL_MS), INTERVAL_MAX)
    }

    /// There is a new view, for everybody.
    pub fn announce(&mut self, now: Instant) {
        self.began = Some(now);
        self.announce_to_others();
        self.broadcast.shown.fetch_add(1, Ordering::Release);
        self.broadcast.wake.notify_one();
    }

    /// There is a new view that viewers need not hear of.
    pub fn announce_to_others(&self) {
        self.broadcast.lock().others.send_replace(());
    }

    /// So many ballots and joins came in.
    pub fn count_messages(&self, messages: usize) {
        self.broadcast.messages.fetch_add(messages as u64, Ordering::Relaxed);
    }

    /// So many ballots were counted, here or on another node, and the store took so long to say so.
    pub fn record_store_time(&self, ballots: usize, took: Duration) {
        if took > STORE_SLOW && ballots >= OVERLOAD_BALLOTS {
            *self.broadcast.overload_until.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Instant::now() + OVERLOAD_HOLD);
        }
    }

    /// Whether a verdict is being recorded.
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

    const TICK: Duration = Duration::from_millis(limits::TALLY_INTERVAL_MS);

    fn room() -> (Arc<Broadcast>, BroadcastPacing) {
        let broadcast = Arc::new(Broadcast::default());
        tokio::spawn(broadcast.clone().pass());
        (broadcast.clone(), BroadcastPacing::new(broadcast))
    }

    fn is_due(pacing: &BroadcastPacing, news: UpdateKind) -> bool {
        pacing.due(Instant::now(), news) <= Instant::now()
    }

    fn viewers(broadcast: &Broadcast, count: usize) -> Vec<watch::Receiver<()>> {
        (0..count).map(|_| broadcast.updates(Role::Viewer)).collect()
    }

    fn heard(subscribers: &mut [watch::Receiver<()>]) -> usize {
        subscribers
            .iter_mut()
            .filter(|updates| updates.has_changed().unwrap())
            .map(|updates| updates.mark_unchanged())
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn all_hear_once_a_tick() {
        let (broadcast, mut pacing) = room();
        let (mut subscribers, mut moderator) = (viewers(&broadcast, 1_000), broadcast.updates(Role::Moderator));
        assert!(is_due(&pacing, UpdateKind::Ballots));
        for _ in 0..3 {
            pacing.announce(Instant::now());
            assert!(!is_due(&pacing, UpdateKind::Ballots), "it is on its way");
            tokio::time::sleep(TICK).await;
            assert_eq!(heard(&mut subscribers), 1_000);
            assert!(is_due(&pacing, UpdateKind::Ballots));
        }
        pacing.announce_to_others();
        assert!(moderator.has_changed().unwrap());
        moderator.mark_unchanged();
        assert_eq!(heard(&mut subscribers), 0);
        drop(pacing);
        assert!(subscribers[0].changed().await.is_err());
        assert!(moderator.changed().await.is_err());
        assert!(broadcast.updates(Role::Viewer).changed().await.is_err(), "too late");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_on_the_way_is_heard_by_all() {
        let (broadcast, mut pacing) = room();
        let mut subscribers = viewers(&broadcast, 10 * SHARD_SOCKETS);
        pacing.announce(Instant::now());
        while heard(&mut subscribers) == 0 {
            tokio::task::yield_now().await;
        }
        pacing.announce(Instant::now());
        tokio::time::sleep(TICK).await;
        assert_eq!(heard(&mut subscribers), 10 * SHARD_SOCKETS);
        assert!(is_due(&pacing, UpdateKind::Ballots));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rush_comes_first_but_not_for_ever() {
        let (broadcast, mut pacing) = room();
        let mut subscribers = viewers(&broadcast, 10);
        // A slow store, or many ballots, alone, are no rush.
        pacing.record_store_time(OVERLOAD_BALLOTS - 1, STORE_SLOW * 4);
        pacing.record_store_time(OVERLOAD_BALLOTS * 4, STORE_SLOW);
        assert!(broadcast.overload().is_none());
        pacing.announce(Instant::now());
        tokio::time::sleep(TICK).await;
        assert_eq!(heard(&mut subscribers), 10);

        pacing.record_store_time(OVERLOAD_BALLOTS, STORE_SLOW * 2);
        pacing.announce(Instant::now());
        tokio::time::sleep(OVERLOAD_HOLD / 2).await;
        assert_eq!(heard(&mut subscribers), 0);
        tokio::time::sleep(OVERLOAD_HOLD).await;
        assert_eq!(heard(&mut subscribers), 10);

        let began = Instant::now();
        pacing.announce(began);
        while heard(&mut subscribers) == 0 {
            pacing.record_store_time(OVERLOAD_BALLOTS, STORE_SLOW * 2);
            tokio::time::sleep(OVERLOAD_HOLD / 2).await;
        }
        assert!(
            began.elapsed() >= OVERLOAD_WAIT_MAX - OVERLOAD_HOLD
                && began.elapsed() <= OVERLOAD_WAIT_MAX + OVERLOAD_HOLD,
            "{:?}",
            began.elapsed()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn places_are_taken_again() {
        let (broadcast, _fan_out) = room();
        let mut subscribers = viewers(&broadcast, 10 * SHARD_SOCKETS);
        subscribers.drain(..SHARD_SOCKETS / 2);
        subscribers.extend(viewers(&broadcast, SHARD_SOCKETS / 2));
        assert_eq!(broadcast.lock().viewers.len(), 10);
    }
}
