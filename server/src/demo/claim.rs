//! A claim on a promise of the demo's shop. The shop refuses it, the room judges it, and the shop does not give what
//! the verdict orders. So the platform gives it. All but the opening of the case goes through the public routes, and
//! the server decides.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use live_jury_protocol::trust::{AnswerClaim, Claim, NewClaim};
use live_jury_protocol::{CaseId, NewCase, Role};
use live_jury_trust::claim::Hour;
use live_jury_trust::promise::PromiseKind;
use serde::Serialize;
use serde_json::{Value, json};

use super::jurors::Client;
use super::orders;
use super::platform::Platform;
use super::requests::{self, BodyRequest};
use crate::lifecycle::{Lifecycle, LifecycleError, ModeratorRequest};

/// An hour on the clocks of claims and remedies in the demo: 72 of them are over in 36 seconds.
pub const HOUR: Hour = Hour::of_ms(500);
/// The longest time for which the case is open, in seconds. So a newcomer sees the remedy late within five minutes.
const CASE_S_MAX: u64 = 60;
/// The quorum of the case, which is that of the room's other cases.
const QUORUM: u64 = 20;
/// The actor of the opening in the audit trail.
const OPENED_BY: &str = "demo";
/// The order that the claim is about: a week old, by its place in the month of orders.
const ORDER: u64 = 560;
/// The postage that the buyer asks for, in cents.
const POSTAGE_MINOR: u64 = 690;
/// The time between two looks at the draft, and the looks until it must be there: the server files it within a second.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS: u32 = 20;
/// The time between two looks at the messages of the platform.
const PLATFORM_LOOK: Duration = Duration::from_secs(1);
/// The time after which something owed is given, once the platform knows of it. People read meanwhile.
const GIVEN_AFTER: Duration = Duration::from_secs(12);

/// The claim of a room.
#[derive(Clone)]
pub struct RoomClaim {
    client: Client,
    /// The case of the claim. The shop does not give in time what the verdict orders.
    case: Arc<OnceLock<CaseId>>,
}

/// The words of the buyer and of the shop.
struct Words {
    reason: &'static str,
    refusal: &'static str,
}

const ENGLISH: Words = Words {
    reason: "Free returns were promised when I bought it. I sent the scarf back unworn, and paid for its way.",
    refusal: "The parcel came back without its box, so we count it as used and do not pay for its way.",
};
const CHINESE: Words = Words {
    reason: "下单时店铺承诺退货包运费。丝巾未使用已退回，店铺却拒付运费。",
    refusal: "退回的包裹没有原包装盒，我们视为已使用，因此不承担这次退货的运费。",
};

impl RoomClaim {
    /// The claim of the client's room, which is not filed yet.
    pub fn new(client: Client) -> Self {
        Self { client, case: Arc::default() }
    }

    /// Files the claim, has the shop refuse it, takes it to the room, and opens its case for so many seconds at most.
    ///
    /// # Errors
    /// A request failed, or the server filed no draft.
    pub async fn open(&self, lifecycle: &Lifecycle, case_s: u64) -> anyhow::Result<()> {
        let merchant = self.client.room.shop().merchant.context("the room has no shop")?;
        let platform = self.client.mint.token_of_all(Role::Platform, "demo-platform", None)?;
        let shop = self.client.mint.token_of_all(Role::Merchant, "demo-shop", Some(merchant.clone()))?;
        let words = self.words();
        let new = new_claim(self.client.room.name, &merchant, words.reason, self.client.clock.now_ms());
        let filed: Claim = self.post(&platform, "claims", &new).await?;
        let steps = format!("claims/{}", filed.claim);
        let refusal =
            AnswerClaim { answer: "refuse".to_owned(), words: words.refusal.to_owned(), evidence: Vec::new() };
        let _: Claim = self.post(&shop, &format!("{steps}/answer"), &refusal).await?;
        let escalated: Claim = self.post(&platform, &format!("{steps}/escalate"), &json!({})).await?;
        let id = escalated.case.context("the claim has no case")?;
        let _ = self.case.set(id);
        let draft = drafted(lifecycle, id).await?;
        let moderator =
            ModeratorRequest { sub: OPENED_BY.to_owned(), version: None, all_rooms: true, is_platform: false };
        let short = |brief: &NewCase| {
            let mut brief = NewCase { duration_s: Some(case_s.min(CASE_S_MAX)), ..brief.clone() };
            brief.rules.quorum = QUORUM;
            Ok(brief)
        };
        let draft = lifecycle.edit::<LifecycleError>(draft, &moderator, short).await?;
        lifecycle.open(draft, &moderator).await?;
        Ok(())
    }

    /// The platform gives what verdicts order and what the shop did not give, each once it was told of it.
    pub async fn settle(self, platform: Platform) {
        let Some(merchant) = self.client.room.shop().merchant else { return };
        let mut given = BTreeSet::new();
        loop {
            tokio::time::sleep(PLATFORM_LOOK).await;
            for owed in self.owed(&platform) {
                if !given.insert(owed.clone()) {
                    continue;
                }
                tokio::time::sleep(GIVEN_AFTER).await;
                if let Err(error) = self.give(&merchant, &owed).await {
                    tracing::warn!(%error, room = self.client.room.name, "the demo's platform gave no remedy");
                }
            }
        }
    }

    /// The fields of facts about what the platform has to give, by the messages that it took.
    fn owed(&self, platform: &Platform) -> Vec<(&'static str, String)> {
        let of_claim = self.case.get().map(ToString::to_string);
        let text = |data: &Value, name: &str| data[name].as_str().map(str::to_owned);
        let recorded = platform.data_of(self.client.room, "case.recorded");
        let decided = recorded.iter().filter(|data| data["outcome"] == "decided");
        let cases = decided.filter_map(|data| text(data, "case")).filter(|id| Some(id) != of_claim.as_ref());
        let breached = platform.data_of(self.client.room, "claim.breached");
        let claims = breached.iter().filter_map(|data| text(data, "claim"));
        cases.map(|id| ("case", id)).chain(claims.map(|id| ("claim", id))).collect()
    }

    async fn give(&self, merchant: &str, (field, id): &(&'static str, String)) -> anyhow::Result<()> {
        let mut fact = json!({ "id": format!("demo-given-{id}"), "type": "remedy.done", "merchant": merchant,
            "at_ms": self.client.clock.now_ms(), "accepted": true });
        fact[*field] = id.as_str().into();
        let token = self.client.mint.token_of_all(Role::Platform, "demo-platform", None)?;
        let url = self.url("facts");
        let (content_type, body) = ("application/x-ndjson", format!("{fact}\n"));
        requests::post(BodyRequest { url, token, content_type, body }).await.map(drop)
    }

    async fn post(&self, token: &str, path: &str, body: &impl Serialize) -> anyhow::Result<Claim> {
        let (url, body) = (self.url(path), serde_json::to_string(body)?);
        let request = BodyRequest { url, token: token.to_owned(), content_type: "application/json", body };
        serde_json::from_str(&requests::post(request).await?).context("the claim cannot be read")
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1/trust/{path}", self.client.address)
    }

    fn words(&self) -> Words {
        if self.client.room.lang == "zh-CN" { CHINESE } else { ENGLISH }
    }
}

/// The claim on the postage of a return.
fn new_claim(room: &str, merchant: &str, reason: &str, now_ms: u64) -> NewClaim {
    NewClaim {
        id: format!("demo-claim-{merchant}"),
        order: orders::id(merchant, ORDER),
        placed_at_ms: orders::placed_ms(ORDER, now_ms),
        merchant: merchant.to_owned(),
        buyer: format!("buyer-{ORDER}"),
        kind: PromiseKind::FreeReturn.as_str().to_owned(),
        about: "other".to_owned(),
        amount_minor: POSTAGE_MINOR,
        currency: orders::CURRENCY.to_owned(),
        room: Some(room.to_owned()),
        reason: reason.to_owned(),
        evidence: Vec::new(),
        buyer_orders_90d: None,
    }
}

/// The draft of the claim, which the server files by itself.
async fn drafted(lifecycle: &Lifecycle, id: CaseId) -> anyhow::Result<live_jury_court::Case> {
    for _ in 0..LOOKS {
        match lifecycle.read_case(id).await {
            Err(LifecycleError::NotFound) => tokio::time::sleep(LOOK).await,
            other => return Ok(other?),
        }
    }
    anyhow::bail!("the server filed no draft of the claim")
}

#[cfg(test)]
mod tests {
    use live_jury_trust::claim::{ESCALATE_MS, FULFIL_MS};

    use super::super::rooms::ROOMS;
    use super::*;

    #[test]
    fn a_remedy_is_late_within_five_minutes_and_an_escalation_is_in_time() {
        // The first case, the pause, the claim's case, and the clock; then the platform gives it.
        let late_ms = (150 + 30 + CASE_S_MAX) * 1_000 + HOUR.scale(FULFIL_MS);
        assert!(late_ms + 2_000 + GIVEN_AFTER.as_secs() * 1_000 <= 300_000, "{late_ms}");
        assert!(HOUR.scale(ESCALATE_MS) > 60_000, "the shop's refusal is escalated at once");
    }

    #[test]
    fn the_words_are_within_every_limit_and_the_order_is_covered() {
        let now_ms = 1_795_000_000_000;
        for (room, words) in ROOMS.iter().zip([ENGLISH, CHINESE]) {
            assert!((20..=2_000).contains(&words.refusal.chars().count()));
            let claim = new_claim(room.name, &room.shop().merchant.unwrap(), words.reason, now_ms);
            assert!((1..=2_000).contains(&claim.reason.chars().count()));
            assert!(claim.placed_at_ms > super::super::past::promised_ms(now_ms) && claim.placed_at_ms < now_ms);
        }
    }
}
