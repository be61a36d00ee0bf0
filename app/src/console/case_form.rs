//! The form of a case: its fields as text, and the case that they make. It never calls the server.

mod case;
mod panel;
#[cfg(test)]
mod tests;

use live_jury_protocol::limits::QUORUM_DEFAULT;
use live_jury_protocol::{Case, Evidence, EvidenceKind, Party, RemedyKind, Reveal, Rules, Statements, Threshold};

pub use self::panel::PanelFields;
use super::entry::{self, DurationUnit};

/// The form's fields as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseForm {
    /// The kind on the wire.
    pub kind: String,
    /// The title, a question.
    pub title: String,
    /// The summary.
    pub summary: String,
    /// Merchant, host, product and order; empty text if unknown.
    pub subject: SubjectFields,
    /// The statements of both sides.
    pub statements: Statements,
    /// The evidence.
    pub evidence: Vec<EvidenceFields>,
    /// The options.
    pub options: Vec<OptionFields>,
    /// The time for voting, in `duration_unit`.
    pub duration: String,
    /// The unit of `duration`.
    pub duration_unit: DurationUnit,
    /// The fixed deadline of a draft that was created with one. The draft then has no duration.
    pub closes_at_ms: Option<u64>,
    /// The quorum.
    pub quorum: String,
    /// The threshold, in percent.
    pub threshold: String,
    /// The moment from which jurors see counts.
    pub reveal: Reveal,
    /// Whether jurors may change their ballots. Kept, but not sent, while `reveal` forbids it.
    pub allow_change: bool,
    /// Whether nobody sees counts before the seal. Kept, but not sent, while `reveal` forbids it.
    pub blind: bool,
    /// Whether nobody may close or extend the case.
    pub fixed_end: bool,
    /// The minimum account age, in days.
    pub min_account_age_days: String,
    /// The recused viewer ids, one a line.
    pub recused: String,
    /// The drawn panel.
    pub panel: PanelFields,
    /// The rules that have no field: those of sides, cohorts and reasons.
    pub further: Rules,
    /// The remedy.
    pub remedy: String,
    /// The policy that the subject broke if the complaint is upheld; empty text for none. Kept, but not sent, while the
    /// case names neither a merchant nor a host.
    pub policy: String,
    /// The key of the option that upholds the complaint.
    pub upholds: Option<u32>,
    /// The kind of the remedy. Kept, but not sent, while there is no remedy, like the next one.
    pub remedy_kind: Option<RemedyKind>,
    /// The time within which the remedy is due, in hours; empty text for the default.
    pub remedy_due_h: String,
    next_key: u32,
}

/// The subject of a case as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectFields {
    /// The merchant.
    pub merchant: String,
    /// The host.
    pub host: String,
    /// The product.
    pub product: String,
    /// The order.
    pub order: String,
}

/// A piece of evidence as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFields {
    /// Identifies the piece within the form while others are added or removed.
    pub key: u32,
    /// The kind.
    pub kind: EvidenceKind,
    /// The address.
    pub url: String,
    /// The SHA-256 of the file at the address.
    pub sha256: String,
    /// The text of a piece of kind `text`.
    pub text: String,
    /// The caption.
    pub caption: String,
    /// The party that brought it.
    pub by: Party,
    /// Its point in the stream, as `h:mm:ss`.
    pub stream_at: String,
}

/// An option as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionFields {
    /// Identifies the option within the form.
    pub key: u32,
    /// The option's id, which an edit never changes.
    pub id: String,
    /// The label.
    pub label: String,
    /// Whether it is an abstention, which counts towards the quorum alone.
    pub abstain: bool,
}

/// A field whose text cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path, in the server's notation.
    pub field: String,
    /// The fault.
    pub fault: Fault,
}

/// The form that a field's text lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A whole number.
    Number,
    /// A percentage from 0 to below 100.
    Share,
    /// A point in the stream.
    Time,
}

impl CaseForm {
    /// A form with default rules and no text.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            kind: "other".to_owned(),
            title: String::new(),
            summary: String::new(),
            subject: SubjectFields::default(),
            statements: Statements::default(),
            evidence: Vec::new(),
            options: Vec::new(),
            duration: "3".to_owned(),
            duration_unit: DurationUnit::Minutes,
            closes_at_ms: None,
            quorum: QUORUM_DEFAULT.to_string(),
            threshold: entry::show_share(Threshold::HALF),
            reveal: Reveal::default(),
            allow_change: false,
            blind: false,
            fixed_end: false,
            min_account_age_days: "0".to_owned(),
            recused: String::new(),
            panel: PanelFields::of(None),
            further: Rules::default(),
            remedy: String::new(),
            policy: String::new(),
            upholds: None,
            remedy_kind: None,
            remedy_due_h: String::new(),
            next_key: 0,
        }
    }

    /// The form of an existing case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let mut form = Self::empty();
        form.kind.clone_from(&case.kind);
        form.title.clone_from(&case.title);
        form.summary.clone_from(&case.summary);
        form.subject = SubjectFields {
            merchant: case.subject.merchant.clone().unwrap_or_default(),
            host: case.subject.host.clone().unwrap_or_default(),
            product: case.subject.product.clone().unwrap_or_default(),
            order: case.subject.order.clone().unwrap_or_default(),
        };
        form.statements = case.statements.clone().unwrap_or_default();
        for evidence in case.evidence.iter().flatten() {
            form.push_evidence(evidence);
        }
        for option in &case.options {
            let key = form.push_option(option.id.as_str(), &option.label, option.abstain);
            form.upholds = form.upholds.or(option.upholds.then_some(key));
        }
        match case.duration_s {
            Some(duration_s) => form.set_duration_s(duration_s),
            None => form.closes_at_ms = case.closes_at_ms,
        }
        form.set_rules(&case.rules);
        form.remedy = case.remedy.clone().unwrap_or_default();
        form.policy = case.policy.clone().unwrap_or_default();
        form.remedy_kind = case.remedy_kind;
        form.remedy_due_h = case.remedy_due_h.map(|due_h| due_h.to_string()).unwrap_or_default();
        form
    }

    fn set_rules(&mut self, rules: &Rules) {
        self.quorum = rules.quorum.to_string();
        self.threshold = entry::show_share(rules.threshold);
        self.reveal = rules.reveal;
        self.allow_change = rules.allow_change;
        self.blind = rules.blind;
        self.fixed_end = rules.fixed_end;
        self.panel = PanelFields::of(rules.panel.as_ref());
        self.further = Rules { recused: None, panel: None, ..rules.clone() };
        self.min_account_age_days = rules.min_account_age_days.to_string();
        self.recused = rules.recused.iter().flatten().cloned().collect::<Vec<_>>().join("\n");
    }

    /// Sets the duration, in the largest unit that divides it.
    pub fn set_duration_s(&mut self, duration_s: u64) {
        (self.duration, self.duration_unit) = DurationUnit::split(duration_s);
        self.closes_at_ms = None;
    }

    /// Adds an empty option with an unused id.
    pub fn add_option(&mut self) {
        let is_used = |id: &str| self.options.iter().any(|option| option.id == id);
        let id = (1..).map(|n| format!("option-{n}")).find(|id| !is_used(id)).unwrap_or_default();
        // An abstention stays last.
        let at = self.options.iter().position(|option| option.abstain).unwrap_or(self.options.len());
        let key = self.key();
        self.options.insert(at, OptionFields { key, id, label: String::new(), abstain: false });
    }

    /// Adds an option, and returns its key.
    pub fn push_option(&mut self, id: &str, label: &str, abstain: bool) -> u32 {
        let key = self.key();
        self.options.push(OptionFields { key, id: id.to_owned(), label: label.to_owned(), abstain });
        key
    }

    /// Adds an empty piece of evidence.
    pub fn add_evidence(&mut self) {
        self.push_evidence(&Evidence::empty(EvidenceKind::Image, Party::Buyer));
    }

    fn push_evidence(&mut self, evidence: &Evidence) {
        let key = self.key();
        self.evidence.push(EvidenceFields {
            key,
            kind: evidence.kind,
            url: evidence.url.clone().unwrap_or_default(),
            sha256: evidence.sha256.clone().unwrap_or_default(),
            text: evidence.text.clone().unwrap_or_default(),
            caption: evidence.caption.clone().unwrap_or_default(),
            by: evidence.by,
            stream_at: evidence.stream_at_ms.map(entry::show_stream_time).unwrap_or_default(),
        });
    }

    fn key(&mut self) -> u32 {
        self.next_key += 1;
        self.next_key
    }
}
