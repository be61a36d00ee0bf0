//! The signals that a step of a claim counts for: the one place that says which signals it feeds. It adds nothing up.

use super::{About, ClaimState, GrantedBy};
use crate::counter::Count;
use crate::promise::PromiseKind;
use crate::signal::SignalId as S;

/// The time within which the postage of a return is paid, in milliseconds.
const FREIGHT_MS: u64 = 48 * super::clock::HOUR_MS;

/// A step that was taken.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// The kind of promise.
    pub kind: PromiseKind,
    /// The subject of the claim.
    pub about: About,
    /// The state before it.
    pub from: ClaimState,
    /// The state after it.
    pub to: ClaimState,
    /// The reason for which it was granted, if it was by now.
    pub granted_by: Option<GrantedBy>,
    /// Whether a merchant who answers gives evidence.
    pub evidence: bool,
    /// The time since it was granted on the clocks of claims, in milliseconds.
    pub granted_for_ms: u64,
}

/// The signals of the merchant that a step counts for. The covered orders beside them are counted with the orders.
#[must_use]
pub fn counts(step: &Transition) -> Vec<(S, Count)> {
    let mut counts = Vec::new();
    let mut trial = |signal, hit: bool| counts.push((signal, Count::new(1.0, f64::from(u8::from(hit)))));
    match step.to {
        ClaimState::Granted => match (step.granted_by, step.from) {
            // The escalation has counted for p03.
            (Some(GrantedBy::Jury | GrantedBy::Moderator), _) | (_, ClaimState::InReview) => {}
            (_, ClaimState::Refused) => trial(S::P03, false),
            (by, _) => {
                trial(S::P03, true);
                trial(S::P07, by == Some(GrantedBy::Silence));
            }
        },
        ClaimState::Refused => {
            trial(S::P07, false);
            trial(S::P08, false);
            trial(S::P14, step.evidence);
        }
        ClaimState::Closed | ClaimState::Escalated => trial(S::P03, false),
        ClaimState::Fulfilled => {
            trial(S::P05, true);
            if step.kind == PromiseKind::FreeReturn {
                trial(S::P10, step.granted_for_ms <= FREIGHT_MS);
            }
        }
        ClaimState::Breached => {
            trial(S::P05, false);
            if step.kind == PromiseKind::FreeReturn {
                trial(S::P10, false);
            }
        }
        _ => {}
    }
    if step.to == ClaimState::Granted && step.granted_by == Some(GrantedBy::Merchant) {
        trial(S::P14, step.evidence);
    }
    // Claims that a later one on the same order may reopen.
    if matches!(
        step.to,
        ClaimState::Denied | ClaimState::Closed | ClaimState::Fulfilled | ClaimState::FulfilledByPlatform
    ) {
        trial(S::P13, false);
    }
    let mut hit = |signal| counts.push((signal, Count::new(0.0, 1.0)));
    match step.to {
        ClaimState::Granted => {
            // Everything but an open claim was refused by the merchant.
            if step.from != ClaimState::Open {
                hit(S::P08);
            }
            if step.about == About::Batch {
                hit(S::Q16);
            }
        }
        ClaimState::Escalated => hit(S::P04),
        ClaimState::Breached => hit(S::P06),
        _ => {}
    }
    counts
}
