//! Trust in the server: facts and verdicts in; index, standing, exposures and orders out. It bans nobody by itself.

mod appeals;
mod applicants;
mod case_policy;
mod claim_case;
mod claims;
mod drafts;
mod editions;
mod follow;
mod hosts;
mod ingest;
mod known;
mod listing_case;
mod listing_jury;
mod night;
mod pictures;
mod promises;
mod recompute;
mod remedies;
pub mod screening;
pub mod standing;
mod weights;

use std::sync::Arc;

use live_jury_court::FieldError;
use live_jury_protocol::NewCase;
use live_jury_trust::claim::START_MS;
use live_jury_trust::exposure::{Gate, explores};
use live_jury_trust::index::{Index, Priors};
use live_jury_trust::policy::TrustFile;
use live_jury_trust::rank::{Candidate, Placed, rank};

pub use self::appeals::DecideError;
pub use self::applicants::{ApplyError, shown};
pub use self::claims::{CLAIM_OPENED, ClaimError, NewClaimOf};
pub use self::drafts::DRAFTS_SHOWN_MAX;
pub use self::editions::{Days, EditionError, edition, listed_edition};
pub use self::ingest::{IngestError, Ingested, LineRefused};
pub use self::known::Assessed;
pub use self::remedies::{REMEDIES_SHOWN_MAX, read_owed};
pub use self::weights::shown_weights;
use crate::clock::Clock;
use crate::config::IdentitySettings;
use crate::ledger::{Attributes, LedgerError, Shown, TrustLedger};
use crate::reporter::ReporterKey;
use crate::telemetry::log_limited;

/// The version of definitions, weights and priors. A change of any raises it.
pub const MODEL: &str = "1";

/// The ledger, the keys and the rules with which a node does its part of trust. Clones share them.
#[derive(Clone)]
pub struct Trust {
    /// The ledger.
    pub ledger: Arc<dyn TrustLedger>,
    /// Policies and what else the platform sets.
    pub file: Arc<TrustFile>,
    /// The facts that are kept for a recount; none if only their sums are.
    pub kept_facts: Option<KeptFacts>,
    /// The keys of identities' tokens.
    pub identity: Arc<IdentitySettings>,
    /// Lists and limits of the screening of listings.
    pub screening: screening::Screening,
    /// The key of buyers' names; without it there are no claims.
    pub reporter_key: Option<ReporterKey>,
    /// The targets of webhooks that are told of claims.
    pub claim_targets: Arc<[String]>,
    /// The start of the node, by the monotonic clock, in milliseconds: an hour of the wall clock may be a step of it.
    pub started_ms: u64,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Trust {
    /// Trust over a ledger, by a file's policies, that knows no key: it keeps sums of facts alone, and takes no claim.
    #[must_use]
    pub fn without_keys(ledger: Arc<dyn TrustLedger>, file: Arc<TrustFile>, clock: Arc<dyn Clock>) -> Self {
        Self {
            ledger,
            file,
            kept_facts: None,
            identity: Arc::default(),
            screening: screening::Screening::default(),
            reporter_key: None,
            claim_targets: Arc::default(),
            started_ms: 0,
            clock,
        }
    }
}

/// The most by which a node's clock may differ from the database's for a step by time, in milliseconds. It is more than
/// a call takes. Beyond it one of both is wrong, and what ends by time cannot be taken back.
const CLOCKS_APART_MS_MAX: u64 = 10_000;

impl Trust {
    /// Whether this node may take steps by time: its clock agrees with the database's, which all nodes share.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn may_step_by_time(&self) -> Result<bool, LedgerError> {
        let own_ms = || self.clock.now_ms().saturating_add_signed(-self.clock.let_pass_ms());
        let before_ms = own_ms();
        let Some(database_ms) = self.ledger.clock_ms().await? else { return Ok(true) };
        let after_ms = own_ms();
        let agrees = database_ms.saturating_add(CLOCKS_APART_MS_MAX) >= before_ms
            && database_ms <= after_ms.saturating_add(CLOCKS_APART_MS_MAX);
        if !agrees {
            metrics::counter!("live_jury_trust_steps_failed_total", "step" => "clock").increment(1);
            log_limited!(error, own_ms = before_ms, database_ms, "this node's clock differs; it takes no step by time");
        }
        Ok(agrees)
    }

    /// Whether this node may end the time of people: its first hour is over, and its clock agrees.
    pub(crate) async fn may_end_time(&self) -> Result<bool, LedgerError> {
        let hour_ms = self.ledger.hour().scale(START_MS);
        let is_over = self.clock.monotonic_ms() >= self.started_ms.saturating_add(hour_ms);
        Ok(is_over && self.may_step_by_time().await?)
    }
}

/// How facts are kept for a recount.
#[derive(Clone, Debug)]
pub struct KeptFacts {
    /// The days for which.
    pub days: u64,
    /// The key of the names that stand in the place of buyers' ids.
    pub key: ReporterKey,
}

/// The exposure of a merchant, as a recommender gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The merchant.
    pub merchant: String,
    /// The factor that counts.
    pub m: f64,
    /// The factor by signals alone.
    pub signals: f64,
    /// Whether a promise to buyers is in force.
    pub assured: bool,
    /// Whether the slots of explorers may show it.
    pub explore: bool,
    /// Whether signals show a turn, did so today, or did so in the last days and still limit the exposure.
    pub turn: bool,
    /// The strongest measure in force.
    pub gate: Option<Gate>,
    /// The spread of the index.
    pub sd: f64,
    /// The time of the computation, in Unix milliseconds.
    pub at_ms: u64,
}

impl Trust {
    /// Checks the policy that a case names.
    ///
    /// # Errors
    /// The field that does not fit the platform's file.
    pub fn check_case(&self, new: &NewCase) -> Result<(), FieldError> {
        case_policy::check(&self.file, new)
    }

    /// The index of a merchant with its exposure; none for one that no fact has named.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn assess(&self, merchant: &str) -> Result<Option<Assessed>, LedgerError> {
        let now_ms = self.clock.now_ms();
        let known = self.ledger.merchants(&[merchant], now_ms).await?;
        Ok(known.first().map(|known| Assessed::of(known, now_ms)))
    }

    /// The exposures of merchants, in their order. One that no fact has named has what nobody knows: 1.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn offers(&self, merchants: &[String]) -> Result<Vec<Offer>, LedgerError> {
        let now_ms = self.clock.now_ms();
        let ids: Vec<&str> = merchants.iter().map(String::as_str).collect();
        let mut shown = self.ledger.exposures(&ids, now_ms).await?;
        shown.sort_by(|a, b| a.attributes.id.cmp(&b.attributes.id));
        let nothing = Index::of(&Default::default(), &Priors::default());
        let offer = |merchant: &String| {
            let found = shown.binary_search_by(|one| one.attributes.id.cmp(merchant)).ok().map(|place| &shown[place]);
            offer_of(merchant, found, nothing.sd, now_ms)
        };
        Ok(merchants.iter().map(offer).collect())
    }

    /// Candidates in the order in which they are shown.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn rank(
        &self,
        candidates: &[(String, f64)],
        slots: usize,
        seed: &str,
    ) -> Result<Vec<Placed>, LedgerError> {
        let merchants: Vec<String> = candidates.iter().map(|(merchant, _)| merchant.clone()).collect();
        let offers = self.offers(&merchants).await?;
        let candidate = |(offer, (_, relevance)): (Offer, &(String, f64))| Candidate {
            merchant: offer.merchant,
            relevance: *relevance,
            m: offer.m,
            explore: offer.explore,
        };
        Ok(rank(offers.into_iter().zip(candidates).map(candidate).collect(), slots, seed))
    }
}

fn offer_of(merchant: &str, shown: Option<&Shown>, sd_of_nothing: f64, now_ms: u64) -> Offer {
    let filed = shown.and_then(|shown| shown.exposure.as_ref());
    let attributes = shown.map(|shown| &shown.attributes);
    let signals = filed.map_or(1.0, |filed| filed.signals);
    let gate = shown.and_then(|shown| shown.gate);
    Offer {
        merchant: merchant.to_owned(),
        m: gate.map_or(signals, |gate| signals.min(gate.max())),
        signals,
        assured: attributes.is_some_and(Attributes::is_assured),
        explore: attributes.is_none_or(|known| explores(known.completed, known.placed_today, gate.is_some())),
        turn: filed.is_some_and(|filed| filed.turn || filed.signals < filed.kept),
        gate,
        sd: filed.map_or(sd_of_nothing, |filed| filed.sd),
        at_ms: filed.map_or(now_ms, |filed| filed.at_ms),
    }
}
