//! The routes of trust, one method for each.

use live_jury_protocol::limits::PAGE_ITEMS_MAX;
use live_jury_protocol::trust::{
    AnswerClaim, Appeal, Application, Bucket, BucketDetails, Buckets, Claim, CloseBucket, DecideAppeal,
    DecideApplication, DecideClaim, DecideListing, DraftListing, IndexAnswer, Listing, Measure, NewAppeal, NewBan,
    PartyDraft, PartyStanding, PoliciesAnswer, Promises, SideStatement, SignalsAnswer, StepWords, TrustParty,
    Violation,
};
use live_jury_protocol::{CaseId, Page, ReplayWebhook, RoomId, WebhookTargets};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Api, ApiError, Call, encode};

/// Limits the items that are read of a list. The desk shows far fewer, and those behind them come later.
const LIST_ITEMS_MAX: usize = 1_000;

/// A stored thing that the server cannot read.
#[derive(Deserialize)]
struct UnreadableItem {
    unreadable: bool,
}

/// The parts of a draft that the desk shows. Whole cases would bring their code into its program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DraftHead {
    /// The case.
    pub id: CaseId,
    /// The title.
    #[serde(default)]
    pub title: String,
    /// The statements of the sides.
    #[serde(default)]
    pub statements: Option<DraftSides>,
}

impl DraftHead {
    /// Whether the merchant has given its side.
    #[must_use]
    pub fn has_side(&self) -> bool {
        self.statements.as_ref().is_some_and(|sides| !sides.merchant.is_empty())
    }
}

/// The statements in a draft; empty until a side has given its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DraftSides {
    /// The merchant's.
    pub merchant: String,
}

impl Api {
    /// The policies that a case may name. A server without trust answers 404.
    ///
    /// # Errors
    /// The call failed.
    pub async fn policies(self) -> Result<PoliciesAnswer, ApiError> {
        self.read(Call::get("/api/v1/trust/policies".to_owned())).await
    }

    /// Reads a merchant's index with its steps, dimensions and signals.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn index(self, merchant: &str) -> Result<IndexAnswer, ApiError> {
        self.read(Call::get(format!("/api/v1/trust/merchants/{}/index?explain=true", encode(merchant)))).await
    }

    /// Reads the definitions of all signals.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn signals(self) -> Result<SignalsAnswer, ApiError> {
        self.read(Call::get("/api/v1/trust/signals".to_owned())).await
    }

    /// Reads how far each target of webhooks is.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn webhooks(self) -> Result<WebhookTargets, ApiError> {
        self.read(Call::get("/api/v1/trust/webhooks".to_owned())).await
    }

    /// Delivers to a target once more what was filed after a place in the order of commits.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn replay_webhook(self, name: &str, after: u64) -> Result<(), ApiError> {
        let path = format!("/api/v1/trust/webhooks/{}/replay", encode(name));
        self.send(Call::post(path).body(&ReplayWebhook { after })?).await.map(drop)
    }

    /// Reads the standing of the merchant whose token this is.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn my_standing(self) -> Result<PartyStanding, ApiError> {
        self.read(Call::get("/api/v1/trust/me".to_owned())).await
    }

    /// Reads the standing of a party.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn party(self, party: &TrustParty) -> Result<PartyStanding, ApiError> {
        self.read(Call::get(party_path(party))).await
    }

    /// Reads all violations in a state.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn violations(self, state: &str) -> Result<Vec<Violation>, ApiError> {
        self.read_all(&format!("/api/v1/trust/violations?state={state}")).await
    }

    /// Reads all appeals in a state.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn appeals(self, state: &str) -> Result<Vec<Appeal>, ApiError> {
        self.read_all(&format!("/api/v1/trust/appeals?state={state}")).await
    }

    /// Reads all applications in a state.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn applications(self, state: &str) -> Result<Vec<Application>, ApiError> {
        self.read_all(&format!("/api/v1/trust/applications?state={state}")).await
    }

    /// Decides about an application that is held.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn decide_application(
        self,
        id: Uuid,
        version: u64,
        decision: &DecideApplication,
    ) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/applications/{id}/decide")).body(decision)?;
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Reads all listings in a state.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn listings(self, state: &str) -> Result<Vec<Listing>, ApiError> {
        self.read_all(&format!("/api/v1/trust/listings?state={state}")).await
    }

    /// Reads a merchant's listings in a state.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn listings_of(self, merchant: &str, state: &str) -> Result<Vec<Listing>, ApiError> {
        self.read_all(&format!("/api/v1/trust/listings?merchant={}&state={state}", encode(merchant))).await
    }

    /// Reads a listing.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn listing(self, screening: Uuid) -> Result<Listing, ApiError> {
        self.read(Call::get(format!("/api/v1/trust/listings/{screening}"))).await
    }

    /// Sends a look-alike name to the viewers of a room.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn draft_listing(self, id: Uuid, version: u64, room: String) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/listings/{id}/draft")).body(&DraftListing { room })?;
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Decides about a listing that a person must look at.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn decide_listing(self, id: Uuid, version: u64, decision: &DecideListing) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/listings/{id}/decide")).body(decision)?;
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Reads all claims in a state.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn claims(self, state: &str) -> Result<Vec<Claim>, ApiError> {
        self.read_all(&format!("/api/v1/trust/claims?state={state}")).await
    }

    /// Reads the claims of a merchant.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn claims_of(self, merchant: &str) -> Result<Vec<Claim>, ApiError> {
        self.read_all(&format!("/api/v1/trust/claims?merchant={}", encode(merchant))).await
    }

    /// Answers a claim, for its merchant.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn answer_claim(self, id: Uuid, version: u64, answer: &AnswerClaim) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/claims/{id}/answer")).body(answer)?;
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Decides about a claim in review.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn decide_claim(self, id: Uuid, version: u64, decision: &DecideClaim) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/claims/{id}/decide")).body(decision)?;
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Reads what a merchant promises.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn promises(self, merchant: &str) -> Result<Promises, ApiError> {
        self.read(Call::get(format!("/api/v1/trust/merchants/{}/promises", encode(merchant)))).await
    }

    /// Reads the heads of a room's drafts. Those that the server cannot read have neither title nor statements.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn draft_heads(self, room: &RoomId) -> Result<Vec<DraftHead>, ApiError> {
        self.read_all(&format!("/api/v1/rooms/{room}/cases?state=draft")).await
    }

    /// Reads all measures in force.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn measures_in_force(self) -> Result<Vec<Measure>, ApiError> {
        self.read_all("/api/v1/trust/measures?state=in_force").await
    }

    /// Reads a list of trust, page by page.
    async fn read_all<T: DeserializeOwned>(self, path: &str) -> Result<Vec<T>, ApiError> {
        let (mut items, mut before) = (Vec::new(), None::<String>);
        loop {
            let place = before.as_deref().map(|before| format!("&before={}", encode(before))).unwrap_or_default();
            let page: Page<Box<RawValue>> =
                self.read(Call::get(format!("{path}&limit={PAGE_ITEMS_MAX}{place}"))).await?;
            for item in page.items {
                match serde_json::from_str(item.get()) {
                    Ok(item) => items.push(item),
                    // The server cannot read it, and it must hide no other.
                    Err(_) if serde_json::from_str::<UnreadableItem>(item.get()).is_ok_and(|item| item.unreadable) => {}
                    Err(_) => return Err(ApiError::Unreadable),
                }
            }
            match page.next {
                Some(next) if items.len() < LIST_ITEMS_MAX => before = Some(next),
                _ => return Ok(items),
            }
        }
    }

    /// Reads the buckets of reports of a room that have not ended.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn buckets(self, room: &RoomId) -> Result<Buckets, ApiError> {
        self.read(Call::get(format!("/api/v1/rooms/{room}/buckets"))).await
    }

    /// Reads a bucket with its reports.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn bucket(self, id: &str) -> Result<BucketDetails, ApiError> {
        self.read(Call::get(format!("/api/v1/trust/buckets/{}", encode(id)))).await
    }

    /// Files the draft of a bucket that waits.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn draft_bucket(self, id: &str, version: u64) -> Result<Bucket, ApiError> {
        let call = Call::post(format!("/api/v1/trust/buckets/{}/draft", encode(id)));
        self.read(call.at_version(version)).await
    }

    /// Closes a bucket that waits as unfounded.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn close_bucket(self, id: &str, version: u64, words: String) -> Result<Bucket, ApiError> {
        let call = Call::post(format!("/api/v1/trust/buckets/{}/close", encode(id))).body(&CloseBucket { words })?;
        self.read(call.at_version(version)).await
    }

    /// Takes a moderator's step on a violation: `confirm`, `dismiss` or `withdraw`.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn violation_step(self, id: Uuid, version: u64, step: &str, words: String) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/violations/{id}/{step}")).body(&StepWords { words })?;
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Bans a party for some of its violations.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn ban(self, party: &TrustParty, ban: &NewBan) -> Result<(), ApiError> {
        self.send(Call::post(format!("{}/ban", party_path(party))).body(ban)?).await.map(drop)
    }

    /// Lifts the ban of a party.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn unban(self, party: &TrustParty, words: String) -> Result<(), ApiError> {
        self.send(Call::post(format!("{}/unban", party_path(party))).body(&StepWords { words })?).await.map(drop)
    }

    /// Files an appeal.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn file_appeal(self, appeal: &NewAppeal) -> Result<Appeal, ApiError> {
        self.read(Call::post("/api/v1/trust/appeals".to_owned()).body(appeal)?).await
    }

    /// Gives the merchant's side to a draft about it.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn put_statement(self, case: CaseId, text: &str) -> Result<PartyDraft, ApiError> {
        let call = Call { method: "PUT", ..Call::get(format!("/api/v1/trust/cases/{case}/statement")) };
        self.read(call.body(&SideStatement { text: text.to_owned() })?).await
    }

    /// Withdraws an appeal.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn withdraw_appeal(self, id: Uuid, version: u64) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/appeals/{id}/withdraw"));
        self.send(call.at_version(version)).await.map(drop)
    }

    /// Decides about an appeal.
    ///
    /// # Errors
    /// As in [`ApiError`].
    pub async fn decide_appeal(self, id: Uuid, version: u64, decision: &DecideAppeal) -> Result<(), ApiError> {
        let call = Call::post(format!("/api/v1/trust/appeals/{id}/decide")).body(decision)?;
        self.send(call.at_version(version)).await.map(drop)
    }
}

fn party_path(party: &TrustParty) -> String {
    format!("/api/v1/trust/parties/{}/{}", encode(&party.kind), encode(&party.id))
}
