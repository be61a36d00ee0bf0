//! What the judge is given: what jurors and moderators did and were told, and what was recorded; it judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use uuid::Uuid;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct RunLog {
    /// The key of the pseudonyms.
    pub ballot_secret: String,
    /// What each juror did and was told.
    pub jurors: BTreeMap<String, JurorLog>,
    /// What moderators asked and were told, by case.
    pub moderator_logs: BTreeMap<Uuid, ModeratorLog>,
    /// What was recorded.
    pub cases: Vec<Record>,
    /// When Redis was wiped, by its own clock.
    pub wipes_ms: Vec<u64>,
    /// Cases that were opened when all was well again: who must be in them.
    pub after_recovery: BTreeMap<Uuid, BTreeSet<String>>,
    /// What was wrong at the moment it came.
    pub wrong: Vec<String>,
}

/// A juror.
#[derive(Clone, Debug, Default)]
pub struct JurorLog {
    /// The room.
    pub room: String,
    /// What was wrong at the moment it came.
    pub wrong: BTreeSet<String>,
    /// What happened, by case.
    pub cases: BTreeMap<Uuid, CaseLog>,
}

/// What one juror did and was told in one case.
#[derive(Clone, Debug, Default)]
pub struct CaseLog {
    /// What happened, and when.
    pub events: BTreeMap<Event, Span>,
    /// The highest tally seen of each epoch.
    pub tallies: BTreeMap<u64, SeenTally>,
}

/// What can happen to a juror in a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A cast was sent.
    Sent { option: String, change: Option<u32> },
    /// A ballot was acknowledged.
    Acknowledged { status: String, option: String, epoch: u64, change: u32 },
    /// A cast was refused.
    Refused { option: String, reason: String },
    /// A verdict was shown.
    Verdict { text: String },
}

/// When something happened, in milliseconds since the start, and how often.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// The first time.
    pub first_ms: u64,
    /// The last time.
    pub last_ms: u64,
    /// How often.
    pub times: u64,
}

/// A tally.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenTally {
    /// Its number.
    pub rev: u64,
    /// Ballots.
    pub ballots: u64,
    /// By option, where they were shown.
    pub counts: Option<BTreeMap<String, u64>>,
}

/// What moderators did to a case.
#[derive(Clone, Debug, Default)]
pub struct ModeratorLog {
    /// Reasons for which a void was asked.
    pub voids: BTreeSet<String>,
    /// Whether they were told that it is closed by them.
    pub acknowledged_closed: bool,
    /// Whether they were told that it is void.
    pub acknowledged_void: bool,
    /// The latest deadline they were told.
    pub acknowledged_closes_at_ms: u64,
}

/// What was recorded of a case.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The case.
    pub id: Uuid,
    /// Its row in the database.
    pub state: String,
    /// Its version.
    pub version: u64,
    /// Its epoch.
    pub epoch: u64,
    /// When it was created.
    pub created_at_ms: u64,
    /// Its deadline.
    pub closes_at_ms: u64,
    /// Its verdict.
    pub verdict: Value,
    /// Its ballots in the database.
    pub ballots: Vec<Ballot>,
    /// Its audit trail in the database.
    pub audit: Vec<AuditLine>,
    /// What each node says of it.
    pub nodes: Vec<NodeView>,
}

/// A ballot in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Who, in hexadecimal digits.
    pub juror: String,
    /// The option's place.
    pub option: usize,
    /// The ballot's number.
    pub change: u32,
}

/// A line of an audit trail in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub at_ms: u64,
    /// Who.
    pub by: String,
    /// What.
    pub action: String,
    /// The version it made.
    pub version: u64,
    /// The epoch it found or made.
    pub epoch: u64,
}

/// What a node says of a case.
#[derive(Clone, Debug, Default)]
pub struct NodeView {
    /// `GET /cases/{id}`.
    pub case: Value,
    /// `GET /cases/{id}/ballots.csv`.
    pub csv: String,
    /// `GET /cases/{id}/audit`.
    pub audit: Value,
}

impl CaseLog {
    /// Notes that something happened.
    pub fn record(&mut self, event: Event, at_ms: u64) {
        let span = self.events.entry(event).or_insert(Span { first_ms: at_ms, last_ms: at_ms, times: 0 });
        span.last_ms = at_ms;
        span.times += 1;
    }

    /// Notes a tally.
    pub fn record_tally(&mut self, epoch: u64, seen: SeenTally) {
        let highest = self.tallies.entry(epoch).or_default();
        if seen.rev >= highest.rev && (seen.counts.is_some() || seen.rev > highest.rev) {
            *highest = seen;
        }
    }

    /// Whether a cast for this option was sent under this number, or under none.
    #[must_use]
    pub fn sent(&self, option: &str, change: u32) -> bool {
        let sent = |change| Event::Sent { option: option.to_owned(), change };
        self.events.contains_key(&sent(Some(change))) || self.events.contains_key(&sent(None))
    }

    /// Whether any cast for this option was sent.
    #[must_use]
    pub fn sent_any(&self, option: &str) -> bool {
        self.events.keys().any(|event| matches!(event, Event::Sent { option: sent, .. } if sent == option))
    }
}

impl fmt::Display for CaseLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_by_key(|(_, span)| span.first_ms);
        for (event, Span { first_ms, last_ms, times }) in events {
            writeln!(f, "    {first_ms:>7} to {last_ms:>7} ms, {times:>4} times: {event:?}")?;
        }
        for (epoch, seen) in &self.tallies {
            writeln!(f, "    epoch {epoch}, the last tally: {seen:?}")?;
        }
        Ok(())
    }
}
