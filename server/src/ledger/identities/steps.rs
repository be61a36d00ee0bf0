//! Steps of applications: filed, decided by a person, moved by their time, reversed by an appeal. It weighs nothing.

use live_jury_protocol::trust::{ApplicationChange, TrustChange};
use live_jury_trust::Party;
use live_jury_trust::identity::Group;
use live_jury_trust::identity::decide::{Entry, Finding, HOLD_MS, PROBATION_MS, PROBATION_ORDERS};
use live_jury_trust::policy::Policy;
use live_jury_trust::statement::Decider;
use uuid::Uuid;

use super::lists::{application, application_of};
use super::rows::{self, select_applications};
use super::{
    ApplicationRow, ApplicationState, DecideApplicationBy, EntryDb, FileApplication, ROWS_AT_ONCE, Reason, tokens,
    weights,
};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::lists::measures_of;
use crate::ledger::standing::settle::{Reasons, lift, take};
use crate::ledger::standing::{By, MeasureRow, StandingDb, StandingError};
use crate::sql::outbox::uuid_at;
use crate::sql::query::Db;
use crate::sql::row::{cursor, json, signed, text};

/// The reason of a probation that ended by orders before its time.
const COMPLETED: &str = "completed";

const INSERT: &str = "INSERT INTO trust_application (id, version, kind, party, again, category, digest, outcome, \
    proposed, weight, groups, reasons, answered, at_ms, state, measure, due_ms, levels) \
    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $12, $15, $16)";
const MOVE: &str = "UPDATE trust_application SET state = $2, measure = coalesce($3, measure), due_ms = $4, \
    decided_at_ms = $5, decided_by = $6, words = $7, version = version + 1 WHERE id = $1 AND state = $8";
const OF_MEASURE: &str = select_applications!("WHERE measure = $1 AND state IN ('probation', 'refused')");
/// `$1` now, `$2` limit.
const DUE: &str = select_applications!("WHERE due_ms <= $1 ORDER BY due_ms LIMIT $2");
/// `$1` the orders that end a probation, `$2` limit.
const COMPLETE: &str = select_applications!(
    "WHERE state = 'probation' AND EXISTS (SELECT 1 FROM trust_party AS sold WHERE sold.kind = trust_application.kind \
     AND sold.id = trust_application.party AND sold.completed >= $1) ORDER BY id LIMIT $2"
);

pub(in crate::ledger) async fn file<D: EntryDb>(
    db: &mut D,
    new: &FileApplication,
    now_ms: u64,
) -> Result<ApplicationRow, StandingError> {
    let mut change = Change::begin(db, [&new.party], now_ms).await?;
    if let Some(first) = application_of(db, &new.party).await? {
        let is_same = new.digests.iter().any(|digest| digest.0.as_slice() == first.digest.as_slice());
        return if is_same { Ok(first) } else { Err(StandingError::AlreadyApplied) };
    }
    tokens::keep(db, &new.party, &new.identity, now_ms).await?;
    let id = queue(db, &mut change, new).await?;
    change.finish(db).await?;
    read(db, id).await
}

/// Inserts an application with what follows from its decision.
pub(super) async fn queue<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    new: &FileApplication,
) -> Result<Uuid, StandingError> {
    let (id, now_ms) = (uuid_at(change.now_ms), change.now_ms);
    let finding = new.decision.finding;
    let (state, due_ms) = match finding {
        Finding::Pass => (ApplicationState::Passed, None),
        // Refusal and a known party wait for a person, however long that takes.
        Finding::Hold if !new.again => (ApplicationState::Held, Some(now_ms.saturating_add(HOLD_MS))),
        Finding::Hold | Finding::Propose => (ApplicationState::Held, None),
        Finding::Refuse => (ApplicationState::Refused, None),
    };
    let measure = match finding {
        Finding::Refuse => {
            let facts = facts(&new.reasons);
            let measure = measure(&new.party, Entry::Refuse, now_ms, None);
            let reasons = Reasons { policy: &new.policy, facts: &facts, content_ms: now_ms, root: None };
            take(db, change, &measure, &reasons, Decider::Machine, &By::server()).await?;
            Some(measure.id)
        }
        _ => None,
    };
    let digest = new.digests.first().map_or(&[][..], |digest| digest.0.as_slice());
    let groups: Vec<&str> = new.decision.groups.iter().map(|group| group.as_str()).collect();
    let (groups, reasons) = (json("groups", &groups)?, json("reasons", &new.reasons)?);
    let levels = weights::written(&new.levels)?;
    let values = [
        id.into(),
        new.party.kind.as_str().into(),
        text("party", &new.party.id)?.into(),
        i64::from(new.again).into(),
        new.category.as_deref().map(|category| text("category", category)).transpose()?.into(),
        digest.into(),
        finding.outcome().into(),
        i64::from(finding == Finding::Propose).into(),
        new.decision.weight.into(),
        groups.as_str().into(),
        text("reasons", &reasons)?.into(),
        measure.into(),
        signed("at_ms", now_ms)?.into(),
        state.as_str().into(),
        due_ms.map(|due_ms| signed("due_ms", due_ms)).transpose()?.into(),
        levels.as_deref().into(),
    ];
    db.execute(INSERT, &values).await?;
    let groups = new.decision.groups.iter().copied();
    change.tell(&new.party, told(id, state, groups, measure));
    change.note(&new.by, action(state), &new.party, id, None);
    Ok(id)
}

pub(in crate::ledger) async fn decide<D: StandingDb>(
    db: &mut D,
    decision: &DecideApplicationBy,
    policy: &Policy,
    now_ms: u64,
) -> Result<ApplicationRow, StandingError> {
    let found = read(db, decision.id).await?;
    let mut change = Change::begin(db, [&found.party], now_ms).await?;
    // Read again behind the lock.
    let found = read(db, decision.id).await?;
    if decision.version.is_some_and(|version| version != found.version) {
        return Err(StandingError::VersionMismatch(found.version));
    }
    if found.state != ApplicationState::Held {
        return Err(StandingError::NotHeld);
    }
    let step = Step { state: decision.state, words: Some(text("words", &decision.words)?), decider: Decider::People };
    move_to(db, &mut change, &found, &step, policy, &By::moderator(&decision.by)).await?;
    weights::decide(db, &found, decision.state).await?;
    change.finish(db).await?;
    read(db, decision.id).await
}

/// A step of an application.
struct Step<'s> {
    state: ApplicationState,
    words: Option<&'s str>,
    decider: Decider,
}

async fn move_to<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &ApplicationRow,
    step: &Step<'_>,
    policy: &Policy,
    by: &By,
) -> Result<(), StandingError> {
    let until_ms = change.now_ms.saturating_add(PROBATION_MS);
    let entry = match step.state {
        ApplicationState::Probation => Some((Entry::Probation, Some(until_ms))),
        ApplicationState::Refused => Some((Entry::Refuse, None)),
        ApplicationState::Passed | ApplicationState::Held => None,
    };
    let person = (step.decider == Decider::People).then_some(by.who.as_str());
    let mut taken = None;
    if let Some((entry, until_ms)) = entry {
        let facts = facts(&found.reasons);
        let measure = MeasureRow {
            words: step.words.map(str::to_owned),
            by: person.map(str::to_owned),
            ..measure(&found.party, entry, change.now_ms, until_ms)
        };
        let reasons = Reasons { policy, facts: &facts, content_ms: found.at_ms, root: None };
        take(db, change, &measure, &reasons, step.decider, by).await?;
        taken = Some(measure.id);
    }
    let due_ms = (step.state == ApplicationState::Probation).then_some(until_ms);
    let values = [
        found.id.into(),
        step.state.as_str().into(),
        taken.into(),
        due_ms.map(|due_ms| signed("due_ms", due_ms)).transpose()?.into(),
        signed("decided_at_ms", change.now_ms)?.into(),
        person.or(found.by.as_deref()).into(),
        step.words.or(found.words.as_deref()).into(),
        found.state.as_str().into(),
    ];
    if db.execute(MOVE, &values).await? > 0 {
        change.tell(&found.party, told(found.id, step.state, found.groups.iter().copied(), taken.or(found.measure)));
        change.note(by, action(step.state), &found.party, found.id, step.words.map(str::to_owned));
    }
    Ok(())
}

/// Moves what is due: a hold becomes probation, a probation ends. Deletes tokens that are kept no longer.
pub(in crate::ledger) async fn move_due<D: StandingDb>(
    db: &mut D,
    policy: &Policy,
    now_ms: u64,
) -> Result<u64, StandingError> {
    let over = list(db, DUE, cursor(now_ms)).await?;
    let sold = list(db, COMPLETE, cursor(PROBATION_ORDERS)).await?;
    let parties: Vec<Party> = over.iter().chain(&sold).map(|one| one.party.clone()).collect();
    let mut change = Change::begin(db, &parties, now_ms).await?;
    let deleted = tokens::delete_old(db, now_ms).await?;
    let by = By::server();
    for found in &over {
        // Read again behind the lock.
        let found = read(db, found.id).await?;
        if found.due_ms.is_none_or(|due_ms| due_ms > now_ms) {
            continue;
        }
        let held = found.state == ApplicationState::Held;
        let state = if held { ApplicationState::Probation } else { ApplicationState::Passed };
        move_to(db, &mut change, &found, &Step { state, words: None, decider: Decider::Machine }, policy, &by).await?;
    }
    for found in &sold {
        let found = read(db, found.id).await?;
        let measures = measures_of(db, &found.party).await?;
        let probation = measures.iter().find(|one| Some(one.id) == found.measure && one.lifted_at_ms.is_none());
        if let Some(probation) = probation.filter(|_| found.state == ApplicationState::Probation) {
            lift(db, &mut change, probation, &by, COMPLETED).await?;
        }
    }
    change.finish(db).await?;
    Ok(deleted + (over.len() + sold.len()) as u64)
}

/// A measure at the entry was lifted: the application has passed.
pub(in crate::ledger) async fn lifted<D: Db>(
    db: &mut D,
    change: &mut Change,
    measure: &MeasureRow,
) -> Result<(), StandingError> {
    for row in &db.fetch_all(OF_MEASURE, &[measure.id.into()]).await? {
        let found = rows::application(row)?;
        let values = [
            found.id.into(),
            ApplicationState::Passed.as_str().into(),
            None::<Uuid>.into(),
            None::<i64>.into(),
            signed("decided_at_ms", change.now_ms)?.into(),
            found.by.as_deref().into(),
            found.words.as_deref().into(),
            found.state.as_str().into(),
        ];
        db.execute(MOVE, &values).await?;
        // A refusal that was overturned tells nothing about others who come back.
        weights::take_back(db, found.id).await?;
        change.tell(&found.party, told(found.id, ApplicationState::Passed, found.groups.into_iter(), Some(measure.id)));
    }
    Ok(())
}

fn measure(party: &Party, entry: Entry, now_ms: u64, until_ms: Option<u64>) -> MeasureRow {
    MeasureRow {
        id: uuid_at(now_ms),
        party: party.clone(),
        kind: entry.gate(),
        entry: Some(entry),
        violation: None,
        points: 0,
        from_ms: now_ms,
        until_ms,
        account_ends_ms: None,
        lifted_at_ms: None,
        reason: None,
        words: None,
        by: None,
        appeal: None,
    }
}

/// The facts of a statement: groups and a date, no values, nobody else.
fn facts(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(" ")
}

const fn action(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Passed => "application_passed",
        ApplicationState::Held => "application_held",
        ApplicationState::Probation => "application_on_probation",
        ApplicationState::Refused => "application_refused",
    }
}

fn told(
    application: Uuid,
    state: ApplicationState,
    groups: impl Iterator<Item = Group>,
    measure: Option<Uuid>,
) -> TrustChange {
    let groups = groups.map(|group| group.as_str().to_owned()).collect();
    TrustChange::ApplicationDecided(ApplicationChange {
        application,
        outcome: state.outcome().to_owned(),
        groups,
        measure,
    })
}

async fn list<D: Db>(db: &mut D, sql: &'static str, bound: i64) -> Result<Vec<ApplicationRow>, StandingError> {
    let found = db.fetch_all(sql, &[bound.into(), ROWS_AT_ONCE.into()]).await?;
    found.iter().map(|row| Ok(rows::application(row)?)).collect()
}

async fn read<D: Db>(db: &mut D, id: Uuid) -> Result<ApplicationRow, StandingError> {
    application(db, id).await?.ok_or(StandingError::NotFound)
}
