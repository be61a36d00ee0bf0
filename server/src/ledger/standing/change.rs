//! One change of the standing of parties: what it counts, tells and notes, filed together at its end.

use live_jury_protocol::Actor;
use live_jury_protocol::trust::{TRUST_EVENT_FORMAT, TrustChange, TrustEvent, TrustParty};
use live_jury_trust::Party;
use live_jury_trust::counter::Count;
use live_jury_trust::signal::SignalId;
use live_jury_trust::statement::Statement;
use serde_json::{Value, json};
use sqlx::{PgConnection, SqliteConnection};
use uuid::Uuid;

use super::{By, StandingDb, StandingError};
use crate::ledger::batch::Batch;
use crate::ledger::facts::on_counter_conflict;
use crate::sql::outbox::{DELETED_AT_ONCE, EventRow, delete_old_events, insert, kept_since, uuid_at};
use crate::sql::query::Db;
use crate::sql::row::{Malformed, count, json as to_json, signed, text};

/// The room of events about parties.
const NO_ROOM: &str = "*";

/// The statement that differs between the dialects: its lists come as JSON, which each reads in its own way.
pub(in crate::ledger) trait ChangeDb: Db {
    /// Files what a change has collected in one call, since each call costs as much as its work. `$1` the time before
    /// which events are too old, `$2` the most of them that go, `$3` rows of counters, `$4` lines of the trail,
    /// `$5` events, `$6` their number, `$7` now.
    const FILE: &'static str;
}

impl ChangeDb for SqliteConnection {
    // One call runs several statements here. Each takes the values that it names.
    const FILE: &'static str = concat!(
        "INSERT INTO trust_counter (kind, party, signal, n, k) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($3) WHERE true",
        on_counter_conflict!(),
        "; INSERT INTO trust_audit (at_ms, by_kind, who, action, kind, party, target, detail) \
         SELECT $7, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, unhex(value ->> 5), value ->> 6 \
         FROM json_each($4); ",
        delete_old_events!(""),
        "; INSERT INTO outbox (id, kind, case_id, room, version, at_ms, payload) \
         SELECT unhex(value ->> 0), value ->> 1, zeroblob(16), '*', 0, $7, value ->> 2 FROM json_each($5)"
    );
}

impl ChangeDb for PgConnection {
    // The database may take the parts in any order. Nobody else writes counters of a party whose row is locked, so no
    // two transactions wait for each other. Without an event the lock on places is not taken.
    const FILE: &'static str = concat!(
        "WITH counted AS (INSERT INTO trust_counter (kind, party, signal, n, k) \
         SELECT (item ->> 0), (item ->> 1), (item ->> 2), (item ->> 3)::float8, (item ->> 4)::float8 \
         FROM json_array_elements(CAST($3 AS json)) AS items (item)",
        on_counter_conflict!(),
        "), noted AS (INSERT INTO trust_audit (at_ms, by_kind, who, action, kind, party, target, detail) \
         SELECT $7, (item ->> 0), (item ->> 1), (item ->> 2), (item ->> 3), (item ->> 4), (item ->> 5)::uuid, \
         (item ->> 6) FROM json_array_elements(CAST($4 AS json)) WITH ORDINALITY AS lines (item, n) ORDER BY n), \
         deleted AS (",
        delete_old_events!(" FOR UPDATE SKIP LOCKED"),
        "), place AS (UPDATE outbox_places SET last = last + $6 WHERE $6 > 0 RETURNING last) \
         INSERT INTO outbox (seq, id, kind, case_id, room, version, at_ms, payload) \
         SELECT place.last - $6 + n, (item ->> 0)::uuid, (item ->> 1), \
         '00000000-0000-0000-0000-000000000000'::uuid, '*', 0, $7, (item ->> 2) \
         FROM place, json_array_elements(CAST($5 AS json)) WITH ORDINALITY AS events (item, n)"
    );
}

/// The events of the transaction hold the lock on their places, so that no other one takes the same number.
const INSERT_STATEMENT: &str = "INSERT INTO trust_statement (seq, measure, kind, party, at_ms, statement) \
    SELECT coalesce(max(seq), 0) + 1, $1, $2, $3, $4, $5 FROM trust_statement";

/// A change that is not filed yet.
pub(in crate::ledger) struct Change {
    /// The time, in Unix milliseconds.
    pub now_ms: u64,
    batch: Batch,
    events: Vec<TrustEvent>,
    lines: Vec<Line>,
    statements: Vec<(Uuid, Party, Statement)>,
}

/// A line of the trail.
struct Line {
    by: By,
    action: &'static str,
    party: Party,
    target: Uuid,
    detail: Option<String>,
}

impl Line {
    fn row(&self) -> Result<Value, Malformed> {
        let detail = self.detail.as_deref().map(|detail| text("detail", detail)).transpose()?;
        let (by, party) = (&self.by, &self.party);
        let (kind, target) = (party.kind.as_str(), self.target.simple().to_string());
        Ok(json!([by.kind.as_str(), text("who", &by.who)?, self.action, kind, party.id, target, detail]))
    }
}

/// The row of an event about a party: id, kind, record.
fn event_row(event: &TrustEvent) -> Result<Value, Malformed> {
    let payload = to_json("payload", event)?;
    Ok(json!([uuid_at(event.at_ms).simple().to_string(), event.what.name(), text("payload", &payload)?]))
}

impl By {
    /// The platform with this `sub`.
    #[must_use]
    pub fn platform(sub: &str) -> Self {
        Self { kind: Actor::Platform, who: sub.to_owned() }
    }

    /// This server, for a step that nobody asked for.
    pub(in crate::ledger) fn server() -> Self {
        Self { kind: Actor::Server, who: Actor::Server.as_str().to_owned() }
    }

    /// The moderator with this `sub`.
    pub(in crate::ledger) fn moderator(sub: &str) -> Self {
        Self { kind: Actor::Moderator, who: sub.to_owned() }
    }

    /// The `sub` of the moderator, if it is one.
    pub(in crate::ledger) fn moderators_sub(&self) -> Option<&str> {
        (self.kind == Actor::Moderator).then_some(self.who.as_str())
    }
}

impl Change {
    /// Begins a change, and locks the parties until the end of the transaction. A party that no fact has named becomes
    /// known. Their exposures are computed anew.
    pub async fn begin<D: StandingDb>(
        db: &mut D,
        parties: impl IntoIterator<Item = &Party>,
        now_ms: u64,
    ) -> Result<Self, StandingError> {
        let mut batch = Batch::default();
        parties.into_iter().for_each(|party| batch.touch(party, now_ms));
        db.execute(D::ADD_PARTIES, &[batch.parties(now_ms).as_str().into()]).await?;
        Ok(Self { batch, ..Self::behind_lock(now_ms) })
    }

    /// Begins a change of parties that its caller has locked, as [`begin`](Self::begin) does.
    pub fn behind_lock(now_ms: u64) -> Self {
        Self { now_ms, batch: Batch::default(), events: Vec::new(), lines: Vec::new(), statements: Vec::new() }
    }

    /// Adds to the sum of a party's signal, as of this time.
    pub fn count(&mut self, party: &Party, signal: SignalId, count: Count, at_ms: u64) {
        self.batch.count_of(party, signal, count, at_ms);
    }

    /// Tells what happened to a party.
    pub fn tell(&mut self, party: &Party, what: TrustChange) {
        let party = TrustParty { kind: party.kind.as_str().to_owned(), id: party.id.clone() };
        self.events.push(TrustEvent { format: TRUST_EVENT_FORMAT, at_ms: self.now_ms, party, what });
    }

    /// Notes a step in the trail.
    pub fn note(&mut self, by: &By, action: &'static str, party: &Party, target: Uuid, detail: Option<String>) {
        self.lines.push(Line { by: by.clone(), action, party: party.clone(), target, detail });
    }

    /// Gives the reasons of a measure. Its event comes with it.
    pub fn state(&mut self, measure: Uuid, party: &Party, statement: Statement) {
        self.statements.push((measure, party.clone(), statement));
    }

    /// Files what was collected. The events take the transaction's last lock.
    pub async fn finish<D: StandingDb>(self, db: &mut D) -> Result<(), StandingError> {
        let at_ms = signed("at_ms", self.now_ms)?;
        let lines = self.lines.iter().map(Line::row).collect::<Result<Vec<_>, _>>()?;
        let events = self.events.iter().map(event_row).collect::<Result<Vec<_>, _>>()?;
        let (lines, events) = (Value::Array(lines).to_string(), Value::Array(events).to_string());
        let counters = self.batch.counters();
        let values = [
            kept_since(self.now_ms)?.into(),
            DELETED_AT_ONCE.into(),
            counters.as_str().into(),
            lines.as_str().into(),
            events.as_str().into(),
            count(self.events.len()).into(),
            at_ms.into(),
        ];
        db.execute(D::FILE, &values).await?;
        for (measure, party, statement) in &self.statements {
            let statement = to_json("statement", statement)?;
            let values = [
                (*measure).into(),
                party.kind.as_str().into(),
                party.id.as_str().into(),
                at_ms.into(),
                text("statement", &statement)?.into(),
            ];
            db.execute(INSERT_STATEMENT, &values).await?;
        }
        Ok(())
    }
}

/// Inserts an event about a party.
pub(in crate::ledger) async fn insert_event<D, E>(db: &mut D, event: &TrustEvent) -> Result<(), E>
where
    D: crate::sql::outbox::OutboxDb,
    E: From<sqlx::Error> + From<crate::sql::row::Malformed>,
{
    let payload = to_json("payload", event)?;
    let (case, room, version) = (Uuid::nil(), NO_ROOM, 0);
    insert(db, &EventRow { kind: event.what.name(), case, room, version, at_ms: event.at_ms, payload: &payload }).await
}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_standing_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl StandingStore for $store {
            async fn follow(&self, file: &TrustFile, now_ms: u64) -> Result<Followed, StandingError> {
                let hour = self.hour;
                let taken =
                    self.write(async |db: &mut $connection| standing::follow(db, file, hour, None, now_ms).await);
                match taken.await {
                    // Its transaction is taken back. The events before it are taken again, and the others go on.
                    Err(error @ StandingError::Event { seq, .. }) => {
                        standing::report_aside(&error);
                        let aside = Some(seq);
                        self.write(async |db: &mut $connection| standing::follow(db, file, hour, aside, now_ms).await)
                            .await
                    }
                    taken => taken,
                }
            }

            async fn file_violation(&self, new: &FileViolation, now_ms: u64) -> Result<ViolationRow, StandingError> {
                self.write(async |db: &mut $connection| standing::file_violation(db, new, now_ms).await).await
            }

            async fn file_findings(&self, findings: &[AuthorityFinding], now_ms: u64) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| standing::file_findings(db, findings, now_ms).await).await
            }

            async fn step_violation(&self, step: &ViolationStep, now_ms: u64) -> Result<ViolationRow, StandingError> {
                self.write(async |db: &mut $connection| standing::step_violation(db, step, now_ms).await).await
            }

            async fn ban(&self, ban: &Ban, now_ms: u64) -> Result<MeasureRow, StandingError> {
                self.write(async |db: &mut $connection| standing::ban(db, ban, now_ms).await).await
            }

            async fn unban(
                &self,
                party: &Party,
                by: &str,
                words: &str,
                now_ms: u64,
            ) -> Result<MeasureRow, StandingError> {
                self.write(async |db: &mut $connection| standing::unban(db, party, by, words, now_ms).await).await
            }

            async fn file_appeal(&self, new: &FileAppeal, now_ms: u64) -> Result<AppealRow, StandingError> {
                self.write(async |db: &mut $connection| standing::file_appeal(db, new, now_ms).await).await
            }

            async fn withdraw_appeal(
                &self,
                id: Uuid,
                party: Option<&Party>,
                by: &By,
                version: Option<u64>,
                now_ms: u64,
            ) -> Result<AppealRow, StandingError> {
                let work =
                    async |db: &mut $connection| standing::withdraw_appeal(db, id, party, by, version, now_ms).await;
                self.write(work).await
            }

            async fn decide_appeal(&self, decision: &DecideAppealBy, now_ms: u64) -> Result<AppealRow, StandingError> {
                self.write(async |db: &mut $connection| standing::decide_appeal(db, decision, now_ms).await).await
            }

            async fn review_appeal(
                &self,
                id: Uuid,
                was: AppealState,
                reason: &'static str,
                now_ms: u64,
            ) -> Result<(), StandingError> {
                self.write(async |db: &mut $connection| standing::review_appeal(db, id, was, reason, now_ms).await)
                    .await
            }

            async fn appeals_to_move(&self, now_ms: u64) -> Result<Vec<AppealRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::appeals_to_move(db, now_ms).await).await
            }

            async fn appeals_left_behind(&self) -> Result<Vec<AppealRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::appeals_left_behind(db).await).await
            }

            async fn overdue_appeals(&self, now_ms: u64) -> Result<u64, StandingError> {
                self.read(async |db: &mut $connection| standing::overdue_appeals(db, now_ms).await).await
            }

            async fn appeal(&self, id: Uuid) -> Result<Option<AppealRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::appeal(db, id).await).await
            }

            async fn violations_of(&self, party: &Party) -> Result<Vec<ViolationRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::violations_of(db, party).await).await
            }

            async fn violation(&self, id: Uuid) -> Result<Option<ViolationRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::violation(db, id).await).await
            }

            async fn measures_of(&self, party: &Party) -> Result<Vec<MeasureRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::measures_of(db, party).await).await
            }

            async fn led_to(&self, measure: &MeasureRow) -> Result<Vec<ViolationRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::led_to(db, measure).await).await
            }

            async fn appeals_of(&self, party: &Party) -> Result<Vec<AppealRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::appeals_of(db, party).await).await
            }

            async fn statements_of(&self, party: &Party) -> Result<Vec<FiledStatement>, StandingError> {
                self.read(async |db: &mut $connection| standing::statements_of(db, party).await).await
            }

            async fn drafts_of(&self, merchant: &str, limit: u32) -> Result<Vec<CaseId>, StandingError> {
                self.read(async |db: &mut $connection| standing::drafts_of(db, merchant, limit).await).await
            }

            async fn knows(&self, party: &Party) -> Result<bool, StandingError> {
                self.read(async |db: &mut $connection| standing::knows(db, party).await).await
            }

            async fn expire(&self, now_ms: u64) -> Result<u64, StandingError> {
                self.write(async |db: &mut $connection| standing::expire(db, now_ms).await).await
            }

            async fn readable_violations_of(&self, party: &Party) -> Result<Vec<ViolationRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::readable_violations_of(db, party).await).await
            }

            async fn violations(
                &self,
                page: &Page<'_>,
                now_ms: u64,
            ) -> Result<Vec<ListedRow<ViolationRow>>, StandingError> {
                self.read(async |db: &mut $connection| standing::violations(db, page, now_ms).await).await
            }

            async fn measures(
                &self,
                page: &Page<'_>,
                now_ms: u64,
            ) -> Result<Vec<ListedRow<MeasureRow>>, StandingError> {
                self.read(async |db: &mut $connection| standing::measures(db, page, now_ms).await).await
            }

            async fn appeals(&self, page: &Page<'_>) -> Result<Vec<ListedRow<AppealRow>>, StandingError> {
                self.read(async |db: &mut $connection| standing::appeals(db, page).await).await
            }

            async fn statements(&self, after: u64, limit: u32) -> Result<Vec<FiledStatement>, StandingError> {
                self.read(async |db: &mut $connection| standing::statements(db, after, limit).await).await
            }

            async fn trail(&self, before: Option<u64>, limit: u32) -> Result<Vec<TrustAuditEntry>, StandingError> {
                self.read(async |db: &mut $connection| standing::trail(db, before, limit).await).await
            }
        }
    };
}
pub(in crate::ledger) use implement_standing_store;
