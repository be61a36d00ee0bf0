//! Where the stories are told: a store with a clock that can be waited for, and hands that can damage it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use live_jury_court::Pseudonym;
use live_jury_protocol::{CaseId, Side};
use live_jury_server::clock::Clock;
use live_jury_server::sqlite::Sqlite;
use live_jury_server::tally::{Cast, OpenParams, RedisTally, SqliteTally, TallyState, TallyStore};
use live_jury_tests::cluster::Cluster;
use live_jury_tests::redis::Redis;
use tempfile::TempDir;
use uuid::Uuid;

/// An hour, in milliseconds: no story takes that long.
pub const HOUR_MS: u64 = 3_600_000;

/// A store, and what can happen to it.
pub trait Lab {
    /// The store.
    fn store(&self) -> Arc<dyn TallyStore>;
    /// Lets time pass until the store's clock is at `at_ms`.
    async fn until(&self, at_ms: u64);
    /// The server or its store dies and comes back.
    async fn crash(&mut self);
    /// Takes away the case, or its ballots, or both.
    async fn lose(&self, case: CaseId, what: Lost);
    /// Sets the case's rev back.
    async fn set_rev(&self, case: CaseId, rev: u64);
    /// Whether the store holds the case, its ballots.
    async fn holds(&self, case: CaseId) -> (bool, bool);
    /// Milliseconds until the case, and its ballots, expire: none of what is not there. Fails where there is no expiry.
    async fn expires_in_ms(&self, case: CaseId) -> Vec<u64>;
    /// Lets the case and its ballots expire after so many milliseconds.
    async fn expire_in(&self, case: CaseId, ms: u64);
}

/// What gets lost of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    All,
    Case,
    Ballots,
}

pub fn new_case() -> CaseId {
    CaseId(Uuid::now_v7())
}

/// The n-th juror.
pub fn juror(n: u64) -> Pseudonym {
    // Spread, so that the order of pseudonyms is not the order of casting.
    Pseudonym(u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes())
}

/// The n-th juror's first ballot.
pub fn cast(n: u64, option: u8) -> Cast {
    let side = [None, Some(Side::Buyer), Some(Side::Merchant)][(n % 3) as usize];
    Cast { juror: juror(n), option, side, change: 0 }
}

/// The n-th juror's ballot of this number.
pub fn change(n: u64, option: u8, change: u32) -> Cast {
    Cast { change, ..cast(n, option) }
}

/// Three options, an hour, no changes.
pub async fn params<L: Lab>(lab: &L) -> OpenParams {
    let closes_at_ms = lab.store().now_ms().await.unwrap() + HOUR_MS;
    OpenParams { epoch: 1, draft: 1, closes_at_ms, options: 3, allow_change: false }
}

/// A case that stands open.
pub async fn open<L: Lab>(lab: &L) -> CaseId {
    open_as(lab, params(lab).await).await
}

/// A case that stands open and allows changes.
pub async fn open_changing<L: Lab>(lab: &L) -> CaseId {
    open_as(lab, OpenParams { allow_change: true, ..params(lab).await }).await
}

async fn open_as<L: Lab>(lab: &L, params: OpenParams) -> CaseId {
    let case = new_case();
    lab.store().restore(case, &params).await.unwrap();
    case
}

/// Ends a case's time without waiting for it: its deadline is moved to now.
pub async fn end_time<L: Lab>(lab: &L, case: CaseId) -> TallyState {
    let store = lab.store();
    let state = store.poll(case, 1, 0).await.unwrap();
    store.extend(case, 1, state.closes_at_ms, state.now_ms).await.unwrap()
}

/// The embedded tally, on a clock of its own.
pub struct SqliteLab {
    folder: TempDir,
    lives: AtomicUsize,
    sqlite: Sqlite,
    clock: Arc<LabClock>,
}

#[derive(Default)]
struct LabClock(AtomicU64);

impl Clock for LabClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn jitter_ms(&self, max_ms: u64) -> u64 {
        max_ms
    }
}

impl SqliteLab {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("0.db")).await.unwrap();
        let clock = Arc::new(LabClock(AtomicU64::new(1_800_000_000_000)));
        Self { folder, lives: AtomicUsize::new(0), sqlite, clock }
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("{}.{ending}", self.lives.load(Ordering::SeqCst)))
    }

    async fn run(&self, sql: &'static str, case: CaseId, value: Option<u64>) {
        let mut query = sqlx::query(sql).bind(case.0.as_bytes().to_vec());
        if let Some(value) = value {
            query = query.bind(i64::try_from(value).unwrap());
        }
        query.execute(&self.sqlite.write).await.unwrap();
    }

    async fn has(&self, sql: &'static str, case: CaseId) -> bool {
        sqlx::query_scalar(sql).bind(case.0.as_bytes().to_vec()).fetch_one(&self.sqlite.write).await.unwrap()
    }
}

impl Lab for SqliteLab {
    fn store(&self) -> Arc<dyn TallyStore> {
        Arc::new(SqliteTally::new(self.sqlite.clone(), self.clock.clone()))
    }

    async fn until(&self, at_ms: u64) {
        self.clock.0.fetch_max(at_ms, Ordering::SeqCst);
    }

    /// What is in the files at this moment is what a server that dies now leaves.
    async fn crash(&mut self) {
        let (db, wal) = (self.file("db"), self.file("db-wal"));
        self.lives.fetch_add(1, Ordering::SeqCst);
        let copy = |from: &Path, to: &Path| std::fs::copy(from, to).unwrap();
        copy(&db, &self.file("db"));
        copy(&wal, &self.file("db-wal"));
        self.sqlite = Sqlite::open(&self.file("db")).await.unwrap();
    }

    async fn lose(&self, case: CaseId, what: Lost) {
        if what != Lost::Ballots {
            self.run("DELETE FROM tally_case WHERE id = ?1", case, None).await;
        }
        if what != Lost::Case {
            self.run("DELETE FROM tally_ballot WHERE case_id = ?1", case, None).await;
        }
    }

    async fn set_rev(&self, case: CaseId, rev: u64) {
        self.run("UPDATE tally_case SET rev = ?2 WHERE id = ?1", case, Some(rev)).await;
    }

    async fn holds(&self, case: CaseId) -> (bool, bool) {
        let stands = self.has("SELECT EXISTS (SELECT 1 FROM tally_case WHERE id = ?1)", case).await;
        (stands, self.has("SELECT EXISTS (SELECT 1 FROM tally_ballot WHERE case_id = ?1)", case).await)
    }

    async fn expires_in_ms(&self, case: CaseId) -> Vec<u64> {
        let query = sqlx::query_scalar("SELECT expires_at_ms FROM tally_case WHERE id = ?1");
        let found: Option<i64> =
            query.bind(case.0.as_bytes().to_vec()).fetch_optional(&self.sqlite.write).await.unwrap();
        let now_ms = self.clock.now_ms();
        found.map(|at_ms| u64::try_from(at_ms).unwrap().checked_sub(now_ms).unwrap()).into_iter().collect()
    }

    async fn expire_in(&self, case: CaseId, ms: u64) {
        let at_ms = self.clock.now_ms() + ms;
        self.run("UPDATE tally_case SET expires_at_ms = ?2 WHERE id = ?1", case, Some(at_ms)).await;
    }
}

/// The shared tally, on Redis's own clock.
pub struct RedisLab {
    pub redis: Redis,
    pub tally: RedisTally,
}

impl RedisLab {
    pub async fn start() -> Self {
        let redis = Redis::start();
        let tally = RedisTally::connect(&redis.url()).await.unwrap();
        Self { redis, tally }
    }
}

/// The shared tally in a cluster, where each ballot is kept by a master and its replica.
pub struct ClusterLab {
    pub cluster: Cluster,
    pub tally: RedisTally,
}

impl ClusterLab {
    pub async fn start() -> Self {
        let cluster = Cluster::start().await;
        let tally = RedisTally::connect(&cluster.url()).await.unwrap();
        Self { cluster, tally }
    }
}

/// A case's key, and its ballots'.
pub fn keys(case: CaseId) -> [String; 2] {
    [format!("lj:{{{case}}}:case"), format!("lj:{{{case}}}:ballots")]
}

/// What `PTTL` says of keys that are there.
fn left_ms(answers: [String; 2]) -> Vec<u64> {
    let left = answers.map(|answer| answer.parse::<i64>().unwrap());
    left.into_iter().filter(|left| *left != -2).map(|left| u64::try_from(left).expect("the key expires")).collect()
}

impl Lab for RedisLab {
    fn store(&self) -> Arc<dyn TallyStore> {
        Arc::new(self.tally.clone())
    }

    async fn until(&self, at_ms: u64) {
        while self.tally.now_ms().await.unwrap() < at_ms {}
    }

    async fn crash(&mut self) {
        self.redis.kill();
        self.redis.restart();
    }

    async fn lose(&self, case: CaseId, what: Lost) {
        let [one, ballots] = keys(case);
        if what != Lost::Ballots {
            self.redis.ask(&["DEL", &one]);
        }
        if what != Lost::Case {
            self.redis.ask(&["DEL", &ballots]);
        }
    }

    async fn set_rev(&self, case: CaseId, rev: u64) {
        self.redis.ask(&["HSET", &keys(case)[0], "rev", &rev.to_string()]);
    }

    async fn holds(&self, case: CaseId) -> (bool, bool) {
        let [one, ballots] = keys(case).map(|key| self.redis.ask(&["EXISTS", &key]) == "1");
        (one, ballots)
    }

    async fn expires_in_ms(&self, case: CaseId) -> Vec<u64> {
        left_ms(keys(case).map(|key| self.redis.ask(&["PTTL", &key])))
    }

    async fn expire_in(&self, case: CaseId, ms: u64) {
        for key in keys(case) {
            self.redis.ask(&["PEXPIRE", &key, &ms.to_string()]);
        }
    }
}

impl Lab for ClusterLab {
    fn store(&self) -> Arc<dyn TallyStore> {
        Arc::new(self.tally.clone())
    }

    async fn until(&self, at_ms: u64) {
        while self.tally.now_ms().await.unwrap() < at_ms {}
    }

    async fn crash(&mut self) {
        self.cluster.restart_all().await;
    }

    async fn lose(&self, case: CaseId, what: Lost) {
        let [one, ballots] = keys(case);
        if what != Lost::Ballots {
            self.cluster.ask_master_of(case, &["DEL", &one]);
        }
        if what != Lost::Case {
            self.cluster.ask_master_of(case, &["DEL", &ballots]);
        }
    }

    async fn set_rev(&self, case: CaseId, rev: u64) {
        self.cluster.ask_master_of(case, &["HSET", &keys(case)[0], "rev", &rev.to_string()]);
    }

    async fn holds(&self, case: CaseId) -> (bool, bool) {
        let [one, ballots] = keys(case).map(|key| self.cluster.ask_master_of(case, &["EXISTS", &key]) == "1");
        (one, ballots)
    }

    async fn expires_in_ms(&self, case: CaseId) -> Vec<u64> {
        left_ms(keys(case).map(|key| self.cluster.ask_master_of(case, &["PTTL", &key])))
    }

    async fn expire_in(&self, case: CaseId, ms: u64) {
        for key in keys(case) {
            self.cluster.ask_master_of(case, &["PEXPIRE", &key, &ms.to_string()]);
        }
    }
}
