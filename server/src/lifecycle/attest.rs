//! From a verdict and its ballots to what is published of it: seals, rows, the statement, and its entry in the log. It
//! decides nothing.

use std::sync::Arc;

use live_jury_court::{
    Called, Candidate, Candidates, Case, CohortSums, GROUP_BALLOTS_MIN, Loss, LossFound, PanelSums, Sealed, SealedBy,
    StoredBallot, Sums,
};
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{Tree, root, root_over};
use live_jury_proof::row::{ROWS_PER_LEAF, Stratum, row_leaves};
use live_jury_proof::seal::{CaseKey, seal_leaf};
use live_jury_proof::statement::{
    self, AppealOf, Audit, Lost, Outcome as StatedOutcome, PanelRule, Recused, Rule, StatedOption, Statement,
};
use live_jury_proof::{Hash, sha256};
use live_jury_protocol::{NewCase, Outcome, Raid, Rules, Verdict, Why};
use tokio::sync::Notify;

use super::{Lifecycle, LifecycleError};
use crate::docket::{
    Attestation, CaseProofs, DocketError, PanelSeats, RowForm, SEALS_PER_ROW, StatementInputs, public_brief, row_bytes,
    sealed_form,
};
use crate::pseudonym::BallotKey;

/// The key and the log with which a node attests verdicts.
#[derive(Clone, Debug)]
pub struct Attestor {
    /// The number of the log that verdicts are written to.
    pub log: u64,
    /// The ballot key.
    pub key: BallotKey,
    /// Wakes the signer of the log.
    pub appended: Arc<Notify>,
}

/// Who or what gave a sealed case its verdict. The words of a verdict's reason say nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The court judged the ballots, or found that they are lost.
    Court,
    /// A moderator voided the case.
    Moderator,
}

/// A verdict with everything that its statement is made from.
struct Matter {
    case: Case,
    sealed: Sealed,
    verdict: Verdict,
    cause: Cause,
    jury: Jury,
    inputs: StatementInputs,
    appeal_of: Option<AppealOf>,
}

/// The ballots of a sealed case in order of pseudonym, with their sums.
#[derive(Debug, Default)]
pub(super) struct Jury {
    /// The ballots.
    pub ballots: Vec<StoredBallot>,
    /// Their sums.
    pub sums: Sums,
    /// The called jurors; none without a call.
    pub called: Candidates,
    /// The panel's sums; none in a case without a panel.
    pub panel: Option<PanelSums>,
}

impl Jury {
    /// The jury of these ballots, of whom these were called to the panel. None if a ballot is for an option that the
    /// case does not have.
    pub fn of(case: &NewCase, mut ballots: Vec<StoredBallot>, called: Candidates) -> Option<Self> {
        // The comparison of cohorts, rows and the docket's index want this order.
        ballots.sort_unstable_by_key(|ballot| ballot.juror);
        let sums = Sums::of(case, &ballots)?;
        let panel = || PanelSums::of(case, &Called::with_ballots(case, &called, &ballots));
        let panel = case.rules.panel.map(|_| panel());
        Some(Self { ballots, sums, called, panel })
    }
}

/// A verdict's attestation, and its ballots in order of pseudonym.
pub(super) struct Attested {
    /// The attestation.
    pub attestation: Attestation,
    /// The ballots.
    pub ballots: Vec<StoredBallot>,
}

impl Lifecycle {
    /// Attests the verdict of a sealed case. Every node makes the same attestation.
    ///
    /// # Errors
    /// The docket did not answer, or a value does not fit the statement.
    pub(super) async fn attest(
        &self,
        case: &Case,
        sealed: &Sealed,
        verdict: &Verdict,
        cause: Cause,
        jury: Jury,
    ) -> Result<Attested, LifecycleError> {
        let inputs = self.docket.statement_inputs(case.id).await?;
        let appeal_of = self.entry_of_appealed(case).await?;
        let mut jury = jury;
        if case.brief.rules.panel.is_some() && jury.ballots.is_empty() {
            // The call stays, also where the ballots are lost.
            jury.called = self.docket.panel(case.id).await?;
        }
        let (case, sealed, verdict) = (case.clone(), sealed.clone(), verdict.clone());
        let matter = Matter { case, sealed, verdict, cause, jury, inputs, appeal_of };
        let attestor = self.attestor.clone();
        // The seals of 450,000 ballots take half a second of a core.
        off_the_runtime(move || matter.attest(&attestor)).await
    }
}

/// Runs long work outside of the runtime's own threads.
pub(super) async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl Matter {
    fn attest(mut self, attestor: &Attestor) -> Result<Attested, LifecycleError> {
        let case_bytes = self.case.id.0.into_bytes();
        let case_key = attestor.key.case_key(self.case.id);
        let sealed = sealed_ballots(&case_key, &case_bytes, &self.jury.ballots);
        let with_sides = self.jury.sums.shows_options_of_sides(&self.case.brief);
        let seats = PanelSeats::of(&self.case.brief, &self.jury.called, &self.jury.ballots);
        let form = RowForm { with_sides, seats: Arc::new(seats) };
        let rows = (self.verdict.outcome != Outcome::Void).then(|| rows_of(&self.jury.ballots, &form));
        let public_brief = match self.inputs.public_brief.take() {
            Some(brief) => brief,
            None => public_brief(&self.case.brief)?,
        };
        let statement = self.statement(attestor, &public_brief, sealed.tree, rows.as_ref().map(|rows| rows.tree))?;
        let statement = statement.to_text().map_err(|why| self.unfit(&why))?;
        let (row_firsts, row_hashes) = rows.map(|rows| (rows.firsts, rows.hashes)).unwrap_or_default();
        let attestation = Attestation {
            log: attestor.log,
            entry: Entry::of_statement(&case_bytes, &statement).to_text(),
            statement,
            audit_lines: self.inputs.audit.len() as u64,
            public_brief,
            seal_key: *case_key.bytes(),
            seals: sealed.seals.into_flattened(),
            proofs: CaseProofs { seal_firsts: sealed.firsts, seal_nodes: sealed.nodes, row_firsts, row_hashes },
        };
        Ok(Attested { attestation, ballots: self.jury.ballots })
    }

    fn statement(
        &self,
        attestor: &Attestor,
        public_brief: &str,
        seals: Tree,
        rows: Option<Tree>,
    ) -> Result<Statement, LifecycleError> {
        let (case, open) = (&self.case, &self.sealed.open);
        let brief = &case.brief;
        let lines: Vec<&[u8]> = self.inputs.audit.iter().flat_map(|line| [line.as_bytes(), b"\n"]).collect();
        let key = live_jury_proof::text::array_from_hex(&open.key);
        let sums = (self.verdict.outcome != Outcome::Void).then(|| self.sums());
        Ok(Statement {
            case: case.id.0.into_bytes(),
            room: case.room.to_string(),
            brief: sha256(&[public_brief.as_bytes()]),
            recused: self.recused(&attestor.key),
            opened_ms: open.opened_at_ms,
            sealed_ms: self.sealed.sealed_at_ms,
            sealed_by: match self.sealed.by {
                SealedBy::Deadline => statement::SealedBy::Deadline,
                SealedBy::Moderator { .. } => statement::SealedBy::Moderator,
                SealedBy::Settled => statement::SealedBy::Settled,
                SealedBy::Void { .. } => statement::SealedBy::Void,
            },
            extended_s: open.extended_s,
            epoch: open.epoch,
            lost: self.lost(&open.loss),
            audit: Audit { lines: self.inputs.audit.len() as u64, hash: sha256(&lines) },
            key: key.ok_or_else(|| self.unfit(&"the key's fingerprint is not 16 hexadecimal digits"))?,
            options: brief
                .options
                .iter()
                .map(|option| StatedOption { id: option.id.to_string(), abstains: option.abstain })
                .collect(),
            rule: rule_of(&brief.rules),
            draw: self.draw()?,
            beacon: None,
            called: self.called(),
            outcome: self.outcome()?,
            ballots: self.verdict.ballots,
            sums,
            seals,
            rows,
            appeal_of: self.appeal_of,
        })
    }

    /// The draw of the panel.
    fn draw(&self) -> Result<Option<statement::Draw>, LifecycleError> {
        if self.case.brief.rules.panel.is_none() {
            return Ok(None);
        }
        let draw = self.case.draw.ok_or_else(|| self.unfit(&"the panel has no draw"))?;
        Ok(Some(statement::Draw { commitment: draw.commitment, nonce: draw.nonce }))
    }

    /// The called jurors by stratum with seats; none if nobody called the panel.
    fn called(&self) -> Vec<statement::Called> {
        let is_called = self.case.draw.is_some_and(|draw| draw.called.is_some());
        let strata = self.strata().into_iter().filter(|_| is_called);
        let called = |(stratum, seats, called): (Stratum, u64, &[Candidate])| statement::Called {
            stratum,
            seats,
            called: called.len() as u64,
            last_ticket: called.last().map_or(0, |last| last.ticket),
        };
        strata.map(called).collect()
    }

    /// The strata with seats, with the called jurors.
    fn strata(&self) -> Vec<(Stratum, u64, &[Candidate])> {
        let panel = self.case.brief.rules.panel.unwrap_or_default();
        let seats = [panel.buyer, panel.merchant, panel.other];
        let all = Stratum::ALL.into_iter().zip(seats).zip(&self.jury.called);
        all.filter(|((_, seats), _)| *seats > 0)
            .map(|((stratum, seats), called)| (stratum, seats, &called[..]))
            .collect()
    }

    /// The panel's ballots by stratum with seats; none if nobody called the panel.
    fn panel_sums(&self) -> Vec<statement::PanelSum> {
        let Some(panel) = self.jury.panel.as_ref().filter(|_| !self.called().is_empty()) else { return Vec::new() };
        let sum = |stratum: Stratum| {
            let own = [&panel.buyer, &panel.merchant, &panel.other][stratum as usize - 1];
            let counts = (own.counted >= GROUP_BALLOTS_MIN).then(|| own.counts.clone());
            statement::PanelSum { stratum, counted: own.counted, counts }
        };
        self.strata().into_iter().map(|(stratum, ..)| sum(stratum)).collect()
    }

    /// The sums that may be published.
    fn sums(&self) -> statement::Sums {
        let (case, sums) = (&self.case.brief, &self.jury.sums);
        let cohort = |cohort: &CohortSums| {
            let is_shown = sums.shows_cohort(case, cohort);
            is_shown.then(|| statement::Cohort { counts: cohort.counts.clone(), e: cohort.e })
        };
        let reasons = (1_u8..).zip(&sums.reasons).zip(sums.shown_reasons());
        statement::Sums {
            counts: sums.counts.clone(),
            panel: self.panel_sums(),
            sides: sums.shows_sides(case).then_some([sums.buyers.deciding, sums.merchants.deciding]),
            side: sums
                .shows_options_of_sides(case)
                .then(|| [sums.buyers.counts.clone(), sums.merchants.counts.clone()]),
            present: cohort(&sums.present),
            older: cohort(&sums.older),
            informed: sums.shows_informed().then(|| sums.informed.clone()),
            reasons: reasons.filter(|(_, shown)| *shown).map(|((at, counts), _)| (at, counts.clone())).collect(),
        }
    }

    fn outcome(&self) -> Result<StatedOutcome, LifecycleError> {
        let verdict = &self.verdict;
        let winner = || self.case.brief.options.iter().position(|option| Some(&option.id) == verdict.option.as_ref());
        Ok(match verdict.outcome {
            Outcome::Decided => StatedOutcome::Decided(winner().ok_or_else(|| self.unfit(&"the winner is no option"))?),
            Outcome::Hung => StatedOutcome::Hung(self.why()?),
            Outcome::NoQuorum => StatedOutcome::NoQuorum(self.why()?),
            Outcome::Void if self.cause == Cause::Moderator => StatedOutcome::VoidByModerator,
            Outcome::Void => StatedOutcome::TallyLost,
            Outcome::Unknown => return Err(self.unfit(&"the outcome is unknown")),
        })
    }

    fn why(&self) -> Result<Option<statement::Why>, LifecycleError> {
        Ok(match self.verdict.why {
            None => None,
            Some(Why::NoBeacon) => Some(statement::Why::NoBeacon),
            Some(Why::PanelShort) => Some(statement::Why::PanelShort),
            Some(Why::SidesUnknown) => Some(statement::Why::SidesUnknown),
            Some(Why::SidesShort) => Some(statement::Why::SidesShort),
            Some(Why::SidesDisagree) => Some(statement::Why::SidesDisagree),
            Some(Why::NotBalanced) => Some(statement::Why::NotBalanced),
            Some(Why::ThinMargin) => Some(statement::Why::ThinMargin),
            Some(Why::LateCohort) => Some(statement::Why::LateCohort),
            Some(Why::Unknown) => return Err(self.unfit(&"the rule that was not met is unknown")),
        })
    }

    /// The recused viewers, by their pseudonyms in this case.
    fn recused(&self, key: &BallotKey) -> Option<Recused> {
        let subs = self.case.brief.rules.recused.as_ref().filter(|subs| !subs.is_empty())?;
        let mut pseudonyms: Vec<_> = subs.iter().map(|sub| key.pseudonym(self.case.id, sub)).collect();
        pseudonyms.sort_unstable();
        pseudonyms.dedup();
        let bytes: Vec<&[u8]> = pseudonyms.iter().map(|pseudonym| &pseudonym.0[..]).collect();
        Some(Recused { count: pseudonyms.len() as u64, hash: sha256(&bytes) })
    }

    fn lost(&self, loss: &Loss) -> Option<Lost> {
        // A tally that came back has counts.
        let missing = loss.missing.filter(|_| self.verdict.counts.is_none());
        let found = missing.map(|missing| match missing.found {
            LossFound::Late => statement::LossFound::Late,
            LossFound::Gone => statement::LossFound::Gone,
        });
        loss.ballots_before.map(|ballots| Lost { ballots, share: loss.share.parts(), found })
    }

    fn unfit(&self, why: &dyn std::fmt::Display) -> LifecycleError {
        DocketError::Malformed(format!("the statement of case {}: {why}", self.case.id)).into()
    }
}

/// The rules that decide, as a statement has them.
fn rule_of(rules: &Rules) -> Rule {
    Rule {
        quorum: rules.quorum,
        threshold: rules.threshold.parts(),
        band: rules.bias_band.parts(),
        balanced: rules.hold_when_balanced,
        sides: rules
            .two_sided
            .map(|sides| statement::TwoSided { min_per_side: sides.min_per_side, threshold: sides.threshold.parts() }),
        panel: rules
            .panel
            .map(|panel| PanelRule { seats: [panel.buyer, panel.merchant, panel.other], call: panel.call }),
        raid: match rules.raid {
            Raid::Off => statement::Raid::Off,
            Raid::Hang => statement::Raid::Hang,
            Raid::Show | Raid::Unknown => statement::Raid::Show,
        },
    }
}

/// Seals in ascending order, with the tree over them.
struct SealedBallots {
    seals: Vec<Hash>,
    firsts: Vec<u8>,
    nodes: Vec<u8>,
    tree: Tree,
}

fn sealed_ballots(key: &CaseKey, case: &[u8; 16], ballots: &[StoredBallot]) -> SealedBallots {
    let mut seals: Vec<Hash> = ballots.iter().map(|ballot| key.seal(case, &sealed_form(ballot))).collect();
    seals.sort_unstable();
    let (mut firsts, mut nodes) = (Vec::new(), Vec::new());
    for row in seals.chunks(SEALS_PER_ROW) {
        firsts.push(row[0]);
        nodes.push(root_over(row.iter().map(seal_leaf)));
    }
    let tree = Tree { size: seals.len() as u64, root: root(&nodes) };
    SealedBallots { seals, firsts: firsts.into_flattened(), nodes: nodes.into_flattened(), tree }
}

/// The hashes over the rows of ballots.
struct Rows {
    firsts: Vec<u8>,
    hashes: Vec<u8>,
    tree: Tree,
}

fn rows_of(ballots: &[StoredBallot], form: &RowForm) -> Rows {
    let (mut firsts, mut hashes) = (Vec::new(), Vec::new());
    for leaf in ballots.chunks(ROWS_PER_LEAF) {
        firsts.push(leaf[0].juror.0);
        hashes.extend(row_leaves(&row_bytes(leaf, form)));
    }
    let tree = Tree { size: hashes.len() as u64, root: root(&hashes) };
    Rows { firsts: firsts.into_flattened(), hashes: hashes.into_flattened(), tree }
}
