//! Tokens, pseudonyms and batches of ballots, with the product's own scripts; it knows no sockets.

use std::env;
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use redis::Script;
use redis::aio::ConnectionManager;
use serde::Deserialize;
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

const RESTORE: &str = concat!(
    include_str!("../../../../server/src/tally/case.lua"),
    "\n",
    include_str!("../../../../server/src/tally/restore.lua")
);
const RECORD: &str = concat!(
    include_str!("../../../../server/src/tally/case.lua"),
    "\n",
    include_str!("../../../../server/src/tally/record.lua")
);
/// Ballots of one call, at most: the product's own limit. Further ones wait for the next call.
const BATCH_MAX: usize = 1_000;
const STATUSES: [&str; 5] = ["closed", "counted", "changed", "duplicate", "already_voted"];

type Mac256 = Hmac<Sha256>;

#[derive(Clone, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub room: String,
    pub role: String,
    pub exp: u64,
}

/// The tally of the case: rev and ballots.
pub type Tally = (u64, u64);

struct Cast {
    packed: [u8; 22],
    answer: oneshot::Sender<&'static str>,
}

pub struct Jury {
    pub case: Uuid,
    options: Vec<String>,
    token: (DecodingKey, Validation),
    ballot: Mac256,
    casts: mpsc::UnboundedSender<Cast>,
    pub tally: watch::Receiver<Tally>,
}

pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

impl Jury {
    /// Connects to Redis, creates the case there, and starts to record.
    pub async fn open() -> Result<Self, Box<dyn Error>> {
        let secret = env::var("TOKEN_SECRET")?;
        let case: Uuid = env::var("CASE")?.parse()?;
        let options: Vec<String> = env::var("OPTIONS")?.split(',').map(str::to_owned).collect();
        let mut redis = ConnectionManager::new(redis::Client::open(env::var("REDIS_URL")?)?).await?;
        let opened: redis::Value = on(&Script::new(RESTORE), case)
            .arg(1)
            .arg(now_ms() + 86_400_000)
            .arg(options.len())
            .arg(env::var("ALLOW_CHANGE").unwrap_or_else(|_| "0".to_owned()))
            .arg(1)
            .invoke_async(&mut redis)
            .await?;
        drop(opened);
        let mut key = Mac256::new_from_slice(secret.as_bytes())?;
        key.update(b"live-jury ballot secret v1");
        let ballot = Mac256::new_from_slice(&key.finalize().into_bytes())?;
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_required_spec_claims(&["exp", "sub"]);
        let (casts, queue) = mpsc::unbounded_channel();
        let (tally_tx, tally) = watch::channel((0, 0));
        tokio::spawn(record(redis, case, queue, tally_tx));
        Ok(Self { case, options, token: (DecodingKey::from_secret(secret.as_bytes()), rules), ballot, casts, tally })
    }

    /// Verifies a viewer's token, and returns its claims; none if it is not valid.
    pub fn bearer(&self, token: &str) -> Option<Claims> {
        decode::<Claims>(token, &self.token.0, &self.token.1)
            .ok()
            .map(|token| token.claims)
            .filter(|claims| claims.role == "viewer")
    }

    /// Records one ballot, and returns its status once Redis has answered.
    pub async fn cast(&self, sub: &str, case: &str, option: &str, change: u32) -> Option<&'static str> {
        if case.parse() != Ok(self.case) {
            return None;
        }
        let index = self.options.iter().position(|known| known == option)?;
        let mut mac = self.ballot.clone();
        mac.update(self.case.as_bytes());
        mac.update(sub.as_bytes());
        let mut packed = [0; 22];
        packed[..16].copy_from_slice(&mac.finalize().into_bytes()[..16]);
        packed[16] = u8::try_from(index).ok()?;
        packed[18..].copy_from_slice(&change.to_be_bytes());
        let (answer, status) = oneshot::channel();
        self.casts.send(Cast { packed, answer }).ok()?;
        status.await.ok()
    }
}

fn on(script: &Script, case: Uuid) -> redis::ScriptInvocation<'_> {
    let mut call = script.prepare_invoke();
    call.key(&[format!("lj:{{{case}}}:case"), format!("lj:{{{case}}}:ballots")][..]);
    call
}

/// Records batches, one call at a time: ballots that arrive meanwhile are the next batch. A failure ends the process,
/// and with it the run.
async fn record(
    mut redis: ConnectionManager,
    case: Uuid,
    mut queue: mpsc::UnboundedReceiver<Cast>,
    tally: watch::Sender<Tally>,
) {
    type Reply = (String, u64, u64, String, u64, u64, String, u64, Vec<u8>);
    let (script, mut batch) = (Script::new(RECORD), Vec::with_capacity(BATCH_MAX));
    while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let packed: Vec<u8> = batch.iter().flat_map(|cast| cast.packed).collect();
        let seen = tally.borrow().0;
        let reply: Result<Reply, _> = on(&script, case).arg(1).arg(seen).arg(packed).invoke_async(&mut redis).await;
        let (_, _, rev, counts, .., answers) = match reply {
            Ok(reply) => reply,
            Err(error) => {
                eprintln!("Redis did not record a batch: {error}");
                std::process::exit(1);
            }
        };
        let ballots = counts.split(',').filter_map(|count| count.parse::<u64>().ok()).sum();
        tally.send_replace((rev, ballots));
        for (cast, answer) in batch.drain(..).zip(answers.chunks(6)) {
            let _ = cast.answer.send(STATUSES.get(usize::from(answer[0])).copied().unwrap_or("closed"));
        }
    }
}
