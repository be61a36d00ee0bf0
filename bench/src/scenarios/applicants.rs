//! `applicants`: a platform sends full applications to a node whose ledger has many banned parties. It measures the
//! applications a second, and their latency at the rate of a large platform.

mod people;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use self::people::{body, stored};
use super::RunContext;
use super::facts::{Client, Latencies, US_A_MS, join, new_latencies, timed};
use crate::bars::{Bar, Figures};
use crate::clock::{now_us, seconds};
use crate::deployment::Deployment;
use crate::report::Outcome;
use crate::target::Target;

/// The least applications a second, and the rate at which their latency is measured: 30 times the 2,600 a day that a
/// platform of Kuaishou's size refuses, at its busiest second.
const RATE_MIN: f64 = 200.0;
/// The longest time of 99 % of them, in milliseconds.
const P99_MS_MAX: f64 = 20.0;
/// Requests before the measurement: the upper pages of the database are in memory then.
const WARM_UP_REQUESTS: usize = 400;
/// One applicant of this many has the account and the device of a banned party.
const RETURNING_EACH: usize = 10;
/// The rows of one statement that fills the ledger.
const ROWS_AT_ONCE: usize = 50_000;
/// Memory of the connection that fills it, in KiB.
const CACHE_KIB: u32 = 2 * 1_024 * 1_024;
const ADD_PARTIES: &str = "INSERT INTO trust_identity (kind, party, at_ms, banned_at_ms) \
    SELECT 'merchant', value, $2, $2 FROM json_each($1)";
const ADD_TOKENS: &str = "INSERT INTO trust_token (token, kind, party, field, whole, key_id) \
    SELECT unhex(value ->> 0), 'merchant', value ->> 1, value ->> 2, value ->> 3, unhex($2) FROM json_each($1)";

/// `applicants`
#[derive(Args, Clone, Debug)]
pub struct Applicants {
    /// Banned parties in the ledger
    #[arg(long, default_value_t = 210_000)]
    banned: u32,
    /// Applications in each of the two measurements
    #[arg(long, default_value_t = 4_000)]
    requests: usize,
    /// Applications that are under way at once
    #[arg(long, default_value_t = 2)]
    senders: usize,
}

impl Applicants {
    /// Fills a ledger, and sends applications to a node on it.
    ///
    /// # Errors
    /// The run failed, an application had another outcome than it must have, or a bar is missed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let mut deployment = Deployment::embedded(&context.program, context.for_nodes())?;
        // The first node makes the tables.
        deployment.serve(1)?;
        deployment.kill(0);
        let begun_us = now_us();
        let tokens = fill(deployment.file()?, self.banned).await?;
        eprintln!("{tokens} tokens of {} parties in {:.0} s", self.banned, seconds(begun_us, now_us()));
        deployment.serve(1)?;
        let address = deployment.addresses()[0];
        let next = AtomicUsize::new(0);
        let send = |client: &Client| self.send(client, next.fetch_add(1, Ordering::Relaxed));
        let warm = Client::new(address);
        (0..WARM_UP_REQUESTS).try_for_each(|_| send(&warm))?;

        let load = |pace: Option<f64>| -> Result<(Latencies, f64)> {
            let (sent, begun_us) = (AtomicUsize::new(0), now_us());
            let sender = || -> Result<Latencies> {
                let (client, mut latencies) = (Client::new(address), new_latencies()?);
                loop {
                    let place = sent.fetch_add(1, Ordering::Relaxed);
                    if place >= self.requests {
                        return Ok(latencies);
                    }
                    if let Some(per_s) = pace {
                        let due_us = begun_us + (place as f64 / per_s * 1e6) as u64;
                        std::thread::sleep(Duration::from_micros(due_us.saturating_sub(now_us())));
                    }
                    timed(&mut latencies, || send(&client))?;
                }
            };
            std::thread::scope(|threads| {
                let senders: Vec<_> = (0..self.senders).map(|_| threads.spawn(sender)).collect();
                let mut all = new_latencies()?;
                senders.into_iter().try_for_each(|sender| Ok::<_, anyhow::Error>(all.add(join(sender)?)?))?;
                Ok((all, seconds(begun_us, now_us())))
            })
        };
        let (_, unpaced_s) = load(None)?;
        let (latencies, _) = load(Some(RATE_MIN))?;

        let mut figures = Figures::new("applicants, SQLite", Target::LiveJury.name());
        figures.outcome.add("banned parties", f64::from(self.banned), "");
        figures.outcome.add("tokens", tokens as f64, "");
        figures.add("applications", self.requests as f64 / unpaced_s, "/s", Bar::Least(RATE_MIN));
        let ms = |share| latencies.value_at_quantile(share) as f64 / US_A_MS;
        figures.outcome.add("at 200 a second, median", ms(0.5), "ms");
        figures.add("at 200 a second, 99 %", ms(0.99), "ms", Bar::Most(P99_MS_MAX));
        figures.outcome.add("at 200 a second, longest", ms(1.0), "ms");
        figures.outcome.add("memory of the node", deployment.peak_memory_kib() as f64 / 1_024.0, "MiB");
        figures.end()
    }

    /// Sends the next application, and checks its outcome.
    fn send(&self, client: &Client, number: usize) -> Result<()> {
        let banned = number.is_multiple_of(RETURNING_EACH).then(|| (number as u32).wrapping_mul(7_919) % self.banned);
        let answer: Value =
            client.post("applications", "application/json", body(number, self.banned, banned).as_bytes())?;
        let expected = if banned.is_some() { "hold" } else { "pass" };
        ensure!(answer["outcome"] == expected, "application {number} must {expected}: {answer}");
        Ok(())
    }
}

/// Fills the ledger of a node that has stopped, and returns the number of tokens.
async fn fill(file: &Path, banned: u32) -> Result<u64> {
    let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal);
    let mut db =
        options.synchronous(SqliteSynchronous::Off).pragma("cache_size", format!("-{CACHE_KIB}")).connect().await?;
    let (key, mut rows) = stored(banned)?;
    // In the order of the table's key, so that its pages are filled one after the other.
    rows.sort_unstable();
    let now_ms = i64::try_from(now_us() / 1_000)?;
    let parties: Vec<String> = (0..banned).map(people::id).collect();
    for chunk in parties.chunks(ROWS_AT_ONCE) {
        sqlx::query(ADD_PARTIES).bind(serde_json::to_string(chunk)?).bind(now_ms).execute(&mut db).await?;
    }
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let row = |row: &people::Row| (people::hex(&row.token), people::id(row.party), row.field, u8::from(row.whole));
        let rows = serde_json::to_string(&chunk.iter().map(row).collect::<Vec<_>>())?;
        sqlx::query(ADD_TOKENS).bind(rows).bind(&key).execute(&mut db).await?;
    }
    db.close().await?;
    Ok(rows.len() as u64)
}
