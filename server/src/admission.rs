//! Limits on what comes in: connections by address, sockets by address and by juror, joins and frames by the second,
//! reads at one time; it never reads a token.

mod reads;
mod steps;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_protocol::Role;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::auth::TokenIds;
use crate::config::Limits;
pub use reads::{FilePermit, ReadPermit, Reader, Reads};
pub use steps::Steps;

/// Joins of one `sub` on a node; more are closed with 1013. A page that is reloaded needs a few at once and then none.
const JOINS_PER_PERSON: Rate = Rate { per_s: 1, burst: 8 };
/// Joins of one host's or overlay's `sub`. One link may be in dozens of sources, which all return after a restart.
const JOINS_PER_MACHINE: Rate = Rate { per_s: 8, burst: 64 };
/// Time between two calls of [`Admission::forget_joins`]. Until then a juror who has joined takes about 100 bytes.
pub const FORGET_INTERVAL: Duration = Duration::from_secs(1);

/// The limits of one node that apply to sockets.
pub struct Admission {
    per_juror_max: usize,
    per_machine_max: usize,
    /// Joins of the node a second; none if there is no limit.
    joins: Option<(Rate, Mutex<Bucket>)>,
    juror_joins: Mutex<BucketsBySub>,
    /// Sockets that have not joined yet.
    waiting: PerAddress,
    jurors: Arc<Mutex<Jurors>>,
}

/// Jurors with joined sockets.
#[derive(Default)]
struct Jurors {
    /// Open sockets of each juror, oldest first. A list has room for one socket at first: nearly all have no more.
    slots: HashMap<Arc<str>, Vec<Slot>>,
    /// The number of the next socket.
    next: u64,
    /// Whether the node shuts down.
    closed: bool,
}

/// A joined socket, as its juror's others know it.
struct Slot {
    number: u64,
    /// Whether a host or an overlay joined. Those have a limit of their own.
    machine: bool,
    /// The token that the socket joined with, or that renewed it.
    token: TokenIds,
    /// A message means that the socket must close. A drop means that the node shuts down.
    end: oneshot::Sender<SocketEnd>,
}

/// The reason for which a joined socket must close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketEnd {
    /// A newer socket of the same juror replaced it.
    Replaced,
    /// Its token was revoked.
    Revoked,
}

/// The buckets that are not full, by `sub`.
#[derive(Debug, Default)]
struct BucketsBySub(HashMap<Box<str>, Bucket>);

/// The limit that refuses a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinLimit {
    /// The joins of this `sub`.
    Juror,
    /// The joins of the node.
    Node,
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
    sub: Arc<str>,
    number: u64,
    /// Completes when the socket must close: with the reason, or with an error if the node shuts down.
    pub ended: oneshot::Receiver<SocketEnd>,
    jurors: Arc<Mutex<Jurors>>,
}

impl Admission {
    /// Admission with these limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let joins = Rate { per_s: limits.max_joins_per_second, burst: limits.max_joins_per_second };
        Self {
            per_juror_max: limits.max_sockets_per_juror,
            per_machine_max: limits.max_sockets_per_machine,
            joins: (joins.per_s > 0).then(|| (joins, Mutex::default())),
            juror_joins: Mutex::default(),
            waiting: PerAddress::new(limits.max_sockets_per_address),
            jurors: Arc::default(),
        }
    }

    /// Counts a socket that has not joined; none if its address has the maximum.
    #[must_use]
    pub fn acquire(&self, address: IpAddr) -> Option<Permit> {
        self.waiting.count(address)
    }

    /// Counts a join at `now`. The limit of the `sub` comes first, so that one juror uses up no joins of others.
    ///
    /// # Errors
    /// The limit that has no join left.
    pub fn may_join(&self, sub: &str, role: Role, now: Instant) -> Result<(), JoinLimit> {
        let rate = if is_machine(role) { JOINS_PER_MACHINE } else { JOINS_PER_PERSON };
        if !lock(&self.juror_joins).take(sub, 1, rate, now) {
            return Err(JoinLimit::Juror);
        }
        match &self.joins {
            Some((rate, bucket)) if !lock(bucket).take(1, *rate, now) => Err(JoinLimit::Node),
            _ => Ok(()),
        }
    }

    /// Forgets each `sub` whose joins are all available again: its full bucket holds no information.
    pub fn forget_joins(&self, now: Instant) {
        lock(&self.juror_joins).forget(now);
    }

    /// Registers a joined socket with its token. If its `sub` has too many then, the oldest one is ended. Sockets of
    /// hosts and overlays are counted beside those of people.
    #[must_use]
    pub fn register(&self, sub: &str, role: Role, token: TokenIds) -> SessionSlot {
        let machine = is_machine(role);
        let max = if machine { self.per_machine_max } else { self.per_juror_max };
        let (end, ended) = oneshot::channel();
        let mut jurors = lock(&self.jurors);
        let number = jurors.next;
        jurors.next += 1;
        // The sockets of a juror share the name.
        let sub: Arc<str> = jurors.slots.get_key_value(sub).map_or_else(|| sub.into(), |(known, _)| known.clone());
        if !jurors.closed {
            let slots = jurors.slots.entry(sub.clone()).or_insert_with(|| Vec::with_capacity(1));
            slots.push(Slot { number, machine, token, end });
            let mut alike =
                slots.iter().enumerate().filter(|(_, slot)| slot.machine == machine).map(|(place, _)| place);
            if let Some(oldest) = alike.next().filter(|_| alike.count() >= max) {
                let _ = slots.remove(oldest).end.send(SocketEnd::Replaced);
            }
        }
        drop(jurors);
        SessionSlot { sub, number, ended, jurors: self.jurors.clone() }
    }

    /// Ends the joined sockets whose token was revoked.
    pub fn end_revoked(&self, is_revoked: impl Fn(&TokenIds) -> bool) {
        let mut ended = Vec::new();
        let mut jurors = lock(&self.jurors);
        for slots in jurors.slots.values_mut() {
            if slots.iter().any(|slot| is_revoked(&slot.token)) {
                let (revoked, kept): (Vec<Slot>, _) =
                    std::mem::take(slots).into_iter().partition(|slot| is_revoked(&slot.token));
                *slots = kept;
                ended.push(revoked);
            }
        }
        jurors.slots.retain(|_, slots| !slots.is_empty());
        drop(jurors);
        // A message wakes the socket, so it is sent without the lock.
        for slot in ended.into_iter().flatten() {
            let _ = slot.end.send(SocketEnd::Revoked);
        }
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

/// Whether a role is that of a link in streaming software or on a wall, and not of a person.
const fn is_machine(role: Role) -> bool {
    matches!(role, Role::Host | Role::Overlay)
}

impl BucketsBySub {
    fn take(&mut self, sub: &str, tokens: u32, rate: Rate, now: Instant) -> bool {
        match self.0.get_mut(sub) {
            Some(bucket) => bucket.take(tokens, rate, now),
            None => self.0.entry(sub.into()).or_default().take(tokens, rate, now),
        }
    }

    /// Forgets full buckets: they hold no information.
    fn forget(&mut self, now: Instant) {
        self.0.retain(|_, bucket| !bucket.is_full(now));
        self.0.shrink_to(2 * self.0.len());
    }
}

impl JoinLimit {
    /// The reason in `live_jury_turned_away_total`.
    #[must_use]
    pub fn as_reason(self) -> &'static str {
        match self {
            Self::Juror => "joins_per_juror",
            Self::Node => "joins_per_second",
        }
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

impl SessionSlot {
    /// A new token renewed the socket.
    pub fn renew(&self, token: TokenIds) {
        let mut jurors = lock(&self.jurors);
        let slots = jurors.slots.get_mut(&self.sub);
        if let Some(own) = slots.and_then(|slots| slots.iter_mut().find(|slot| slot.number == self.number)) {
            own.token = token;
        }
    }
}

impl Drop for SessionSlot {
    fn drop(&mut self) {
        // A closed receiver marks this socket's sender among those of the same juror.
        self.ended.close();
        let mut jurors = lock(&self.jurors);
        if let Some(slots) = jurors.slots.get_mut(&self.sub) {
            slots.retain(|slot| !slot.end.is_closed());
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

/// Tokens a second, and tokens that may be taken at once.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Tokens a second; 0 counts as 1.
    pub per_s: u32,
    /// Tokens of a full bucket.
    pub burst: u32,
}

/// A token bucket. A socket has two, so it holds only the time at which it is full again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    full_at: Option<Instant>,
}

impl Rate {
    /// The time in which this number of tokens flows in, rounded down, so that a full burst always fits.
    fn duration_of(self, tokens: u32) -> Duration {
        Duration::from_nanos(u64::from(tokens) * 1_000_000_000 / u64::from(self.per_s.max(1)))
    }
}

impl Bucket {
    /// Takes tokens; false, and nothing is taken, if there are fewer.
    pub fn take(&mut self, tokens: u32, rate: Rate, now: Instant) -> bool {
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + rate.duration_of(tokens);
        let enough = full_at - now <= rate.duration_of(rate.burst);
        if enough {
            self.full_at = Some(full_at);
        }
        enough
    }

    fn is_full(&self, now: Instant) -> bool {
        self.full_at.is_none_or(|at| at <= now)
    }
}

/// No lock is held over more than one change, so a panic cannot leave these values half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Revocations;
    use crate::clock::{Clock, SystemClock};
    use std::time::Duration;
    use tokio::sync::oneshot::error::TryRecvError;

    fn token(jti: &str) -> TokenIds {
        Revocations::new(&[]).ids(Some(jti), "ann", None)
    }

    #[test]
    fn a_revoked_token_ends_its_sockets_and_no_other() {
        let admission = Admission::new(&Limits::default());
        let mut slots = ["t1", "t2", "t1", "t1"].map(|jti| admission.register("ann", Role::Viewer, token(jti)));
        slots[2].renew(token("t3"));
        admission.end_revoked(|ids| *ids == token("t1"));
        let ended = slots.each_mut().map(|slot| slot.ended.try_recv().ok());
        assert_eq!(ended, [Some(SocketEnd::Revoked), None, None, Some(SocketEnd::Revoked)]);
        drop(slots);
        assert!(lock(&admission.jurors).slots.is_empty());
    }

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
        let mut slots: Vec<_> = (0..3).map(|_| admission.register("ann", Role::Viewer, token("ann"))).collect();
        let ended: Vec<_> = slots.iter_mut().map(|slot| slot.ended.try_recv()).collect();
        assert_eq!(ended, [Ok(SocketEnd::Replaced), Err(TryRecvError::Empty), Err(TryRecvError::Empty)]);
        drop(slots);
        assert!(lock(&admission.jurors).slots.is_empty());
    }

    #[test]
    fn one_link_may_be_in_many_sources() {
        let limits = Limits { max_sockets_per_juror: 2, max_sockets_per_machine: 3, ..Limits::default() };
        let admission = Admission::new(&limits);
        let roles = [Role::Overlay, Role::Viewer, Role::Overlay, Role::Viewer, Role::Overlay];
        let mut slots: Vec<_> = roles.map(|role| admission.register("link", role, token("t"))).into();
        let ended = |slots: &mut [SessionSlot]| -> Vec<bool> {
            slots.iter_mut().map(|slot| slot.ended.try_recv() == Ok(SocketEnd::Replaced)).collect()
        };
        assert_eq!(ended(&mut slots), [false; 5], "each kind has its own limit");
        slots.push(admission.register("link", Role::Host, token("t")));
        assert_eq!(ended(&mut slots), [true, false, false, false, false, false], "a machine ends the oldest machine");
        slots.push(admission.register("link", Role::Viewer, token("t")));
        assert_eq!(ended(&mut slots)[1..], [true, false, false, false, false, false]);
    }

    #[test]
    fn a_shutdown_ends_all_sockets_and_later_ones_too() {
        let admission = Admission::new(&Limits::default());
        let mut before = admission.register("ann", Role::Viewer, token("ann"));
        admission.close();
        assert_eq!(before.ended.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(admission.register("bob", Role::Viewer, token("bob")).ended.try_recv(), Err(TryRecvError::Closed));
        drop(before);
        assert!(lock(&admission.jurors).slots.is_empty());
    }

    #[test]
    fn a_bucket_fills_by_the_second() {
        for (per_s, burst) in [(20, 60), (14, 7), (1_000, 3)] {
            let (rate, mut bucket, now) = (Rate { per_s, burst }, Bucket::default(), SystemClock.instant());
            assert_eq!((0..100).filter(|_| bucket.take(1, rate, now)).count(), burst as usize);
            let later = now + Duration::from_millis(500);
            let filled = (per_s / 2).min(burst);
            assert_eq!((0..100).filter(|_| bucket.take(1, rate, later)).count(), filled as usize, "{rate:?}");
        }
    }

    #[test]
    fn a_full_bucket_of_joins_is_forgotten() {
        let admission = Admission::new(&Limits { max_joins_per_second: 0, ..Limits::default() });
        let now = SystemClock.instant();
        for n in 0..1_000 {
            assert_eq!(admission.may_join(&n.to_string(), Role::Viewer, now), Ok(()));
        }
        let joins = |at| (0..20).filter(|_| admission.may_join("ann", Role::Viewer, at).is_ok()).count();
        assert_eq!(joins(now), 8);
        let later = now + Duration::from_secs(2);
        assert_eq!(joins(later), 2);
        admission.forget_joins(later);
        assert_eq!(lock(&admission.juror_joins).0.len(), 1, "the others are full again");
        assert!(lock(&admission.juror_joins).0.capacity() < 100);
        assert_eq!((0..99).filter(|_| admission.may_join("link", Role::Overlay, later).is_ok()).count(), 64);
    }
}
