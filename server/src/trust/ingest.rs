//! Takes facts from the platform: parses each line, and stores all good ones in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use live_jury_trust::fact::{Effect, Event, Fact, LINES_MAX, OrderStep, Refusal, RemedyOf};
use serde_json::Value;

use super::{KeptFacts, Trust};
use crate::ledger::claims::{Given, GivenOf, NotGenuine};
use crate::ledger::promises::Promising;
use crate::ledger::remedies::RemedyGiven;
use crate::ledger::standing::{AuthorityFinding, StandingError};
use crate::ledger::{KeptFact, LedgerError};

/// The numbers of a request's lines by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// The lines that count now.
    pub accepted: u64,
    /// The events that counted before.
    pub duplicate: u64,
    /// The lines that count nothing.
    pub refused: Vec<LineRefused>,
}

/// A refused line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRefused {
    /// The line's number, from 1.
    pub line: u64,
    /// The reason.
    pub refusal: Refusal,
}

/// The ways in which a request of facts fails as a whole. Then nothing is stored.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// It has too many lines.
    #[error("a request has at most {LINES_MAX} lines")]
    TooManyLines,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger failed after the facts were stored. A repeat counts nothing twice, and does the rest.
    #[error(transparent)]
    Standing(#[from] StandingError),
}

/// The field of a line that names a buyer.
const BUYER: &str = "buyer";

impl KeptFacts {
    /// The line of an event with the keyed name of its buyer. A day's sum is kept by itself.
    fn kept(&self, fact: &Fact, line: &[u8]) -> Option<KeptFact> {
        let Fact::Event(event) = fact else { return None };
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(line) else { return None };
        let buyer = fields.get(BUYER).and_then(Value::as_str).map(|id| self.key.buyer(id).hex());
        if let Some(buyer) = &buyer {
            fields.insert(BUYER.to_owned(), Value::String(buyer.clone()));
        }
        Some(KeptFact {
            id: event.id.clone(),
            merchant: event.merchant.clone(),
            host: event.host.clone(),
            buyer,
            line: Value::Object(fields).to_string(),
        })
    }
}

impl Trust {
    /// Adds the facts of a request. An empty line at its end is none.
    ///
    /// # Errors
    /// The request has too many lines, or the ledger failed.
    pub async fn ingest(&self, body: &[u8]) -> Result<Ingested, IngestError> {
        let now_ms = self.clock.now_ms();
        let lines = body.strip_suffix(b"\n").unwrap_or(body).split(|byte| *byte == b'\n');
        let (mut facts, mut kept, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (line, text) in (1_u64..).zip(lines) {
            if line > LINES_MAX as u64 {
                return Err(IngestError::TooManyLines);
            }
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            match Fact::parse(text, &self.file, now_ms) {
                Ok(fact) => {
                    kept.extend(self.kept_facts.as_ref().and_then(|how| how.kept(&fact, text)));
                    facts.push(fact);
                }
                Err(refusal) => refused.push(LineRefused { line, refusal }),
            }
        }
        let given = self.cover(&mut facts).await?;
        let mut remedies: Vec<RemedyGiven> = events(&facts).filter_map(remedy_given).collect();
        let added = match facts.is_empty() {
            true => Default::default(),
            false => self.ledger.add_and_keep_facts(&facts, &kept, now_ms).await?,
        };
        if !given.is_empty() {
            let of_claims = self.ledger.fulfil_claims(&given, now_ms).await?;
            let is_told = |one: &RemedyGiven| remedies.iter().any(|other| other.case == one.case);
            let further: Vec<RemedyGiven> = of_claims.into_iter().filter(|one| !is_told(one)).collect();
            remedies.extend(further);
        }
        let found: Vec<AuthorityFinding> = events(&facts).filter_map(|event| self.finding(event)).collect();
        if !found.is_empty() {
            self.ledger.file_findings(&found, now_ms).await?;
        }
        let not_genuine: Vec<NotGenuine> = events(&facts).filter_map(not_genuine).collect();
        if !not_genuine.is_empty() {
            self.ledger.uphold_claims(&not_genuine, now_ms).await?;
        }
        if !remedies.is_empty() {
            self.ledger.remedies_given(&remedies, now_ms).await?;
        }
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "accepted").increment(added.accepted);
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "duplicate").increment(added.duplicate);
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "refused").increment(refused.len() as u64);
        Ok(Ingested { accepted: added.accepted, duplicate: added.duplicate, refused })
    }
}

impl Trust {
    /// Notes which orders a promise covers, and returns what buyers have got. Orders of merchants who never promised
    /// anything are not kept.
    async fn cover(&self, facts: &mut [Fact]) -> Result<Vec<Given>, LedgerError> {
        let merchants: BTreeSet<String> = events(facts).filter_map(of_order).cloned().collect();
        let promising = match merchants.is_empty() {
            true => BTreeMap::new(),
            false => self.ledger.promising(&merchants.iter().map(String::as_str).collect::<Vec<_>>()).await?,
        };
        let mut given = Vec::new();
        for fact in facts {
            let Fact::Event(event) = fact else { continue };
            let of = event.merchant.as_ref().and_then(|merchant| promising.get(merchant));
            given.extend(given_by(event, of));
            match of {
                Some(of) if event.placed().is_some() && of.covers(event.at_ms) => event.cover(of.category.as_deref()),
                Some(_) => {}
                None => event.effects.retain(|effect| !matches!(effect, Effect::Order { .. })),
            }
        }
        Ok(given)
    }
}

impl Trust {
    /// The violation that an authority found, for each party on which the policy falls.
    fn finding(&self, event: &Event) -> Option<AuthorityFinding> {
        let (policy, text) = event.effects.iter().find_map(|effect| match effect {
            Effect::Finding { policy, text } => Some((policy, text)),
            _ => None,
        })?;
        let policy = self.file.policy(policy)?.clone();
        let parties = policy.bearers(event.merchant.as_deref(), event.host.as_deref());
        Some(AuthorityFinding { fact: event.id.clone(), parties, policy, facts: text.clone() })
    }
}

fn events(facts: &[Fact]) -> impl Iterator<Item = &Event> {
    facts.iter().filter_map(|fact| match fact {
        Fact::Event(event) => Some(&**event),
        Fact::Tally(_) | Fact::Badge(_) => None,
    })
}

/// The merchant of an event about an order.
fn of_order(event: &Event) -> Option<&String> {
    let is_of_order = event.effects.iter().any(|effect| matches!(effect, Effect::Order { .. }));
    event.merchant.as_ref().filter(|_| is_of_order)
}

/// The thing that a buyer has got, by an event.
fn given_by(event: &Event, of: Option<&Promising>) -> Option<Given> {
    let of = event.effects.iter().find_map(|effect| match effect {
        Effect::Order { order, what: OrderStep::Refunded } if of.is_some() => {
            Some(GivenOf::Order { merchant: event.merchant.clone()?, order: order.clone() })
        }
        Effect::RemedyDone { of: RemedyOf::Claim(id), .. } => Some(GivenOf::Claim(id.clone())),
        Effect::RemedyDone { of: RemedyOf::Case(id), .. } => id.parse().ok().map(GivenOf::Case),
        _ => None,
    })?;
    Some(Given { of, at_ms: event.at_ms })
}

/// The goods that an event says are not genuine: those of an order, or a product.
fn not_genuine(event: &Event) -> Option<NotGenuine> {
    event.effects.iter().find_map(|effect| match effect {
        Effect::NotGenuine { order } => Some(NotGenuine {
            merchant: event.merchant.clone()?,
            order: order.clone(),
            product: event.product.clone(),
            at_ms: event.at_ms,
        }),
        _ => None,
    })
}

/// The remedy that an event says was given.
fn remedy_given(event: &Event) -> Option<RemedyGiven> {
    event.effects.iter().find_map(|effect| match effect {
        Effect::RemedyDone { of: RemedyOf::Case(id), accepted } => {
            Some(RemedyGiven { case: id.parse().ok()?, at_ms: event.at_ms, accepted: *accepted })
        }
        _ => None,
    })
}
