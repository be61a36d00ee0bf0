//! The queues of violations, bans and appeals at the desk. Each item has its evidence, the party's standing, and the
//! steps with what they do.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{Appeal, Listing, Measure, PartyStanding, TrustParty, Violation};

use super::listings::{Hits, read_appealed};
use super::party::{AppealText, BanSteps, PartyState, ViolationText, is_undecided, tier_text, title_in};
use super::queue::{PartyLink, Queue, QueuePanel};
use super::step::Done;
use super::steps::{AppealSteps, ViolationSteps};
use crate::api::{Api, ApiError};
use crate::dom::live_text;
use crate::pages::{Texts, use_texts};

/// Limits the parties whose standing is read for the queue of bans: each is a request.
const STANDINGS_MAX: usize = 50;

/// The appeals that a moderator reviews, those due first first.
#[component]
pub(super) fn AppealsQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || async move {
        let mut waiting = api.appeals("in_review").await?;
        waiting.retain(is_undecided);
        waiting.sort_by_key(|appeal| appeal.due_ms);
        Ok(waiting)
    });
    view! {
        <QueuePanel
            id="appeals-queue-title" title=|lang| lang.trust().appeals_waiting
            nothing=|lang| lang.trust().no_appeals_waiting queue
            key=|appeal: &Appeal| format!("{} {}", appeal.id, appeal.version)
            children=move |appeal| view! { <AppealItem api appeal done=queue.done()/> }
        />
    }
}

#[component]
fn AppealItem(api: Api, appeal: Appeal, done: Done) -> impl IntoView {
    let texts = use_texts();
    let standing = read_standing(api, appeal.party.clone());
    let target = appeal.target.id;
    let against = move || {
        standing.with(|standing| {
            let standing = standing.as_ref()?;
            let measured = standing.measures.iter().find(|measure| measure.id == target);
            let id = measured.map_or(Some(target), |measure| measure.violation);
            let violation = standing.violations.iter().find(|violation| Some(violation.id) == id)?;
            let title = title_in(texts.lang(), &violation.title);
            Some(format!("{}\n{}", (texts.lang().party().appeal_against)(title), violation.facts))
        })
    };
    let appealed = read_appealed(api, &appeal.target);
    let listing = move || {
        appealed.get().map(|one| {
            let Listing { title, description, hits, .. } = one;
            let name = title.clone();
            let heading = move || (texts.lang().party().appeal_against)(&name);
            view! { <p dir="auto">{live_text(heading)}</p> <Hits hits title description/> }
        })
    };
    let party = appeal.party.clone();
    view! {
        <li class="case" tabindex="-1" data-state="in_review">
            <PartyLink party/>
            <StandingLine standing/>
            <p class="written" dir="auto">{live_text(move || against().unwrap_or_default())}</p>
            {listing}
            <AppealText appeal=appeal.clone()/>
            <AppealSteps api appeal done/>
        </li>
    }
}

/// The violations that a verdict only proposes, the oldest first.
#[component]
pub(super) fn ProposedQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || async move {
        let mut proposed = api.violations("proposed").await?;
        proposed.sort_by_key(|violation| violation.decided_at_ms);
        Ok(proposed)
    });
    view! {
        <QueuePanel
            id="proposed-title" title=|lang| lang.trust().proposed
            nothing=|lang| lang.trust().no_proposed queue
            key=|violation: &Violation| format!("{} {}", violation.id, violation.version)
            children=move |violation| view! { <ProposedItem api violation done=queue.done()/> }
        />
    }
}

#[component]
fn ProposedItem(api: Api, violation: Violation, done: Done) -> impl IntoView {
    let texts = use_texts();
    let standing = read_standing(api, violation.party.clone());
    let (room, since_ms) = (violation.room.clone(), violation.decided_at_ms);
    let since = move || (texts.lang().trust().waits_since)(&texts.lang().date_time(since_ms));
    let of_case = move || room.as_ref().map(|room| (texts.lang().trust().of_case)(room.as_str())).unwrap_or_default();
    let party = violation.party.clone();
    view! {
        <li class="case" tabindex="-1" data-state="proposed">
            <PartyLink party/>
            <StandingLine standing/>
            <p class="hint">{live_text(since)}" "{live_text(of_case)}</p>
            <ViolationText violation=violation.clone()/>
            <ViolationSteps api violation done/>
        </li>
    }
}

/// The parties with the points of a ban, those suspended longest first.
#[component]
pub(super) fn BansQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || near_a_ban(api));
    view! {
        <QueuePanel
            id="bans-title" title=|lang| lang.trust().bans
            nothing=|lang| lang.trust().no_bans queue
            key=|standing: &PartyStanding| {
                format!("{} {} {}", standing.party.kind, standing.party.id, standing.points)
            }
            children=move |standing| view! { <BanItem api standing done=queue.done()/> }
        />
    }
}

/// The standing of each suspended party for which a ban is proposed. Only its standing tells which these are.
async fn near_a_ban(api: Api) -> Result<Vec<PartyStanding>, ApiError> {
    let mut suspended = api.measures_in_force().await?;
    suspended.retain(|measure| measure.kind == "suspend");
    suspended.sort_by_key(|measure| measure.from_ms);
    let mut asked: Vec<TrustParty> = Vec::new();
    let mut near = Vec::new();
    for Measure { party, .. } in suspended {
        if asked.contains(&party) || asked.len() == STANDINGS_MAX {
            continue;
        }
        let standing = api.party(&party).await?;
        asked.push(party);
        let is_banned = standing.measures.iter().any(|one| one.kind == "ban" && one.state == "in_force");
        if standing.tier == "ban_proposed" && !is_banned {
            near.push(standing);
        }
    }
    Ok(near)
}

#[component]
fn BanItem(api: Api, standing: PartyStanding, done: Done) -> impl IntoView {
    let party = standing.party.clone();
    let state = PartyState::known(api, standing);
    view! {
        <li class="case" tabindex="-1" data-state="ban_proposed">
            <PartyLink party/>
            <StandingLine standing=state.standing/>
            <BanSteps state done/>
        </li>
    }
}

/// Reads a party's standing once, for an item about it.
pub(super) fn read_standing(api: Api, party: TrustParty) -> RwSignal<Option<PartyStanding>> {
    let standing = RwSignal::new(None);
    spawn_local(async move {
        // Without it the item lacks this line, and its page says why.
        if let Ok(read) = api.party(&party).await {
            standing.try_set(Some(read));
        }
    });
    standing
}

/// Points and tier of an item's party.
#[component]
pub(super) fn StandingLine(standing: RwSignal<Option<PartyStanding>>) -> impl IntoView {
    let texts = use_texts();
    let text = move || standing.with(|standing| standing.as_ref().map(|standing| standing_text(texts, standing)));
    view! { <p class="hint">{live_text(move || text().unwrap_or_default())}</p> }
}

fn standing_text(texts: Texts, standing: &PartyStanding) -> String {
    format!("{} {}", (texts.lang().party().points_total)(standing.points), tier_text(texts, standing))
}
