//! Limits on the reads that a node answers at one time; it reads nothing itself.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{BucketsBySub, Rate, lock, network_of};

/// Reads of one node at a time. Each may hold an answer of 256 KiB until its client has taken it.
const PER_NODE: usize = 64;
/// Reads of one address (IPv6: /64) at a time. A school behind one address reads little over HTTP: viewers use the
/// socket.
const PER_ADDRESS: usize = 16;
/// Reads of one viewer's or host's `sub` at a time. Their pages have one request on its way, or two.
const PER_PERSON: usize = 4;
/// Reads of one moderator's `sub` at a time. A console asks for several lists, and a browser has six connections to one
/// host.
const PER_MODERATOR: usize = 8;
/// Reads of one `sub` of a machine at a time. Machines read for everybody, so their address has no limit.
const PER_MACHINE: usize = 32;
/// Exports of ballots, and files for machines, of one node at a time. Each reads up to a million rows, and none is
/// urgent.
const EXPORTS_PER_NODE: usize = 2;
/// Bundles and streams for people of one node at a time. They leave the exports of moderators and machines alone.
const FILES_PER_NODE: usize = 4;

/// Proofs about ballots of one `sub`. A device asks for one after a verdict, and again if it did not get it.
const PROOFS: Rate = Rate { per_s: 2, burst: 4 };
/// Tokens that a bundle or a stream of a case costs its `sub`. Each may read a million rows.
const FILE_TOKENS: u32 = 60;
/// A `sub` gets a bundle or stream a minute, and the three files of one case one after the other.
const FILES: Rate = Rate { per_s: 1, burst: 3 * FILE_TOKENS };

/// The reads that a node answers now.
#[derive(Debug)]
pub struct Reads {
    proofs: Mutex<BucketsBySub>,
    files: Mutex<BucketsBySub>,
    counts: Arc<Mutex<Counts>>,
    exports: Arc<Semaphore>,
    files_sent: Arc<Semaphore>,
    /// Each person's `sub` with a file on its way.
    receiving: Arc<Mutex<HashSet<String>>>,
}

/// The bearer of a token that reads.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The `sub`.
    pub sub: &'a str,
    /// Whether it is a machine of the platform, which reads for everybody.
    pub is_machine: bool,
    /// Whether it is a moderator.
    pub is_moderator: bool,
    /// The client's address.
    pub address: IpAddr,
}

impl Reader<'static> {
    /// A reader without a token. The address alone limits it; no token has an empty `sub`.
    #[must_use]
    pub const fn anybody(address: IpAddr) -> Self {
        Self { sub: "", is_machine: false, is_moderator: false, address }
    }
}

#[derive(Debug, Default)]
struct Counts {
    node: usize,
    by_sub: HashMap<String, usize>,
    by_address: HashMap<IpAddr, usize>,
}

/// A read that is answered now. It counts until it is dropped.
#[derive(Debug)]
pub struct ReadPermit {
    sub: String,
    address: Option<IpAddr>,
    counts: Arc<Mutex<Counts>>,
}

/// A bundle or a stream that is on its way. It counts until it is dropped.
#[derive(Debug)]
pub struct FilePermit {
    _sent: OwnedSemaphorePermit,
    /// The person who receives it; none for a machine.
    person: Option<(String, Arc<Mutex<HashSet<String>>>)>,
}

impl Drop for FilePermit {
    fn drop(&mut self) {
        if let Some((sub, receiving)) = &self.person {
            lock(receiving).remove(sub);
        }
    }
}

impl Default for Reads {
    fn default() -> Self {
        let [exports, files_sent] = [EXPORTS_PER_NODE, FILES_PER_NODE].map(|at_once| Arc::new(Semaphore::new(at_once)));
        let (proofs, files) = (Mutex::default(), Mutex::default());
        Self { proofs, files, counts: Arc::default(), exports, files_sent, receiving: Arc::default() }
    }
}

impl Reads {
    /// Counts a read; none if its `sub`, its address or the node has the maximum.
    #[must_use]
    pub fn acquire(&self, Reader { sub, is_machine, is_moderator, address }: Reader<'_>) -> Option<ReadPermit> {
        let address = (!is_machine).then(|| network_of(address));
        let mut counts = lock(&self.counts);
        let of_sub = counts.by_sub.get(sub).copied().unwrap_or_default();
        let of_address = address.and_then(|address| counts.by_address.get(&address).copied()).unwrap_or_default();
        let sub_max = match (sub, is_machine) {
            ("", _) => PER_NODE,
            (_, true) => PER_MACHINE,
            _ if is_moderator => PER_MODERATOR,
            _ => PER_PERSON,
        };
        if counts.node >= PER_NODE || of_sub >= sub_max || of_address >= PER_ADDRESS {
            return None;
        }
        counts.node += 1;
        *counts.by_sub.entry(sub.to_owned()).or_default() += 1;
        if let Some(address) = address {
            *counts.by_address.entry(address).or_default() += 1;
        }
        drop(counts);
        Some(ReadPermit { sub: sub.to_owned(), address, counts: self.counts.clone() })
    }

    /// Counts a proof about a ballot; false if this `sub` has had too many.
    #[must_use]
    pub fn may_prove(&self, sub: &str, now: Instant) -> bool {
        lock(&self.proofs).take(sub, 1, PROOFS, now)
    }

    /// Counts a bundle or a stream of a case until the permit is dropped. None if this person has one on its way or has
    /// had too many, or if the node has the maximum. A machine reads for everybody, and is limited by the node alone.
    #[must_use]
    pub fn acquire_file(&self, sub: &str, is_machine: bool, now: Instant) -> Option<FilePermit> {
        if is_machine {
            return Some(FilePermit { _sent: self.acquire_export()?, person: None });
        }
        let sent = self.files_sent.clone().try_acquire_owned().ok()?;
        if !lock(&self.receiving).insert(sub.to_owned()) {
            return None;
        }
        let permit = FilePermit { _sent: sent, person: Some((sub.to_owned(), self.receiving.clone())) };
        lock(&self.files).take(sub, FILE_TOKENS, FILES, now).then_some(permit)
    }

    /// Forgets each `sub` that may read as much as any other again.
    pub fn forget(&self, now: Instant) {
        lock(&self.proofs).forget(now);
        lock(&self.files).forget(now);
    }

    /// Counts an export until the permit is dropped; none if the node has the maximum.
    #[must_use]
    pub fn acquire_export(&self) -> Option<OwnedSemaphorePermit> {
        self.exports.clone().try_acquire_owned().ok()
    }
}

impl Drop for ReadPermit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.node -= 1;
        release(&mut counts.by_sub, self.sub.as_str());
        if let Some(address) = &self.address {
            release(&mut counts.by_address, address);
        }
    }
}

fn release<K, Q>(counts: &mut HashMap<K, usize>, key: &Q)
where
    K: Eq + Hash + std::borrow::Borrow<Q>,
    Q: Eq + Hash + ?Sized,
{
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn reads_are_limited_by_juror_address_and_node() {
        let reads = Reads::default();
        let at = |last: usize| IpAddr::from([192, 0, 2, u8::try_from(last).unwrap()]);
        let of = |sub: usize, is_machine, address| {
            reads.acquire(Reader { sub: &sub.to_string(), is_machine, is_moderator: false, address })
        };
        let ann: Vec<_> = (0..9).filter_map(|_| of(0, false, at(1))).collect();
        assert_eq!(ann.len(), PER_PERSON);
        let school: Vec<_> = (1..99).filter_map(|sub| of(sub, false, at(1))).collect();
        assert_eq!(school.len(), PER_ADDRESS - PER_PERSON);
        let machine: Vec<_> = (0..99).filter_map(|_| of(100, true, at(1))).collect();
        assert_eq!(machine.len(), PER_MACHINE);
        let all: Vec<_> = (0..99).filter_map(|sub| of(200 + sub, false, at(100 + sub))).collect();
        assert_eq!(all.len(), PER_NODE - PER_ADDRESS - PER_MACHINE);
        drop((all, machine));
        let mia = Reader { sub: "mia", is_machine: false, is_moderator: true, address: at(2) };
        let moderator: Vec<_> = (0..99).filter_map(|_| reads.acquire(mia)).collect();
        assert_eq!(moderator.len(), PER_MODERATOR);
        drop((ann, school, moderator));
        let counts = lock(&reads.counts);
        assert_eq!((counts.node, counts.by_sub.len(), counts.by_address.len()), (0, 0, 0));
    }

    #[test]
    fn a_juror_gets_two_proofs_a_second_and_a_file_a_minute() {
        let (reads, start) = (Reads::default(), SystemClock.instant());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((0..9).filter(|_| reads.may_prove("ann", start)).count(), 4);
        assert_eq!((0..9).filter(|_| reads.may_prove("ann", after(1))).count(), 2);
        assert!(reads.may_prove("bob", after(1)), "each juror has proofs of their own");
        assert_eq!((0..9).filter_map(|_| reads.acquire_file("ann", false, start)).count(), 3);
        assert!(reads.acquire_file("ann", false, after(59)).is_none());
        assert!(reads.acquire_file("ann", false, after(60)).is_some());
        reads.forget(after(999));
        assert_eq!((lock(&reads.proofs).0.len(), lock(&reads.files).0.len()), (0, 0));
    }

    #[test]
    fn files_of_people_leave_those_of_machines_alone() {
        let (reads, now) = (Reads::default(), SystemClock.instant());
        let file = |sub: &str, is_machine| reads.acquire_file(sub, is_machine, now);
        let own = file("ann", false).unwrap();
        assert!(file("ann", false).is_none(), "one at a time");
        let others: Vec<_> = (0..9).filter_map(|n| file(&n.to_string(), false)).collect();
        assert_eq!(others.len(), FILES_PER_NODE - 1);
        let machine: Vec<_> = (0..9).filter_map(|_| file("shop", true)).collect();
        assert_eq!(machine.len(), EXPORTS_PER_NODE);
        drop((own, others, machine));
        assert!(lock(&reads.receiving).is_empty());
        assert!(file("ann", false).is_some() && reads.acquire_export().is_some());
    }

    #[test]
    fn exports_are_two_at_a_time() {
        let reads = Reads::default();
        let (first, _second) = (reads.acquire_export().unwrap(), reads.acquire_export().unwrap());
        assert!(reads.acquire_export().is_none());
        drop(first);
        assert!(reads.acquire_export().is_some());
    }
}
