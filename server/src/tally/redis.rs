//! The shared tally, in Redis: one script call for each batch, by Redis's clock. It keeps no state in the node.

mod durability;
mod memory;
mod wire;

use std::sync::LazyLock;

use async_trait::async_trait;
use live_jury_court::{Pseudonym, SealedBy, StoreId, StoredBallot};
use live_jury_protocol::{CaseId, Stratum};
use redis::{RedisError, cmd};
use uuid::Uuid;

pub use self::durability::{Hosts, RedisSettings};
use self::wire::{Reply, ballot, malformed, offers_of, pack, pack_offers};
use super::{
    BATCH_BALLOTS_MAX, Cast, EraseTally, Extension, OpenParams, RELEASED_KEPT_FULL_MS, RELEASED_KEPT_MS,
    RENEWED_AFTER_MS, Recorded, SealTerms, StoreEpoch, StoredBallotAt, TallyError, TallyHealth, TallyState, TallyStore,
    UNRECORDED_KEPT_MS,
};
use crate::authorities::Authorities;
use crate::entrant::Entrants;
use crate::health::FoundDurability;
use crate::redis::{Call, Redis, Script};

/// The number of replicas that must have a ballot before it is acknowledged, in a cluster with replicas. A replica that
/// takes over then has the ballot.
const REPLICAS: usize = 1;
/// The number of ballots that one step of a scan asks for. It takes Redis some milliseconds, for which other cases
/// wait.
const SCAN_BALLOTS: usize = 4_000;

/// The time for which a probe's key stays, in milliseconds. Each node writes its own every 2 s.
const PROBE_KEPT_MS: u64 = 10_000;
/// The key of the store's id. In a cluster it lies on one master.
const STORE: &str = "lj:store";
/// The part of Redis's memory above which no case is opened, in percent. The rest is for the ballots of open cases, and
/// for keys that expire a day after their record.
const OPENING_MEMORY_MAX: u32 = 80;

/// A script on a case, after the code that all of them share.
macro_rules! case_script {
    ($($file:literal),+) => {
        LazyLock::new(|| Script::new(concat!(include_str!("case.lua") $(, "\n", include_str!($file))+)))
    };
    // A full Redis runs it all the same. Such a script ends a case, or keeps one alive, and adds a few bytes.
    (also when full, $($file:literal),+) => {
        LazyLock::new(|| {
            Script::new(concat!("#!lua flags=allow-oom\n", include_str!("case.lua") $(, "\n", include_str!($file))+))
        })
    };
}

static OPEN: LazyLock<Script> = case_script!("memory.lua", "restore.lua");
static RESTORE: LazyLock<Script> = case_script!(also when full, "memory.lua", "restore.lua");
static RECORD: LazyLock<Script> = case_script!("record.lua");
static POLL: LazyLock<Script> = case_script!("poll.lua");
static OFFER: LazyLock<Script> = case_script!("offer.lua");
static DRAW: LazyLock<Script> = case_script!(also when full, "draw.lua");
static EXTEND: LazyLock<Script> = case_script!(also when full, "extend.lua");
static SEAL: LazyLock<Script> = case_script!(also when full, "seal.lua");
static BALLOTS_OF: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("ballots_of.lua")));
/// A full Redis runs it all the same: an emptied one must get an id, or nobody counts on it.
static STORE_ID: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!("#!lua flags=allow-oom\n", include_str!("store_id.lua"))));
static RELEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("memory.lua"), "\n", include_str!("release.lua"))));

/// Counts ballots in Redis, for all nodes that share it. An unanswered call is sent once more before it fails.
#[derive(Clone)]
pub struct RedisTally {
    redis: Redis,
    /// The number of replicas that must have a change before it is answered: `REPLICAS`, or 0 without replicas.
    replicas: usize,
    /// The key that this node writes to find out whether Redis can be written.
    probe_key: String,
}

impl RedisTally {
    /// Connects to `redis://…` or `redis+cluster://host:port,…`, with `rediss` over TLS. It trusts the system's
    /// certificate authorities.
    ///
    /// # Errors
    /// The URL is malformed, or Redis did not answer.
    pub async fn connect(url: &str) -> Result<Self, TallyError> {
        Self::connect_with(url, &Authorities::system()).await
    }

    /// The same with other certificate authorities.
    ///
    /// # Errors
    /// As in [`connect`](Self::connect).
    pub async fn connect_with(url: &str, authorities: &Authorities) -> Result<Self, TallyError> {
        let redis = Redis::connect(url, authorities).await?;
        let has_replicas = redis.is_cluster() && Hosts::read(&redis).await?.replicas > 0;
        let replicas = if has_replicas { REPLICAS } else { 0 };
        Ok(Self { redis, replicas, probe_key: format!("lj:node:{}", Uuid::now_v7()) })
    }

    /// Reads the settings that decide whether Redis keeps an acknowledged ballot.
    ///
    /// # Errors
    /// Redis did not answer.
    pub async fn settings(&self) -> Result<RedisSettings, TallyError> {
        Ok(RedisSettings::read(&self.redis).await?)
    }

    /// Sends a call that changes the case, or that may read a change of a moment ago. It is answered once replicas have
    /// the change.
    async fn call_replicated(&self, case: CaseId, call: &Call<'_>) -> Result<Reply, TallyError> {
        Reply::parse(case, self.redis.call_replicated(call, self.replicas).await?)
    }

    /// Sends a call that only reads. A loss is read again from a master that has its replicas: a master that was cut
    /// off may not know that another one has taken over, and lacks everything since.
    async fn call_read(&self, case: CaseId, call: &Call<'_>) -> Result<Reply, TallyError> {
        match Reply::parse(case, self.redis.call(call).await?) {
            Err(TallyError::Lost(_)) if self.replicas > 0 => self.call_replicated(case, call).await,
            other => other,
        }
    }

    /// Reads ballots, answered once `replicas` replicas have what this node has recorded.
    async fn read_ballots(
        &self,
        case: CaseId,
        jurors: &[Pseudonym],
        replicas: usize,
    ) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        let mut found = Vec::with_capacity(jurors.len());
        for jurors in jurors.chunks(BATCH_BALLOTS_MAX) {
            let mut call = on(&BALLOTS_OF, case);
            for juror in jurors {
                call.arg(&juror.0[..]);
            }
            let state: Option<(u64, Vec<Option<Vec<u8>>>)> = self.redis.call_replicated(&call, replicas).await?;
            match state {
                None => found.extend(jurors.iter().map(|_| None)),
                Some((epoch, values)) if values.len() == jurors.len() => {
                    for (juror, value) in jurors.iter().zip(values) {
                        let ballot = value.map(|value| ballot(*juror, &value)).transpose()?;
                        found.push(ballot.map(|ballot| StoredBallotAt { epoch, ballot }));
                    }
                }
                Some(_) => return Err(malformed("as many values as jurors")),
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl TallyStore for RedisTally {
    async fn now_ms(&self) -> Result<u64, TallyError> {
        let (s, us): (u64, u64) = self.redis.command(&cmd("TIME")).await?;
        Ok(s * 1_000 + us / 1_000)
    }

    async fn now_ms_of(&self, _case: CaseId) -> Result<u64, TallyError> {
        self.now_ms().await
    }

    async fn store_id(&self) -> Result<StoreId, TallyError> {
        let found: Option<String> = self.redis.command(cmd("GET").arg(STORE)).await?;
        let id = match found {
            Some(id) => id,
            None => {
                let mut call = STORE_ID.on([STORE.to_owned()]);
                call.arg(Uuid::now_v7().to_string());
                // A replica that takes over must have the id, or it would pass for another store.
                self.redis.call_replicated(&call, self.replicas).await?
            }
        };
        id.parse().map_err(malformed)
    }

    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError> {
        let OpenParams { epoch, store, draft, closes_at_ms, options, allow_change } = *params;
        let is_opening = params.is_opening();
        let mut call = on(if is_opening { &OPEN } else { &RESTORE }, case);
        call.arg(text(StoreEpoch { number: epoch, store }))
            .arg(closes_at_ms)
            .arg(options)
            .arg(u8::from(allow_change))
            .arg(draft)
            .arg(UNRECORDED_KEPT_MS)
            .arg(if is_opening { OPENING_MEMORY_MAX.to_string() } else { String::new() });
        Ok(self.call_replicated(case, &call).await?.state)
    }

    async fn record(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        seen_rev: u64,
        ballots: &[Cast],
    ) -> Result<Recorded, TallyError> {
        let mut call = on(&RECORD, case);
        call.arg(text(epoch)).arg(seen_rev).arg(pack(ballots));
        let reply = self.call_replicated(case, &call).await?;
        if reply.results.len() != ballots.len() {
            return Err(malformed("as many results as ballots"));
        }
        Ok(Recorded { state: reply.state, results: reply.results })
    }

    async fn poll(&self, case: CaseId, epoch: StoreEpoch, seen_rev: u64) -> Result<TallyState, TallyError> {
        let mut call = on(&POLL, case);
        call.arg(text(epoch)).arg(seen_rev).arg(UNRECORDED_KEPT_MS).arg(RENEWED_AFTER_MS);
        Ok(self.call_read(case, &call).await?.state)
    }

    async fn ballots_of(&self, case: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        self.read_ballots(case, jurors, 0).await
    }

    async fn kept_ballots_of(
        &self,
        case: CaseId,
        jurors: &[Pseudonym],
    ) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        self.read_ballots(case, jurors, self.replicas).await
    }

    async fn offer(&self, case: CaseId, epoch: StoreEpoch, offers: &Entrants) -> Result<(), TallyError> {
        let mut call = OFFER.on(keys_with_lists(case));
        call.arg(text(epoch));
        for list in offers {
            call.arg(pack_offers(list));
        }
        self.call_replicated(case, &call).await.map(|_| ())
    }

    async fn draw(&self, case: CaseId, epoch: StoreEpoch, most: [usize; 3]) -> Result<Entrants, TallyError> {
        let mut call = DRAW.on(keys_with_lists(case));
        call.arg(text(epoch));
        for most in most {
            call.arg(most);
        }
        offers_of(case, self.redis.call_replicated(&call, self.replicas).await?)
    }

    async fn extend(&self, case: CaseId, epoch: StoreEpoch, extension: &Extension) -> Result<TallyState, TallyError> {
        let Extension { by, from_ms, to_ms } = extension;
        let mut call = on(&EXTEND, case);
        call.arg(text(epoch)).arg(from_ms).arg(to_ms).arg(UNRECORDED_KEPT_MS).arg(by);
        Ok(self.call_replicated(case, &call).await?.state)
    }

    async fn extension(&self, case: CaseId) -> Result<Option<Extension>, TallyError> {
        let mut read = cmd("HMGET");
        read.arg(&keys(case)[0]).arg(&["extended_by", "extended_from_ms", "closes_at_ms"]);
        let (by, from_ms, to_ms): (Option<String>, Option<u64>, Option<u64>) = self.redis.command(&read).await?;
        let kept = by.zip(from_ms).zip(to_ms);
        Ok(kept.map(|((by, from_ms), to_ms)| Extension { by, from_ms, to_ms }))
    }

    async fn seal_on(
        &self,
        case: CaseId,
        epoch: StoreEpoch,
        by: &SealedBy,
        terms: &SealTerms,
    ) -> Result<TallyState, TallyError> {
        let mut call = on(&SEAL, case);
        let seen_ms = terms.seen_closes_at_ms.map_or_else(String::new, |ms| ms.to_string());
        call.arg(text(epoch)).arg(json(by)?).arg(json(&SealedBy::Deadline)?).arg(seen_ms);
        call.arg(terms.clock.earliest_ms).arg(terms.clock.latest_ms);
        Ok(self.call_replicated(case, &call).await?.state)
    }

    async fn ballots(&self, case: CaseId, epoch: StoreEpoch) -> Result<Vec<StoredBallot>, TallyError> {
        let state = self.poll(case, epoch, 0).await?;
        if state.seal.is_none() {
            return Err(malformed("a case that is sealed"));
        }
        // A scan may return a ballot twice. It misses none of a sealed case.
        let (mut found, mut cursor) = (Vec::new(), 0_u64);
        loop {
            let mut scan = cmd("HSCAN");
            scan.arg(&keys(case)[1]).arg(cursor).arg("COUNT").arg(SCAN_BALLOTS);
            let (next, pairs): (u64, Vec<(Vec<u8>, Vec<u8>)>) = self.redis.command(&scan).await?;
            for (juror, value) in pairs {
                let juror = Pseudonym(juror.as_slice().try_into().map_err(malformed)?);
                found.push(ballot(juror, &value)?);
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        found.sort_unstable_by_key(|ballot| ballot.juror);
        found.dedup_by_key(|ballot| ballot.juror);
        if found.len() as u64 == state.ballots() {
            return Ok(found);
        }
        // Ballots were lost since the poll, and this poll finds that. Or the scan ran on a host that does not know that
        // another one has taken over.
        self.poll(case, epoch, 0).await?;
        Err(TallyError::Unavailable("the scan found another number of ballots than is counted".to_owned()))
    }

    async fn release(&self, case: CaseId) -> Result<(), TallyError> {
        let mut call = RELEASE.on(keys_with_lists(case));
        Ok(self.redis.call(call.arg(RELEASED_KEPT_MS).arg(RELEASED_KEPT_FULL_MS)).await?)
    }
}

#[async_trait]
impl EraseTally for RedisTally {
    async fn erase(&self, case: CaseId) -> Result<(), TallyError> {
        let mut delete = cmd("UNLINK");
        for key in keys_with_lists(case) {
            delete.arg(key);
        }
        Ok(self.redis.command(&delete).await?)
    }
}

#[async_trait]
impl TallyHealth for RedisTally {
    async fn probe(&self) -> Result<(), TallyError> {
        let mut set = cmd("SET");
        Ok(self.redis.command(set.arg(&self.probe_key).arg("").arg("PX").arg(PROBE_KEPT_MS)).await?)
    }

    async fn durability(&self) -> Result<FoundDurability, TallyError> {
        let settings = self.settings().await?;
        if let Some(hosts) = settings.cluster.filter(|hosts| hosts.replicas > 0 && hosts.alone > 0) {
            tracing::warn!(?hosts, "masters of the Redis Cluster have no replica; their cases take no ballots");
        }
        Ok(FoundDurability { durability: settings.durability(), settings: format!("Redis: {settings:?}") })
    }

    async fn memory_share(&self) -> Result<Option<f64>, TallyError> {
        Ok(memory::share(&self.redis).await?)
    }
}

/// The keys of a case and of its ballots. They share a hash tag, so that a cluster keeps them on one host.
fn keys(case: CaseId) -> [String; 2] {
    [format!("lj:{{{case}}}:case"), format!("lj:{{{case}}}:ballots")]
}

/// The same, and the keys of the lists from which the case's panel is drawn.
fn keys_with_lists(case: CaseId) -> [String; 5] {
    let [of_case, ballots] = keys(case);
    let [buyer, merchant, other] = Stratum::ALL.map(|stratum| format!("lj:{{{case}}}:offer:{}", stratum.as_str()));
    [of_case, ballots, buyer, merchant, other]
}

fn on(script: &Script, case: CaseId) -> Call<'_> {
    script.on(keys(case))
}

/// An epoch as the scripts take it.
fn text(epoch: StoreEpoch) -> String {
    match epoch.store {
        Some(store) => format!("{} {store}", epoch.number),
        None => epoch.number.to_string(),
    }
}

fn json(by: &SealedBy) -> Result<String, TallyError> {
    serde_json::to_string(by).map_err(malformed)
}

impl From<RedisError> for TallyError {
    fn from(error: RedisError) -> Self {
        use redis::ErrorKind::UnexpectedReturnType;
        match (error.kind(), error.code()) {
            // A key of another type, or a script that found an unknown value. All other errors pass by themselves, or
            // an operator can repair them: loading, full, read-only, no permission, no connection, a cut answer.
            (UnexpectedReturnType, _) | (_, Some("ERR" | "WRONGTYPE")) => Self::Malformed(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
