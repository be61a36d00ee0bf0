//! `claims`: the load of the guarantee at a steady rate. A platform sends the facts of covered orders in full requests,
//! and opens claims on some of them, which go through all their steps. It measures the events a second that are stored,
//! and the latency of each step; then it compares the ledger with what was sent.

mod orders;
pub(super) mod takers;

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use live_jury_trust::statement::date;
use serde_json::Value;

use self::orders::{End, Orders};
use self::takers::{Shops, Steps, Takers, in_state};
use super::RunContext;
use super::facts::{Client, Latencies, Store, add_latencies, join, new_latencies};
use crate::bars::{Bar, Figures};
use crate::clock::{now_us, seconds};
use crate::report::Outcome;
use crate::target::Target;

/// The least events a second: twenty times those of five billion covered orders a year, which are 158 a second.
const EVENTS_MIN: f64 = 3_200.0;
/// The load before the measurement, in seconds: all shops exist then, and the database's pages are in memory.
const WARM_UP_S: u64 = 3;
/// The time from placing to the claim, in milliseconds: the request with the order has mostly been sent by then.
const CLAIM_AFTER_MS: u64 = 500;
/// The wait for a claim on an order that no request has yet.
const WAIT: Duration = Duration::from_millis(5);

/// `claims`
#[derive(Args, Clone, Debug)]
pub struct Claims {
    /// The ledger's database
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Shops with a promise
    #[arg(long, default_value_t = 2_000)]
    shops: usize,
    /// Events a second that are sent: facts and steps of claims. It is above the bar, since a run has an end
    #[arg(long, default_value_t = 3_300.0)]
    rate: f64,
    /// The time of the load, in seconds
    #[arg(long, default_value_t = 60)]
    for_s: u64,
    /// Requests of facts, and claims, that are under way at once: so many of each
    #[arg(long, default_value_t = 4)]
    senders: usize,
}

/// A claim of the run, and its end.
struct Claimed {
    id: String,
    end: End,
}

/// What a load has sent.
#[derive(Default)]
struct Sent {
    facts: u64,
    orders: u64,
    claims: Vec<Claimed>,
}

/// The figures of a load.
struct Load {
    seconds: f64,
    /// Facts and steps within that time.
    events: u64,
    requests: Latencies,
    steps: Steps,
}

impl Claims {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, the ledger differs from what was sent, or a bar is missed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        ensure!(self.shops > 0 && self.senders > 0 && self.rate > 0.0, "there must be shops, senders and a rate");
        let mut deployment = self.store.deployment(context)?;
        deployment.name_buyers();
        deployment.serve(1)?;
        let address = deployment.addresses()[0];
        let shops = Shops::promising(address, self.shops).await?;
        let begun_ms = now_ms();
        let mut sent = Sent::default();
        let mut orders = Orders::new(self.shops, begun_ms, self.rate);
        self.load(address, &shops, &mut orders, WARM_UP_S, &mut sent)?;
        orders.go_on(now_ms());
        let node_s = deployment.cpu_s();
        let load = self.load(address, &shops, &mut orders, self.for_s, &mut sent)?;
        let node_s = deployment.cpu_s() - node_s;
        check(address, &sent, begun_ms)?;

        let name = if self.store == Store::Sqlite { "claims, SQLite" } else { "claims, PostgreSQL" };
        let mut figures = Figures::new(name, Target::LiveJury.name());
        figures.add("events stored", load.events as f64 / load.seconds, "/s", Bar::Least(EVENTS_MIN));
        let outcome = &mut figures.outcome;
        outcome.add("steps of claims among them", load.steps.number() as f64 / load.seconds, "/s");
        outcome.add("covered orders, each counted", sent.orders as f64, "");
        outcome.add("claims, each in its state", sent.claims.len() as f64, "");
        add_latencies(outcome, "request of 1,000 facts", &load.requests);
        load.steps.add_to(outcome);
        outcome.add("processor of the node", node_s / load.seconds * 100.0, "%");
        figures.end()
    }

    /// Sends orders and claims for a time, then what is left of them.
    fn load(
        &self,
        address: SocketAddr,
        shops: &Shops,
        orders: &mut Orders,
        for_s: u64,
        sent: &mut Sent,
    ) -> Result<Load> {
        let first = (orders.placed(), orders.claims());
        let begun_us = now_us();
        let until_ms = now_ms() + for_s * 1_000;
        let (granted, claimed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let (next, has_ended, facts) = (AtomicU64::new(first.1), AtomicBool::new(false), AtomicU64::new(0));
        let shared = Mutex::new(&mut *orders);
        let send_facts = || -> Result<Latencies> {
            let (client, mut latencies) = (Client::new(address), new_latencies()?);
            loop {
                let request = {
                    let mut orders = lock(&shared)?;
                    if orders.are_placed_until(until_ms) {
                        return Ok(latencies);
                    }
                    orders.request(&std::mem::take(&mut *lock(&granted)?))
                };
                wait_until(request.due_ms);
                client.send(&request.body, request.lines)?;
                // The wait for a slow answer before counts.
                latencies.record(now_us().saturating_sub(request.due_ms * 1_000))?;
                facts.fetch_add(request.lines as u64, Ordering::Relaxed);
            }
        };
        let send_claims = || -> Result<Steps> {
            let (takers, mut steps) = (Takers::new(address, shops), Steps::new()?);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let order = loop {
                    let orders = lock(&shared)?;
                    if number < orders.claims() {
                        break orders.claimed(number);
                    }
                    if has_ended.load(Ordering::Relaxed) {
                        return Ok(steps);
                    }
                    drop(orders);
                    std::thread::sleep(WAIT);
                };
                wait_until(order.placed_ms + CLAIM_AFTER_MS);
                let end = End::of(number);
                let id = takers.open(&mut steps, &order)?;
                takers.answer(&mut steps, order.shop, &id, end == End::Granted)?;
                if end != End::Granted {
                    takers.escalate(&mut steps, &id)?;
                    takers.decide(&mut steps, &id, end == End::Overturned)?;
                }
                if end != End::Denied {
                    lock(&granted)?.push(number);
                }
                lock(&claimed)?.push(Claimed { id, end });
            }
        };
        let (requests, steps, took_s) = std::thread::scope(|threads| -> Result<_> {
            let of_facts: Vec<_> = (0..self.senders).map(|_| threads.spawn(send_facts)).collect();
            let of_claims: Vec<_> = (0..self.senders).map(|_| threads.spawn(send_claims)).collect();
            let mut requests = new_latencies()?;
            let sent = of_facts.into_iter().try_for_each(|sender| Ok::<_, anyhow::Error>(requests.add(join(sender)?)?));
            has_ended.store(true, Ordering::Relaxed);
            sent?;
            let mut steps = Steps::new()?;
            of_claims.into_iter().try_for_each(|sender| steps.add(&join(sender)?))?;
            Ok((requests, steps, seconds(begun_us, now_us())))
        })?;
        let events = facts.load(Ordering::Relaxed) + steps.number();
        let rest = orders.rest(&std::mem::take(&mut *lock(&granted)?));
        Client::new(address).send(&rest.body, rest.lines)?;
        sent.facts += facts.load(Ordering::Relaxed) + rest.lines as u64;
        sent.orders += orders.placed() - first.0;
        sent.claims.append(&mut *lock(&claimed)?);
        ensure!(sent.claims.len() as u64 == orders.claims(), "a claim was not sent");
        Ok(Load { seconds: took_s, events, requests, steps })
    }
}

/// Compares the ledger with what was sent, through the API.
fn check(address: SocketAddr, sent: &Sent, begun_ms: u64) -> Result<()> {
    let client = Client::new(address);
    for Claimed { id, end } in &sent.claims {
        in_state(&client.get(&format!("claims/{id}"))?, end.state())?;
    }
    let report = client.get(&format!("report?from={}&to={}", date(begun_ms), date(now_ms())))?;
    let figure = |id: &str| -> Result<&Value> {
        let figures = report["figures"].as_array().context("the report has no figures")?;
        figures.iter().find(|figure| figure["id"] == id).with_context(|| format!("the report lacks {id}"))
    };
    let covered = &figure("covered_orders")?["value"];
    ensure!(
        covered.as_f64() == Some(sent.orders as f64),
        "{covered} orders are covered, and {} were sent",
        sent.orders
    );
    let escalated = sent.claims.iter().filter(|claim| claim.end != End::Granted).count();
    let share = figure("intervention.of_claims")?["value"].as_f64().context("the share is no number")?;
    let counted = (share * sent.claims.len() as f64).round();
    ensure!(counted == escalated as f64, "{counted} claims are escalated, and {escalated} were");
    Ok(())
}

fn now_ms() -> u64 {
    now_us() / 1_000
}

fn wait_until(due_ms: u64) {
    std::thread::sleep(Duration::from_micros((due_ms * 1_000).saturating_sub(now_us())));
}

fn lock<T>(shared: &Mutex<T>) -> Result<std::sync::MutexGuard<'_, T>> {
    shared.lock().map_err(|_| anyhow::anyhow!("a thread of the load generator panicked"))
}
