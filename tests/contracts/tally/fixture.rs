//! A tally store with a clock that a story can wait for, and direct access to damage it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use live_jury_court::{Marks, Pseudonym};
use live_jury_protocol::{CaseId, Side};
use live_jury_server::clock::Clock;
use live_jury_server::sqlite::Sqlite;
use live_jury_server::tally::{
    Cast, EraseTally, Extension, OpenParams, RedisTally, SqliteTally, StoreEpoch, TallyState, TallyStore,
};
use live_jury_tests::cluster::Cluster;
use live_jury_tests::redis::{Redis, TAKE_MARKS_AWAY};
use tempfile::TempDir;
use uuid::Uuid;

/// An hour, in milliseconds. No story takes that long.
pub const HOUR_MS: u64 = 3_600_000;

/// A store under test.
pub trait TallyFixture {
    /// The store.
    fn store(&self) -> Arc<dyn TallyStore>;
    /// The same store, as the operator's command erases cases in it.
    fn eraser(&self) -> Arc<dyn EraseTally>;
    /// Waits until the store's clock is at `at_ms`.
    async fn until(&self, at_ms: u64);
    /// Crashes the server or its store, and starts it again.
    async fn crash(&mut self);
    /// Deletes the case, its ballots, or both.
    async fn lose(&self, case: CaseId, what: Lost);
    /// Sets the case's rev.
    async fn set_rev(&self, case: CaseId, rev: u64);
    /// Rewrites the case's ballots into the form of a version that knew no marks.
    async fn take_marks_away(&self, case: CaseId);
    /// Whether the store has the case, and its ballots.
    async fn holds(&self, case: CaseId) -> (bool, bool);
    /// The number of strata with jurors who were offered for the case's panel.
    async fn offers(&self, case: CaseId) -> u64;
    /// Milliseconds until the case, and its ballots, expire: none of what is not there. Fails where there is no expiry.
    async fn expires_in_ms(&self, case: CaseId) -> Vec<u64>;
    /// Lets the case and its ballots expire after so many milliseconds.
    async fn expire_in(&self, case: CaseId, ms: u64);
}

/// The deleted part of a case.
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
    // Spread, so that the order of pseudonyms differs from the order of casts.
    Pseudonym(u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes())
}

/// The n-th juror's first ballot.
pub fn cast(n: u64, option: u8) -> Cast {
    let side = [None, Some(Side::Buyer), Some(Side::Merchant)][(n % 3) as usize];
    // Odd, so that the marks of 256 jurors in a row are all bytes.
    let marks = Marks::from_byte((n * 37 % 256) as u8);
    Cast { juror: juror(n), option, side, marks, change: 0 }
}

/// The n-th juror's ballot with this change number.
pub fn change(n: u64, option: u8, change: u32) -> Cast {
    Cast { change, ..cast(n, option) }
}

/// An epoch that was filed with no store.
pub fn in_epoch(number: u64) -> StoreEpoch {
    number.into()
}

/// Parameters of a case with three options and an hour, without changes.
pub async fn params<F: TallyFixture>(fixture: &F) -> OpenParams {
    let closes_at_ms = fixture.store().now_ms().await.unwrap() + HOUR_MS;
    OpenParams { epoch: 1, store: None, draft: 1, closes_at_ms, options: 3, allow_change: false }
}

/// Opens a case.
pub async fn open<F: TallyFixture>(fixture: &F) -> CaseId {
    open_as(fixture, params(fixture).await).await
}

/// Opens a case that allows changes.
pub async fn open_changing<F: TallyFixture>(fixture: &F) -> CaseId {
    open_as(fixture, OpenParams { allow_change: true, ..params(fixture).await }).await
}

async fn open_as<F: TallyFixture>(fixture: &F, params: OpenParams) -> CaseId {
    let case = new_case();
    fixture.store().restore(case, &params).await.unwrap();
    case
}

/// Ends a case's time by moving its deadline to now.
pub async fn end_time<F: TallyFixture>(fixture: &F, case: CaseId) -> TallyState {
    let store = fixture.store();
    let state = store.poll(case, in_epoch(1), 0).await.unwrap();
    store.extend(case, in_epoch(1), &extension(state.closes_at_ms, state.now_ms)).await.unwrap()
}

/// A moderator's move of a deadline.
pub fn extension(from_ms: u64, to_ms: u64) -> Extension {
    Extension { by: "mia \"7\" 审".to_owned(), from_ms, to_ms }
}

/// The embedded tally on a clock of its own.
pub struct SqliteFixture {
    folder: TempDir,
    lives: AtomicUsize,
    sqlite: Sqlite,
    clock: Arc<FixtureClock>,
}

#[derive(Default)]
struct FixtureClock(AtomicU64);

impl Clock for FixtureClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn jitter_ms(&self, max_ms: u64) -> u64 {
        max_ms
    }
}

impl SqliteFixture {
    /// The number of offers for draws.
    pub async fn offers(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM tally_offer").fetch_one(&self.sqlite.write).await.unwrap()
    }

    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("0.db")).await.unwrap();
        let clock = Arc::new(FixtureClock(AtomicU64::new(1_800_000_000_000)));
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

impl TallyFixture for SqliteFixture {
    fn store(&self) -> Arc<dyn TallyStore> {
        Arc::new(SqliteTally::new(self.sqlite.clone(), self.clock.clone()))
    }

    fn eraser(&self) -> Arc<dyn EraseTally> {
        Arc::new(SqliteTally::new(self.sqlite.clone(), self.clock.clone()))
    }

    async fn until(&self, at_ms: u64) {
        self.clock.0.fetch_max(at_ms, Ordering::SeqCst);
    }

    /// A server that dies now leaves exactly the current contents of these files.
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

    async fn take_marks_away(&self, case: CaseId) {
        self.run("UPDATE tally_ballot SET marks = 0 WHERE case_id = ?1", case, None).await;
    }

    async fn holds(&self, case: CaseId) -> (bool, bool) {
        let exists = self.has("SELECT EXISTS (SELECT 1 FROM tally_case WHERE id = ?1)", case).await;
        (exists, self.has("SELECT EXISTS (SELECT 1 FROM tally_ballot WHERE case_id = ?1)", case).await)
    }

    async fn offers(&self, case: CaseId) -> u64 {
        let sql = "SELECT count(DISTINCT stratum) FROM tally_offer WHERE case_id = ?1";
        let query = sqlx::query_scalar(sql).bind(case.0.as_bytes().to_vec());
        let found: i64 = query.fetch_one(&self.sqlite.write).await.unwrap();
        u64::try_from(found).unwrap()
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

/// The shared tally on Redis's clock.
pub struct RedisFixture {
    pub redis: Redis,
    pub tally: RedisTally,
}

impl RedisFixture {
    pub async fn start() -> Self {
        let redis = Redis::start();
        let tally = RedisTally::connect(&redis.url()).await.unwrap();
        Self { redis, tally }
    }
}

/// The shared tally in a cluster, where a master and its replica store each ballot.
pub struct ClusterFixture {
    pub cluster: Cluster,
    pub tally: RedisTally,
}

impl ClusterFixture {
    pub async fn start() -> Self {
        let cluster = Cluster::start().await;
        let tally = RedisTally::connect(&cluster.url()).await.unwrap();
        Self { cluster, tally }
    }
}

/// The keys of a case and of its ballots.
pub fn keys(case: CaseId) -> [String; 2] {
    [format!("lj:{{{case}}}:case"), format!("lj:{{{case}}}:ballots")]
}

/// The keys of the lists from which the case's panel is drawn.
fn lists(case: CaseId) -> [String; 3] {
    ["buyer", "merchant", "other"].map(|stratum| format!("lj:{{{case}}}:offer:{stratum}"))
}

/// The answer of `PTTL` for each key that exists.
fn left_ms(answers: [String; 2]) -> Vec<u64> {
    let left = answers.map(|answer| answer.parse::<i64>().unwrap());
    left.into_iter().filter(|left| *left != -2).map(|left| u64::try_from(left).expect("the key expires")).collect()
}

impl TallyFixture for RedisFixture {
    fn store(&self) -> Arc<dyn TallyStore> {
        Arc::new(self.tally.clone())
    }

    fn eraser(&self) -> Arc<dyn EraseTally> {
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
            self.redis.command(&["DEL", &one]);
        }
        if what != Lost::Case {
            self.redis.command(&["DEL", &ballots]);
        }
    }

    async fn set_rev(&self, case: CaseId, rev: u64) {
        self.redis.command(&["HSET", &keys(case)[0], "rev", &rev.to_string()]);
    }

    async fn take_marks_away(&self, case: CaseId) {
        self.redis.command(&["EVAL", TAKE_MARKS_AWAY, "1", &keys(case)[1]]);
    }

    async fn holds(&self, case: CaseId) -> (bool, bool) {
        let [one, ballots] = keys(case).map(|key| self.redis.command(&["EXISTS", &key]) == "1");
        (one, ballots)
    }

    async fn offers(&self, case: CaseId) -> u64 {
        lists(case).iter().filter(|key| self.redis.command(&["EXISTS", key]) == "1").count() as u64
    }

    async fn expires_in_ms(&self, case: CaseId) -> Vec<u64> {
        left_ms(keys(case).map(|key| self.redis.command(&["PTTL", &key])))
    }

    async fn expire_in(&self, case: CaseId, ms: u64) {
        for key in keys(case) {
            self.redis.command(&["PEXPIRE", &key, &ms.to_string()]);
        }
    }
}

impl TallyFixture for ClusterFixture {
    fn store(&self) -> Arc<dyn TallyStore> {
        Arc::new(self.tally.clone())
    }

    fn eraser(&self) -> Arc<dyn EraseTally> {
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
            self.cluster.command_master_of(case, &["DEL", &one]);
        }
        if what != Lost::Case {
            self.cluster.command_master_of(case, &["DEL", &ballots]);
        }
    }

    async fn set_rev(&self, case: CaseId, rev: u64) {
        self.cluster.command_master_of(case, &["HSET", &keys(case)[0], "rev", &rev.to_string()]);
    }

    async fn take_marks_away(&self, case: CaseId) {
        self.cluster.command_master_of(case, &["EVAL", TAKE_MARKS_AWAY, "1", &keys(case)[1]]);
    }

    async fn holds(&self, case: CaseId) -> (bool, bool) {
        let [one, ballots] = keys(case).map(|key| self.cluster.command_master_of(case, &["EXISTS", &key]) == "1");
        (one, ballots)
    }

    async fn offers(&self, case: CaseId) -> u64 {
        lists(case).iter().filter(|key| self.cluster.command_master_of(case, &["EXISTS", key]) == "1").count() as u64
    }

    async fn expires_in_ms(&self, case: CaseId) -> Vec<u64> {
        left_ms(keys(case).map(|key| self.cluster.command_master_of(case, &["PTTL", &key])))
    }

    async fn expire_in(&self, case: CaseId, ms: u64) {
        for key in keys(case) {
            self.cluster.command_master_of(case, &["PEXPIRE", &key, &ms.to_string()]);
        }
    }
}
