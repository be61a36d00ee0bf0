//! One change of the standing of parties: what it counts, tells and notes, filed together at its end.

use live_jury_protocol::Actor;
use live_jury_protocol::trust::{TRUST_EVENT_FORMAT, TrustChange, TrustEvent, TrustParty};
use live_jury_trust::Party;
use live_jury_trust::counter::Count;
use live_jury_trust::signal::SignalId;
use live_jury_trust::statement::Statement;
use uuid::Uuid;

use super::{By, StandingDb, StandingError};
use crate::ledger::batch::Batch;
use crate::sql::outbox::{EventRow, delete_old, insert};
use crate::sql::row::{json, signed, text};

/// The room of events about parties.
const NO_ROOM: &str = "*";

const INSERT_LINE: &str = "INSERT INTO trust_audit (at_ms, by_kind, who, action, kind, party, target, detail) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

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
        Ok(Self { now_ms, batch, events: Vec::new(), lines: Vec::new(), statements: Vec::new() })
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
        db.execute(D::ADD_COUNTERS, &[self.batch.counters().as_str().into()]).await?;
        for line in &self.lines {
            let values = [
                at_ms.into(),
                line.by.kind.as_str().into(),
                text("who", &line.by.who)?.into(),
                line.action.into(),
                line.party.kind.as_str().into(),
                line.party.id.as_str().into(),
                line.target.into(),
                line.detail.as_deref().map(|detail| text("detail", detail)).transpose()?.into(),
            ];
            db.execute(INSERT_LINE, &values).await?;
        }
        if !self.events.is_empty() {
            delete_old::<_, StandingError>(db, self.now_ms).await?;
        }
        for event in &self.events {
            insert_event::<_, StandingError>(db, event).await?;
        }
        for (measure, party, statement) in &self.statements {
            let statement = json("statement", statement)?;
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
    let payload = json("payload", event)?;
    let (case, room, version) = (Uuid::nil(), NO_ROOM, 0);
    insert(db, &EventRow { kind: event.what.name(), case, room, version, at_ms: event.at_ms, payload: &payload }).await
}

/// The store of one dialect. Its `write` runs a transaction, and its `read` borrows a connection for reads.
macro_rules! implement_standing_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl StandingStore for $store {
            async fn follow(&self, file: &TrustFile, now_ms: u64) -> Result<Followed, StandingError> {
                self.write(async |db: &mut $connection| standing::follow(db, file, self.hour, now_ms).await).await
            }

            async fn file_violation(&self, new: &FileViolation, now_ms: u64) -> Result<ViolationRow, StandingError> {
                self.write(async |db: &mut $connection| standing::file_violation(db, new, now_ms).await).await
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

            async fn violations(&self, page: &Page<'_>, now_ms: u64) -> Result<Vec<ViolationRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::violations(db, page, now_ms).await).await
            }

            async fn measures(&self, page: &Page<'_>, now_ms: u64) -> Result<Vec<MeasureRow>, StandingError> {
                self.read(async |db: &mut $connection| standing::measures(db, page, now_ms).await).await
            }

            async fn appeals(&self, page: &Page<'_>) -> Result<Vec<AppealRow>, StandingError> {
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
