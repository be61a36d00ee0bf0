//! Takes facts from the platform: parses each line, and stores all good ones in one transaction.

use live_jury_trust::fact::{Fact, LINES_MAX, Refusal};

use super::Trust;
use crate::ledger::LedgerError;

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

impl Trust {
    /// Adds the facts of a request. An empty line at its end is none.
    ///
    /// # Errors
    /// The request has too many lines, or the ledger failed.
    pub async fn ingest(&self, body: &[u8]) -> Result<Ingested, IngestError> {
        let now_ms = self.clock.now_ms();
        let lines = body.strip_suffix(b"\n").unwrap_or(body).split(|byte| *byte == b'\n');
        let (mut facts, mut refused) = (Vec::new(), Vec::new());
        for (line, text) in (1_u64..).zip(lines) {
            if line > LINES_MAX as u64 {
                return Err(IngestError::TooManyLines);
            }
            match Fact::parse(text.strip_suffix(b"\r").unwrap_or(text), &self.file, now_ms) {
                Ok(fact) => facts.push(fact),
                Err(refusal) => refused.push(LineRefused { line, refusal }),
            }
        }
        let added = if facts.is_empty() { Default::default() } else { self.ledger.add_facts(&facts, now_ms).await? };
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "accepted").increment(added.accepted);
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "duplicate").increment(added.duplicate);
        metrics::counter!("live_jury_trust_facts_total", "outcome" => "refused").increment(refused.len() as u64);
        Ok(Ingested { accepted: added.accepted, duplicate: added.duplicate, refused })
    }
}
