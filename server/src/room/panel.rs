//! The panels of a room's live cases, as its connections see them: who offers, and who is called. It draws nobody.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live_jury_court::{Candidate, Candidates, Case, Juror, Pseudonym, stratum_in_pool};
use live_jury_proof::Hash;
use live_jury_proof::ticket::{seed, ticket};
use live_jury_protocol::{CaseId, ServerFrame, Stratum};

use crate::frame::EncodedFrame;
use crate::lifecycle::Offered;
use crate::pseudonym::BallotKey;

/// A connection's offer of its juror for a case's panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The case.
    pub case: CaseId,
    /// The case's epoch. A loss makes all offer again.
    pub epoch: u64,
    /// The stratum.
    pub stratum: Stratum,
    /// The juror.
    pub juror: Offered,
}

/// The panel of a live case.
#[derive(Debug)]
pub struct PanelView {
    /// Grows with each change of a panel of this room.
    pub rev: u64,
    case: CaseId,
    key: BallotKey,
    step: PanelStep,
}

#[derive(Debug)]
enum PanelStep {
    /// Jurors of the pool offer themselves.
    Drawing { case: Arc<Case>, epoch: u64, seed: Hash, bounds: Arc<TicketBounds> },
    /// Jurors are called: the stratum of each, and the place in it from 1.
    Called(HashMap<Pseudonym, (Stratum, u64)>),
}

/// The highest ticket that a node keeps of each stratum. A juror with a higher one need not offer.
#[derive(Debug)]
pub struct TicketBounds([AtomicU64; 3]);

impl Default for TicketBounds {
    fn default() -> Self {
        Self([u64::MAX; 3].map(AtomicU64::new))
    }
}

impl TicketBounds {
    /// Sets the bound of a stratum.
    pub fn set(&self, stratum: Stratum, highest: u64) {
        if let Some(bound) = self.0.get(stratum as usize) {
            bound.store(highest, Ordering::Relaxed);
        }
    }

    fn admit(&self, stratum: Stratum, ticket: u64) -> bool {
        self.0.get(stratum as usize).is_some_and(|bound| ticket <= bound.load(Ordering::Relaxed))
    }
}

/// A panel, as one juror is concerned.
#[derive(Debug)]
pub enum OwnPanel {
    /// The juror is in the pool.
    Offer(Offer),
    /// The juror is called.
    Called(EncodedFrame),
}

impl PanelView {
    /// A panel that is being drawn; none of a case without a draw.
    #[must_use]
    pub fn drawing(rev: u64, case: &Case, key: &BallotKey, bounds: Arc<TicketBounds>) -> Option<Self> {
        let (draw, open) = (case.draw?, case.as_voting().ok()?);
        // Without a beacon.
        let seed = seed(&draw.nonce, case.id.0.as_bytes(), &[]);
        let step = PanelStep::Drawing { epoch: open.epoch, case: Arc::new(case.clone()), seed, bounds };
        Some(Self { rev, case: case.id, key: key.clone(), step })
    }

    /// A panel that is called.
    #[must_use]
    pub fn called(rev: u64, case: CaseId, key: &BallotKey, called: &Candidates) -> Self {
        let of_stratum = |(stratum, called): (Stratum, &Vec<Candidate>)| {
            let places = (1_u64..).zip(called).map(move |(place, one)| (one.juror, (stratum, place)));
            places.collect::<Vec<_>>()
        };
        let places = Stratum::ALL.into_iter().zip(called).flat_map(of_stratum).collect();
        Self { rev, case, key: key.clone(), step: PanelStep::Called(places) }
    }

    /// The panel, as it concerns this juror, whose socket joined at `joined_at_ms` by the tally store's clock.
    #[must_use]
    pub fn of(&self, juror: &Juror, joined_at_ms: u64) -> Option<OwnPanel> {
        match &self.step {
            PanelStep::Drawing { case, epoch, seed, bounds } => {
                let stratum = stratum_in_pool(case, juror, joined_at_ms)?;
                let pseudonym = self.key.pseudonym(self.case, &juror.sub);
                let candidate = Candidate { ticket: ticket(seed, &pseudonym.0), juror: pseudonym };
                if !bounds.admit(stratum, candidate.ticket) {
                    return None;
                }
                let juror = Offered { candidate, claimed_level: juror.level, sub: juror.sub.as_str().into() };
                let offer = Offer { case: self.case, epoch: *epoch, stratum, juror };
                Some(OwnPanel::Offer(offer))
            }
            PanelStep::Called(places) => {
                let (stratum, place) = *places.get(&self.key.pseudonym(self.case, &juror.sub))?;
                let frame = ServerFrame::Called { case: self.case, place, side: stratum.side() };
                Some(OwnPanel::Called(EncodedFrame::encode(&frame)))
            }
        }
    }
}
