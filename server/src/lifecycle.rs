//! The [`Lifecycle`] takes the steps of a case that need court, tally store and docket together. It keeps no state.
//!
//! Every step may be interrupted anywhere and repeated. A room's task, an HTTP handler and another node may take the
//! same step at the same time: the docket files one of them, and the others go on from what was filed.

mod appeal;
mod attest;
mod close;
mod conclude;
mod create;
mod current_store;
mod current_tally;
mod discard;
mod edited;
mod extend;
mod incarnation;
mod ledger;
mod loss;
mod missing;
mod open;
mod opened_seals;
mod panel;
mod policy;
mod read;
mod remedy;
mod statement;
mod superseded;

use std::sync::Arc;
use std::time::Duration;

use live_jury_court::{AppealError, Case, EvidenceUrlPolicy, FieldError, LossShare, StoreId, TransitionError};
use live_jury_protocol::{Actor, AuditAction, AuditEntry, CaseId};
use tokio::sync::Notify;

pub use self::attest::Attestor;
pub use self::close::CloseRequest;
pub use self::create::{FROM_CLAIM, FROM_LISTING, FROM_REPORTS};
pub use self::current_store::CurrentStore;
pub use self::current_tally::CurrentTally;
pub use self::ledger::{BatchAccount, Ledger};
pub use self::panel::{OFFERS_KEPT_MAX, Offered, OfferedJurors, called_at_most};
pub use self::policy::{Moderated, PolicyError};
use crate::clock::Clock;
use crate::docket::{Docket, DocketError, DocketMark, MarkError};
use crate::health::Health;
use crate::peers::Peers;
use crate::tally::{OpenParams, SeenTallies, TallyError, TallyStore};
pub use read::StoresReachable;

/// Limits how often one step is tried again after a conflict; the step then fails. Each conflict means that another
/// node or moderator filed a step, and a case has few steps.
const CONFLICTS_MAX: usize = 16;
/// Milliseconds in a second.
const S_MS: u64 = 1_000;

/// The stores and settings that the steps of a case need.
#[derive(Clone)]
pub struct Lifecycle {
    /// Counts the ballots.
    pub tally: Arc<dyn TallyStore>,
    /// Tells whether the tally store is the current one.
    pub store: Arc<CurrentStore>,
    /// Counts the ballots that this node has answered as counted.
    pub ledger: Ledger,
    /// Knows how many ballots `tally` has had.
    pub seen: Arc<SeenTallies>,
    /// Files the cases.
    pub docket: Arc<dyn Docket>,
    /// Tells whether the docket went back to an older state.
    pub mark: DocketMark,
    /// The same docket over connections of its own, for reads of the API. They never delay a step.
    pub reads: Arc<dyn Docket>,
    /// Notifies the other nodes of each filed step.
    pub peers: Arc<dyn Peers>,
    /// The state of the stores.
    pub health: Arc<Health>,
    /// Dates drafts and audit lines.
    pub clock: Arc<dyn Clock>,
    /// The fingerprint of this node's ballot key.
    pub key: String,
    /// The key and the log with which this node attests verdicts.
    pub attestor: Attestor,
    /// Wakes the count of panels served.
    pub panel_recorded: Arc<Notify>,
    /// The evidence URLs that a brief may have.
    pub policy: EvidenceUrlPolicy,
    /// The answer to a loss of the tally.
    pub loss: LossPolicy,
}

/// The settings for losses of the tally.
#[derive(Clone, Copy, Debug)]
pub struct LossPolicy {
    /// The share of the ballots before a loss that must be cast again. It is filed with a case at its opening.
    pub share: LossShare,
    /// The time for which a case waits for a tally that is missing.
    pub hold: Duration,
}

/// The reasons for which a step fails.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// No case has this id.
    #[error("there is no such case")]
    NotFound,
    /// The caller named another version than the docket has.
    #[error("the case is at version {0} by now")]
    VersionMismatch(u64),
    /// A field of the request is wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The jury is casting again after a loss, and a close now would void the case.
    #[error("ballots are cast again after a loss; the case can be closed in {left_s} s")]
    TooEarly {
        /// The time until then, in seconds.
        left_s: u64,
    },
    /// The tally is missing, and only a moderator of all rooms may void the case.
    #[error("the tally is missing; only a moderator of all rooms may void the case before it is back")]
    TallyMissing,
    /// The case's state does not allow this step.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// A store may lose acknowledged ballots, and the operator does not accept that.
    #[error("a store may lose acknowledged ballots")]
    NotDurable,
    /// The room's policy, or a rule of the case, does not allow this step.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The case cannot be appealed, or its appeal cannot be opened.
    #[error(transparent)]
    Appeal(#[from] AppealError),
    /// The tally store failed.
    #[error(transparent)]
    Tally(#[from] TallyError),
    /// The docket failed.
    #[error(transparent)]
    Docket(#[from] DocketError),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The docket's mark failed.
    #[error(transparent)]
    Mark(#[from] MarkError),
}

/// The author of a step, for its audit line.
#[derive(Clone, Copy, Debug)]
enum Author<'a> {
    /// This server, for a step that no moderator asked for.
    Server,
    /// The moderator with this `sub`.
    Moderator(&'a str),
    /// The platform's server with this `sub`.
    Platform(&'a str),
    /// A party of the case, by its kind and id.
    Party(Actor, &'a str),
}

/// A moderator and the version of the case that the moderator has read.
#[derive(Clone, Debug)]
pub struct ModeratorRequest {
    /// The moderator's `sub`.
    pub sub: String,
    /// The version in `If-Match`, if the request has one.
    pub version: Option<u64>,
    /// Whether the moderator may act in all rooms.
    pub all_rooms: bool,
    /// Whether it is the platform, which takes steps on appeals only.
    pub is_platform: bool,
}

impl ModeratorRequest {
    /// Checks that the case is at the version in `If-Match`, if the request has one.
    fn check_version(&self, case: &Case) -> Result<(), LifecycleError> {
        match self.version {
            Some(version) if version != case.version => Err(LifecycleError::VersionMismatch(case.version)),
            _ => Ok(()),
        }
    }
}

impl Lifecycle {
    /// Reads a case in any state.
    ///
    /// # Errors
    /// The docket has no such case, or did not answer.
    pub async fn case(&self, id: CaseId) -> Result<Case, LifecycleError> {
        self.docket.case(id).await?.ok_or(LifecycleError::NotFound)
    }

    /// The case that the caller has read, on the first call; a later call reads it again.
    async fn latest(&self, read: &mut Option<Case>, id: CaseId) -> Result<Case, LifecycleError> {
        match read.take() {
            Some(case) => Ok(case),
            None => self.case(id).await,
        }
    }

    /// Files a case's next version with its audit line and notifies the other nodes.
    async fn file(
        &self,
        case: &Case,
        by: Author<'_>,
        action: AuditAction,
        detail: Option<String>,
    ) -> Result<(), DocketError> {
        self.docket.file(case, &self.entry(case, by, action, detail)).await?;
        self.peers.announce(&case.room);
        Ok(())
    }

    fn entry(&self, case: &Case, by: Author<'_>, action: AuditAction, detail: Option<String>) -> AuditEntry {
        let (by_kind, by) = match by {
            Author::Server => (Actor::Server, Actor::Server.as_str()),
            Author::Moderator(sub) => (Actor::Moderator, sub),
            Author::Platform(sub) => (Actor::Platform, sub),
            Author::Party(kind, id) => (kind, id),
        };
        AuditEntry {
            at_ms: self.clock.now_ms(),
            by: by.to_owned(),
            by_kind,
            action,
            detail,
            version: case.version,
            epoch: case.state.opened().map_or(0, |open| open.epoch),
        }
    }

    /// Releases the keys of a case that the docket has recorded or will never have. A failure leaves keys that nobody
    /// reads, so the step itself does not fail.
    async fn release(&self, id: CaseId) {
        if let Err(error) = self.tally.release(id).await {
            tracing::warn!(case = %id, %error, "the tally store kept the keys of an ended case");
        }
    }
}

fn open_params(case: &Case, epoch: u64, store: Option<StoreId>, closes_at_ms: u64) -> OpenParams {
    OpenParams {
        epoch,
        store,
        draft: 0,
        closes_at_ms,
        options: u8::try_from(case.brief.options.len()).unwrap_or(u8::MAX),
        allow_change: case.brief.rules.allow_change,
    }
}
