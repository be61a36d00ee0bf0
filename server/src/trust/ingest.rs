//! Takes facts from the platform: parses each line, and stores all good ones in one transaction.

use live_jury_trust::fact::{Fact, LINES_MAX, Refusal};
use serde_json::Value;

use super::{KeptFacts, Trust};
use crate::ledger::{KeptFact, LedgerError};

/// What became of a request's lines.
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
        let added = match facts.is_empty() {
            true => Default::default(),
            false => self.ledger.add_and_keep_facts(&facts, &kept, now_ms).await?,
        };
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "accepted").increment(added.accepted);
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "duplicate").increment(added.duplicate);
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "refused").increment(refused.len() as u64);
        Ok(Ingested { accepted: added.accepted, duplicate: added.duplicate, refused })
    }
}
