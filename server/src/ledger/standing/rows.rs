//! Rows of the tables about the standing of parties, as the server works with them. It sends no statement.

use live_jury_protocol::{CaseId, RoomId};
use live_jury_trust::exposure::Gate;
use live_jury_trust::identity::decide::Entry;
use live_jury_trust::ladder::{self, State};
use live_jury_trust::policy::Policy;
use live_jury_trust::{Party, PartyKind};
use uuid::Uuid;

use super::case_id;
use crate::sql::row::{Columns, Malformed, report_unreadable};

/// A violation.
#[derive(Clone, Debug, PartialEq)]
pub struct ViolationRow {
    /// The id.
    pub id: Uuid,
    /// The version.
    pub version: u64,
    /// The party.
    pub party: Party,
    /// The policy, as it was at the opening of the case or at the filing.
    pub policy: Policy,
    /// `jury`, `screening`, `moderator` or `authority`.
    pub source: String,
    /// The case whose verdict made it.
    pub case: Option<CaseId>,
    /// The case that the first jury judged.
    pub root: Option<CaseId>,
    /// The case's room.
    pub room: Option<RoomId>,
    /// The merchant that the case names.
    pub merchant: Option<String>,
    /// The facts.
    pub facts: String,
    /// The points that x03 has of it.
    pub counted_points: u64,
    /// Whether the policy's signal has it.
    pub counted_signal: bool,
    /// The time of the decision, in Unix milliseconds.
    pub decided_at_ms: u64,
    /// The state.
    pub state: State,
    /// The reason of a void one.
    pub reason: Option<String>,
    /// The words of the moderator who took the last step.
    pub words: Option<String>,
    /// The moderator who filed or confirmed it.
    pub by: Option<String>,
    /// Its appeal, if it has or had one.
    pub appeal: Option<Uuid>,
}

impl ViolationRow {
    /// The violation, as the ladder counts it.
    #[must_use]
    pub fn on_ladder(&self) -> ladder::Violation {
        ladder::Violation {
            id: self.id.to_string(),
            policy: self.policy.id.clone(),
            base_points: self.policy.points,
            repeat: self.policy.repeat,
            decided_at_ms: self.decided_at_ms,
            state: self.state,
        }
    }
}

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureRow {
    /// The id, which its statement has, too.
    pub id: Uuid,
    /// The party.
    pub party: Party,
    /// The measure, as it limits an exposure.
    pub kind: Gate,
    /// The measure at the entry, if it is one.
    pub entry: Option<Entry>,
    /// The violation that started it; none of a ban, and at the entry.
    pub violation: Option<Uuid>,
    /// The points that led to it.
    pub points: u32,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// The end, in Unix milliseconds; none of a ban.
    pub until_ms: Option<u64>,
    /// The end of a banned party's account, in Unix milliseconds.
    pub account_ends_ms: Option<u64>,
    /// The time at which it was lifted, in Unix milliseconds.
    pub lifted_at_ms: Option<u64>,
    /// The reason for which it was lifted.
    pub reason: Option<String>,
    /// The words of the moderator who banned.
    pub words: Option<String>,
    /// The moderator who banned.
    pub by: Option<String>,
    /// Its appeal, if it has or had one.
    pub appeal: Option<Uuid>,
}

impl MeasureRow {
    /// The name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry.map_or_else(|| self.kind.as_str(), Entry::as_str)
    }

    /// Whether it is in force.
    #[must_use]
    pub fn is_in_force(&self, now_ms: u64) -> bool {
        let is_over = self.until_ms.is_some_and(|until_ms| until_ms <= now_ms);
        self.lifted_at_ms.is_none() && self.from_ms <= now_ms && !is_over
    }
}

/// The kind of target of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A violation.
    Violation,
    /// A measure.
    Measure,
    /// A version of a listing.
    Listing,
}

impl TargetKind {
    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Measure => "measure",
            Self::Listing => "listing",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Violation, Self::Measure, Self::Listing].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The state of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealState {
    /// Neither a jury nor a moderator has it yet.
    Filed,
    /// A second jury decides.
    InCourt,
    /// A moderator decides.
    InReview,
    /// The appeal is lost.
    Confirmed,
    /// The appeal is won.
    Overturned,
    /// The party took it back.
    Withdrawn,
}

impl AppealState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Filed, Self::InCourt, Self::InReview, Self::Confirmed, Self::Overturned, Self::Withdrawn];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::InCourt => "in_court",
            Self::InReview => "in_review",
            Self::Confirmed => "confirmed",
            Self::Overturned => "overturned",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the appeal is still to be decided.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Filed | Self::InCourt | Self::InReview)
    }
}

/// An appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealRow {
    /// The id.
    pub id: Uuid,
    /// The version.
    pub version: u64,
    /// The party.
    pub party: Party,
    /// The kind of target.
    pub target_kind: TargetKind,
    /// The target.
    pub target: Uuid,
    /// The party's text.
    pub text: String,
    /// The addresses of evidence.
    pub evidence: Vec<String>,
    /// The state.
    pub state: AppealState,
    /// The case whose verdict is appealed; none where no jury decided.
    pub appealed_case: Option<CaseId>,
    /// The case before the second jury.
    pub case: Option<CaseId>,
    /// Why a moderator reviews it.
    pub review_reason: Option<String>,
    /// The time of filing, in Unix milliseconds.
    pub filed_at_ms: u64,
    /// The time by which it is to be decided, in Unix milliseconds.
    pub due_ms: u64,
    /// The time of the decision, in Unix milliseconds.
    pub decided_at_ms: Option<u64>,
    /// The words of the moderator who decided.
    pub words: Option<String>,
    /// The moderator who decided.
    pub by: Option<String>,
}

/// The columns of a violation. The appeal of a confirmed listing is also that of its violation, unless it was decided
/// before the confirmation.
macro_rules! select_violations {
    ($rest:literal) => {
        concat!(
            "SELECT id, version, kind, party, policy, source, case_id, root_id, room, merchant, facts, counted_points, \
             counted_signal, decided_at_ms, state, appealed_at_ms, reason, words, decided_by, \
             coalesce((SELECT appeal.id FROM trust_appeal AS appeal WHERE appeal.target = one.id), \
             (SELECT appeal.id FROM trust_listing AS listing JOIN trust_appeal AS appeal \
             ON appeal.target = listing.screening WHERE listing.violation = one.id \
             AND (appeal.decided_at_ms IS NULL OR appeal.decided_at_ms >= listing.decided_at_ms))) AS appeal_id \
             FROM trust_violation AS one ",
            $rest
        )
    };
}
/// The columns of a measure.
macro_rules! select_measures {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, party, measure, act, violation, points, from_ms, until_ms, account_ends_ms, \
             lifted_at_ms, reason, words, decided_by, \
             (SELECT appeal.id FROM trust_appeal AS appeal WHERE appeal.target = one.id) AS appeal_id \
             FROM trust_measure AS one ",
            $rest
        )
    };
}
/// The columns of an appeal.
macro_rules! select_appeals {
    ($rest:literal) => {
        concat!(
            "SELECT id, version, kind, party, target_kind, target, text, evidence, state, appealed_case, case_id, \
             review_reason, filed_at_ms, due_ms, decided_at_ms, words, decided_by FROM trust_appeal ",
            $rest
        )
    };
}
pub(super) use {select_appeals, select_measures, select_violations};

pub(in crate::ledger) fn party(row: &impl Columns) -> Result<Party, Malformed> {
    let kind = row.text("kind")?;
    let kind = PartyKind::from_name(&kind).ok_or_else(|| Malformed::new("kind", "is no kind of party"))?;
    Ok(Party { kind, id: row.text("party")? })
}

/// The policy of a violation or of a ruling.
pub(super) fn policy(row: &impl Columns) -> Result<Policy, Malformed> {
    Policy::from_stored(&row.text("policy")?).map_err(|why| Malformed::new("policy", why))
}

/// A row of a list, of which at least the id can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRow<T> {
    /// The id.
    pub id: Uuid,
    /// The row; none if it cannot be read. It was reported.
    pub row: Option<T>,
}

/// Rows of a list. One that cannot be read hides no other.
pub(in crate::ledger) fn listed<R: Columns, T>(
    rows: &[R],
    parse: impl Fn(&R) -> Result<T, Malformed>,
) -> Vec<ListedRow<T>> {
    let one = |row: &R| {
        let id = row.uuid("id").inspect_err(|error| report_unreadable(error)).ok()?;
        Some(ListedRow {
            id,
            row: parse(row).inspect_err(|error| report_unreadable(&format_args!("{id}: {error}"))).ok(),
        })
    };
    rows.iter().filter_map(one).collect()
}

pub(super) fn violation(row: &impl Columns) -> Result<ViolationRow, Malformed> {
    let state = row.text("state")?;
    let state = match state.as_str() {
        "proposed" => State::Proposed,
        "active" => State::Active,
        "appealed" => State::Appealed { filed_at_ms: row.number("appealed_at_ms")? },
        "void" => State::Void,
        _ => return Err(Malformed::new("state", "is no state of a violation")),
    };
    Ok(ViolationRow {
        id: row.uuid("id")?,
        version: row.number("version")?,
        party: party(row)?,
        policy: policy(row)?,
        source: row.text("source")?,
        case: case_id(row.maybe_uuid("case_id")?),
        root: case_id(row.maybe_uuid("root_id")?),
        room: row.maybe_parsed("room")?,
        merchant: row.maybe_text("merchant")?,
        facts: row.text("facts")?,
        counted_points: row.number("counted_points")?,
        counted_signal: row.number("counted_signal")? == 1,
        decided_at_ms: row.number("decided_at_ms")?,
        state,
        reason: row.maybe_text("reason")?,
        words: row.maybe_text("words")?,
        by: row.maybe_text("decided_by")?,
        appeal: row.maybe_uuid("appeal_id")?,
    })
}

pub(super) fn measure(row: &impl Columns) -> Result<MeasureRow, Malformed> {
    let kind = row.text("measure")?;
    Ok(MeasureRow {
        id: row.uuid("id")?,
        party: party(row)?,
        kind: Gate::from_name(&kind).ok_or_else(|| Malformed::new("measure", "is no measure"))?,
        entry: row.maybe_text("act")?.as_deref().and_then(Entry::from_name),
        violation: row.maybe_uuid("violation")?,
        points: row.small("points")?,
        from_ms: row.number("from_ms")?,
        until_ms: row.maybe_number("until_ms")?,
        account_ends_ms: row.maybe_number("account_ends_ms")?,
        lifted_at_ms: row.maybe_number("lifted_at_ms")?,
        reason: row.maybe_text("reason")?,
        words: row.maybe_text("words")?,
        by: row.maybe_text("decided_by")?,
        appeal: row.maybe_uuid("appeal_id")?,
    })
}

pub(super) fn appeal(row: &impl Columns) -> Result<AppealRow, Malformed> {
    let (target, state) = (row.text("target_kind")?, row.text("state")?);
    Ok(AppealRow {
        id: row.uuid("id")?,
        version: row.number("version")?,
        party: party(row)?,
        target_kind: TargetKind::from_name(&target).ok_or_else(|| Malformed::new("target_kind", "is no target"))?,
        target: row.uuid("target")?,
        text: row.text("text")?,
        evidence: row.json("evidence")?,
        state: AppealState::from_name(&state).ok_or_else(|| Malformed::new("state", "is no state of an appeal"))?,
        appealed_case: case_id(row.maybe_uuid("appealed_case")?),
        case: case_id(row.maybe_uuid("case_id")?),
        review_reason: row.maybe_text("review_reason")?,
        filed_at_ms: row.number("filed_at_ms")?,
        due_ms: row.number("due_ms")?,
        decided_at_ms: row.maybe_number("decided_at_ms")?,
        words: row.maybe_text("words")?,
        by: row.maybe_text("decided_by")?,
    })
}
