//! Brings what follows from a party's violations in line with them: sums, measures, statements and events. It is the
//! same for one more violation and for one less, so a reversal leaves nothing behind.

use std::collections::BTreeMap;

use live_jury_protocol::CaseId;
use live_jury_protocol::trust::{MeasureChange, TrustChange};
use live_jury_trust::counter::Count;
use live_jury_trust::exposure::Gate;
use live_jury_trust::identity::decide::Entry;
use live_jury_trust::ladder::{self, BAN_POINTS_MIN, Standing, Taken, reconcile};
use live_jury_trust::policy::Policy;
use live_jury_trust::signal::{Dimension, SignalId};
use live_jury_trust::statement::{Content, Decider, Grounds, Notice, Statement};
use live_jury_trust::{DAY_MS, Party, PartyKind};
use uuid::Uuid;

use super::change::Change;
use super::lists::{measures_of, violations_of};
use super::{By, MeasureRow, StandingDb, StandingError, ViolationRow};
use crate::ledger::identities::{steps, tokens};
use crate::sql::outbox::uuid_at;
use crate::sql::row::{cursor, signed};

/// The reason of a measure that was lifted by an appeal.
pub(super) const OVERTURNED: &str = "overturned";
/// The reason of a measure whose violation, or whose points, are gone.
const REVERSED: &str = "reversed";

const COUNTED: &str = "UPDATE trust_violation SET counted_points = $2, counted_signal = $3 WHERE id = $1";

pub(super) const INSERT_MEASURE: &str = "INSERT INTO trust_measure (id, kind, party, measure, violation, points, \
    from_ms, until_ms, account_ends_ms, words, decided_by, act) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// `$1` the case that the first jury judged.
const BUCKET_OF_CASE: &str = "SELECT id FROM trust_bucket WHERE case_id = $1";

const LIFT: &str = "UPDATE trust_measure SET lifted_at_ms = $2, reason = $3 WHERE id = $1 AND lifted_at_ms IS NULL";

/// `$1` kind, `$2` id, `$3` points, `$4` tier. Changes nothing if the same was told.
const TELL: &str = "UPDATE trust_party SET told_points = $3, told_tier = $4 WHERE kind = $1 AND id = $2 \
    AND (coalesce(told_points, 0) <> $3 OR coalesce(told_tier, 'clear') <> $4)";

/// `$1` merchant, `$2` today, `$3` the day of what is reversed. The higher value of two reversals of a day counts.
const REVERSE: &str = "UPDATE trust_party SET reversal_day = $2, before_reversal = (SELECT max(v) FROM \
    (SELECT (SELECT kept FROM trust_exposure WHERE merchant = $1 AND day < $3 ORDER BY day DESC LIMIT 1) AS v \
    UNION ALL SELECT before_reversal AS v FROM trust_party AS same \
    WHERE same.kind = 'merchant' AND same.id = $1 AND same.reversal_day = $2) AS either) \
    WHERE kind = 'merchant' AND id = $1";

/// The parties whose rows a change of this violation writes.
pub(super) fn touched(violation: &ViolationRow) -> Vec<Party> {
    let merchant = violation.merchant.as_ref().map(Party::merchant);
    let other = merchant.filter(|merchant| *merchant != violation.party);
    other.into_iter().chain([violation.party.clone()]).collect()
}

/// Brings everything in line with the violations of a party, which the change has locked.
pub(super) async fn settle<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    party: &Party,
    by: &By,
) -> Result<Standing, StandingError> {
    let rows = violations_of(db, party).await?;
    let violations: Vec<ladder::Violation> = rows.iter().map(ViolationRow::on_ladder).collect();
    let standing = Standing::of(&violations, change.now_ms);
    count(db, change, &rows, &standing).await?;
    let measures = measures_of(db, party).await?;
    take_and_lift(db, change, party, by, &rows, &measures, &standing).await?;
    let is_ban = |one: &&MeasureRow| one.kind == Gate::Ban && one.lifted_at_ms.is_none();
    for ban in measures.iter().filter(is_ban) {
        // Without the points that it needed it would never have been.
        if Standing::of(&violations, ban.from_ms).points < BAN_POINTS_MIN {
            lift(db, change, ban, by, REVERSED).await?;
        }
    }
    let (points, tier) = (standing.points, standing.tier.as_str());
    let values = [party.kind.as_str().into(), party.id.as_str().into(), i64::from(points).into(), tier.into()];
    if db.execute(TELL, &values).await? > 0 {
        change.tell(party, TrustChange::StandingChanged { points, tier: tier.to_owned() });
    }
    Ok(standing)
}

/// Adds to the sums of signals what they lack of each violation, and takes away what they have too much.
async fn count<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    rows: &[ViolationRow],
    standing: &Standing,
) -> Result<(), StandingError> {
    let points: BTreeMap<&str, u32> =
        standing.violations.iter().map(|one| (one.violation.as_str(), one.points)).collect();
    for row in rows {
        let counts = row.state.counts();
        let of_merchant = counts && row.party.kind == PartyKind::Merchant;
        let now = if of_merchant { points.get(row.id.to_string().as_str()).copied().unwrap_or(0).into() } else { 0 };
        if now != row.counted_points {
            let difference = Count::new(0.0, now as f64 - row.counted_points as f64);
            change.count(&row.party, SignalId::X03, difference, row.decided_at_ms);
        }
        if counts != row.counted_signal {
            let one = Count::new(0.0, if counts { 1.0 } else { -1.0 });
            for (party, signal) in counted_parties(row) {
                change.count(&party, signal, one, row.decided_at_ms);
            }
        }
        let is_reversal = row.counted_signal && !counts;
        if is_reversal && let Some(merchant) = touched(row).first().filter(|one| one.kind == PartyKind::Merchant) {
            let (today, day) = (change.now_ms / DAY_MS, row.decided_at_ms / DAY_MS);
            db.execute(REVERSE, &[merchant.id.as_str().into(), cursor(today).into(), cursor(day).into()]).await?;
        }
        if now != row.counted_points || counts != row.counted_signal {
            let values = [row.id.into(), signed("counted_points", now)?.into(), i64::from(counts).into()];
            db.execute(COUNTED, &values).await?;
        }
    }
    Ok(())
}

/// The sums that count a violation of this policy. A signal belongs to the merchant, and a host's also to the host.
fn counted_parties(row: &ViolationRow) -> Vec<(Party, SignalId)> {
    let Some(signal) = row.policy.signal() else { return Vec::new() };
    let is_of_hosts = signal.signal().dimension() == Dimension::Host;
    let mut parties = Vec::new();
    if row.party.kind == PartyKind::Merchant || is_of_hosts {
        parties.push((row.party.clone(), signal));
    }
    // A merchant whom the violation does not fall on has none of its own that counts.
    let is_spared = row.policy.bearers(row.merchant.as_deref(), None).is_empty();
    if row.party.kind == PartyKind::Host
        && is_spared
        && let Some(merchant) = &row.merchant
    {
        parties.push((Party::merchant(merchant), signal));
    }
    parties
}

async fn take_and_lift<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    party: &Party,
    by: &By,
    rows: &[ViolationRow],
    measures: &[MeasureRow],
    standing: &Standing,
) -> Result<(), StandingError> {
    let is_kept = |one: &&MeasureRow| one.lifted_at_ms.is_none() || one.reason.as_deref() == Some(OVERTURNED);
    let taken: Vec<Taken<Uuid>> = measures
        .iter()
        .filter(is_kept)
        .filter_map(|one| {
            Some(Taken {
                id: one.id,
                violation: one.violation?.to_string(),
                kind: one.kind,
                points: one.points,
                from_ms: one.from_ms,
                overturned: one.lifted_at_ms.is_some(),
            })
        })
        .collect();
    let difference = reconcile(&taken, standing);
    for measure in measures.iter().filter(|measure| difference.lift.contains(&measure.id)) {
        lift(db, change, measure, by, REVERSED).await?;
    }
    for started in &difference.take {
        let Some(violation) = rows.iter().find(|row| row.id.to_string() == started.violation) else { continue };
        let measure = MeasureRow {
            id: uuid_at(change.now_ms),
            party: party.clone(),
            kind: started.kind,
            entry: None,
            violation: Some(violation.id),
            points: started.points,
            from_ms: started.from_ms,
            until_ms: Some(started.until_ms),
            account_ends_ms: None,
            lifted_at_ms: None,
            reason: None,
            words: None,
            by: None,
            appeal: None,
        };
        take(db, change, &measure, &Reasons::of(violation), Decider::Ladder, &By::server()).await?;
    }
    Ok(())
}

/// The reasons of a measure.
#[derive(Clone, Copy, Debug)]
pub(in crate::ledger) struct Reasons<'r> {
    /// The policy that was broken.
    pub policy: &'r Policy,
    /// The facts.
    pub facts: &'r str,
    /// The time of what it is about, in Unix milliseconds.
    pub content_ms: u64,
    /// The case that a first jury judged, if there was one.
    pub root: Option<CaseId>,
}

impl<'r> Reasons<'r> {
    /// Those of a violation.
    pub fn of(violation: &'r ViolationRow) -> Self {
        Self {
            policy: &violation.policy,
            facts: &violation.facts,
            content_ms: violation.decided_at_ms,
            root: violation.root,
        }
    }
}

/// Inserts a measure with its statement.
pub(in crate::ledger) async fn take<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    measure: &MeasureRow,
    reasons: &Reasons<'_>,
    decider: Decider,
    by: &By,
) -> Result<(), StandingError> {
    let MeasureRow { id, party, kind, points, from_ms, until_ms, account_ends_ms, words, .. } = measure;
    let until = until_ms.map(|until_ms| signed("until_ms", until_ms)).transpose()?;
    let account_ends = account_ends_ms.map(|ends_ms| signed("account_ends_ms", ends_ms)).transpose()?;
    let values = [
        (*id).into(),
        party.kind.as_str().into(),
        party.id.as_str().into(),
        kind.as_str().into(),
        measure.violation.into(),
        i64::from(*points).into(),
        signed("from_ms", *from_ms)?.into(),
        until.into(),
        account_ends.into(),
        words.as_deref().into(),
        measure.by.as_deref().into(),
        measure.entry.map(Entry::as_str).into(),
    ];
    db.execute(INSERT_MEASURE, &values).await?;
    let grounds = Grounds {
        id: &id.to_string(),
        measure: *kind,
        entry: measure.entry,
        policy: reasons.policy,
        facts: reasons.facts,
        points: *points,
        content: if party.kind == PartyKind::Host { Content::Live } else { Content::Product },
        notice: notice_of(db, reasons.root).await?,
        decider,
        content_ms: reasons.content_ms,
        from_ms: *from_ms,
        until_ms: *until_ms,
    };
    change.state(*id, party, Statement::of(&grounds));
    change.tell(party, TrustChange::MeasureTaken(told(measure)));
    let action = if *kind == Gate::Ban { "banned" } else { "measure_taken" };
    change.note(by, action, party, *id, Some(words.clone().unwrap_or_else(|| measure.name().to_owned())));
    Ok(())
}

/// The way in which the platform learnt of what a first jury judged.
async fn notice_of<D: StandingDb>(db: &mut D, root: Option<CaseId>) -> Result<Notice, StandingError> {
    let Some(root) = root else { return Ok(Notice::Own) };
    let bucket = db.fetch_optional(BUCKET_OF_CASE, &[root.0.into()]).await?;
    Ok(if bucket.is_some() { Notice::Reports } else { Notice::Own })
}

/// Lifts a measure before its end.
pub(in crate::ledger) async fn lift<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    measure: &MeasureRow,
    by: &By,
    reason: &'static str,
) -> Result<(), StandingError> {
    let values = [measure.id.into(), signed("lifted_at_ms", change.now_ms)?.into(), reason.into()];
    if db.execute(LIFT, &values).await? > 0 {
        change.tell(&measure.party, TrustChange::MeasureLifted(told(measure)));
        change.note(by, "measure_lifted", &measure.party, measure.id, Some(reason.to_owned()));
        if measure.kind == Gate::Ban {
            tokens::forget(db, &measure.party).await?;
        }
        if measure.entry.is_some() {
            steps::lifted(db, change, measure).await?;
        }
    }
    Ok(())
}

fn told(measure: &MeasureRow) -> MeasureChange {
    MeasureChange {
        measure: measure.id,
        kind: measure.name().to_owned(),
        from_ms: measure.from_ms,
        until_ms: measure.until_ms,
        statement: measure.id,
    }
}
