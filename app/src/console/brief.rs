//! What a moderator is writing: the form's fields as text, and the case they make; it never talks to the server.

use live_jury_protocol::limits::{QUORUM_DEFAULT, THRESHOLD_SCALE};
use live_jury_protocol::{
    Case, CaseId, CaseOption, CaseState, Evidence, EvidenceKind, NewCase, OptionId, Party, Reveal, RoomId, Rules,
    Statements, Subject, Threshold,
};

use super::entry::{self, DurationUnit};

/// The form, field by field, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// What it is about.
    pub kind: String,
    /// The question.
    pub title: String,
    /// The facts in short.
    pub summary: String,
    /// Whom and what it concerns; empty text where unknown.
    pub subject: SubjectFields,
    /// Both sides.
    pub statements: Statements,
    /// What there is to see.
    pub evidence: Vec<EvidenceFields>,
    /// What a juror may choose.
    pub options: Vec<OptionFields>,
    /// How long it is open, in `duration_unit`.
    pub duration: String,
    /// The unit of `duration`.
    pub duration_unit: DurationUnit,
    /// The fixed end of a draft that was written with one; it then has no duration.
    pub closes_at_ms: Option<u64>,
    /// Ballots needed.
    pub quorum: String,
    /// Share the winner must pass, in percent.
    pub threshold: String,
    /// When jurors see counts.
    pub reveal: Reveal,
    /// Whether ballots may be changed; kept also while `reveal` does not allow it.
    pub allow_change: bool,
    /// Age an account needs, in days.
    pub min_account_age_days: String,
    /// Viewer ids that may not judge, one a line.
    pub recused: String,
    /// What follows.
    pub remedy: String,
    next_key: u32,
}

/// Whom and what a case concerns, as typed.
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

/// A piece of evidence, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFields {
    /// Tells this row from the others while it is moved or its neighbours go.
    pub key: u32,
    /// What it is.
    pub kind: EvidenceKind,
    /// Where it is.
    pub url: String,
    /// The words of a text.
    pub text: String,
    /// What is to be seen in it.
    pub caption: String,
    /// Who brought it.
    pub by: Party,
    /// Where in the stream, as `h:mm:ss`.
    pub stream_at: String,
}

/// An option, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionFields {
    /// Tells this row from the others.
    pub key: u32,
    /// The option's id, which stays with it.
    pub id: String,
    /// What the juror reads.
    pub label: String,
    /// Whether it counts towards the quorum only.
    pub abstain: bool,
}

/// A field that says nothing the server could judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path, as the server writes it.
    pub field: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a field's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not a whole number.
    NotANumber,
    /// Not a percentage from 0 to below 100.
    NotAShare,
    /// Not a point in the stream.
    NotATime,
}

impl Brief {
    /// A form with nothing but what every case needs.
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
            min_account_age_days: "0".to_owned(),
            recused: String::new(),
            remedy: String::new(),
            next_key: 0,
        }
    }

    /// The form of a case that was written before.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let mut brief = Self::empty();
        brief.kind.clone_from(&case.kind);
        brief.title.clone_from(&case.title);
        brief.summary.clone_from(&case.summary);
        brief.subject = SubjectFields {
            merchant: case.subject.merchant.clone().unwrap_or_default(),
            host: case.subject.host.clone().unwrap_or_default(),
            product: case.subject.product.clone().unwrap_or_default(),
            order: case.subject.order.clone().unwrap_or_default(),
        };
        brief.statements = case.statements.clone().unwrap_or_default();
        for evidence in case.evidence.iter().flatten() {
            brief.push_evidence(evidence);
        }
        for option in &case.options {
            brief.push_option(option.id.as_str(), &option.label, option.abstain);
        }
        match case.duration_s {
            Some(duration_s) => brief.set_duration_s(duration_s),
            None => brief.closes_at_ms = case.closes_at_ms,
        }
        brief.set_rules(&case.rules);
        brief.remedy = case.remedy.clone().unwrap_or_default();
        brief
    }

    fn set_rules(&mut self, rules: &Rules) {
        self.quorum = rules.quorum.to_string();
        self.threshold = entry::show_share(rules.threshold);
        self.reveal = rules.reveal;
        self.allow_change = rules.allow_change;
        self.min_account_age_days = rules.min_account_age_days.to_string();
        self.recused = rules.recused.iter().flatten().cloned().collect::<Vec<_>>().join("\n");
    }

    /// Writes a duration in the largest unit that holds it without a rest.
    pub fn set_duration_s(&mut self, duration_s: u64) {
        (self.duration, self.duration_unit) = DurationUnit::split(duration_s);
        self.closes_at_ms = None;
    }

    /// Adds an option and gives it an id of its own.
    pub fn add_option(&mut self) {
        let taken = |id: &str| self.options.iter().any(|option| option.id == id);
        let id = (1..).map(|n| format!("option-{n}")).find(|id| !taken(id)).unwrap_or_default();
        // An abstention stays the last thing offered.
        let at = self.options.iter().position(|option| option.abstain).unwrap_or(self.options.len());
        let key = self.key();
        self.options.insert(at, OptionFields { key, id, label: String::new(), abstain: false });
    }

    /// Adds an option as it is.
    pub fn push_option(&mut self, id: &str, label: &str, abstain: bool) {
        let key = self.key();
        self.options.push(OptionFields { key, id: id.to_owned(), label: label.to_owned(), abstain });
    }

    /// Adds an empty piece of evidence.
    pub fn add_evidence(&mut self) {
        let evidence = Evidence {
            kind: EvidenceKind::Image,
            url: None,
            text: None,
            caption: None,
            by: Party::Buyer,
            stream_at_ms: None,
        };
        self.push_evidence(&evidence);
    }

    fn push_evidence(&mut self, evidence: &Evidence) {
        let key = self.key();
        self.evidence.push(EvidenceFields {
            key,
            kind: evidence.kind,
            url: evidence.url.clone().unwrap_or_default(),
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

    /// The case as the form describes it. What the text says, limits included, is left to the server to judge.
    ///
    /// # Errors
    /// A field is not of its form, so that there is nothing to send.
    pub fn to_case(&self) -> Result<NewCase, FieldError> {
        let duration_s = match self.closes_at_ms {
            Some(_) => None,
            None => {
                Some(self.duration_unit.seconds(&self.duration).ok_or_else(|| fault("duration_s", Fault::NotANumber))?)
            }
        };
        Ok(NewCase {
            // Typed in a field of several lines, so that a long one is seen whole.
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

    fn options(&self) -> Vec<CaseOption> {
        let of = |option: &OptionFields| {
            let id = option.id.parse::<OptionId>().ok()?;
            Some(CaseOption { id, label: option.label.trim().to_owned(), abstain: option.abstain })
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
            threshold: entry::read_share(&self.threshold).ok_or_else(|| fault("rules.threshold", Fault::NotAShare))?,
            reveal: self.reveal,
            allow_change: self.allow_change && self.reveal == Reveal::AfterClose,
            min_account_age_days: number(&self.min_account_age_days, "rules.min_account_age_days")?,
            recused: Some(recused),
        })
    }

    /// The case as viewers would see it if it were opened at `now_ms`, also while some field is not of its form yet.
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
            state: CaseState::Open,
            version: 1,
            epoch: 1,
            duration_s,
            created_at_ms: now_ms,
            opened_at_ms: Some(now_ms),
            closes_at_ms: self.closes_at_ms.or_else(|| Some(now_ms + duration_s? * 1_000)),
            extended_s: 0,
            closed_by: None,
            verdict: None,
        }
    }
}

fn evidence((at, fields): (usize, &EvidenceFields)) -> Result<Evidence, FieldError> {
    let is_text = fields.kind == EvidenceKind::Text;
    let stream_at_ms = match fields.stream_at.trim() {
        "" => None,
        typed => Some(
            entry::read_stream_time(typed)
                .ok_or_else(|| fault(format!("evidence[{at}].stream_at_ms"), Fault::NotATime))?,
        ),
    };
    Ok(Evidence {
        kind: fields.kind,
        url: filled(&fields.url).filter(|_| !is_text),
        text: filled(&fields.text).filter(|_| is_text),
        caption: filled(&fields.caption),
        by: fields.by,
        stream_at_ms,
    })
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn fault(field: impl Into<String>, fault: Fault) -> FieldError {
    FieldError { field: field.into(), fault }
}

fn number<T: std::str::FromStr>(text: &str, field: &str) -> Result<T, FieldError> {
    text.trim().parse().map_err(|_| fault(field, Fault::NotANumber))
}

// A share is typed in percent with two decimals, which is exactly what the scale holds.
const _: () = assert!(THRESHOLD_SCALE == 10_000);

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Brief {
        let mut brief = Brief::empty();
        brief.title = " Is it silk? ".to_owned();
        brief.push_option("buyer", "Yes", false);
        brief.push_option("merchant", "No", false);
        brief.push_option("abstain", "Cannot tell", true);
        brief
    }

    #[test]
    fn what_is_typed_is_what_is_sent() {
        let mut brief = written();
        brief.set_duration_s(90);
        brief.threshold = "66.67".to_owned();
        brief.recused = "u_1, u_2\n\nu_3".to_owned();
        let case = brief.to_case().unwrap();
        assert_eq!(case.title, "Is it silk?");
        assert_eq!(case.duration_s, Some(90));
        assert_eq!(case.rules.threshold.parts(), 6_667);
        assert_eq!(case.rules.recused.unwrap(), ["u_1", "u_2", "u_3"]);
        assert_eq!(case.remedy, None);
    }

    #[test]
    fn a_change_is_allowed_only_while_counts_wait_for_the_end() {
        let mut brief = written();
        brief.allow_change = true;
        assert!(!brief.to_case().unwrap().rules.allow_change);
        brief.reveal = Reveal::AfterClose;
        assert!(brief.to_case().unwrap().rules.allow_change);
    }

    #[test]
    fn a_field_that_is_not_of_its_form_is_named_as_the_server_names_it() {
        let mut brief = written();
        brief.quorum = "many".to_owned();
        assert_eq!(brief.to_case().unwrap_err(), fault("rules.quorum", Fault::NotANumber));
        brief.quorum = "30".to_owned();
        brief.add_evidence();
        brief.evidence[0].stream_at = "soon".to_owned();
        assert_eq!(brief.to_case().unwrap_err(), fault("evidence[0].stream_at_ms", Fault::NotATime));
    }

    #[test]
    fn a_draft_is_read_back_as_it_was_written() {
        let mut brief = written();
        brief.add_evidence();
        brief.evidence[0].url = "https://example.com/a.jpg".to_owned();
        brief.evidence[0].stream_at = "1:02:03".to_owned();
        let room = "live-42".parse().unwrap();
        let again = Brief::of(&brief.preview(&room, 0));
        assert_eq!(again.to_case().unwrap(), Brief { recused: String::new(), ..brief }.to_case().unwrap());
    }

    #[test]
    fn a_new_option_has_an_id_of_its_own_and_stands_before_the_abstention() {
        let mut brief = written();
        brief.add_option();
        brief.add_option();
        let ids: Vec<_> = brief.options.iter().map(|option| option.id.as_str()).collect();
        assert_eq!(ids, ["buyer", "merchant", "option-1", "option-2", "abstain"]);
    }
}
