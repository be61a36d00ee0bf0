//! A new view's way to those who are here: row by row, so that ballots find the processor between two rows; it sends nothing.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_protocol::{Role, limits};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Sockets that hear of a view at one time: as many tasks as the runtime runs before it looks again what has come in.
const ROW_SOCKETS: usize = 64;
/// For each ballot or join that came in while a row heard, the walk rests as long as the row took, and at most so many times as long.
/// That, too, while a verdict is recorded.
const REST_FACTOR_MAX: u32 = 19;
/// The shortest rest: the runtime's clock knows no shorter one, and what is less is rested later.
const REST_MIN: Duration = Duration::from_millis(1);
/// A row takes a millisecond. One that takes longer than this shows that others want the processor, and the walk rests so many times
/// as long: where many nodes share a machine, their walks take what is left, and a ballot on one of them does not wait for all.
const ROW_SLOW: Duration = Duration::from_millis(5);
const ROW_SLOW_REST_FACTOR: u32 = 9;
/// A batch of ballots, or a look at the tally, that takes longer than this shows that there is more to do than can be done, on this
/// node or beside it.
const STORE_SLOW: Duration = Duration::from_millis(25);
/// As many ballots as this in such a batch, or since the look before, are a rush; fewer, and it is only the store that is slow.
const RUSH_BALLOTS: usize = 64;
/// So long after such an answer no row hears of anything.
const RUSH: Duration = Duration::from_secs(2);
/// For so long a view waits on its way for a rush to be over.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many are here is read with half an eye, and costs as much to tell as a tally: it waits so many times as long as that takes.
const ATTENDANCE_FACTOR: u32 = 30;
/// Longest wait between two views.
const INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Wait between two looks whether a walk is over.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What a view shows that the last one did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Ballots.
    Ballots,
    /// How many are here, and nothing else.
    Attendance,
}

/// The sockets of a room on this node, in rows, and the walk along them.
///
/// Views have numbers. A walk goes round the rows, on from where the last one ended, until each has heard of the newest.
#[derive(Debug, Default)]
pub struct Rows {
    bells: Mutex<Bells>,
    called: Notify,
    /// The newest view.
    shown: AtomicU64,
    /// The newest one that all have heard of.
    walked: AtomicU64,
    /// How long the last walk took, in microseconds.
    took_us: AtomicU64,
    /// Ballots and joins that came in.
    letters: AtomicU64,
    /// More ballots come than can be counted, until then.
    rush_until: Mutex<Option<Instant>>,
    /// A verdict is being recorded.
    recording: AtomicBool,
}

#[derive(Debug, Default)]
struct Bells {
    viewers: Vec<watch::Sender<()>>,
    /// Hosts and moderators: few.
    others: watch::Sender<()>,
    /// The room's task has ended.
    gone: bool,
}

/// Where a walk is.
#[derive(Default)]
struct Walk {
    /// The view that is being told.
    view: u64,
    /// The row that hears next.
    row: usize,
    /// Rows that have not heard yet.
    left: usize,
}

enum Step {
    /// A row heard.
    Rang,
    /// All have.
    Done,
    /// The room's task has ended.
    Gone,
}

impl Rows {
    /// A place in a row: it hears of each new view from now on, and of the room's end by an error.
    pub fn bell(&self, role: Role) -> watch::Receiver<()> {
        let mut bells = self.lock();
        if bells.gone {
            return watch::channel(()).1;
        }
        if role != Role::Viewer {
            return bells.others.subscribe();
        }
        // Those who come fill the last row; when it is full, a place that somebody left is as good as a new row.
        match bells.viewers.iter().rev().find(|row| row.receiver_count() < ROW_SOCKETS) {
            Some(row) => row.subscribe(),
            None => {
                let (row, bell) = watch::channel(());
                bells.viewers.push(row);
                bell
            }
        }
    }

    /// Goes along the rows whenever there is a view that they have not heard of, until the room's task has ended.
    pub async fn walk(self: Arc<Self>) {
        let mut walk = Walk::default();
        loop {
            self.called.notified().await;
            let began = Instant::now();
            let (mut rest, mut patience) = (Duration::ZERO, PATIENCE);
            loop {
                while let Some(rush) = self.rush().filter(|_| !patience.is_zero()) {
                    patience = patience.saturating_sub(rush);
                    tokio::time::sleep(rush).await;
                }
                let (row_began, letters) = (Instant::now(), self.letters.load(Ordering::Relaxed));
                match self.step(&mut walk) {
                    Step::Rang => {}
                    Step::Done => break,
                    Step::Gone => return,
                }
                // The runtime looks at its sockets before this goes on: ballots that came in are in line before the next row.
                tokio::task::yield_now().await;
                rest += self.rest(row_began.elapsed(), letters);
                if rest >= REST_MIN {
                    tokio::time::sleep(std::mem::take(&mut rest)).await;
                }
            }
            self.took_us.store(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            self.walked.store(walk.view, Ordering::Release);
        }
    }

    /// For how long the rush goes on, as far as is known now; none if there is none.
    pub fn rush(&self) -> Option<Duration> {
        let until = *self.rush_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.map(|until| until.saturating_duration_since(Instant::now())).filter(|rest| !rest.is_zero())
    }

    /// Who votes takes the tally with the answer, and who waits for a verdict waits for its recording: both go first.
    fn rest(&self, row_took: Duration, letters_before: u64) -> Duration {
        let letters = self.letters.load(Ordering::Relaxed) - letters_before;
        let many = u32::try_from(letters).unwrap_or(u32::MAX).min(REST_FACTOR_MAX);
        let scarce = if row_took > ROW_SLOW { ROW_SLOW_REST_FACTOR } else { 0 };
        row_took * if self.recording.load(Ordering::Relaxed) { REST_FACTOR_MAX } else { many.max(scarce) }
    }

    fn step(&self, walk: &mut Walk) -> Step {
        let mut bells = self.lock();
        if bells.gone {
            return Step::Gone;
        }
        let shown = self.shown.load(Ordering::Acquire);
        if walk.view != shown {
            walk.view = shown;
            walk.left = bells.viewers.len();
        }
        if walk.left == 0 {
            bells.viewers.retain(|row| row.receiver_count() > 0);
            return Step::Done;
        }
        walk.left -= 1;
        walk.row = (walk.row + 1) % bells.viewers.len();
        bells.viewers[walk.row].send_replace(());
        Step::Rang
    }

    fn lock(&self) -> MutexGuard<'_, Bells> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pace of a room's views. Its end is the room's: all bells go silent.
#[derive(Debug)]
pub struct FanOut {
    rows: Arc<Rows>,
    /// When the last view was shown to viewers; none before the first.
    began: Option<Instant>,
}

impl FanOut {
    /// For the sockets in these rows.
    pub const fn new(rows: Arc<Rows>) -> Self {
        Self { rows, began: None }
    }

    /// When the next view may be shown, as far as is known now; asked again then.
    pub fn due(&self, now: Instant, news: News) -> Instant {
        let Some(began) = self.began else { return now };
        if self.rows.walked.load(Ordering::Acquire) < self.rows.shown.load(Ordering::Relaxed) {
            return now + LOOK_AGAIN;
        }
        let took = Duration::from_micros(self.rows.took_us.load(Ordering::Relaxed));
        let wait = match news {
            News::Ballots => took,
            News::Attendance => took * ATTENDANCE_FACTOR,
        };
        began + wait.clamp(Duration::from_millis(limits::TALLY_INTERVAL_MS), INTERVAL_MAX)
    }

    /// There is a new view, for everybody.
    pub fn tell(&mut self, now: Instant) {
        self.began = Some(now);
        self.tell_others();
        self.rows.shown.fetch_add(1, Ordering::Release);
        self.rows.called.notify_one();
    }

    /// There is a new view that viewers need not hear of.
    pub fn tell_others(&self) {
        self.rows.lock().others.send_replace(());
    }

    /// So many ballots and joins came in.
    pub fn make_way_for(&self, letters: usize) {
        self.rows.letters.fetch_add(letters as u64, Ordering::Relaxed);
    }

    /// So many ballots were counted, here or on another node, and the store took so long to say so.
    pub fn note_counted(&self, ballots: usize, took: Duration) {
        if took > STORE_SLOW && ballots >= RUSH_BALLOTS {
            *self.rows.rush_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + RUSH);
        }
    }

    /// Whether a verdict is being recorded.
    pub fn note_recording(&self, recording: bool) {
        self.rows.recording.store(recording, Ordering::Relaxed);
    }
}

impl Drop for FanOut {
    fn drop(&mut self) {
        *self.rows.lock() = Bells { gone: true, ..Bells::default() };
        self.rows.called.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(limits::TALLY_INTERVAL_MS);

    fn room() -> (Arc<Rows>, FanOut) {
        let rows = Arc::new(Rows::default());
        tokio::spawn(rows.clone().walk());
        (rows.clone(), FanOut::new(rows))
    }

    fn is_due(fan_out: &FanOut, news: News) -> bool {
        fan_out.due(Instant::now(), news) <= Instant::now()
    }

    fn viewers(rows: &Rows, count: usize) -> Vec<watch::Receiver<()>> {
        (0..count).map(|_| rows.bell(Role::Viewer)).collect()
    }

    fn heard(bells: &mut [watch::Receiver<()>]) -> usize {
        bells.iter_mut().filter(|bell| bell.has_changed().unwrap()).map(|bell| bell.mark_unchanged()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn all_hear_once_a_tick() {
        let (rows, mut fan_out) = room();
        let (mut bells, mut moderator) = (viewers(&rows, 1_000), rows.bell(Role::Moderator));
        assert!(is_due(&fan_out, News::Ballots));
        for _ in 0..3 {
            fan_out.tell(Instant::now());
            assert!(!is_due(&fan_out, News::Ballots), "it is on its way");
            tokio::time::sleep(TICK).await;
            assert_eq!(heard(&mut bells), 1_000);
            assert!(is_due(&fan_out, News::Ballots));
        }
        fan_out.tell_others();
        assert!(moderator.has_changed().unwrap());
        moderator.mark_unchanged();
        assert_eq!(heard(&mut bells), 0);
        drop(fan_out);
        assert!(bells[0].changed().await.is_err());
        assert!(moderator.changed().await.is_err());
        assert!(rows.bell(Role::Viewer).changed().await.is_err(), "too late");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_on_the_way_is_heard_by_all() {
        let (rows, mut fan_out) = room();
        let mut bells = viewers(&rows, 10 * ROW_SOCKETS);
        fan_out.tell(Instant::now());
        while heard(&mut bells) == 0 {
            tokio::task::yield_now().await;
        }
        fan_out.tell(Instant::now());
        tokio::time::sleep(TICK).await;
        assert_eq!(heard(&mut bells), 10 * ROW_SOCKETS);
        assert!(is_due(&fan_out, News::Ballots));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rush_comes_first_but_not_for_ever() {
        let (rows, mut fan_out) = room();
        let mut bells = viewers(&rows, 10);
        // A slow store, or many ballots, alone, are no rush.
        fan_out.note_counted(RUSH_BALLOTS - 1, STORE_SLOW * 4);
        fan_out.note_counted(RUSH_BALLOTS * 4, STORE_SLOW);
        assert!(rows.rush().is_none());
        fan_out.tell(Instant::now());
        tokio::time::sleep(TICK).await;
        assert_eq!(heard(&mut bells), 10);

        fan_out.note_counted(RUSH_BALLOTS, STORE_SLOW * 2);
        fan_out.tell(Instant::now());
        tokio::time::sleep(RUSH / 2).await;
        assert_eq!(heard(&mut bells), 0);
        tokio::time::sleep(RUSH).await;
        assert_eq!(heard(&mut bells), 10);

        let began = Instant::now();
        fan_out.tell(began);
        while heard(&mut bells) == 0 {
            fan_out.note_counted(RUSH_BALLOTS, STORE_SLOW * 2);
            tokio::time::sleep(RUSH / 2).await;
        }
        assert!(began.elapsed() >= PATIENCE - RUSH && began.elapsed() <= PATIENCE + RUSH, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn places_are_taken_again() {
        let (rows, _fan_out) = room();
        let mut bells = viewers(&rows, 10 * ROW_SOCKETS);
        bells.drain(..ROW_SOCKETS / 2);
        bells.extend(viewers(&rows, ROW_SOCKETS / 2));
        assert_eq!(rows.lock().viewers.len(), 10);
    }
}
