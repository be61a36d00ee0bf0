//! The demo's platform: it is told by webhooks what follows from verdicts, checks each message, and shows the newest
//! ones to the newcomer. It decides nothing.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use data_encoding::BASE64;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::rooms::DemoRoom;
use crate::clock::Clock;
use crate::webhooks::WebhookSecret;

/// Random bytes of the secret that signs the messages.
const SECRET_BYTES: usize = 32;
/// The newest messages that are kept: those of some cases in each room.
const MESSAGES_MAX: usize = 200;
/// The largest distance between a message's time and the clock, in seconds, as Standard Webhooks advises.
const CLOCKS_APART_S: u64 = 300;
/// Path of the platform's own listener that takes messages.
const PATH: &str = "/hooks/live-jury";

/// The messages that the platform took. Clones share them.
#[derive(Clone)]
pub struct Platform {
    secret: WebhookSecret,
    clock: Arc<dyn Clock>,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    /// Newest first.
    messages: VecDeque<Message>,
    /// By party.
    shops: BTreeMap<String, ShopStanding>,
}

/// A message, as it came.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Its `webhook-id`.
    id: String,
    /// Its `type`, `timestamp` and `data`.
    #[serde(flatten)]
    body: Value,
}

/// The last values that the platform was told of a merchant or a host.
#[derive(Clone, Debug, Default, Serialize)]
struct ShopStanding {
    points: Option<Value>,
    tier: Option<Value>,
    m: Option<Value>,
}

/// The shop of a room, as the platform knows it by its messages.
#[derive(Clone, Debug, Serialize)]
pub struct ToldOfShop {
    merchant: Option<String>,
    #[serde(flatten)]
    standing: ShopStanding,
    messages: Vec<Message>,
}

impl Platform {
    /// Listens on this machine for messages, and writes the file of targets that names the listener. The future serves
    /// it until it is dropped.
    ///
    /// # Errors
    /// The listener or the file could not be made.
    pub async fn listen(
        clock: Arc<dyn Clock>,
        targets: &Path,
    ) -> anyhow::Result<(Self, impl Future<Output = ()> + Send + use<>)> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes).context("the system gave no random bytes")?;
        let text = format!("whsec_{}", BASE64.encode(&bytes));
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("http://{}{PATH}", listener.local_addr()?);
        let file = json!({ "targets": [{ "name": "demo", "url": url, "secrets": [&text], "events": ["*"] }] });
        std::fs::write(targets, file.to_string()).context("the temporary folder is not writable")?;
        let platform = Self { secret: text.parse().map_err(anyhow::Error::msg)?, clock, told: Arc::default() };
        let router = Router::new().route(PATH, post(take)).with_state(platform.clone());
        let serving = async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the demo's platform takes no messages any more");
            }
        };
        Ok((platform, serving))
    }

    /// The messages about the room's shop, about its cases, about the one that was closed and applies again, and about
    /// the one that offers copies.
    #[must_use]
    pub fn told_of(&self, of: DemoRoom) -> ToldOfShop {
        let (room, shop) = (of.name, of.shop());
        let others = [of.closed_shop, of.newcomer, of.copying_shop].map(Some);
        let parties = [&[shop.merchant.as_deref(), shop.host.as_deref()][..], &others].concat();
        let is_of_shop = |message: &&Message| {
            let data = &message.body["data"];
            let party = data["party"]["id"].as_str();
            data["room"].as_str() == Some(room) || party.is_some() && parties.contains(&party)
        };
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = shop.merchant.as_ref().and_then(|merchant| told.shops.get(merchant)).cloned();
        ToldOfShop {
            merchant: shop.merchant.clone(),
            standing: standing.unwrap_or_default(),
            messages: told.messages.iter().filter(is_of_shop).cloned().collect(),
        }
    }

    /// The data of messages of a type about the room's shop and its cases, newest first.
    pub fn data_of(&self, of: DemoRoom, kind: &str) -> Vec<Value> {
        let messages = self.told_of(of).messages.into_iter().filter(|message| message.body["type"] == kind);
        messages.map(|mut message| message.body["data"].take()).collect()
    }

    /// Keeps a message once, however often it comes.
    fn keep(&self, id: &str, body: Value) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.messages.iter().any(|message| message.id == id) {
            return;
        }
        let data = &body["data"];
        if let Some(party) = data["party"]["id"].as_str() {
            let shop = told.shops.entry(party.to_owned()).or_default();
            match body["type"].as_str() {
                Some("standing.changed") => {
                    (shop.points, shop.tier) = (Some(data["points"].clone()), Some(data["tier"].clone()));
                }
                Some("exposure.changed") => shop.m = Some(data["m"].clone()),
                _ => {}
            }
        }
        told.messages.push_front(Message { id: id.to_owned(), body });
        told.messages.truncate(MESSAGES_MAX);
    }

    /// The answer to a message.
    fn take(&self, headers: &HeaderMap, text: &str) -> StatusCode {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let at_s = header("webhook-timestamp").and_then(|text| text.parse::<u64>().ok());
        let (Some(id), Some(at_s), Some(signatures)) = (header("webhook-id"), at_s, header("webhook-signature")) else {
            return StatusCode::BAD_REQUEST;
        };
        let is_fresh = at_s.abs_diff(self.clock.now_ms() / 1_000) <= CLOCKS_APART_S;
        if !is_fresh || !self.secret.has_signed(id, at_s, text, signatures) {
            return StatusCode::UNAUTHORIZED;
        }
        match serde_json::from_str(text) {
            Ok(body) => {
                self.keep(id, body);
                StatusCode::NO_CONTENT
            }
            Err(_) => StatusCode::BAD_REQUEST,
        }
    }
}

async fn take(State(platform): State<Platform>, headers: HeaderMap, text: String) -> StatusCode {
    platform.take(&headers, &text)
}

#[cfg(test)]
mod tests {
    use super::super::rooms::ROOMS;
    use super::*;
    use crate::clock::SystemClock;

    fn platform() -> Platform {
        let secret = format!("whsec_{}", BASE64.encode(&[7; SECRET_BYTES])).parse().unwrap();
        Platform { secret, clock: SystemClock::shared(), told: Arc::default() }
    }

    /// A delivery of this message, signed by the platform's secret.
    fn delivery(platform: &Platform, id: &str, text: &str) -> HeaderMap {
        let at_s = platform.clock.now_ms() / 1_000;
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", at_s.to_string().parse().unwrap());
        headers.insert("webhook-signature", platform.secret.sign(id, at_s, text).parse().unwrap());
        headers
    }

    #[test]
    fn a_message_counts_once_and_tells_the_shops_standing() {
        let (platform, room) = (platform(), ROOMS[0]);
        let shop = room.shop().merchant;
        for (id, kind, data) in [
            ("1", "standing.changed", json!({ "party": { "id": shop }, "points": 6, "tier": "clear" })),
            ("2", "exposure.changed", json!({ "party": { "id": shop }, "m": 0.98 })),
            ("2", "exposure.changed", json!({ "party": { "id": shop }, "m": 0.98 })),
            ("5", "application.decided", json!({ "party": { "id": room.newcomer }, "outcome": "hold" })),
            ("3", "standing.changed", json!({ "party": { "id": "other" }, "points": 48, "tier": "suspended" })),
            ("4", "case.opened", json!({ "room": "demo" })),
        ] {
            let text = json!({ "type": kind, "timestamp": "2026-11-27T10:00:00Z", "data": data }).to_string();
            assert_eq!(platform.take(&delivery(&platform, id, &text), &text), StatusCode::NO_CONTENT);
        }
        let told = platform.told_of(room);
        assert_eq!(told.messages.iter().map(|message| message.id.as_str()).collect::<Vec<_>>(), ["4", "5", "2", "1"]);
        assert_eq!((told.standing.points, told.standing.m), (Some(json!(6)), Some(json!(0.98))));
        assert_eq!(platform.data_of(room, "case.opened"), [json!({ "room": "demo" })]);
        assert!(platform.data_of(ROOMS[1], "case.opened").is_empty());
    }

    #[test]
    fn a_message_that_is_not_signed_or_old_is_refused() {
        let platform = platform();
        let headers = delivery(&platform, "1", "{}");
        assert_eq!(platform.take(&headers, "{ }"), StatusCode::UNAUTHORIZED);
        assert_eq!(platform.take(&HeaderMap::new(), "{}"), StatusCode::BAD_REQUEST);
        let at_s = platform.clock.now_ms() / 1_000 - CLOCKS_APART_S - 60;
        let mut late = headers;
        late.insert("webhook-timestamp", at_s.to_string().parse().unwrap());
        late.insert("webhook-signature", platform.secret.sign("1", at_s, "{}").parse().unwrap());
        assert_eq!(platform.take(&late, "{}"), StatusCode::UNAUTHORIZED);
        assert!(platform.told_of(ROOMS[0]).messages.is_empty());
    }
}
