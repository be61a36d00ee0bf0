//! Reports by viewers: each is filed in its bucket, a bucket with enough becomes a draft, and it ends with its case. It
//! judges none, and keeps no viewer's id.

mod draft;
mod follow;

use std::sync::Arc;

use live_jury_court::{FieldError, check_needed_text};
use live_jury_protocol::text::readable_chars;
use live_jury_protocol::trust::{ReportSubject, SendReport};
use live_jury_protocol::{CaseId, Role, RoomId, limits};
use live_jury_trust::policy::{FallsOn, Policy, TrustFile};
use live_jury_trust::{DAY_MS, Party, is_platform_id, platform_id_form};
use uuid::Uuid;

use crate::auth::Claims;
use crate::clock::Clock;
use crate::docket::{DocketError, uuid_at};
use crate::ledger::{
    Bucket, BucketLedger, BucketRefusal, Closing, LedgerError, NewReport, OwnReport, ReportRefusal, ReportShown,
    Reported,
};
use crate::lifecycle::{FROM_REPORTS, Lifecycle, LifecycleError};
use crate::reporter::{Reporter, ReporterKey};

/// The age below which an account is shown as new, in milliseconds: a week, after which made-up accounts seldom wait.
const NEW_ACCOUNT_MS: u64 = 7 * DAY_MS;
/// Limits the buckets of a room that a moderator sees; those of less weight wait until others are decided.
const BUCKETS_SHOWN_MAX: u32 = 200;
/// Limits the reports of a bucket that a moderator sees: more would not be read.
const REPORTS_SHOWN_MAX: u32 = 100;
/// The language of drafts whose first report names none that has texts.
const LANG_DEFAULT: &str = "en";
/// The language of drafts for pages in any form of Chinese.
const LANG_CHINESE: &str = "zh-CN";

/// The parts that a node needs for reports. Clones share it.
#[derive(Clone)]
pub struct Reports {
    /// The ledger.
    pub ledger: Arc<dyn BucketLedger>,
    /// Files drafts, and reads cases.
    pub lifecycle: Lifecycle,
    /// The policies.
    pub file: Arc<TrustFile>,
    /// The key of reporters' names; none where viewers cannot report.
    pub key: Option<ReporterKey>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why a report is not filed, or a step on a bucket is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The operator gave no reporter key.
    #[error("this server has no --reporter-key, so viewers cannot report")]
    NotConfigured,
    /// The viewer has no account.
    #[error("a viewer without an account cannot report")]
    Anonymous,
    /// The caller is no viewer.
    #[error("only viewers report")]
    NotAJuror,
    /// There is no such policy, or viewers cannot report it.
    #[error("there is no such policy for reports")]
    UnknownPolicy,
    /// The report does not name the party on which the policy falls.
    #[error("the report does not name the {0} that the policy is about")]
    NoSubject(&'static str),
    /// The words of a moderator are missing or too short.
    #[error("words must have {} characters or more", limits::WORDS_CHARS_MIN)]
    WordsNeeded,
    /// A field is wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The ledger failed, or refused the call.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The draft was not filed.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
}

impl ReportError {
    /// The field of the request that is wrong, if it is one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::UnknownPolicy => Some("policy"),
            Self::NoSubject(_) => Some("subject"),
            Self::WordsNeeded => Some("words"),
            Self::Field(error) => Some(&error.field),
            _ => None,
        }
    }
}

impl Reports {
    /// Files a viewer's report. Returns whether it is the first of its bucket. A draft that it leads to is filed now,
    /// or by the next look for such drafts.
    ///
    /// # Errors
    /// The caller may not report, a field is wrong, or the ledger failed or refused it.
    pub async fn file(&self, claims: &Claims, room: RoomId, report: SendReport) -> Result<bool, ReportError> {
        let report = self.read(claims, room, report)?;
        let filed = match self.ledger.refusal(&report).await? {
            Some(refusal) => Err(refusal.into()),
            None => self.ledger.add_report(&report).await,
        };
        metrics::counter!("live_jury_trust_reports_total", "outcome" => outcome(&filed)).increment(1);
        let Reported { bucket, is_first } = filed?;
        if bucket.state.waits() && bucket.case.is_some() {
            self.draft_or_wait(&bucket).await;
        }
        Ok(is_first)
    }

    /// The last reports of a viewer, newest first.
    ///
    /// # Errors
    /// The caller may not report, or the ledger failed.
    pub async fn own(&self, claims: &Claims) -> Result<Vec<OwnReport>, ReportError> {
        let reporter = self.reporter(claims)?;
        Ok(self.ledger.own_reports(reporter, limits::OWN_REPORTS_MAX).await?)
    }

    /// The buckets of a room that have not ended, those of most weight first.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn buckets(&self, room: &RoomId) -> Result<Vec<Bucket>, LedgerError> {
        self.ledger.buckets(room, BUCKETS_SHOWN_MAX).await
    }

    /// A bucket with its last reports.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn shown(&self, bucket: &Bucket) -> Result<Vec<ReportShown>, LedgerError> {
        self.ledger.reports(bucket.id, REPORTS_SHOWN_MAX).await
    }

    /// Files the draft of a bucket that waits, for a moderator.
    ///
    /// # Errors
    /// The bucket does not wait or has another version, its room is full of drafts, or a store failed.
    pub async fn draft_for(&self, id: Uuid, by: &str, version: Option<u64>) -> Result<Bucket, ReportError> {
        let case = CaseId(uuid_at(self.clock.now_ms()));
        let bucket = self.ledger.reserve(id, case, version).await?;
        self.draft(&bucket, Some(by)).await?;
        Ok(self.ledger.bucket(id).await?.ok_or(LedgerError::Bucket(BucketRefusal::NotFound))?)
    }

    /// Closes a bucket that waits as unfounded.
    ///
    /// # Errors
    /// The words are too short or too long, the bucket does not wait or has another version, or the ledger failed.
    pub async fn close(&self, id: Uuid, by: &str, words: &str, version: Option<u64>) -> Result<Bucket, ReportError> {
        let words = words.trim();
        if readable_chars(words) < limits::WORDS_CHARS_MIN {
            return Err(ReportError::WordsNeeded);
        }
        check_needed_text("words", words, limits::WORDS_CHARS_MAX)?;
        let closing = Closing { by, words, version, at_ms: self.clock.now_ms() };
        Ok(self.ledger.dismiss(id, &closing).await?)
    }

    fn reporter(&self, claims: &Claims) -> Result<Reporter, ReportError> {
        match claims.identity.role {
            Role::Viewer if claims.identity.anonymous => Err(ReportError::Anonymous),
            Role::Viewer => {
                let key = self.key.as_ref().ok_or(ReportError::NotConfigured)?;
                Ok(key.name(&claims.identity.sub))
            }
            _ => Err(ReportError::NotAJuror),
        }
    }

    /// Checks what a viewer sent.
    fn read(&self, claims: &Claims, room: RoomId, report: SendReport) -> Result<NewReport, ReportError> {
        let reporter = self.reporter(claims)?;
        let SendReport { subject, policy, text, stream_at_ms, order, lang } = report;
        let policy = self.file.policy(&policy).filter(|policy| policy.reportable).ok_or(ReportError::UnknownPolicy)?;
        let ids = [("merchant", &subject.merchant), ("host", &subject.host), ("product", &subject.product)];
        for (name, id) in ids {
            if id.as_deref().is_some_and(|id| !is_platform_id(id)) {
                return Err(FieldError::new(format!("subject.{name}"), platform_id_form()).into());
            }
        }
        let party = party(policy, &subject)?;
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = &text {
            check_needed_text("text", text, limits::REPORT_TEXT_CHARS_MAX)?;
        }
        if stream_at_ms.is_some_and(|at_ms| i64::try_from(at_ms).is_err()) {
            return Err(FieldError::new("stream_at_ms", "is too large").into());
        }
        let at_ms = self.clock.now_ms();
        let day = at_ms / DAY_MS;
        let is_new = |since_s: u64| at_ms.saturating_sub(since_s.saturating_mul(1_000)) < NEW_ACCOUNT_MS;
        Ok(NewReport {
            room,
            reporter,
            party,
            policy: policy.id.clone(),
            is_judged: policy.jury,
            session: claims.session.clone().unwrap_or_else(|| format!("day {day}")),
            lang: lang_of(lang.as_deref()).to_owned(),
            text,
            stream_at_ms,
            proven: order.is_some_and(|order| claims.orders.contains(&order)),
            new_account: claims.identity.since_s.is_some_and(is_new),
            at_ms,
            bucket: uuid_at(at_ms),
            case: CaseId(uuid_at(at_ms)),
            merchant: subject.merchant,
            host: subject.host,
            product: subject.product,
        })
    }

    /// Files a bucket's draft. A failure leaves it for the next look, and the report is filed all the same.
    async fn draft_or_wait(&self, bucket: &Bucket) -> bool {
        match self.draft(bucket, None).await {
            Ok(()) => true,
            Err(ReportError::Lifecycle(LifecycleError::Docket(DocketError::TooManyDrafts(room)))) => {
                tracing::debug!(%room, "a draft from reports waits: the room has its limit of drafts");
                false
            }
            Err(error) => {
                crate::telemetry::log_limited!(warn, %error, "a draft from reports was not filed; trying again");
                false
            }
        }
    }

    /// Files a bucket's draft, once in all: the case's id is the one that the bucket keeps.
    async fn draft(&self, bucket: &Bucket, by: Option<&str>) -> Result<(), ReportError> {
        let Some(case) = bucket.case else { return Ok(()) };
        let moments = draft::moments(&self.shown(bucket).await?);
        let new = draft::case(bucket, self.file.policy(&bucket.policy), &moments);
        self.lifecycle.draft_once(case, bucket.room.clone(), new, by, FROM_REPORTS).await?;
        Ok(self.ledger.set_drafted(bucket.id).await?)
    }
}

/// The party that a report under a policy is about.
fn party(policy: &Policy, subject: &ReportSubject) -> Result<Party, ReportError> {
    let merchant = subject.merchant.as_ref().map(Party::merchant);
    let host = subject.host.as_ref().map(Party::host);
    let (party, missing) = match policy.falls_on {
        FallsOn::Merchant => (merchant, "merchant"),
        FallsOn::Host => (host, "host"),
        FallsOn::Both => (merchant.or(host), "merchant or host"),
    };
    party.ok_or(ReportError::NoSubject(missing))
}

fn lang_of(tag: Option<&str>) -> &'static str {
    let primary = tag.and_then(|tag| tag.split(['-', '_']).next());
    if primary.is_some_and(|primary| primary.eq_ignore_ascii_case("zh")) { LANG_CHINESE } else { LANG_DEFAULT }
}

fn outcome(filed: &Result<Reported, LedgerError>) -> &'static str {
    match filed {
        Ok(Reported { is_first: true, .. }) => "filed",
        Ok(_) => "merged",
        Err(LedgerError::Refused(ReportRefusal::TooMany)) => "too_many",
        Err(LedgerError::Refused(ReportRefusal::Repeated)) => "repeated",
        Err(_) => "failed",
    }
}
