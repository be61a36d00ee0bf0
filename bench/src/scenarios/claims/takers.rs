//! The people of a claim: the platform opens it for a buyer, its shop answers, and a moderator decides. Each step is a
//! request, and the state after it is checked.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use live_jury_tests::api::Api;
use live_jury_tests::tokens::{merchant, moderator};
use serde_json::{Value, json};

use crate::report::Outcome;
use crate::scenarios::facts::{Client, Latencies, add_latencies, new_latencies, timed};

/// The content type of all requests.
const JSON: &str = "application/json";
/// The words of a refusal, and of a decision.
const WORDS: &str = "The parcel came back opened and used.";

/// The latencies of each step.
pub(in crate::scenarios) struct Steps {
    open: Latencies,
    answer: Latencies,
    escalate: Latencies,
    decide: Latencies,
}

impl Steps {
    pub fn new() -> Result<Self> {
        let new = new_latencies;
        Ok(Self { open: new()?, answer: new()?, escalate: new()?, decide: new()? })
    }

    pub fn add(&mut self, other: &Self) -> Result<()> {
        let all = [&mut self.open, &mut self.answer, &mut self.escalate, &mut self.decide];
        for (latencies, other) in all.into_iter().zip(other.all()) {
            latencies.add(other.1)?;
        }
        Ok(())
    }

    /// The number of steps.
    pub fn number(&self) -> u64 {
        self.all().iter().map(|(_, latencies)| latencies.len()).sum()
    }

    /// Adds the rows of each step.
    pub fn add_to(&self, outcome: &mut Outcome) {
        for (what, latencies) in self.all() {
            add_latencies(outcome, what, latencies);
        }
    }

    const fn all(&self) -> [(&'static str, &Latencies); 4] {
        [("open", &self.open), ("answer", &self.answer), ("escalate", &self.escalate), ("decide", &self.decide)]
    }
}

/// The headers `Authorization` of shops, each signed once.
pub(in crate::scenarios) struct Shops(Vec<String>);

impl Shops {
    /// Has this many shops promise free returns.
    ///
    /// # Errors
    /// A promise was not taken.
    pub async fn promising(address: SocketAddr, shops: usize) -> Result<Self> {
        let mut tokens = Vec::with_capacity(shops);
        for place in 0..shops {
            let (shop, token) = (shop_id(place), merchant(&shop_id(place)));
            let (path, body) =
                (format!("/trust/merchants/{shop}/promises"), json!({ "promises": [{ "kind": "free_return" }] }));
            let headers = [("Content-Type", JSON)];
            let api = Api::new(address, Some(&token));
            let reply = api.send("PUT", &path, &headers, Some(body.to_string().into_bytes())).await;
            ensure!(reply.status == 200, "a promise was not taken: {}", reply.text);
            tokens.push(format!("Bearer {token}"));
        }
        Ok(Self(tokens))
    }

    /// The number of shops.
    pub const fn number(&self) -> usize {
        self.0.len()
    }
}

/// The id of a shop.
pub(in crate::scenarios) fn shop_id(place: usize) -> String {
    format!("shop-{place:05}")
}

/// An order on which a buyer claims.
pub(in crate::scenarios) struct ClaimedOrder {
    /// The id of the claim at the platform.
    pub claim: String,
    /// The order.
    pub order: String,
    /// The place of its shop.
    pub shop: usize,
    /// The time of placing, in Unix milliseconds.
    pub placed_ms: u64,
}

/// Those who take the steps of one claim after the other, over one connection.
pub(in crate::scenarios) struct Takers<'s> {
    client: Client,
    moderator: String,
    shops: &'s Shops,
}

impl<'s> Takers<'s> {
    pub fn new(address: SocketAddr, shops: &'s Shops) -> Self {
        Self { client: Client::new(address), moderator: format!("Bearer {}", moderator("*", "mia")), shops }
    }

    /// Opens a claim, and returns its id.
    ///
    /// # Errors
    /// The claim is not open.
    pub fn open(&self, steps: &mut Steps, on: &ClaimedOrder) -> Result<String> {
        let new = json!({
            "id": on.claim, "order": on.order, "placed_at_ms": on.placed_ms, "merchant": shop_id(on.shop),
            "buyer": format!("buyer-of-{}", on.claim), "kind": "free_return", "about": "other", "amount_minor": 690,
            "currency": "USD", "reason": "The postage of the return was not paid.",
        });
        let new = new.to_string();
        let opened = timed(&mut steps.open, || self.client.post("claims", JSON, new.as_bytes()))?;
        in_state(&opened, "open")?;
        Ok(opened["claim"].as_str().context("the claim has no id")?.to_owned())
    }

    /// Grants or refuses a claim, by its shop.
    ///
    /// # Errors
    /// The claim is neither granted nor refused.
    pub fn answer(&self, steps: &mut Steps, shop: usize, claim: &str, grants: bool) -> Result<()> {
        let (answer, then) = if grants { ("grant", "granted") } else { ("refuse", "refused") };
        let (path, body) = (format!("claims/{claim}/answer"), json!({ "answer": answer, "words": WORDS }).to_string());
        let token = &self.shops.0[shop];
        in_state(&timed(&mut steps.answer, || self.client.post_as(token, &path, JSON, body.as_bytes()))?, then)
    }

    /// Takes a refused claim on. Without a room a moderator decides.
    ///
    /// # Errors
    /// The claim is not in review.
    pub fn escalate(&self, steps: &mut Steps, claim: &str) -> Result<()> {
        let path = format!("claims/{claim}/escalate");
        in_state(&timed(&mut steps.escalate, || self.client.post(&path, JSON, b"{}"))?, "in_review")
    }

    /// Decides a claim in review.
    ///
    /// # Errors
    /// The claim is neither granted nor denied.
    pub fn decide(&self, steps: &mut Steps, claim: &str, grants: bool) -> Result<()> {
        let (decision, then) = if grants { ("grant", "granted") } else { ("deny", "denied") };
        let (path, body) =
            (format!("claims/{claim}/decide"), json!({ "decision": decision, "words": WORDS }).to_string());
        let decide = || self.client.post_as(&self.moderator, &path, JSON, body.as_bytes());
        in_state(&timed(&mut steps.decide, decide)?, then)
    }
}

/// Fails unless a claim is in this state.
pub(in crate::scenarios) fn in_state(claim: &Value, state: &str) -> Result<()> {
    ensure!(claim["state"] == state, "the claim should be {state}: {claim}");
    Ok(())
}
