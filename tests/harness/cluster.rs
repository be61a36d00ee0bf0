//! A Redis Cluster of three masters with one replica each, whose hosts a test kills, freezes and restarts; it never
//! outlives its test.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use live_jury_protocol::CaseId;

use crate::in_time;
use crate::redis::{Redis, TlsFiles};

const MASTERS: usize = 3;
/// Masters and one replica for each.
const HOSTS: usize = 2 * MASTERS;
/// The hint for a machine without redis-cli.
const INSTALL: &str = "redis-cli is not installed: apt-get install redis-tools";
/// Limit for moving a case's keys to another master, in milliseconds. A move above it fails its test.
const MOVE_TIMEOUT_MS: &str = "10000";
/// Time between two polls of a host. Polling without a pause would slow the hosts down.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A cluster. Dropping it kills its hosts and removes their folders.
#[derive(Debug)]
pub struct Cluster {
    hosts: Vec<Redis>,
    /// Killed or frozen hosts, which answer no command.
    unreachable: BTreeSet<Host>,
}

/// One host of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host(usize);

/// One line of a host's `CLUSTER NODES`.
struct Entry {
    id: String,
    host: Host,
    flags: Vec<String>,
    master: String,
    slots: Vec<(u16, u16)>,
}

impl Entry {
    fn is(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own == flag)
    }

    fn owns(&self, slot: u16) -> bool {
        self.is("master") && self.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }
}

impl Cluster {
    /// Starts a cluster and waits until each master has its replica.
    pub async fn start() -> Self {
        Self::start_hosts(None).await
    }

    /// The same, whose hosts speak TLS with each other and with their clients. The test's own commands go without.
    pub async fn start_tls(files: TlsFiles) -> Self {
        Self::start_hosts(Some(files)).await
    }

    async fn start_hosts(tls: Option<TlsFiles>) -> Self {
        let hosts: Vec<Redis> = (0..HOSTS).map(|_| Redis::start_host(tls.clone())).collect();
        let addresses = hosts.iter().map(|host| host.address().to_string());
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]).args(addresses).args(["--cluster-replicas", "1", "--cluster-yes"]);
        let created = create.output().expect(INSTALL);
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stdout));
        let cluster = Self { hosts, unreachable: BTreeSet::new() };
        cluster.await_healthy().await;
        cluster
    }

    /// The URL of the cluster, in the form of the setting `--redis`.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts = self.hosts.iter().map(|host| host.client_address().to_string());
        let scheme = self.hosts[0].url().split_once(':').expect("a URL").0.to_owned();
        format!("{scheme}://{}", hosts.collect::<Vec<_>>().join(","))
    }

    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = Host> + use<> {
        (0..self.hosts.len()).map(Host)
    }

    /// Hosts that own slots.
    #[must_use]
    pub fn masters(&self) -> Vec<Host> {
        let entries = self.entries(self.any_reachable());
        entries.iter().filter(|entry| entry.is("master") && !entry.slots.is_empty()).map(|entry| entry.host).collect()
    }

    /// The master that owns a case's slot.
    #[must_use]
    pub fn master_of(&self, case: CaseId) -> Host {
        let slot = self.slot_of(case);
        let entries = self.entries(self.any_reachable());
        entries.iter().find(|entry| entry.owns(slot)).expect("all slots are kept").host
    }

    /// The replica of the master that owns a case's slot.
    #[must_use]
    pub fn replica_of(&self, case: CaseId) -> Host {
        let (slot, entries) = (self.slot_of(case), self.entries(self.any_reachable()));
        let master = &entries.iter().find(|entry| entry.owns(slot)).expect("all slots are kept").id;
        entries.iter().find(|entry| entry.master == *master).expect("it has a replica").host
    }

    /// Kills a host as a power cut would.
    pub fn kill(&mut self, host: Host) {
        self.hosts[host.0].kill();
        self.unreachable.insert(host);
    }

    /// Restarts a host with the contents of its files. The host rejoins the cluster by itself.
    pub fn restart(&mut self, host: Host) {
        self.hosts[host.0].restart_process();
        self.unreachable.remove(&host);
    }

    /// Kills all hosts and restarts them.
    pub async fn restart_all(&mut self) {
        self.hosts().for_each(|host| self.kill(host));
        self.hosts().for_each(|host| self.restart(host));
        self.await_healthy().await;
    }

    /// Freezes a host: its connections stay open, and it answers no command.
    #[must_use]
    pub fn freeze(&mut self, host: Host) -> Frozen {
        let process = self.hosts[host.0].info("process_id").expect("it says so");
        self.hosts[host.0].signal("STOP", &process);
        self.unreachable.insert(host);
        Frozen { host, process }
    }

    /// Resumes a frozen host.
    pub fn thaw(&mut self, Frozen { host, process }: Frozen) {
        self.hosts[host.0].signal("CONT", &process);
        self.unreachable.remove(&host);
    }

    /// Sends a command to a host.
    pub fn command(&self, host: Host, words: &[&str]) -> String {
        self.hosts[host.0].command(words)
    }

    /// Sends a command to the master that owns a case's slot.
    pub fn command_master_of(&self, case: CaseId, words: &[&str]) -> String {
        self.command(self.master_of(case), words)
    }

    /// Moves a case's keys to another master. The other hosts still name the old owner of the slot.
    pub fn begin_move(&self, case: CaseId, to: Host, keys: &[String]) {
        let (slot, from) = (self.slot_of(case).to_string(), self.master_of(case));
        let [source, target] = [from, to].map(|host| self.command(host, &["CLUSTER", "MYID"]));
        assert_eq!(self.command(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source]), "OK");
        assert_eq!(self.command(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target]), "OK");
        let address = self.hosts[to.0].address();
        let (ip, port) = (address.ip().to_string(), address.port().to_string());
        let mut migrate = vec!["MIGRATE", &ip, &port, "", "0", MOVE_TIMEOUT_MS, "KEYS"];
        migrate.extend(keys.iter().map(String::as_str));
        assert_eq!(self.command(from, &migrate), "OK");
    }

    /// Completes the move: all hosts name the new owner of the slot.
    pub async fn end_move(&self, case: CaseId, to: Host) {
        let (slot, from) = (self.slot_of(case).to_string(), self.master_of(case));
        let target = self.command(to, &["CLUSTER", "MYID"]);
        for host in [to, from] {
            assert_eq!(self.command(host, &["CLUSTER", "SETSLOT", &slot, "NODE", &target]), "OK");
        }
        assert_eq!(self.await_successor(case, from).await, to);
    }

    /// Waits until every reachable host names a new owner of the case's slot.
    pub async fn await_successor(&self, case: CaseId, before: Host) -> Host {
        let slot = self.slot_of(case);
        self.until("a successor", || {
            let named = self.reachable().map(|host| {
                let entries = self.entries(host);
                entries.iter().find(|entry| entry.owns(slot) && !entry.is("fail")).map(|entry| entry.host)
            });
            let named: BTreeSet<Option<Host>> = named.collect();
            match named.first() {
                Some(Some(after)) if named.len() == 1 && *after != before => Some(*after),
                _ => None,
            }
        })
        .await
    }

    /// Waits until all hosts are healthy and each master has a connected replica.
    pub async fn await_healthy(&self) {
        self.until("a whole cluster", || self.hosts().all(|host| self.is_healthy(host)).then_some(())).await;
    }

    fn is_healthy(&self, host: Host) -> bool {
        let info = self.command(host, &["CLUSTER", "INFO"]);
        let agrees = ["cluster_state:ok", "cluster_slots_ok:16384"].iter().all(|line| info.contains(line));
        let entries = self.entries(host);
        let replicas = entries.iter().filter(|entry| entry.is("slave")).count();
        let knows_all =
            entries.len() == HOSTS && replicas == HOSTS - MASTERS && !entries.iter().any(|entry| entry.is("fail"));
        let replication = self.command(host, &["INFO", "replication"]);
        agrees && knows_all && (replication.contains("state=online") || replication.contains("master_link_status:up"))
    }

    async fn until<T>(&self, what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
        in_time(what, async {
            loop {
                if let Some(found) = seen() {
                    return found;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        })
        .await
    }

    fn reachable(&self) -> impl Iterator<Item = Host> {
        self.hosts().filter(|host| !self.unreachable.contains(host))
    }

    fn any_reachable(&self) -> Host {
        self.reachable().next().expect("some host is there")
    }

    fn slot_of(&self, case: CaseId) -> u16 {
        let slot = self.command(self.any_reachable(), &["CLUSTER", "KEYSLOT", &format!("{{{case}}}")]);
        slot.parse().expect("a number")
    }

    /// The cluster as one host describes it. Hosts without an address are skipped: they have not joined yet.
    fn entries(&self, by: Host) -> Vec<Entry> {
        let nodes = self.command(by, &["CLUSTER", "NODES"]);
        nodes.lines().filter_map(|line| self.entry(&line.split(' ').collect::<Vec<_>>())).collect()
    }

    fn entry(&self, fields: &[&str]) -> Option<Entry> {
        let address = fields[1].split('@').next().expect("an address");
        let at = self.hosts.iter().position(|host| host.address().to_string() == address)?;
        let slots = fields.get(8..).unwrap_or_default().iter().filter_map(|slots| {
            let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
            Some((first.parse().ok()?, last.parse().ok()?))
        });
        Some(Entry {
            id: fields[0].to_owned(),
            host: Host(at),
            flags: fields[2].split(',').map(str::to_owned).collect(),
            master: fields[3].to_owned(),
            slots: slots.collect(),
        })
    }
}

/// A frozen host and its process id, which the host itself can no longer report.
#[derive(Debug)]
pub struct Frozen {
    host: Host,
    process: String,
}
