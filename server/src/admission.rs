//! Limits on what comes in: connections by address, sockets by address and by juror, joins and frames by the second; it
//! never reads a token.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::config::Limits;

/// The limits of one node that apply to sockets.
pub struct Admission {
    per_juror_max: usize,
    /// Joins a second; none if there is no limit.
    joins: Option<Mutex<Bucket>>,
    /// Sockets that have not joined yet.
    waiting: PerAddress,
    jurors: Arc<Mutex<Jurors>>,
}

/// Jurors with joined sockets.
#[derive(Default)]
struct Jurors {
    /// Open sockets of each juror, oldest first. A message means that a newer socket replaced this one. A drop means
    /// that the node shuts down.
    slots: HashMap<String, VecDeque<oneshot::Sender<()>>>,
    /// Whether the node shuts down.
    closed: bool,
}

/// A limit on the number of something from one address. Clones share the counts.
#[derive(Clone, Debug)]
pub struct PerAddress {
    max: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of the things that [`PerAddress`] counts. It counts until it is dropped.
pub struct Permit {
    address: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A juror's joined socket. It counts until it is dropped.
pub struct SessionSlot {
    sub: String,
    /// Completes when the socket must close: with a message if a newer socket of the same juror replaced it, with an
    /// error if the node shuts down.
    pub ended: oneshot::Receiver<()>,
    jurors: Arc<Mutex<Jurors>>,
}

impl Admission {
    /// Admission with these limits.
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

    /// Counts a socket that has not joined; none if its address has the maximum.
    #[must_use]
    pub fn acquire(&self, address: IpAddr) -> Option<Permit> {
        self.waiting.count(address)
    }

    /// Counts a join at `now`, unless this second has the maximum.
    #[must_use]
    pub fn may_join(&self, now: Instant) -> bool {
        self.joins.as_ref().is_none_or(|bucket| lock(bucket).take(now))
    }

    /// Registers a joined socket. If the juror has too many then, the oldest one is ended.
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

    /// The node shuts down: ends all joined sockets, and each one that joins later.
    pub fn close(&self) {
        let mut jurors = lock(&self.jurors);
        jurors.closed = true;
        let slots = std::mem::take(&mut jurors.slots);
        drop(jurors);
        // The drop wakes each socket, so it happens without the lock.
        drop(slots);
    }
}

impl PerAddress {
    /// At most `max` from one address; 0 means no limit.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, counts: Arc::default() }
    }

    /// Counts one more; none if the address has the maximum.
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
        // A closed receiver marks this socket's sender among those of the same juror.
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

/// The address under which a client is counted: an IPv4 address, or the /64 of an IPv6 address, which one customer
/// gets.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

/// A token bucket: a rate a second, and a burst that may come at once.
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

    /// Takes a token; false if there is none.
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

/// No lock is held over more than one change, so a panic cannot leave these values half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use std::time::Duration;
    use tokio::sync::oneshot::error::TryRecvError;

    #[test]
    fn waiting_sockets_are_counted_by_network() {
        let admission = Admission::new(&Limits { max_sockets_per_address: 2, ..Limits::default() });
        let (a, b): (IpAddr, IpAddr) = ("2001:db8::1".parse().unwrap(), "2001:db8::ffff".parse().unwrap());
        let (first, _second) = (admission.acquire(a).unwrap(), admission.acquire(b).unwrap());
        assert!(admission.acquire(a).is_none(), "one /64 is one network");
        assert!(admission.acquire("2001:db8:0:1::1".parse().unwrap()).is_some());
        drop(first);
        assert!(admission.acquire(b).is_some());
    }

    #[test]
    fn one_socket_too_many_ends_the_jurors_oldest() {
        let admission = Admission::new(&Limits { max_sockets_per_juror: 2, ..Limits::default() });
        let mut slots: Vec<_> = (0..3).map(|_| admission.register("ann")).collect();
        let ended: Vec<_> = slots.iter_mut().map(|slot| slot.ended.try_recv()).collect();
        assert_eq!(ended, [Ok(()), Err(TryRecvError::Empty), Err(TryRecvError::Empty)]);
        drop(slots);
        assert!(lock(&admission.jurors).slots.is_empty());
    }

    #[test]
    fn a_shutdown_ends_all_sockets_and_later_ones_too() {
        let admission = Admission::new(&Limits::default());
        let mut before = admission.register("ann");
        admission.close();
        assert_eq!(before.ended.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(admission.register("bob").ended.try_recv(), Err(TryRecvError::Closed));
        drop(before);
        assert!(lock(&admission.jurors).slots.is_empty());
    }

    #[test]
    fn a_bucket_fills_by_the_second() {
        let (mut bucket, now) = (Bucket::new(20, 60), SystemClock.instant());
        assert_eq!((0..100).filter(|_| bucket.take(now)).count(), 60);
        let later = now + Duration::from_millis(500);
        assert_eq!((0..100).filter(|_| bucket.take(later)).count(), 10);
    }
}
