//! Shows points, tier, and when points end. The server computes all three.

use leptos::prelude::*;
use live_jury_protocol::trust::{PartyStanding, Violation};

use super::{PartyState, Section};
use crate::dom::live_text;
use crate::pages::{Texts, use_texts};

/// The points that end first, with the time.
fn next_to_end(violations: &[Violation]) -> Option<(u32, u64)> {
    let counting = || violations.iter().filter(|violation| violation.counts && violation.points > 0);
    let at_ms = counting().map(|violation| violation.expires_at_ms).min()?;
    let points = counting().filter(|violation| violation.expires_at_ms == at_ms).map(|violation| violation.points);
    Some((points.sum(), at_ms))
}

/// The tier in words. One of a later version is shown as the server names it.
pub fn tier_text(texts: Texts, standing: &PartyStanding) -> String {
    let known = (texts.lang().party().tier)(&standing.party.kind, &standing.tier);
    known.map_or_else(|| standing.tier.clone(), str::to_owned)
}

/// Points and tier.
#[component]
pub(super) fn StandingPanel(state: PartyState) -> impl IntoView {
    let texts = use_texts();
    let tier =
        move || state.standing.with(|standing| standing.as_ref().map(|one| tier_text(texts, one))).unwrap_or_default();
    let points = move || {
        let points = state.standing.with(|standing| standing.as_ref().map(|one| one.points)).unwrap_or_default();
        (texts.lang().party().points_total)(points)
    };
    let ends = move || {
        let (points, at_ms) =
            state.standing.with(|standing| standing.as_ref().and_then(|one| next_to_end(&one.violations)))?;
        Some((texts.lang().party().points_end)(points, &texts.lang().date_time(at_ms)))
    };
    view! {
        <Section id="standing-title" title=|t| t.standing>
            <p class="standing-tier"><strong>{live_text(tier)}</strong></p>
            <p>{live_text(points)}" "{live_text(move || ends().unwrap_or_default())}</p>
        </Section>
    }
}

#[cfg(test)]
mod tests {
    use super::super::violation::tests::violation;
    use super::*;

    #[test]
    fn points_that_end_together_end_as_one() {
        let with = |points, counts, expires_at_ms| Violation { points, counts, expires_at_ms, ..violation("active") };
        let all = [with(6, true, 30), with(4, true, 20), with(2, true, 20), with(9, false, 10)];
        assert_eq!(next_to_end(&all), Some((6, 20)));
        assert_eq!(next_to_end(&all[3..]), None);
    }
}
