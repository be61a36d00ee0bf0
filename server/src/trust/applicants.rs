//! Applications: weighed by tokens and logos, decided or held, and moved when their time comes. No value outlives its
//! request.

use std::collections::BTreeMap;
use std::time::Duration;

use live_jury_protocol::trust::{
    Application, ApplicationAnswer, ApplicationReason, IdentityAnswer, IdentityFields, NewApplication, NewListingImage,
    TrustParty,
};
use live_jury_trust::identity::Group;
use live_jury_trust::identity::decide::{Decision, Finding, SHARED_WITHIN_MS, THRESHOLD, decide};
use live_jury_trust::identity::kept::Kept;
use live_jury_trust::identity::token::{FieldFault, Fields, Tokens};
use live_jury_trust::identity::weigh::Compared;
use live_jury_trust::identity::weights::Levels;
use live_jury_trust::listing::screen::Picture;
use live_jury_trust::policy::Policy;
use live_jury_trust::statement::date;
use live_jury_trust::{Party, three_decimals};
use tokio_util::sync::CancellationToken;

use super::Trust;
use super::screening::ScreenError;
use super::standing::Reader;
use crate::ledger::identities::{
    ApplicationRow, ApplicationState, DecideApplicationBy, FileApplication, Matches, Reason,
};
use crate::ledger::standing::{By, StandingError};

/// The policy that an applicant breaks who was banned and comes back.
const POLICY: &str = "evasion";
/// The time between two looks at what is due. A hold may end this much later.
const INTERVAL: Duration = Duration::from_secs(60);
/// The decision that is proposed to a person.
const REFUSE: &str = "refuse";
/// The field of a logo, in problems.
const LOGO: &str = "logo";

/// The ways in which a request about an identity fails. No text has a value.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// There is no key.
    #[error("applications need --identity-key")]
    NoKey,
    /// The platform's file has no policy for those who come back.
    #[error("applications need the policy evasion in --trust-file")]
    NoPolicy,
    /// A field is wrong.
    #[error(transparent)]
    Field(#[from] FieldFault),
    /// The logo is wrong.
    #[error(transparent)]
    Logo(#[from] ScreenError),
    /// The ledger failed, or refused the step.
    #[error(transparent)]
    Standing(#[from] StandingError),
}

/// An identity that was weighed.
struct Weighed {
    fields: Fields,
    decision: Decision,
    levels: Levels,
    reasons: Vec<Reason>,
    policy: Policy,
}

impl Trust {
    /// Weighs an application and files it. The same id with the same fields gets the same answer.
    ///
    /// # Errors
    /// A field is wrong, the id applied before with other fields, or the ledger failed.
    pub async fn apply(&self, new: &NewApplication, sub: &str) -> Result<ApplicationAnswer, ApplyError> {
        let party = Party::merchant(&new.id);
        let fields = self.identity(&new.fields, new.logo.as_ref()).await?;
        let filing = match self.ledger.application_of(&party).await? {
            // A repeat is compared by the digest alone, and weighs nothing again.
            Some(_) => {
                let policy = self.evasion()?;
                let (decision, levels, reasons) = (Decision::default(), Levels::default(), Vec::new());
                self.filing(&party, Weighed { fields, decision, levels, reasons, policy }, sub)?
            }
            None => {
                let weighed = self.weigh(&party, fields).await?;
                self.filing(&party, weighed, sub)?
            }
        };
        let filing = FileApplication { category: new.category.clone(), ..filing };
        let filed = self.ledger.file_application(&filing, self.clock.now_ms()).await?;
        metrics::counter!("live_jury_trust_applications_total", "outcome" => filed.outcome.clone()).increment(1);
        Ok(answer(&filed))
    }

    /// Looks again at the identity of a known party. A hit queues for people, and closes nothing.
    ///
    /// # Errors
    /// A field is wrong, or the ledger failed.
    pub async fn look_again(
        &self,
        party: &Party,
        given: &IdentityFields,
        sub: &str,
    ) -> Result<IdentityAnswer, ApplyError> {
        if !self.ledger.knows(party).await? {
            return Err(StandingError::NotFound.into());
        }
        let fields = self.identity(&given.fields, given.logo.as_ref()).await?;
        let mut weighed = self.weigh(party, fields).await?;
        // A machine refuses nobody who sells already.
        weighed.decision.finding = weighed.decision.finding.min(Finding::Propose);
        let filing = FileApplication { again: true, ..self.filing(party, weighed, sub)? };
        let hit = Some(&filing).filter(|filing| filing.decision.finding > Finding::Pass);
        self.ledger.put_identity(party, &filing.identity, hit, self.clock.now_ms()).await?;
        Ok(IdentityAnswer {
            outcome: filing.decision.finding.outcome().to_owned(),
            weight: three_decimals(filing.decision.weight),
            threshold: THRESHOLD,
            groups: names(&filing.decision.groups),
            reasons: filing.reasons.iter().map(reason).collect(),
        })
    }

    /// Takes a moderator's decision on an application that waits.
    ///
    /// # Errors
    /// It waits for none, or the ledger failed.
    pub async fn decide_application(&self, decision: &DecideApplicationBy) -> Result<ApplicationRow, ApplyError> {
        let policy = self.evasion()?;
        Ok(self.ledger.decide_application(decision, &policy, self.clock.now_ms()).await?)
    }

    /// Moves every minute what is due, until the node stops. Several nodes may do so at once: a row moves once.
    pub async fn move_applications(self, closed: CancellationToken) {
        let Ok(policy) = self.evasion() else { return };
        let mut times = tokio::time::interval(INTERVAL);
        times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while closed.run_until_cancelled(times.tick()).await.is_some() {
            let now_ms = self.clock.now_ms();
            match closed.run_until_cancelled(self.ledger.move_applications(&policy, now_ms)).await {
                None => return,
                Some(Ok(_)) => {}
                Some(Err(error)) => tracing::warn!(%error, "applications were not moved; trying again"),
            }
        }
    }

    fn evasion(&self) -> Result<Policy, ApplyError> {
        if self.identity.keys.is_empty() {
            return Err(ApplyError::NoKey);
        }
        self.file.policy(POLICY).cloned().ok_or(ApplyError::NoPolicy)
    }

    /// The fields and the logo of a request. A logo that cannot be decoded is compared with none.
    async fn identity(
        &self,
        given: &BTreeMap<String, Vec<String>>,
        logo: Option<&NewListingImage>,
    ) -> Result<Fields, ApplyError> {
        let fields = Fields::parse(given)?;
        let Some(logo) = logo else { return Ok(fields) };
        Ok(match self.picture(LOGO, logo).await? {
            Picture::Hashed(whole, _) => fields.with_logo(Some(whole)),
            Picture::Undecodable => fields,
        })
    }

    async fn weigh(&self, party: &Party, fields: Fields) -> Result<Weighed, ApplyError> {
        let policy = self.evasion()?;
        let tokens = Tokens::of(&fields, &self.identity.keys)?;
        let since_ms = self.clock.now_ms().saturating_sub(SHARED_WITHIN_MS);
        let found = self.ledger.matches(party, &tokens, since_ms).await?;
        let compared: Vec<Compared> = found.candidates.iter().map(|one| one.compared.clone()).collect();
        let decision = decide(&compared, &found.shared, self.identity.refuse_by);
        let reasons = reasons(&decision, &found);
        let candidate = decision.candidate.and_then(|place| compared.get(place));
        let levels = candidate.map(|one| one.levels.clone()).unwrap_or_default();
        Ok(Weighed { fields, decision, levels, reasons, policy })
    }

    fn filing(&self, party: &Party, weighed: Weighed, sub: &str) -> Result<FileApplication, ApplyError> {
        let Weighed { fields, decision, levels, reasons, policy } = weighed;
        let keys = &self.identity.keys;
        let first = keys.first().ok_or(ApplyError::NoKey)?;
        Ok(FileApplication {
            party: party.clone(),
            again: false,
            category: None,
            digests: keys.iter().map(|key| key.digest(&fields)).collect(),
            decision,
            levels,
            reasons,
            identity: Kept::of(&fields, first)?,
            policy,
            by: By::platform(sub),
        })
    }
}

/// The reasons of a decision, one a group.
fn reasons(decision: &Decision, found: &Matches) -> Vec<Reason> {
    let closed_at_ms = decision.candidate.and_then(|place| found.candidates.get(place)).map(|one| one.closed_at_ms);
    let of_group = |group: &Group| {
        let what = group.words();
        let text = match closed_at_ms {
            Some(at_ms) => format!("It has {what} of a party that was closed on {}.", date(at_ms)),
            None => format!("It has {what} of two or more other applications of the last seven days."),
        };
        Reason { group: group.as_str().to_owned(), text, closed_at_ms }
    };
    decision.groups.iter().map(of_group).collect()
}

fn names<'g>(groups: impl IntoIterator<Item = &'g Group>) -> Vec<String> {
    groups.into_iter().map(|group| group.as_str().to_owned()).collect()
}

fn reason(of: &Reason) -> ApplicationReason {
    ApplicationReason { group: of.group.clone(), text: of.text.clone(), closed_at_ms: of.closed_at_ms }
}

fn proposed(row: &ApplicationRow) -> Option<String> {
    row.proposed.then(|| REFUSE.to_owned())
}

/// The first answer to an application.
fn answer(row: &ApplicationRow) -> ApplicationAnswer {
    ApplicationAnswer {
        application: row.id,
        outcome: row.outcome.clone(),
        proposed: proposed(row),
        weight: three_decimals(row.weight),
        threshold: THRESHOLD,
        groups: names(&row.groups),
        reasons: row.reasons.iter().map(reason).collect(),
        measure: row.answered,
    }
}

/// An application as its reader gets it. The applicant reads no moderator's `sub`.
#[must_use]
pub fn shown(row: &ApplicationRow, reader: Reader) -> Application {
    Application {
        application: row.id,
        version: row.version,
        party: TrustParty { kind: row.party.kind.as_str().to_owned(), id: row.party.id.clone() },
        again: row.again,
        category: row.category.clone(),
        at_ms: row.at_ms,
        state: row.state.as_str().to_owned(),
        outcome: row.outcome.clone(),
        proposed: proposed(row).filter(|_| row.state == ApplicationState::Held),
        weight: three_decimals(row.weight),
        threshold: THRESHOLD,
        groups: names(&row.groups),
        reasons: row.reasons.iter().map(reason).collect(),
        measure: row.measure,
        due_ms: row.due_ms,
        decided_at_ms: row.decided_at_ms,
        words: row.words.clone(),
        by: row.by.clone().filter(|_| reader == Reader::Staff),
    }
}
