//! The standing of parties as their readers get it. A party reads no moderator's `sub`.

use std::collections::BTreeMap;

use live_jury_protocol::limits::APPEAL_WINDOW_MS;
use live_jury_protocol::trust::{Appeal, AppealTarget, Measure, PartyStanding, PolicyTitle, TrustParty, Violation};
use live_jury_trust::ladder::{Counted, POINTS_KEPT_MS, Standing, State};
use live_jury_trust::policy::Policy;
use live_jury_trust::{Party, PartyKind, is_platform_id};

use super::Trust;
use crate::ledger::standing::{APPEAL_KEPT_MS, AppealRow, MeasureRow, ROWS_OF_PARTY, StandingError, ViolationRow};

/// The reader of a standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The party itself.
    Party,
    /// The platform, or a moderator of all rooms.
    Staff,
}

impl Trust {
    /// The standing of a party; none for staff if no fact and no case has named it.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn standing(&self, party: &Party, reader: Reader) -> Result<Option<PartyStanding>, StandingError> {
        let now_ms = self.clock.now_ms();
        // A party that nobody knows yet reads that there is nothing.
        if reader == Reader::Staff && !self.ledger.knows(party).await? {
            return Ok(None);
        }
        let rows = self.ledger.violations_of(party).await?;
        let (standing, counted) = fold(&rows, now_ms);
        let measures = self.ledger.measures_of(party).await?;
        let gate = measures.iter().filter(|measure| measure.is_in_force(now_ms)).map(|measure| measure.kind).max();
        let newest = ROWS_OF_PARTY as usize;
        let violation = |row: &ViolationRow| violation(row, counted.get(&row.id.to_string()), reader, now_ms);
        let appeals = self.ledger.appeals_of(party).await?;
        Ok(Some(PartyStanding {
            party: wire_party(party),
            as_of_ms: now_ms,
            points: standing.points,
            tier: standing.tier.as_str().to_owned(),
            gate: gate.map(|gate| gate.as_str().to_owned()),
            violations: rows.iter().rev().take(newest).map(violation).collect(),
            measures: measures.iter().rev().take(newest).map(|row| measure(row, reader, now_ms)).collect(),
            appeals: appeals.iter().map(|row| appeal(row, reader)).collect(),
            statements: self.ledger.statements_of(party).await?,
            drafts: Vec::new(),
            remedies: Vec::new(),
            application: None,
            signals: Vec::new(),
        }))
    }

    /// Violations as a moderator reads them, with their points among the others of their parties.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn shown(&self, rows: &[ViolationRow]) -> Result<Vec<Violation>, StandingError> {
        let now_ms = self.clock.now_ms();
        let (mut parties, mut shown) = (BTreeMap::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            if !parties.contains_key(&row.party) {
                // A row of the party that cannot be read hides no other one.
                let all = self.ledger.readable_violations_of(&row.party).await?;
                parties.insert(row.party.clone(), fold(&all, now_ms).1);
            }
            let counted = parties.get(&row.party).and_then(|counted| counted.get(&row.id.to_string()));
            shown.push(violation(row, counted, Reader::Staff, now_ms));
        }
        Ok(shown)
    }
}

fn fold(rows: &[ViolationRow], now_ms: u64) -> (Standing, BTreeMap<String, Counted>) {
    let standing = Standing::of(&rows.iter().map(ViolationRow::on_ladder).collect::<Vec<_>>(), now_ms);
    let counted = standing.violations.iter().map(|one| (one.violation.clone(), one.clone())).collect();
    (standing, counted)
}

fn wire_party(party: &Party) -> TrustParty {
    TrustParty { kind: party.kind.as_str().to_owned(), id: party.id.clone() }
}

/// The party with this kind and id; none if they have another form.
#[must_use]
pub fn party_of(kind: &str, id: &str) -> Option<Party> {
    PartyKind::from_name(kind).filter(|_| is_platform_id(id)).map(|kind| Party { kind, id: id.to_owned() })
}

/// The name of a policy.
pub(super) fn title_of(policy: &Policy) -> PolicyTitle {
    PolicyTitle { en: policy.title.en.clone(), zh_cn: policy.title.zh_cn.clone() }
}

fn violation(row: &ViolationRow, counted: Option<&Counted>, reader: Reader, now_ms: u64) -> Violation {
    let expires_at_ms = row.decided_at_ms.saturating_add(POINTS_KEPT_MS);
    let is_expired = row.state == State::Active && expires_at_ms <= now_ms;
    let points = match row.state {
        State::Proposed => row.policy.points,
        _ => counted.map_or(0, |counted| counted.points),
    };
    let title = title_of(&row.policy);
    Violation {
        id: row.id,
        version: row.version,
        party: wire_party(&row.party),
        policy: row.policy.id.clone(),
        title,
        clause: row.policy.clause.clone(),
        source: row.source.clone(),
        case: row.case,
        room: row.room.clone(),
        facts: row.facts.clone(),
        points,
        counts: counted.is_some_and(|counted| counted.counts),
        state: if is_expired { "expired" } else { row.state.as_str() }.to_owned(),
        reason: row.reason.clone(),
        words: row.words.clone(),
        by: row.by.clone().filter(|_| reader == Reader::Staff),
        decided_at_ms: row.decided_at_ms,
        expires_at_ms,
        jury_until_ms: row.case.map(|_| row.decided_at_ms.saturating_add(APPEAL_WINDOW_MS)),
        appeal_until_ms: row.decided_at_ms.saturating_add(APPEAL_KEPT_MS),
        appeal: row.appeal,
    }
}

/// A measure as its reader gets it.
#[must_use]
pub fn measure(row: &MeasureRow, reader: Reader, now_ms: u64) -> Measure {
    let state = match row.lifted_at_ms {
        Some(_) => "lifted",
        None if row.is_in_force(now_ms) => "in_force",
        None => "over",
    };
    Measure {
        id: row.id,
        party: wire_party(&row.party),
        kind: row.name().to_owned(),
        violation: row.violation,
        points: row.points,
        from_ms: row.from_ms,
        until_ms: row.until_ms,
        account_ends_ms: row.account_ends_ms,
        state: state.to_owned(),
        lifted_at_ms: row.lifted_at_ms,
        reason: row.reason.clone(),
        words: row.words.clone(),
        by: row.by.clone().filter(|_| reader == Reader::Staff),
        appeal_until_ms: row.from_ms.saturating_add(APPEAL_KEPT_MS),
        appeal: row.appeal,
    }
}

/// An appeal as its reader gets it.
#[must_use]
pub fn appeal(row: &AppealRow, reader: Reader) -> Appeal {
    Appeal {
        id: row.id,
        version: row.version,
        party: wire_party(&row.party),
        target: AppealTarget { kind: row.target_kind.as_str().to_owned(), id: row.target },
        text: row.text.clone(),
        evidence: row.evidence.clone(),
        state: row.state.as_str().to_owned(),
        case: row.case,
        review_reason: row.review_reason.clone(),
        filed_at_ms: row.filed_at_ms,
        due_ms: row.due_ms,
        decided_at_ms: row.decided_at_ms,
        words: row.words.clone(),
        by: row.by.clone().filter(|_| reader == Reader::Staff),
    }
}
