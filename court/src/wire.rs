//! The case as its readers get it: moderators read more than the public.

use std::collections::BTreeSet;

use live_jury_protocol as protocol;

use crate::{Case, Draw, State};

/// The reader of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A moderator. Reads also the recused viewer ids and the counts of a void case.
    Moderator,
    /// Everybody else.
    Public,
}

/// The draw as everybody reads it, moderators included: the nonce stays secret until the call, or until the record of a
/// case whose panel nobody called.
fn draw_on_wire(draw: &Draw, is_recorded: bool) -> protocol::Draw {
    let hex = |bytes: &[u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    protocol::Draw {
        commitment: hex(&draw.commitment),
        nonce: (draw.called.is_some() || is_recorded).then(|| hex(&draw.nonce)),
        called: draw.called,
    }
}

impl Case {
    /// The case as `audience` reads it.
    #[must_use]
    pub fn to_wire(&self, audience: Audience) -> protocol::Case {
        let brief = protocol::NewCase::clone(&self.brief);
        let opened = self.state.opened();
        let sealed = self.state.sealed();
        let mut wire = protocol::Case {
            id: self.id,
            room: self.room.clone(),
            kind: brief.kind,
            title: brief.title,
            summary: brief.summary,
            subject: brief.subject,
            statements: Some(brief.statements),
            evidence: Some(brief.evidence),
            options: brief.options,
            rules: brief.rules.clone(),
            remedy: brief.remedy,
            policy: brief.policy,
            remedy_kind: brief.remedy_kind,
            remedy_due_h: brief.remedy_due_h,
            state: self.state.name(),
            version: self.version,
            epoch: opened.map_or(0, |open| open.epoch),
            duration_s: brief.duration_s,
            created_at_ms: self.created_at_ms,
            opened_at_ms: opened.map(|open| open.opened_at_ms),
            closes_at_ms: opened.map_or(brief.closes_at_ms, |open| Some(open.closes_at_ms)),
            extended_s: opened.map_or(0, |open| open.extended_s),
            recused_count: brief.rules.recused.iter().flatten().collect::<BTreeSet<_>>().len() as u64,
            attempt: opened.map_or(0, |open| open.terms.attempt),
            appeal_of: self.appeal_of,
            from_reports: None,
            claim: None,
            asked: self.as_endable().ok().and_then(|open| open.terms.asked.clone()),
            draw: self.draw.map(|draw| draw_on_wire(&draw, self.state.ended().is_some())),
            remedy_clock: self.remedy_clock,
            closed_by: sealed.map(|sealed| sealed.by.closed_by()),
            tally_missing: self.state.missing().is_some(),
            verdict: self.state.ended().map(|ended| ended.verdict.clone()),
        };
        match audience {
            Audience::Moderator => wire.rules.recused.get_or_insert_default(),
            Audience::Public => {
                wire.rules.recused = None;
                wire.asked = None;
                if let (State::Void(_), Some(verdict)) = (&self.state, &mut wire.verdict) {
                    verdict.counts = None;
                }
                return wire;
            }
        };
        wire
    }

    /// The case as a docket message carries it after its end: without statements, evidence, and the verdict's details.
    #[must_use]
    pub fn to_wire_short(&self, audience: Audience) -> protocol::Case {
        let mut wire = protocol::Case { statements: None, evidence: None, ..self.to_wire(audience) };
        if let Some(verdict) = &mut wire.verdict {
            verdict.details = None;
        }
        wire
    }
}
