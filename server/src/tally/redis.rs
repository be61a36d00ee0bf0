//! The shared tally, in Redis: one script call a batch, on Redis's clock; it holds nothing that another node cannot see.

mod durability;
mod wire;

use std::sync::LazyLock;

use async_trait::async_trait;
use live_jury_court::{Pseudonym, SealedBy, StoredBallot};
use live_jury_protocol::CaseId;
use redis::{RedisError, cmd};

pub use self::durability::{Durability, Hosts};
use self::wire::{Reply, ballot, malformed, pack};
use super::{
    BATCH_BALLOTS_MAX, Cast, OpenParams, RELEASED_KEPT_MS, Recorded, StoredBallotAt, TallyError, TallyState, TallyStore,
};
use crate::redis::{Call, Redis, Script};

/// Replicas that have a ballot before it is acknowledged, where there are any: one that takes over must not be without it.
const REPLICAS: usize = 1;
/// Ballots asked for in one step of a walk over all of them: some milliseconds of Redis's time, which other cases wait.
const WALK_BALLOTS: usize = 4_000;

/// A script on a case, with what they all share before it.
macro_rules! on_case {
    ($file:literal) => {
        LazyLock::new(|| Script::new(concat!(include_str!("case.lua"), "\n", include_str!($file))))
    };
}

static RESTORE: LazyLock<Script> = on_case!("restore.lua");
static RECORD: LazyLock<Script> = on_case!("record.lua");
static POLL: LazyLock<Script> = on_case!("poll.lua");
static EXTEND: LazyLock<Script> = on_case!("extend.lua");
static SEAL: LazyLock<Script> = on_case!("seal.lua");
static BALLOTS_OF: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("ballots_of.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// Counts ballots in Redis, for all nodes that share it. A call that got no answer is sent once more before it fails.
#[derive(Clone)]
pub struct RedisTally {
    redis: Redis,
    /// Replicas that must have what a call changed before it counts as done: `REPLICAS`, or none where none are.
    replicas: usize,
}

impl RedisTally {
    /// Connects to `redis://…`, `rediss://…` or `redis+cluster://host:port,…`.
    ///
    /// # Errors
    /// The URL is not of its form, or nobody answers there.
    pub async fn connect(url: &str) -> Result<Self, TallyError> {
        let redis = Redis::connect(url).await?;
        let has_replicas = redis.is_cluster() && Hosts::read(&redis).await?.replicas > 0;
        Ok(Self { redis, replicas: if has_replicas { REPLICAS } else { 0 } })
    }

    /// Whether Redis keeps what it has answered, as far as it tells.
    ///
    /// # Errors
    /// It is away.
    pub async fn durability(&self) -> Result<Durability, TallyError> {
        Ok(Durability::read(&self.redis).await?)
    }

    /// A call that changes the case, or may find what another one has changed a moment ago: it is done when it is kept.
    async fn replicated(&self, case: CaseId, call: &Call<'_>) -> Result<Reply, TallyError> {
        Reply::parse(case, self.redis.call_replicated(call, self.replicas).await?)
    }

    /// A call that changes nothing. That a case is lost is believed of a master only that has a replica: one that was cut
    /// off, and does not know yet that another took over, does not have what happened since.
    async fn seen(&self, case: CaseId, call: &Call<'_>) -> Result<Reply, TallyError> {
        match Reply::parse(case, self.redis.call(call).await?) {
            Err(TallyError::Lost(_)) if self.replicas > 0 => self.replicated(case, call).await,
            other => other,
        }
    }
}

#[async_trait]
impl TallyStore for RedisTally {
    async fn now_ms(&self) -> Result<u64, TallyError> {
        let (s, us): (u64, u64) = self.redis.command(&cmd("TIME")).await?;
        Ok(s * 1_000 + us / 1_000)
    }

    async fn restore(&self, case: CaseId, params: &OpenParams) -> Result<TallyState, TallyError> {
        let OpenParams { epoch, draft, closes_at_ms, options, allow_change } = *params;
        let mut call = on(&RESTORE, case);
        call.arg(epoch).arg(closes_at_ms).arg(options).arg(u8::from(allow_change)).arg(draft);
        Ok(self.replicated(case, &call).await?.state)
    }

    async fn record(&self, case: CaseId, epoch: u64, seen_rev: u64, ballots: &[Cast]) -> Result<Recorded, TallyError> {
        let mut call = on(&RECORD, case);
        call.arg(epoch).arg(seen_rev).arg(pack(ballots));
        let reply = self.replicated(case, &call).await?;
        if reply.results.len() != ballots.len() {
            return Err(malformed("as many results as ballots"));
        }
        Ok(Recorded { state: reply.state, results: reply.results })
    }

    async fn poll(&self, case: CaseId, epoch: u64, seen_rev: u64) -> Result<TallyState, TallyError> {
        let mut call = on(&POLL, case);
        call.arg(epoch).arg(seen_rev);
        Ok(self.seen(case, &call).await?.state)
    }

    async fn ballots_of(&self, case: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallotAt>>, TallyError> {
        let mut found = Vec::with_capacity(jurors.len());
        for jurors in jurors.chunks(BATCH_BALLOTS_MAX) {
            let mut call = on(&BALLOTS_OF, case);
            for juror in jurors {
                call.arg(&juror.0[..]);
            }
            let state: Option<(u64, Vec<Option<Vec<u8>>>)> = self.redis.call(&call).await?;
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

    async fn extend(&self, case: CaseId, epoch: u64, from_ms: u64, to_ms: u64) -> Result<TallyState, TallyError> {
        let mut call = on(&EXTEND, case);
        call.arg(epoch).arg(from_ms).arg(to_ms);
        Ok(self.replicated(case, &call).await?.state)
    }

    async fn seal(&self, case: CaseId, epoch: u64, by: &SealedBy) -> Result<TallyState, TallyError> {
        let mut call = on(&SEAL, case);
        call.arg(epoch).arg(json(by)?).arg(json(&SealedBy::Deadline)?);
        Ok(self.replicated(case, &call).await?.state)
    }

    async fn ballots(&self, case: CaseId, epoch: u64) -> Result<Vec<StoredBallot>, TallyError> {
        let state = self.poll(case, epoch, 0).await?;
        if state.seal.is_none() {
            return Err(malformed("a case that is sealed"));
        }
        // A walk may meet a ballot twice; of a sealed case it misses none.
        let (mut found, mut cursor) = (Vec::new(), 0_u64);
        loop {
            let mut walk = cmd("HSCAN");
            walk.arg(&keys(case)[1]).arg(cursor).arg("COUNT").arg(WALK_BALLOTS);
            let (next, pairs): (u64, Vec<(Vec<u8>, Vec<u8>)>) = self.redis.command(&walk).await?;
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
        // Lost since the look, which finds it then; or walked on a host that does not know that another took over.
        self.poll(case, epoch, 0).await?;
        Err(TallyError::Unavailable("the walk met other ballots than are counted".to_owned()))
    }

    async fn release(&self, case: CaseId) -> Result<(), TallyError> {
        Ok(self.redis.call(on(&RELEASE, case).arg(RELEASED_KEPT_MS)).await?)
    }
}

/// A case's keys: the case, its ballots. They share a hash tag: a cluster keeps them on one node.
fn keys(case: CaseId) -> [String; 2] {
    [format!("lj:{{{case}}}:case"), format!("lj:{{{case}}}:ballots")]
}

fn on(script: &Script, case: CaseId) -> Call<'_> {
    script.on(keys(case))
}

fn json(by: &SealedBy) -> Result<String, TallyError> {
    serde_json::to_string(by).map_err(malformed)
}

impl From<RedisError> for TallyError {
    fn from(error: RedisError) -> Self {
        use redis::ErrorKind::{Parse, UnexpectedReturnType};
        match (error.kind(), error.code()) {
            // A key of another type, or a script that met what it does not know. All else passes by itself or is an
            // operator's to mend: loading, full, read-only, not let in, away.
            (Parse | UnexpectedReturnType, _) | (_, Some("ERR" | "WRONGTYPE")) => Self::Malformed(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
