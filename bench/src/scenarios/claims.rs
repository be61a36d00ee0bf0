//! `claims`: claims on promises are opened by the platform, answered by merchants, and escalated, without a pause. It
//! measures the steps a second that are filed, and their latency.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use clap::Args;
use live_jury_tests::api::Api;
use live_jury_tests::tokens::{merchant, now_s};
use serde_json::{Value, json};

use super::RunContext;
use super::facts::{Client, Latencies, Store, add_latencies, join, new_latencies, timed};
use crate::clock::{now_us, seconds};
use crate::deployment::Deployment;
use crate::report::Outcome;
use crate::target::Target;

/// Claims before the measurement: the database's pages are in memory then.
const WARM_UP_CLAIMS: usize = 200;
/// Every second claim is refused, and all that are refused are escalated: this many steps a pair of claims.
const REFUSED_ONE_IN: usize = 2;
/// The content type of all requests.
const JSON: &str = "application/json";
/// The words of a refusal.
const WORDS: &str = "The parcel came back opened and used.";
/// The time by which an order was placed before the load, in milliseconds: its promise was in force then.
const PLACED_MS: u64 = 1_000;

/// `claims`
#[derive(Args, Clone, Debug)]
pub struct Claims {
    /// The ledger's database
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Shops with a promise
    #[arg(long, default_value_t = 50)]
    shops: usize,
    /// Claims: each is opened and answered, and every second one is refused and escalated
    #[arg(long, default_value_t = 8_000)]
    claims: usize,
    /// Claims that are under way at once
    #[arg(long, default_value_t = 16)]
    senders: usize,
}

/// The latencies of each step.
struct Steps {
    open: Latencies,
    answer: Latencies,
    escalate: Latencies,
}

impl Steps {
    fn new() -> Result<Self> {
        Ok(Self { open: new_latencies()?, answer: new_latencies()?, escalate: new_latencies()? })
    }

    fn add(&mut self, other: &Self) -> Result<()> {
        self.open.add(&other.open)?;
        self.answer.add(&other.answer)?;
        self.escalate.add(&other.escalate)?;
        Ok(())
    }

    fn number(&self) -> u64 {
        self.open.len() + self.answer.len() + self.escalate.len()
    }
}

impl Claims {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, or a step was not filed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        ensure!(self.shops > 0 && self.senders > 0, "there must be a shop and a sender");
        let mut deployment = match self.store {
            Store::Sqlite => Deployment::embedded(&context.program, context.for_nodes())?,
            Store::Postgres => Deployment::new(&context.program, context.for_nodes()),
        };
        deployment.name_buyers();
        deployment.serve(1)?;
        let address = deployment.addresses()[0];
        for shop in 0..self.shops {
            promise(address, &name(shop)).await?;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2 * PLACED_MS)).await;
        self.load(address, "warm-up", WARM_UP_CLAIMS)?;
        let (begun_us, node_s) = (now_us(), deployment.cpu_s());
        let steps = self.load(address, "claim", self.claims)?;
        let (seconds, node_s) = (seconds(begun_us, now_us()), deployment.cpu_s() - node_s);

        let name = if self.store == Store::Sqlite { "claims, SQLite" } else { "claims, PostgreSQL" };
        let mut outcome = Outcome::new(name, Target::LiveJury.name());
        outcome.add("claims", self.claims as f64, "");
        outcome.add("steps of claims", steps.number() as f64 / seconds, "/s");
        for (what, latencies) in [("open", &steps.open), ("answer", &steps.answer), ("escalate", &steps.escalate)] {
            add_latencies(&mut outcome, what, latencies);
        }
        outcome.add("processor of the node", node_s / seconds * 100.0, "%");
        Ok(outcome)
    }

    /// Takes so many claims through their steps, and checks the state after each.
    fn load(&self, address: SocketAddr, kind: &str, claims: usize) -> Result<Steps> {
        let (next, placed_ms) = (AtomicUsize::new(0), now_s() * 1_000 - PLACED_MS);
        let send = || -> Result<Steps> {
            let (platform, mut steps) = (Client::new(address), Steps::new()?);
            let shops: Vec<Client> =
                (0..self.shops).map(|shop| Client::with_token(address, &merchant(&name(shop)))).collect();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= claims {
                    return Ok(steps);
                }
                let shop = number % self.shops;
                let new = new_claim(&format!("{kind}-{number}"), &name(shop), placed_ms).to_string();
                let opened = timed(&mut steps.open, || platform.post("claims", JSON, new.as_bytes()))?;
                let claim = state(&opened, "open")?;
                // Neighbours go to different shops, so it is the number of the round that tells.
                let refuses = (number / self.shops + shop).is_multiple_of(REFUSED_ONE_IN);
                let (answer, then) = if refuses { ("refuse", "refused") } else { ("grant", "granted") };
                let answer = json!({ "answer": answer, "words": WORDS }).to_string();
                let path = format!("claims/{claim}/answer");
                let answered = timed(&mut steps.answer, || shops[shop].post(&path, JSON, answer.as_bytes()))?;
                state(&answered, then)?;
                if refuses {
                    let path = format!("claims/{claim}/escalate");
                    let escalated = timed(&mut steps.escalate, || platform.post(&path, JSON, b"{}"))?;
                    // Without a room a moderator decides.
                    state(&escalated, "in_review")?;
                }
            }
        };
        std::thread::scope(|threads| {
            let senders: Vec<_> = (0..self.senders).map(|_| threads.spawn(send)).collect();
            let mut steps = Steps::new()?;
            for sender in senders {
                steps.add(&join(sender)?)?;
            }
            Ok(steps)
        })
    }
}

fn name(shop: usize) -> String {
    format!("shop-{shop}")
}

/// Has a shop promise free returns.
async fn promise(address: SocketAddr, shop: &str) -> Result<()> {
    let (path, body) =
        (format!("/trust/merchants/{shop}/promises"), json!({ "promises": [{ "kind": "free_return" }] }));
    let api = Api::new(address, Some(&merchant(shop)));
    let reply = api.send("PUT", &path, &[("Content-Type", JSON)], Some(body.to_string().into_bytes())).await;
    ensure!(reply.status == 200, "a promise was not taken: {}", reply.text);
    Ok(())
}

fn new_claim(id: &str, shop: &str, placed_ms: u64) -> Value {
    json!({
        "id": id, "order": format!("order-of-{id}"), "placed_at_ms": placed_ms, "merchant": shop,
        "buyer": format!("buyer-of-{id}"), "kind": "free_return", "about": "other", "amount_minor": 690,
        "currency": "USD", "reason": "The postage of the return was not paid.",
    })
}

/// The id of a claim that must have this state.
fn state<'a>(claim: &'a Value, state: &str) -> Result<&'a str> {
    ensure!(claim["state"] == state, "the claim should be {state}: {claim}");
    claim["claim"].as_str().context("the claim has no id")
}
