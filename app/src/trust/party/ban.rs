//! The ban of a party and its end, for a moderator: what it does, what it is for, and the reasons. It bans nobody by
//! itself.

use leptos::prelude::*;
use live_jury_protocol::trust::{NewBan, PartyStanding};
use uuid::Uuid;

use super::violation::violation_text;
use super::{PartyState, Section};
use crate::pages::use_texts;
use crate::trust::step::{Done, Step, sent};

/// Limit of the violations that a ban names: the server refuses more. The newest come first.
const VIOLATIONS_MAX: usize = 20;

/// The step about a ban that is open to a moderator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Ban,
    Unban,
}

fn open(standing: &PartyStanding) -> Open {
    let is_banned = standing.measures.iter().any(|measure| measure.kind == "ban" && measure.state == "in_force");
    match standing.tier.as_str() {
        _ if is_banned => Open::Unban,
        "ban_proposed" => Open::Ban,
        _ => Open::Nothing,
    }
}

/// The violations for which a party is banned: those whose points count.
fn grounds(standing: &PartyStanding) -> Vec<Uuid> {
    let counting = standing.violations.iter().filter(|violation| violation.counts);
    counting.take(VIOLATIONS_MAX).map(|violation| violation.id).collect()
}

fn open_in(state: PartyState) -> Memo<Open> {
    Memo::new(move |_| state.standing.with(|standing| standing.as_ref().map_or(Open::Nothing, open)))
}

/// The steps under a title; nothing for a party that is neither banned nor near it.
#[component]
pub(super) fn Ban(state: PartyState) -> impl IntoView {
    let open = open_in(state);
    move || {
        (open.get() != Open::Nothing).then(|| {
            view! {
                <Section id="ban-title" title=|t| t.ban_title><BanSteps state done=state.refreshing()/></Section>
            }
        })
    }
}

/// The step that is open: the ban, or its end.
#[component]
pub fn BanSteps(state: PartyState, done: Done) -> impl IntoView {
    let texts = use_texts();
    let open = open_in(state);
    let effect = Signal::derive(move || {
        let words = texts.lang().party();
        state.standing.with(|standing| {
            let counting = standing.iter().flat_map(|one| &one.violations).filter(|violation| violation.counts);
            let names: Vec<_> = counting.take(VIOLATIONS_MAX).map(|one| violation_text(texts, one)).collect();
            format!("{}\n{}\n{}", words.ban_effect, words.ban_for, names.join("\n"))
        })
    });
    let lifted = Signal::derive(move || texts.lang().party().unban_effect.to_owned());
    let party = move || state.standing.with_untracked(|standing| standing.as_ref().map(|one| one.party.clone()));
    let ban = Callback::new(move |words| {
        let violations = state.standing.with_untracked(|standing| standing.as_ref().map(grounds).unwrap_or_default());
        let party = party();
        sent(async move {
            match party {
                Some(party) => state.api.ban(&party, &NewBan { violations, words }).await,
                None => Ok(()),
            }
        })
    });
    let unban = Callback::new(move |words| {
        let party = party();
        sent(async move {
            match party {
                Some(party) => state.api.unban(&party, words).await,
                None => Ok(()),
            }
        })
    });
    move || match open.get() {
        Open::Nothing => None,
        Open::Ban => Some(view! { <Step label=|t| t.ban letter="b" effect send=ban done danger=true/> }.into_any()),
        Open::Unban => Some(view! { <Step label=|t| t.unban letter="b" effect=lifted send=unban done/> }.into_any()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(tier: &str, ban: Option<&str>) -> PartyStanding {
        let party = serde_json::json!({"kind": "merchant", "id": "m"});
        let measure = ban.map(|state| {
            serde_json::json!({
                "id": "01a203b5-27b4-7ec3-865e-b9e2a7a1b202", "party": party, "kind": "ban", "points": 48,
                "from_ms": 1, "state": state, "appeal_until_ms": 3
            })
        });
        serde_json::from_value(serde_json::json!({
            "party": party, "as_of_ms": 1, "points": 48, "tier": tier, "violations": [],
            "measures": measure.into_iter().collect::<Vec<_>>(), "appeals": [], "statements": []
        }))
        .unwrap()
    }

    #[test]
    fn a_ban_is_open_from_its_points_on_and_its_end_while_it_lasts() {
        assert_eq!(open(&standing("suspended", None)), Open::Nothing);
        assert_eq!(open(&standing("ban_proposed", None)), Open::Ban);
        assert_eq!(open(&standing("ban_proposed", Some("in_force"))), Open::Unban);
        assert_eq!(open(&standing("suspended", Some("in_force"))), Open::Unban);
        assert_eq!(open(&standing("suspended", Some("lifted"))), Open::Nothing);
    }
}
