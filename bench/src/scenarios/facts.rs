//! `facts`: a platform sends full requests of facts without a pause, while a recommender reads. It measures the facts
//! a second that are stored, and the latency of the reads beside them.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;
use live_jury_protocol::Role;
use live_jury_tests::tokens::{now_s, token};
use serde_json::{Value, json};

use super::RunContext;
use crate::clock::{now_us, seconds};
use crate::deployment::Deployment;
use crate::market::mix::{LINES, Mix};
use crate::report::Outcome;
use crate::target::Target;

/// Requests before the measurement: all shops exist then, and the database's pages are in memory.
const WARM_UP_REQUESTS: usize = 20;
/// The time between two reads of an index, and between two reads of exposures.
const READ_EVERY: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(50));
/// The merchants of one request for exposures: the most that the server takes.
const EXPOSURES: usize = 500;
/// The time after which a request has failed.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Microseconds in a millisecond.
pub(super) const US_A_MS: f64 = 1_000.0;

/// The databases that hold the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Store {
    /// A file of the node's own
    Sqlite,
    /// A server
    Postgres,
}

impl Store {
    /// Makes the stores, and no node.
    ///
    /// # Errors
    /// The folder of the file cannot be made.
    pub fn deployment(self, context: &RunContext) -> Result<Deployment> {
        match self {
            Self::Sqlite => Deployment::embedded(&context.program, context.for_nodes()),
            Self::Postgres => Ok(Deployment::new(&context.program, context.for_nodes())),
        }
    }
}

/// `facts`
#[derive(Args, Clone, Debug)]
pub struct Facts {
    /// The ledger's database
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Shops
    #[arg(long, default_value_t = 2_000)]
    shops: u32,
    /// Requests of 1,000 facts
    #[arg(long, default_value_t = 300)]
    requests: usize,
    /// Requests that are under way at once
    #[arg(long, default_value_t = 2)]
    senders: usize,
    /// Nobody reads meanwhile
    #[arg(long)]
    no_reads: bool,
}

/// A client of one thread. It keeps its connection.
pub(super) struct Client {
    agent: ureq::Agent,
    origin: String,
    token: String,
}

impl Client {
    /// The platform's client.
    pub fn new(address: SocketAddr) -> Self {
        let token = token(Role::Platform, "*", "platform");
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(TIMEOUT)).build();
        let origin = format!("http://{address}/api/v1/trust");
        Self { agent: ureq::Agent::new_with_config(config), origin, token: format!("Bearer {token}") }
    }

    /// Sends a request, and reads the answer.
    ///
    /// # Errors
    /// There was no answer, or it is an error.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Value> {
        self.post_as(&self.token, path, content_type, body)
    }

    /// Sends the request of somebody with this header `Authorization`, and reads the answer.
    ///
    /// # Errors
    /// There was no answer, or it is an error.
    pub fn post_as(&self, authorization: &str, path: &str, content_type: &str, body: &[u8]) -> Result<Value> {
        let request = self.agent.post(format!("{}/{path}", self.origin)).header("Authorization", authorization);
        let mut answer = request.header("Content-Type", content_type).send(body)?;
        Ok(serde_json::from_str(&answer.body_mut().read_to_string()?)?)
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// There was none, or it is an error.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(format!("{}/{path}", self.origin)).header("Authorization", &self.token);
        Ok(serde_json::from_str(&request.call()?.body_mut().read_to_string()?)?)
    }

    /// Sends this many facts, all of which must be new.
    ///
    /// # Errors
    /// There was no answer, or not all were new and good.
    pub fn send(&self, body: &[u8], lines: usize) -> Result<()> {
        let answer = self.post("facts", "application/x-ndjson", body)?;
        ensure!(answer["accepted"] == lines, "not all facts were stored: {answer}");
        Ok(())
    }

    fn index(&self, merchant: &str) -> Result<()> {
        self.get(&format!("merchants/{merchant}/index")).map(drop)
    }

    fn exposures(&self, merchants: &[String]) -> Result<()> {
        let answer =
            self.post("exposure", "application/json", json!({ "merchants": merchants }).to_string().as_bytes())?;
        ensure!(answer["items"].as_array().is_some_and(|items| items.len() == merchants.len()), "items are missing");
        Ok(())
    }
}

/// Latencies in microseconds.
pub(super) type Latencies = Histogram<u64>;

impl Facts {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, or a fact was not stored once.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let mut deployment = self.store.deployment(context)?;
        deployment.serve(1)?;
        let mut mix = Mix::new(self.shops, 1, now_s() * 1_000);
        let mut bodies: Vec<Vec<u8>> = (0..WARM_UP_REQUESTS + self.requests).map(|_| mix.request()).collect();
        let measured = bodies.split_off(WARM_UP_REQUESTS);
        let client = Client::new(deployment.addresses()[0]);
        bodies.iter().try_for_each(|body| client.send(body, LINES))?;
        // A node computes all exposures at its start, so a new one answers as after a minute.
        deployment.kill(0);
        deployment.serve(1)?;
        let address = deployment.addresses()[0];
        let node_s = deployment.cpu_s();
        let merchants = mix.merchants();
        let load = self.load(address, &measured, &merchants)?;
        let node_s = deployment.cpu_s() - node_s;
        // A repeated request stores nothing.
        let last = measured.last().map(Vec::as_slice).unwrap_or_default();
        let repeated = Client::new(address).post("facts", "application/x-ndjson", last)?;
        ensure!(repeated["duplicate"] == LINES && repeated["accepted"] == 0, "facts counted twice: {repeated}");

        let name = if self.store == Store::Sqlite { "facts, SQLite" } else { "facts, PostgreSQL" };
        let mut outcome = Outcome::new(name, Target::LiveJury.name());
        let stored = (self.requests * LINES) as f64;
        outcome.add("facts stored", stored / load.seconds, "/s");
        outcome.add("bytes of a request", measured.iter().map(Vec::len).sum::<usize>() as f64 / stored * 1e3, "B");
        for (what, latencies) in
            [("request of facts", &load.requests), ("index", &load.indexes), ("exposures of 500", &load.exposures)]
        {
            add_latencies(&mut outcome, what, latencies);
        }
        outcome.add("processor of the node", node_s / load.seconds * 100.0, "%");
        Ok(outcome)
    }

    fn load(&self, address: SocketAddr, bodies: &[Vec<u8>], merchants: &[String]) -> Result<Load> {
        let (waiting, ended) = (Mutex::new(bodies.iter()), AtomicBool::new(false));
        let send = || -> Result<Latencies> {
            let (client, mut latencies) = (Client::new(address), new_latencies()?);
            loop {
                let next = waiting.lock().map_or(None, |mut waiting| waiting.next());
                let Some(body) = next else { return Ok(latencies) };
                timed(&mut latencies, || client.send(body, LINES))?;
            }
        };
        let read = |every: Duration, read: &dyn Fn(&Client, usize) -> Result<()>| -> Result<Latencies> {
            let (client, mut latencies) = (Client::new(address), new_latencies()?);
            for number in 0.. {
                if ended.load(Ordering::Relaxed) || self.no_reads {
                    break;
                }
                timed(&mut latencies, || read(&client, number))?;
                std::thread::sleep(every);
            }
            Ok(latencies)
        };
        let index = |client: &Client, number: usize| client.index(&merchants[number * 7 % merchants.len()]);
        let exposures = |client: &Client, number: usize| {
            let chunks = merchants.len().div_ceil(EXPOSURES);
            let from = number % chunks * EXPOSURES;
            client.exposures(&merchants[from..merchants.len().min(from + EXPOSURES)])
        };
        let begun_us = now_us();
        std::thread::scope(|threads| {
            let senders: Vec<_> = (0..self.senders).map(|_| threads.spawn(send)).collect();
            let indexes = threads.spawn(|| read(READ_EVERY.0, &index));
            let exposures = threads.spawn(|| read(READ_EVERY.1, &exposures));
            let mut requests = new_latencies()?;
            let sent = senders.into_iter().try_for_each(|sender| Ok::<_, anyhow::Error>(requests.add(join(sender)?)?));
            let seconds = seconds(begun_us, now_us());
            ended.store(true, Ordering::Relaxed);
            sent?;
            Ok(Load { seconds, requests, indexes: join(indexes)?, exposures: join(exposures)? })
        })
    }
}

/// The figures of a load.
struct Load {
    seconds: f64,
    requests: Latencies,
    indexes: Latencies,
    exposures: Latencies,
}

/// Adds the rows of latencies; none if there are none.
pub(super) fn add_latencies(outcome: &mut Outcome, what: &str, latencies: &Latencies) {
    if latencies.is_empty() {
        return;
    }
    for (name, share) in [("median", 0.5), ("99 %", 0.99), ("longest", 1.0)] {
        outcome.add(&format!("{what}, {name}"), latencies.value_at_quantile(share) as f64 / US_A_MS, "ms");
    }
    outcome.add(&format!("{what}, number"), latencies.len() as f64, "");
}

pub(super) fn new_latencies() -> Result<Latencies> {
    Ok(Histogram::new(3)?)
}

/// Records the duration of a call that succeeds.
pub(super) fn timed<T>(latencies: &mut Latencies, call: impl FnOnce() -> Result<T>) -> Result<T> {
    let begun_us = now_us();
    let answer = call()?;
    latencies.record(now_us().saturating_sub(begun_us))?;
    Ok(answer)
}

/// The result of a thread.
pub(super) fn join<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| anyhow::bail!("a thread of the load generator panicked"))
}
