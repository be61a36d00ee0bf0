//! Rows of screened listings and of lists, as the server works with them. It sends no statement.

use live_jury_protocol::{CaseId, RoomId};
use live_jury_trust::Party;
use live_jury_trust::listing::{Hit, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::sql::row::{Columns, Malformed};

/// The present state of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingState {
    /// It is live.
    Passed,
    /// It is live, and a person looks.
    Review,
    /// A person looks before it goes live.
    Held,
    /// It does not go live, and a person looks.
    Blocked,
    /// A person let it go live.
    Released,
    /// A person found that it breaks a policy.
    Removed,
}

impl ListingState {
    /// All states.
    pub const ALL: [Self; 6] = [Self::Passed, Self::Review, Self::Held, Self::Blocked, Self::Released, Self::Removed];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Review => "review",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Released => "released",
            Self::Removed => "removed",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The first state of an outcome.
    #[must_use]
    pub const fn after(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass => Self::Passed,
            Outcome::Review => Self::Review,
            Outcome::Hold => Self::Held,
            Outcome::Block => Self::Blocked,
        }
    }

    /// Whether a person is to decide.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Review | Self::Held | Self::Blocked)
    }

    /// Whether it is kept from buyers, so that its shop may appeal.
    #[must_use]
    pub const fn is_stopped(self) -> bool {
        matches!(self, Self::Held | Self::Blocked | Self::Removed)
    }
}

/// The hash of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredImage {
    /// The hash; none of a picture that could not be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdq: Option<String>,
    /// The quality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
}

/// The jury that a look-alike name was sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingJury {
    /// The case of the question.
    pub case: CaseId,
    /// The room whose viewers judge it.
    pub room: RoomId,
    /// The moderator who sent it.
    pub by: String,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The result, once there is one.
    pub result: Option<String>,
}

/// A screened version of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct ListingRow {
    /// The id under which people decide.
    pub screening: Uuid,
    /// The number of the last step.
    pub step: u64,
    /// The platform's id.
    pub id: String,
    /// The platform's version.
    pub version: u64,
    /// The shop.
    pub party: Party,
    /// The title.
    pub title: String,
    /// The description.
    pub description: String,
    /// The category.
    pub category: String,
    /// The brand that it names.
    pub brand: Option<String>,
    /// The GTIN that it names.
    pub gtin: Option<String>,
    /// The price.
    pub price_minor: u64,
    /// The currency.
    pub currency: String,
    /// The pictures.
    pub images: Vec<StoredImage>,
    /// The hash of the request.
    pub digest: Vec<u8>,
    /// The first outcome.
    pub outcome: Outcome,
    /// The hits.
    pub hits: Vec<Hit>,
    /// The version of the screening.
    pub model: String,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// Whether it had not sold anything then.
    pub before_sale: bool,
    /// The present state.
    pub state: ListingState,
    /// The time by which a person is to decide, in Unix milliseconds.
    pub due_ms: Option<u64>,
    /// `confirmed` or `overturned`.
    pub decision: Option<String>,
    /// The time of the decision, in Unix milliseconds.
    pub decided_at_ms: Option<u64>,
    /// The moderator who decided.
    pub by: Option<String>,
    /// The words.
    pub words: Option<String>,
    /// The violation that a confirmation made.
    pub violation: Option<Uuid>,
    /// The jury that its name was sent to.
    pub jury: Option<ListingJury>,
    /// Its appeal, if it has or had one.
    pub appeal: Option<Uuid>,
}

impl ListingRow {
    /// The time since which it is in its state, in Unix milliseconds.
    #[must_use]
    pub fn since_ms(&self) -> u64 {
        self.decided_at_ms.unwrap_or(self.at_ms)
    }
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryRow {
    /// The id.
    pub id: String,
    /// The version.
    pub version: u64,
    /// The entry.
    pub entry: Value,
    /// The listings that it hit.
    pub hits: u64,
    /// Those that people confirmed.
    pub confirmed: u64,
    /// Those that people released.
    pub overturned: u64,
    /// The time of the last change, in Unix milliseconds.
    pub changed_ms: u64,
    /// Its author.
    pub changed_by: String,
}

/// The columns of a listing. Its hits are read apart.
macro_rules! select_listings {
    ($rest:literal) => {
        concat!(
            "SELECT id, version, screening, step, merchant, title, description, category, brand, gtin, price_minor, \
             currency, images, digest, outcome, model, at_ms, before_sale, state, due_ms, decision, decided_at_ms, \
             decided_by, words, violation, jury_case, jury_room, jury_by, jury_ms, jury_result, \
             (SELECT appeal.id FROM trust_appeal AS appeal WHERE appeal.target = one.screening) AS appeal_id \
             FROM trust_listing AS one ",
            $rest
        )
    };
}
pub(super) use select_listings;

pub(super) fn listing(row: &impl Columns) -> Result<ListingRow, Malformed> {
    let (state, outcome) = (row.text("state")?, row.text("outcome")?);
    Ok(ListingRow {
        screening: row.uuid("screening")?,
        step: row.number("step")?,
        id: row.text("id")?,
        version: row.number("version")?,
        party: Party::merchant(&row.text("merchant")?),
        title: row.text("title")?,
        description: row.text("description")?,
        category: row.text("category")?,
        brand: row.maybe_text("brand")?,
        gtin: row.maybe_text("gtin")?,
        price_minor: row.number("price_minor")?,
        currency: row.text("currency")?,
        images: row.json("images")?,
        digest: row.bytes("digest")?.to_vec(),
        outcome: Outcome::from_name(&outcome).ok_or_else(|| Malformed::new("outcome", "is no outcome"))?,
        hits: Vec::new(),
        model: row.text("model")?,
        at_ms: row.number("at_ms")?,
        before_sale: row.number("before_sale")? == 1,
        state: ListingState::from_name(&state).ok_or_else(|| Malformed::new("state", "is no state of a listing"))?,
        due_ms: row.maybe_number("due_ms")?,
        decision: row.maybe_text("decision")?,
        decided_at_ms: row.maybe_number("decided_at_ms")?,
        by: row.maybe_text("decided_by")?,
        words: row.maybe_text("words")?,
        violation: row.maybe_uuid("violation")?,
        jury: jury(row)?,
        appeal: row.maybe_uuid("appeal_id")?,
    })
}

fn jury(row: &impl Columns) -> Result<Option<ListingJury>, Malformed> {
    let Some(case) = row.maybe_uuid("jury_case")? else { return Ok(None) };
    let room: Option<RoomId> = row.maybe_parsed("jury_room")?;
    Ok(Some(ListingJury {
        case: CaseId(case),
        room: room.ok_or_else(|| Malformed::new("jury_room", "is missing"))?,
        by: row.text("jury_by")?,
        at_ms: row.number("jury_ms")?,
        result: row.maybe_text("jury_result")?,
    }))
}

pub(super) fn entry(row: &impl Columns) -> Result<EntryRow, Malformed> {
    Ok(EntryRow {
        id: row.text("id")?,
        version: row.number("version")?,
        entry: row.json("entry")?,
        hits: row.number("hits")?,
        confirmed: row.number("confirmed")?,
        overturned: row.number("overturned")?,
        changed_ms: row.number("changed_ms")?,
        changed_by: row.text("changed_by")?,
    })
}
