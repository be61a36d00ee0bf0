//! How many may come in: connections by address, sockets by address and by juror, joins a second, frames a second; it never looks at a token.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::config::Limits;

/// The door of one node.
pub struct Admission {
    per_juror_max: usize,
    joins: Option<Mutex<Bucket>>,
    waiting: PerAddress,
    jurors: Arc<Mutex<Jurors>>,
}

/// Who has joined.
#[derive(Default)]
struct Jurors {
    /// The places of each, the oldest first. Told when a newer one takes it; let go without a word when the node goes away.
    slots: HashMap<String, VecDeque<oneshot::Sender<()>>>,
    /// The node goes away.
    closed: bool,
}

/// How many of something there may be from one address. Its clones count together.
#[derive(Clone, Debug)]
pub struct PerAddress {
    max: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of what is counted by address, until it is dropped.
pub struct Permit {
    address: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A juror's joined socket; counts until it is dropped.
pub struct SessionSlot {
    sub: String,
    /// How it ends: by a newer socket of the same juror, or, as an error, since the node goes away.
    pub ended: oneshot::Receiver<()>,
    jurors: Arc<Mutex<Jurors>>,
}

impl Admission {
    /// A door with these limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let joins_per_s = limits.max_joins_per_second;
        Self {
            per_juror_max: limits.max_sockets_per_juror,
            joins: (joins_per_s > 0).then(|| Mutex::new(Bucket::new(joins_per_s, joins_per_s))),
            waiting: PerAddress::new(limits.max_sockets_per_address),
            jurors: Arc::default(),
        }
    }

    /// Counts a socket that has not joined; none if its address has as many as it may.
    #[must_use]
    pub fn acquire(&self, address: IpAddr) -> Option<Permit> {
        self.waiting.count(address)
    }

    /// Whether one more may join this second.
    #[must_use]
    pub fn may_join(&self) -> bool {
        self.joins.as_ref().is_none_or(|bucket| lock(bucket).take(Instant::now()))
    }

    /// Gives a juror's socket its place; the juror's oldest one loses its own if they are too many.
    #[must_use]
    pub fn register(&self, sub: &str) -> SessionSlot {
        let (end, ended) = oneshot::channel();
        let mut jurors = lock(&self.jurors);
        if !jurors.closed {
            let slots = jurors.slots.entry(sub.to_owned()).or_default();
            slots.push_back(end);
            if slots.len() > self.per_juror_max
                && let Some(oldest) = slots.pop_front()
            {
                let _ = oldest.send(());
            }
        }
        drop(jurors);
        SessionSlot { sub: sub.to_owned(), ended, jurors: self.jurors.clone() }
    }

    /// The node goes away: all places end, and so does each that is given from now on.
    pub fn close(&self) {
        let mut jurors = lock(&self.jurors);
        jurors.closed = true;
        let slots = std::mem::take(&mut jurors.slots);
        drop(jurors);
        // Each is woken by it.
        drop(slots);
    }
}

impl PerAddress {
    /// At most `max` from one address; 0: no limit.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, counts: Arc::default() }
    }

    /// Counts one more; none if the address has as many as it may.
    #[must_use]
    pub fn count(&self, address: IpAddr) -> Option<Permit> {
        let address = network_of(address);
        let mut counts = lock(&self.counts);
        let count = counts.entry(address).or_default();
        if self.max > 0 && *count >= self.max {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Permit { address, counts: self.counts.clone() })
    }
}

impl Drop for SessionSlot {
    fn drop(&mut self) {
        // Told apart from the others by being the only one that nobody waits for any more.
        self.ended.close();
        let mut jurors = lock(&self.jurors);
        if let Some(slots) = jurors.slots.get_mut(&self.sub) {
            slots.retain(|slot| !slot.is_closed());
            if slots.is_empty() {
                jurors.slots.remove(&self.sub);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Who counts as one: an IPv4 address, or an IPv6 /64, which is what one customer gets.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

/// A token bucket: so many a second, and so many at once.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    per_s: f64,
    burst: f64,
    left: f64,
    at: Option<Instant>,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(per_s: u32, burst: u32) -> Self {
        Self { per_s: f64::from(per_s), burst: f64::from(burst), left: f64::from(burst), at: None }
    }

    /// Takes one, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        let elapsed = self.at.map_or(0.0, |at| (now - at).as_secs_f64());
        self.at = Some(now);
        self.left = (self.left + elapsed * self.per_s).min(self.burst);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

/// What is behind these locks is whole between any two statements, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::sync::oneshot::error::TryRecvError;

    #[test]
    fn an_address_waits_in_a_line_of_its_own() {
        let admission = Admission::new(&Limits { max_sockets_per_address: 2, ..Limits::default() });
        let (a, b): (IpAddr, IpAddr) = ("2001:db8::1".parse().unwrap(), "2001:db8::ffff".parse().unwrap());
        let (first, _second) = (admission.acquire(a).unwrap(), admission.acquire(b).unwrap());
        assert!(admission.acquire(a).is_none(), "one /64 is one");
        assert!(admission.acquire("2001:db8:0:1::1".parse().unwrap()).is_some());
        drop(first);
        assert!(admission.acquire(b).is_some());
    }

    #[test]
    fn the_oldest_socket_of_a_juror_makes_room() {
        let admission = Admission::new(&Limits { max_sockets_per_juror: 2, ..Limits::default() });
        let mut slots: Vec<_> = (0..3).map(|_| admission.register("ann")).collect();
        let ended: Vec<_> = slots.iter_mut().map(|slot| slot.ended.try_recv()).collect();
        assert_eq!(ended, [Ok(()), Err(TryRecvError::Empty), Err(TryRecvError::Empty)]);
        drop(slots);
        assert!(lock(&admission.jurors).slots.is_empty());
    }

    #[test]
    fn who_is_there_when_it_closes_leaves_and_so_does_who_comes_after() {
        let admission = Admission::new(&Limits::default());
        let mut before = admission.register("ann");
        admission.close();
        assert_eq!(before.ended.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(admission.register("bob").ended.try_recv(), Err(TryRecvError::Closed));
        drop(before);
        assert!(lock(&admission.jurors).slots.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_fills_by_the_second() {
        let mut bucket = Bucket::new(20, 60);
        let mut taken = 0;
        while bucket.take(Instant::now()) {
            taken += 1;
        }
        assert_eq!(taken, 60);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!((0..100).filter(|_| bucket.take(Instant::now())).count(), 10);
    }
}
