//! Rules on recorded cases: what a verdict means for the parties that a case names. Each case is ruled on once.

use live_jury_protocol::record::EventRecord;
use live_jury_protocol::trust::{TrustChange, ViolationChange};
use live_jury_protocol::{CaseId, Outcome};
use live_jury_trust::counter::Count;
use live_jury_trust::ladder::State;
use live_jury_trust::policy::{Policy, TrustFile};
use live_jury_trust::ruling::{Finding, Judged, Ruling, Second, rule, second};
use live_jury_trust::signal::{Dimension, SignalId};
use live_jury_trust::{Party, four_decimals};
use serde_json::json;
use uuid::Uuid;

use super::act::AUTHORITY;
use super::appeals;
use super::change::Change;
use super::lists::violations_of_root;
use super::settle::settle;
use super::{By, StandingDb, StandingError, ViolationRow, rows};
use crate::ledger::buckets::{BucketEnd, settle_violation};
use crate::ledger::listings::calls as listings;
use crate::sql::outbox::uuid_at;
use crate::sql::row::{Columns, Malformed, json as to_json, signed, text};

/// The shortest time for which a draft stands until its merchant is expected to have stated its side, in milliseconds.
const STATEMENT_MS_MIN: u64 = 60 * 60 * 1_000;

/// The source of a violation that a verdict made.
pub(super) const JURY: &str = "jury";
/// The reason of a violation that a second jury, or a moderator, found to be none.
pub(super) const OVERTURNED: &str = "overturned";
/// The reason of a violation that a moderator took back.
pub(super) const WITHDRAWN: &str = "withdrawn";

/// `$1` case, `$2` first case, `$3` policy, `$4` merchant, `$5` host. Keeps the policy of the opening.
const OPEN_RULING: &str = "INSERT INTO trust_ruling (case_id, root_id, policy, merchant, host) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (case_id) DO NOTHING";
const RULING: &str = "SELECT root_id, policy, finding, facts, at_ms, ruled_ms FROM trust_ruling WHERE case_id = $1";
const RULE: &str = "UPDATE trust_ruling SET finding = $2, facts = $3, at_ms = $4, ruled_ms = $5 WHERE case_id = $1";

pub(super) const INSERT_VIOLATION: &str = "INSERT INTO trust_violation (id, version, kind, party, policy, source, \
    case_id, root_id, room, merchant, facts, counted_points, counted_signal, decided_at_ms, state, decided_by, \
    words, request) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, $12, $13, $14, $15)";

const VOID: &str = "UPDATE trust_violation SET state = 'void', reason = $2, words = coalesce($3, words), \
    appealed_at_ms = NULL, version = version + 1 WHERE id = $1";

/// `$1` kind, `$2` party: the time of the last finding of an authority that is not void, else 0.
const FINDINGS_LEFT: &str = "UPDATE trust_party SET finding_at_ms = coalesce((SELECT max(decided_at_ms) \
    FROM trust_violation AS one WHERE one.kind = $1 AND one.party = $2 AND one.source = 'authority' \
    AND one.state <> 'void'), 0) WHERE kind = $1 AND id = $2";

/// The row of a case's ruling.
struct RulingRow {
    root: Uuid,
    policy: Policy,
    finding: Option<Finding>,
    facts: Vec<(Party, SignalId, Count)>,
    at_ms: Option<u64>,
    is_ruled: bool,
}

/// Keeps the policy of a case at its opening, and counts whether the merchant had given its side.
pub(super) async fn opened<D: StandingDb>(
    db: &mut D,
    file: &TrustFile,
    record: &EventRecord,
    now_ms: u64,
) -> Result<(), StandingError> {
    let policy = record.policy.as_deref().and_then(|id| file.policy(id));
    if keep_policy(db, record, policy).await?.is_none() {
        return Ok(());
    }
    let stood = record.draft.filter(|draft| draft.stood_ms >= STATEMENT_MS_MIN && record.appeal_of.is_none());
    let (Some(draft), Some(merchant)) = (stood, record.subject.merchant.as_deref()) else { return Ok(()) };
    let parties: Vec<_> = [Some(Party::merchant(merchant)), record.subject.host.as_deref().map(Party::host)]
        .into_iter()
        .flatten()
        .collect();
    let mut change = Change::begin(db, &parties, now_ms).await?;
    for party in &parties {
        let count = Count::new(1.0, f64::from(u8::from(draft.merchant_stated)));
        change.count(party, SignalId::H12, count, record.at_ms);
    }
    change.finish(db).await
}

/// Keeps the policy by which a case is ruled on: for an appeal that of the first case, also if the file has none of
/// this name any more. Returns none for a case that is ruled on by no policy.
async fn keep_policy<D: StandingDb>(
    db: &mut D,
    record: &EventRecord,
    policy: Option<&Policy>,
) -> Result<Option<RulingRow>, StandingError> {
    let earlier = match record.appeal_of {
        Some(case) => ruling_of(db, case).await?,
        None => None,
    };
    let root = earlier.as_ref().map_or(record.appeal_of.unwrap_or(record.case).0, |earlier| earlier.root);
    let Some(policy) = earlier.map(|earlier| earlier.policy).or_else(|| policy.cloned()) else { return Ok(None) };
    let stored = to_json("policy", &policy)?;
    let values = [
        record.case.0.into(),
        root.into(),
        stored.as_str().into(),
        record.subject.merchant.as_deref().into(),
        record.subject.host.as_deref().into(),
    ];
    db.execute(OPEN_RULING, &values).await?;
    let kept = ruling_of(db, record.case).await?;
    let made = RulingRow { root, policy, finding: None, facts: Vec::new(), at_ms: None, is_ruled: false };
    Ok(Some(kept.unwrap_or(made)))
}

async fn ruling_of<D: StandingDb>(db: &mut D, case: CaseId) -> Result<Option<RulingRow>, StandingError> {
    let Some(row) = db.fetch_optional(RULING, &[case.0.into()]).await? else { return Ok(None) };
    let finding = row.maybe_text("finding")?;
    Ok(Some(RulingRow {
        root: row.uuid("root_id")?,
        policy: rows::policy(&row)?,
        finding: finding.as_deref().and_then(Finding::from_name),
        facts: row.maybe_json("facts")?.map_or(Ok(Vec::new()), counts)?,
        at_ms: row.maybe_number("at_ms")?,
        is_ruled: row.maybe_number("ruled_ms")?.is_some(),
    }))
}

/// The stored counts: kind and id of the party, signal, n, k.
fn counts(
    stored: Vec<(live_jury_trust::PartyKind, String, String, f64, f64)>,
) -> Result<Vec<(Party, SignalId, Count)>, Malformed> {
    let one = |(kind, id, signal, n, k): (_, _, String, _, _)| {
        let signal = SignalId::from_name(&signal).ok_or_else(|| Malformed::new("facts", "has an unknown signal"))?;
        Ok((Party { kind, id }, signal, Count::new(n, k)))
    };
    stored.into_iter().map(one).collect()
}

/// Rules on a recorded case. A case without a policy means nothing here.
pub(super) async fn recorded<D: StandingDb>(
    db: &mut D,
    file: &TrustFile,
    record: &EventRecord,
    now_ms: u64,
) -> Result<(), StandingError> {
    let row = match ruling_of(db, record.case).await? {
        Some(row) => Some(row),
        // It was opened while no node followed.
        None => keep_policy(db, record, record.policy.as_deref().and_then(|id| file.policy(id))).await?,
    };
    let Some(row) = row else { return appeals::not_judged(db, record.case, now_ms).await };
    if row.is_ruled {
        return Ok(());
    }
    let Some(case) = Judgement::of(record, &row.policy) else {
        return appeals::not_judged(db, record.case, now_ms).await;
    };
    let parties = [case.merchant.clone(), case.host.clone()];
    let mut change = Change::begin(db, parties.iter().flatten(), now_ms).await?;
    case.tell(&mut change);
    if record.appeal_of.is_some() {
        replace(db, &mut change, &case, &row).await?;
    } else {
        file_ruling(db, record.case.0, case.ruling.as_ref(), &case.counts(), case.at_ms, now_ms).await?;
        case.count(&mut change, case.at_ms);
        if let Some(finding) = case.ruling.as_ref().map(|ruling| ruling.finding) {
            case.make(db, &mut change, record.case, finding).await?;
        }
    }
    for party in parties.iter().flatten() {
        settle(db, &mut change, party, &By::server()).await?;
    }
    change.finish(db).await
}

/// Puts the ruling of an appeal in the place of the first.
async fn replace<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    case: &Judgement<'_>,
    row: &RulingRow,
) -> Result<(), StandingError> {
    let first = ruling_of(db, CaseId(row.root)).await?;
    let (finding, facts, at_ms) =
        first.as_ref().map_or((None, &[][..], None), |first| (first.finding, &first.facts[..], first.at_ms));
    let effect = second(finding, case.ruling.as_ref());
    let at_ms = at_ms.unwrap_or(case.at_ms);
    let (own, now_ms) = (case.record.case.0, change.now_ms);
    file_ruling(db, own, case.ruling.as_ref(), &[], case.at_ms, now_ms).await?;
    if effect != Second::FirstStays {
        // As of the first one's date.
        for (party, signal, count) in facts {
            change.count(party, *signal, count.reversed(), at_ms);
        }
        case.count(change, at_ms);
        let in_force = match effect {
            Second::Confirmed => finding,
            _ => case.ruling.as_ref().map(|ruling| ruling.finding),
        };
        put(db, row.root, in_force, &case.counts(), at_ms, now_ms).await?;
    }
    let is_overturned = effect == Second::Overturned;
    match effect {
        Second::Overturned => {
            for violation in violations_of_root(db, row.root).await? {
                void(db, change, &violation, OVERTURNED, None, &By::server()).await?;
            }
        }
        Second::Made(finding) => case.make(db, change, CaseId(row.root), finding).await?,
        Second::FirstStays | Second::Confirmed => {}
    }
    let outcome = (effect != Second::FirstStays).then_some(is_overturned);
    appeals::judged(db, change, case.record.case, outcome).await
}

/// Makes a violation void, and decides an appeal that is open against it.
pub(super) async fn void<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    violation: &ViolationRow,
    reason: &'static str,
    words: Option<&str>,
    by: &By,
) -> Result<(), StandingError> {
    if violation.state == State::Void {
        return Ok(());
    }
    db.execute(VOID, &[violation.id.into(), reason.into(), words.into()]).await?;
    let points = u32::try_from(violation.counted_points).unwrap_or(u32::MAX);
    change.tell(
        &violation.party,
        TrustChange::ViolationVoid(ViolationChange {
            violation: violation.id,
            policy: violation.policy.id.clone(),
            points,
            reason: Some(reason.to_owned()),
        }),
    );
    change.note(by, "violation_void", &violation.party, violation.id, Some(reason.to_owned()));
    if violation.source == AUTHORITY {
        // As if it had never been: x10 counts the findings that are left.
        let party = &violation.party;
        db.execute(FINDINGS_LEFT, &[party.kind.as_str().into(), party.id.as_str().into()]).await?;
    }
    if violation.source == listings::SCREENING {
        listings::reversed(db, change, violation).await?;
    }
    // Without the step, the reports would never have been decided.
    let end = if reason == WITHDRAWN { BucketEnd::CLOSED } else { BucketEnd::NOT_UPHELD };
    credit_reporters(db, violation, end, change.now_ms).await?;
    match violation.appeal {
        Some(appeal) => appeals::overturn(db, change, appeal, by).await,
        None => Ok(()),
    }
}

/// Ends the bucket of reports that a violation came of, with the records of its reporters.
pub(super) async fn credit_reporters<D: StandingDb>(
    db: &mut D,
    violation: &ViolationRow,
    end: BucketEnd,
    now_ms: u64,
) -> Result<(), StandingError> {
    match violation.root {
        Some(root) => Ok(settle_violation(db, root, &violation.party, end, now_ms).await?),
        None => Ok(()),
    }
}

async fn file_ruling<D: StandingDb>(
    db: &mut D,
    case: Uuid,
    ruling: Option<&Ruling>,
    facts: &[(Party, SignalId, Count)],
    at_ms: u64,
    now_ms: u64,
) -> Result<(), StandingError> {
    put(db, case, ruling.map(|ruling| ruling.finding), facts, at_ms, now_ms).await
}

async fn put<D: StandingDb>(
    db: &mut D,
    case: Uuid,
    finding: Option<Finding>,
    facts: &[(Party, SignalId, Count)],
    at_ms: u64,
    now_ms: u64,
) -> Result<(), StandingError> {
    let one = |(party, signal, count): &(Party, SignalId, Count)| {
        json!([party.kind, party.id, signal.to_string(), count.n, count.k])
    };
    let facts = serde_json::Value::Array(facts.iter().map(one).collect()).to_string();
    let values = [
        case.into(),
        finding.map(Finding::as_str).into(),
        facts.as_str().into(),
        signed("at_ms", at_ms)?.into(),
        signed("ruled_ms", now_ms)?.into(),
    ];
    db.execute(RULE, &values).await?;
    Ok(())
}

/// A recorded case with its ruling.
struct Judgement<'r> {
    record: &'r EventRecord,
    policy: &'r Policy,
    ruling: Option<Ruling>,
    merchant: Option<Party>,
    host: Option<Party>,
    at_ms: u64,
    facts: String,
}

impl<'r> Judgement<'r> {
    /// The ruling on a record; none if it has no verdict with an option that upholds.
    fn of(record: &'r EventRecord, policy: &'r Policy) -> Option<Self> {
        let (brief, verdict) = (record.brief.as_ref()?, record.verdict.as_ref()?);
        let upholding = brief.options.iter().find(|option| option.upholds)?;
        // With a panel its ballots decide. All are counted where they are too few to be told.
        let of_panel = verdict.panel.as_ref().and_then(|panel| panel.counts.as_ref());
        let counts = of_panel.or(verdict.counts.as_ref());
        let votes_of = |id| counts.and_then(|counts| counts.get(id)).copied().unwrap_or(0);
        let deciding = brief.options.iter().filter(|option| !option.abstain).map(|option| votes_of(&option.id)).sum();
        let judged = Judged {
            outcome: verdict.outcome,
            upheld: verdict.option.as_ref() == Some(&upholding.id),
            votes: votes_of(&upholding.id),
            deciding,
            has_host: record.subject.host.is_some(),
        };
        let facts = format!(
            "A jury of {} judged the case “{}”. Of {} deciding votes {} upheld the complaint.",
            verdict.ballots, brief.title, judged.deciding, judged.votes
        );
        Some(Self {
            record,
            policy,
            ruling: rule(policy, judged).filter(|_| verdict.outcome == Outcome::Decided),
            merchant: record.subject.merchant.as_deref().map(Party::merchant),
            host: record.subject.host.as_deref().map(Party::host),
            at_ms: verdict.decided_at_ms,
            facts,
        })
    }

    /// The counts of the ruling. A signal belongs to the merchant, one of hosts also to the host.
    fn counts(&self) -> Vec<(Party, SignalId, Count)> {
        let mut counts = Vec::new();
        for (signal, count) in self.ruling.iter().flat_map(|ruling| &ruling.facts) {
            let is_of_hosts = signal.signal().dimension() == Dimension::Host;
            let parties = self.merchant.iter().chain(self.host.iter().filter(|_| is_of_hosts));
            counts.extend(parties.map(|party| (party.clone(), *signal, *count)));
        }
        counts
    }

    fn count(&self, change: &mut Change, at_ms: u64) {
        for (party, signal, count) in self.counts() {
            change.count(&party, signal, count, at_ms);
        }
    }

    fn tell(&self, change: &mut Change) {
        let Some(ruling) = &self.ruling else { return };
        for party in self.merchant.iter().chain(&self.host) {
            let (result, share) = (ruling.finding.as_str().to_owned(), four_decimals(ruling.share));
            change.tell(party, TrustChange::RulingMade { case: self.record.case, result, share });
        }
    }

    /// Makes the violations of a finding, one for each party that they fall on.
    async fn make<D: StandingDb>(
        &self,
        db: &mut D,
        change: &mut Change,
        root: CaseId,
        finding: Finding,
    ) -> Result<(), StandingError> {
        if !finding.makes_violation() {
            return Ok(());
        }
        let state = if finding == Finding::Proposed { State::Proposed } else { State::Active };
        let policy = to_json("policy", self.policy)?;
        let (merchant, host) = (self.merchant.as_ref(), self.host.as_ref());
        let id_of = |party: Option<&Party>| party.map(|party| party.id.clone());
        for party in self.policy.bearers(id_of(merchant).as_deref(), id_of(host).as_deref()) {
            let id = uuid_at(change.now_ms);
            let values = [
                id.into(),
                party.kind.as_str().into(),
                party.id.as_str().into(),
                policy.as_str().into(),
                JURY.into(),
                self.record.case.0.into(),
                root.0.into(),
                self.record.room.as_str().into(),
                merchant.map(|merchant| merchant.id.as_str()).into(),
                text("facts", &self.facts)?.into(),
                signed("decided_at_ms", self.at_ms)?.into(),
                state.as_str().into(),
                None::<&str>.into(),
                None::<&str>.into(),
                None::<&str>.into(),
            ];
            db.execute(INSERT_VIOLATION, &values).await?;
            made(change, &party, id, self.policy, state, &By::server());
        }
        Ok(())
    }
}

/// Tells of a violation that was filed. Its points, with the factor of a repeat, are in the standing.
pub(super) fn made(change: &mut Change, party: &Party, id: Uuid, policy: &Policy, state: State, by: &By) {
    let told = ViolationChange { violation: id, policy: policy.id.clone(), points: policy.points, reason: None };
    let (what, action) = match state {
        State::Proposed => (TrustChange::ViolationProposed(told), "violation_proposed"),
        _ => (TrustChange::ViolationActive(told), "violation_active"),
    };
    change.tell(party, what);
    change.note(by, action, party, id, Some(policy.id.clone()));
}
