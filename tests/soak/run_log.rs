//! The log of a run: actions and answers of jurors and moderators, and the record; it judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use uuid::Uuid;

/// The whole log.
#[derive(Clone, Debug, Default)]
pub struct RunLog {
    /// The secret of the pseudonyms.
    pub ballot_secret: String,
    /// The log of each juror.
    pub jurors: BTreeMap<String, JurorLog>,
    /// The log of the moderators for each case.
    pub moderator_logs: BTreeMap<Uuid, ModeratorLog>,
    /// The record of each case.
    pub cases: Vec<Record>,
    /// Times at which Redis was wiped, by its own clock.
    pub wipes_ms: Vec<u64>,
    /// The times at which the docket was put back to an older state.
    pub put_backs: Vec<PutBack>,
    /// Peak memory of each node's slot, in KiB.
    pub peaks_kib: Vec<u64>,
    /// Cases opened after the last fault, with the jurors who must be able to vote.
    pub after_recovery: BTreeMap<Uuid, BTreeSet<String>>,
    /// The log of verdicts.
    pub log: VerdictLog,
    /// Violations that were visible during the run.
    pub wrong: Vec<String>,
}

/// The log of verdicts.
#[derive(Clone, Debug, Default)]
pub struct VerdictLog {
    /// Its public key.
    pub vkey: Option<String>,
    /// Its entries in the database, in their order.
    pub entries: Vec<LogEntry>,
    /// The checkpoints that nodes showed, in the order in which they were seen.
    pub checkpoints: Vec<String>,
}

/// An entry of the log of verdicts in the database.
#[derive(Clone, Debug, Default)]
pub struct LogEntry {
    /// The case.
    pub case: Uuid,
    /// The entry.
    pub entry: String,
    /// The statement that it is about.
    pub statement: String,
}

/// A docket that was put back to an older state. Times are Unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct PutBack {
    /// The time of the older state.
    pub copied_ms: u64,
    /// The time at which it was back.
    pub put_back_ms: u64,
}

/// The log of one juror.
#[derive(Clone, Debug, Default)]
pub struct JurorLog {
    /// The room.
    pub room: String,
    /// Violations that were visible during the run.
    pub wrong: BTreeSet<String>,
    /// The log of each case.
    pub cases: BTreeMap<Uuid, CaseLog>,
}

/// The log of one juror in one case.
#[derive(Clone, Debug, Default)]
pub struct CaseLog {
    /// Events and their times.
    pub events: BTreeMap<Event, Span>,
    /// The highest tally of each epoch.
    pub tallies: BTreeMap<u64, SeenTally>,
}

/// An event of a juror in a case.
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

/// Times of equal events, in milliseconds since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// First time.
    pub first_ms: u64,
    /// Last time.
    pub last_ms: u64,
    /// Number of events.
    pub times: u64,
}

/// A received tally.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenTally {
    /// Its number.
    pub rev: u64,
    /// Number of ballots.
    pub ballots: u64,
    /// Counts by option, if they were visible.
    pub counts: Option<BTreeMap<String, u64>>,
}

/// The log of the moderators for one case.
#[derive(Clone, Debug, Default)]
pub struct ModeratorLog {
    /// Reasons of requested voids.
    pub voids: BTreeSet<String>,
    /// Whether a close was acknowledged.
    pub acknowledged_closed: bool,
    /// Whether a void was acknowledged.
    pub acknowledged_void: bool,
    /// The latest acknowledged deadline.
    pub acknowledged_closes_at_ms: u64,
}

/// The record of a case.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Its id.
    pub id: Uuid,
    /// Its state in the database.
    pub state: String,
    /// Its version.
    pub version: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Time of its creation.
    pub created_at_ms: u64,
    /// Its deadline.
    pub closes_at_ms: u64,
    /// The losses of its tally.
    pub loss: Value,
    /// Its verdict.
    pub verdict: Value,
    /// Its ballots in the database.
    pub ballots: Vec<Ballot>,
    /// Its audit trail in the database.
    pub audit: Vec<AuditLine>,
    /// The view of each node.
    pub nodes: Vec<NodeView>,
    /// `PTTL` of each of its keys in Redis, if it has ended: -1 for a key without an expiry, -2 for no key.
    pub keys_left_ms: Vec<i64>,
}

/// A ballot in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The pseudonym, in hexadecimal digits.
    pub juror: String,
    /// The option's index.
    pub option: usize,
    /// The change number.
    pub change: u32,
}

/// An entry of an audit trail in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its time.
    pub at_ms: u64,
    /// Its actor.
    pub by: String,
    /// Its action.
    pub action: String,
    /// The version that the step made.
    pub version: u64,
    /// The epoch that the step found or made.
    pub epoch: u64,
}

/// A node's view of a case.
#[derive(Clone, Debug, Default)]
pub struct NodeView {
    /// `GET /cases/{id}`.
    pub case: Value,
    /// `GET /cases/{id}/ballots.csv`.
    pub csv: String,
    /// `GET /cases/{id}/audit?limit=100`.
    pub audit: Value,
}

impl CaseLog {
    /// Records an event.
    pub fn record(&mut self, event: Event, at_ms: u64) {
        let span = self.events.entry(event).or_insert(Span { first_ms: at_ms, last_ms: at_ms, times: 0 });
        span.last_ms = at_ms;
        span.times += 1;
    }

    /// Records a tally.
    pub fn record_tally(&mut self, epoch: u64, seen: SeenTally) {
        let highest = self.tallies.entry(epoch).or_default();
        if seen.rev >= highest.rev && (seen.counts.is_some() || seen.rev > highest.rev) {
            *highest = seen;
        }
    }

    /// Whether a cast for this option was sent with this change number, or without a number.
    #[must_use]
    pub fn sent(&self, option: &str, change: u32) -> bool {
        let sent = |change| Event::Sent { option: option.to_owned(), change };
        self.events.contains_key(&sent(Some(change))) || self.events.contains_key(&sent(None))
    }

    /// The casts that were sent.
    #[must_use]
    pub fn times_sent(&self) -> u64 {
        self.events.iter().filter(|(event, _)| matches!(event, Event::Sent { .. })).map(|(_, span)| span.times).sum()
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
