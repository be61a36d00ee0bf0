//! Converts a form into the case to send and into a preview. The server checks the limits, this file does not.

use live_jury_protocol::limits::THRESHOLD_SCALE;
use live_jury_protocol::{
    Case, CaseId, CaseOption, CaseState, Evidence, EvidenceKind, NewCase, OptionId, Reveal, RoomId, Rules, Statements,
    Subject,
};

use super::{CaseForm, EvidenceFields, Fault, FieldError, OptionFields};
use crate::console::entry;

impl CaseForm {
    /// The case to send. Only the form of each field is checked here; the server checks the limits.
    ///
    /// # Errors
    /// A field's text cannot be sent.
    pub fn to_case(&self) -> Result<NewCase, FieldError> {
        let duration_s = match self.closes_at_ms {
            Some(_) => None,
            None => Some(self.duration_unit.seconds(&self.duration).ok_or_else(|| fault("duration_s", Fault::Number))?),
        };
        Ok(NewCase {
            // The title's field has several lines, so that a long title is visible as a whole.
            title: self.title.split_whitespace().collect::<Vec<_>>().join(" "),
            kind: self.kind.clone(),
            summary: self.summary.trim().to_owned(),
            subject: self.subject(),
            statements: Statements {
                buyer: self.statements.buyer.trim().to_owned(),
                merchant: self.statements.merchant.trim().to_owned(),
            },
            evidence: self.evidence.iter().enumerate().map(evidence).collect::<Result<_, _>>()?,
            options: self.options(),
            rules: self.rules()?,
            remedy: filled(&self.remedy),
            policy: self.policy(),
            remedy_kind: self.remedy_kind.filter(|_| filled(&self.remedy).is_some()),
            remedy_due_h: self.remedy_due_h()?,
            duration_s,
            closes_at_ms: self.closes_at_ms,
            open: false,
        })
    }

    fn subject(&self) -> Subject {
        Subject {
            merchant: filled(&self.subject.merchant),
            host: filled(&self.subject.host),
            product: filled(&self.subject.product),
            order: filled(&self.subject.order),
        }
    }

    /// The policy, if there is a party that can break it.
    fn policy(&self) -> Option<String> {
        let has_party = filled(&self.subject.merchant).or_else(|| filled(&self.subject.host)).is_some();
        filled(&self.policy).filter(|_| has_party)
    }

    fn remedy_due_h(&self) -> Result<Option<u32>, FieldError> {
        match filled(&self.remedy_due_h).filter(|_| filled(&self.remedy).is_some()) {
            Some(typed) => Ok(Some(number(&typed, "remedy_due_h")?)),
            None => Ok(None),
        }
    }

    fn options(&self) -> Vec<CaseOption> {
        let of = |option: &OptionFields| {
            let id = option.id.parse::<OptionId>().ok()?;
            Some(CaseOption {
                id,
                label: option.label.trim().to_owned(),
                abstain: option.abstain,
                upholds: self.upholds == Some(option.key) && !option.abstain,
            })
        };
        self.options.iter().filter_map(of).collect()
    }

    fn rules(&self) -> Result<Rules, FieldError> {
        let recused: Vec<String> = self
            .recused
            .split([',', '\n', '，', '、'])
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect();
        Ok(Rules {
            quorum: number(&self.quorum, "rules.quorum")?,
            threshold: entry::read_share(&self.threshold).ok_or_else(|| fault("rules.threshold", Fault::Share))?,
            reveal: self.reveal,
            allow_change: self.allow_change && self.reveal == Reveal::AfterClose,
            blind: self.blind && self.reveal == Reveal::AfterClose,
            fixed_end: self.fixed_end,
            min_account_age_days: number(&self.min_account_age_days, "rules.min_account_age_days")?,
            recused: Some(recused),
            panel: self.panel.rule()?,
            ..self.further.clone()
        })
    }

    /// The case as viewers would see it, opened at `now_ms`. A field that cannot be sent yet gets a default.
    #[must_use]
    pub fn preview(&self, room: &RoomId, now_ms: u64) -> Case {
        let duration_s = self.duration_unit.seconds(&self.duration);
        Case {
            id: CaseId(uuid::Uuid::nil()),
            room: room.clone(),
            kind: self.kind.clone(),
            title: self.title.clone(),
            summary: self.summary.clone(),
            subject: self.subject(),
            statements: Some(self.statements.clone()),
            evidence: Some(self.evidence.iter().enumerate().filter_map(|row| evidence(row).ok()).collect()),
            options: self.options(),
            rules: Rules { recused: None, ..self.rules().unwrap_or_default() },
            remedy: filled(&self.remedy),
            policy: self.policy(),
            remedy_kind: self.remedy_kind,
            remedy_due_h: self.remedy_due_h().unwrap_or_default(),
            state: CaseState::Open,
            version: 1,
            epoch: 1,
            duration_s,
            created_at_ms: now_ms,
            opened_at_ms: Some(now_ms),
            closes_at_ms: self.closes_at_ms.or_else(|| Some(now_ms + duration_s? * 1_000)),
            extended_s: 0,
            recused_count: 0,
            attempt: 1,
            asked: None,
            appeal_of: None,
            from_reports: None,
            claim: None,
            remedy_clock: None,
            draw: None,
            closed_by: None,
            tally_missing: false,
            verdict: None,
        }
    }
}

fn evidence((at, fields): (usize, &EvidenceFields)) -> Result<Evidence, FieldError> {
    let is_text = fields.kind == EvidenceKind::Text;
    let stream_at_ms = match fields.stream_at.trim() {
        "" => None,
        typed => Some(
            entry::read_stream_time(typed).ok_or_else(|| fault(format!("evidence[{at}].stream_at_ms"), Fault::Time))?,
        ),
    };
    Ok(Evidence {
        kind: fields.kind,
        url: filled(&fields.url).filter(|_| !is_text),
        sha256: filled(&fields.sha256).filter(|_| !is_text),
        text: filled(&fields.text).filter(|_| is_text),
        caption: filled(&fields.caption),
        by: fields.by,
        stream_at_ms,
    })
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub(super) fn fault(field: impl Into<String>, fault: Fault) -> FieldError {
    FieldError { field: field.into(), fault }
}

pub(super) fn number<T: std::str::FromStr>(text: &str, field: &str) -> Result<T, FieldError> {
    text.trim().parse().map_err(|_| fault(field, Fault::Number))
}

// A typed share has two decimals of a percent, which is the resolution of the scale.
const _: () = assert!(THRESHOLD_SCALE == 10_000);
