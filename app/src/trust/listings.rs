//! The queue of listings that a person must look at: what the screening found and where, and the two decisions. The
//! screening never reads like a verdict here.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{AppealTarget, DecideListing, Listing, ListingHit, ListingJury, PolicyDefinition};
use uuid::Uuid;

use super::buckets::{policy_text, read_policies, rooms};
use super::explain::percent;
use super::party::left_ms;
use super::queue::{PartyLink, Queue, QueuePanel};
use super::queues::{StandingLine, read_standing};
use super::step::{Done, Step, sent};
use super::texts::listing;
use crate::api::Api;
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::time::local_ms;

/// The queue: what is not on sale comes before what is, and of each what is due first.
#[component]
pub(super) fn ListingsQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || async move {
        let mut waiting = api.listings("held").await?;
        waiting.extend(api.listings("blocked").await?);
        waiting.extend(api.listings("review").await?);
        waiting.sort_by_key(|one| (one.due_ms.unwrap_or(u64::MAX), one.at_ms));
        Ok(waiting)
    });
    let policies = read_policies(api);
    view! {
        <QueuePanel
            id="listings-title" title=|lang| lang.listing().waiting nothing=|lang| lang.listing().none_waits queue
            key=|one: &Listing| format!("{} {}", one.screening, one.version)
            children=move |one| view! { <ListingItem api one policies done=queue.done()/> }
        />
    }
}

#[component]
fn ListingItem(api: Api, one: Listing, policies: RwSignal<Vec<PolicyDefinition>>, done: Done) -> impl IntoView {
    let texts = use_texts();
    let (party, state_name) = (one.party.clone(), one.state.clone());
    let standing = read_standing(api, party.clone());
    let state = {
        let name = one.state.clone();
        move || waiting_text(texts, &name).to_owned()
    };
    let jury = one.jury.clone();
    let (due_ms, now_ms) = (one.due_ms, local_ms());
    let due = move || {
        let lang = texts.lang();
        let left = |due_ms| (lang.party().left)(lang, left_ms(due_ms, now_ms));
        due_ms.map(|due_ms| (lang.listing().due)(&lang.date_time(due_ms), &left(due_ms))).unwrap_or_default()
    };
    let price = amount_text(one.price_minor, &one.currency);
    let particulars = {
        let (category, brand) = (one.category.clone(), one.brand.clone());
        move || (texts.lang().listing().particulars)(&category, &price, brand.as_deref())
    };
    view! {
        <li class="case" tabindex="-1" data-state=state_name>
            <PartyLink party/>
            <StandingLine standing/>
            <h3 dir="auto">{still_text(one.title.clone())}</h3>
            <p class="hint">{live_text(particulars)}</p>
            <p>{live_text(state)}" "{live_text(due)}</p>
            <Hits hits=one.hits.clone() title=one.title.clone() description=one.description.clone()/>
            {jury.map(|jury| view! { <p>{live_text(move || jury_text(texts, &jury))}</p> })}
            {asks_jury(&one).then(|| view! { <JuryStep api screening=one.screening version=one.version done/> })}
            <ListingSteps api one policies done/>
        </li>
    }
}

/// Reads the listing that an appeal is against; none for another target.
pub(super) fn read_appealed(api: Api, target: &AppealTarget) -> RwSignal<Option<Listing>> {
    let (found, id) = (RwSignal::new(None), target.id);
    if target.kind == "listing" {
        spawn_local(async move {
            // Without it the item lacks these words.
            if let Ok(read) = api.listing(id).await {
                found.try_set(Some(read));
            }
        });
    }
    found
}

/// The words for the sale of a listing that waits.
fn waiting_text(texts: Texts, state: &str) -> &'static str {
    let words = texts.lang().listing();
    match state {
        "held" => words.held,
        "blocked" => words.blocked,
        _ => words.in_review,
    }
}

/// The words for the jury of a listing: what it was asked, or its end.
pub(super) fn jury_text(texts: Texts, jury: &ListingJury) -> String {
    (texts.lang().listing().jury)(&jury.room, jury.result.as_deref())
}

/// The brand that a hit says the name can be taken for.
pub(super) fn taken_for(hit: &ListingHit) -> Option<&str> {
    let (likeness, brand) = hit.note.split_once(": ")?;
    (hit.check == "brand" && matches!(likeness, "look" | "close")).then_some(brand)
}

/// Whether a jury may be asked about a listing. The server makes the real check.
fn asks_jury(one: &Listing) -> bool {
    let mut counted = one.hits.iter().filter(|hit| !hit.shadow && hit.outcome != "pass").peekable();
    let is_open = one.jury.is_none() && matches!(one.state.as_str(), "held" | "review");
    is_open && counted.peek().is_some() && counted.all(|hit| taken_for(hit).is_some())
}

/// The step that asks a jury: the room is one of those that the console of this browser shows, or another.
#[component]
fn JuryStep(api: Api, screening: Uuid, version: u64, done: Done) -> impl IntoView {
    let texts = use_texts();
    let room = RwSignal::new(rooms().first().map(ToString::to_string).unwrap_or_default());
    let send = Callback::new(move |_| {
        let room = room.with_untracked(|room| room.trim().to_owned());
        sent(async move { api.draft_listing(screening, version, room).await })
    });
    let effect = Signal::derive(move || texts.lang().listing().ask_effect.to_owned());
    view! {
        <label class="field">
            <span class="field-head">{listing(texts, |t| t.room)}</span>
            <input
                type="text" dir="auto" autocomplete="off" spellcheck="false" prop:value=move || room.get()
                on:input=move |event| room.set(event_target_value(&event))
            />
        </label>
        <div class="steps-row">
            <Step label=|t| t.ask_jury letter="j" effect send done without_words=true/>
        </div>
    }
}

/// The findings of the screening, with the words around it.
#[component]
pub(super) fn Hits(hits: Vec<ListingHit>, title: String, description: String) -> impl IntoView {
    let texts = use_texts();
    let row = |hit: ListingHit| {
        let found = match (hit.field.as_deref(), hit.span) {
            (Some("title"), Some(span)) => Some((true, around(&title, span))),
            (Some("description"), Some(span)) => Some((false, around(&description, span))),
            _ => None,
        };
        view! {
            <li>
                <span dir="auto">{live_text(move || hit_text(texts, &hit))}</span>
                {found.map(|(in_title, [before, marked, after])| view! {
                    <p class="quoted" dir="auto">
                        <small class="hint">
                            {if in_title {
                                listing(texts, |t| t.in_title)
                            } else {
                                listing(texts, |t| t.in_description)
                            }}
                        </small>
                        " "{still_text(before)}<mark>{still_text(marked)}</mark>{still_text(after)}
                    </p>
                })}
            </li>
        }
    };
    view! { <ul class="hits">{hits.into_iter().filter(|hit| !hit.shadow).map(row).collect_view()}</ul> }
}

/// The text of a hit. One of a later version is shown as the server words it.
fn hit_text(texts: Texts, hit: &ListingHit) -> String {
    // A note about a brand ends with its name, and a rule has its id as a name.
    let (kind, name) = hit.note.split_once(": ").unwrap_or((&hit.note, hit.entry.as_deref().unwrap_or_default()));
    let ratio = hit.value.parse().ok().filter(|_| hit.check == "price").map(percent);
    let value = ratio.as_deref().unwrap_or(&hit.value);
    (texts.lang().listing().hit)(&hit.check, kind, name, value).unwrap_or_else(|| format!("{} {}", hit.note, hit.value))
}

/// Characters that are shown before and after what was found.
const AROUND: usize = 40;

/// The text before a span, in it and after it. A span beyond the text is empty.
fn around(text: &str, span: [u32; 2]) -> [String; 3] {
    let letters: Vec<char> = text.chars().collect();
    let [from, to] = span.map(|place| (place as usize).min(letters.len()));
    let to = to.max(from);
    let (start, end) = (from.saturating_sub(AROUND), (to + AROUND).min(letters.len()));
    let part = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
    let before = if start > 0 { format!("…{}", part(start, from)) } else { part(start, from) };
    let after = if end < letters.len() { format!("{}…", part(to, end)) } else { part(to, end) };
    [before, part(from, to), after]
}

/// An amount in the main unit of its currency, which has a hundred of the smallest.
pub(super) fn amount_text(minor: u64, currency: &str) -> String {
    format!("{}.{:02} {currency}", minor / 100, minor % 100)
}

#[component]
fn ListingSteps(api: Api, one: Listing, policies: RwSignal<Vec<PolicyDefinition>>, done: Done) -> impl IntoView {
    let texts = use_texts();
    let (id, version) = (one.screening, one.version);
    // Without a policy of the screening's own, a person names one.
    let chosen = RwSignal::new(one.policy);
    let send = move |decision: &'static str| {
        Callback::new(move |words| {
            let policy = chosen.get_untracked().filter(|_| decision == "confirm");
            let decision = DecideListing { decision: decision.to_owned(), policy, words };
            sent(async move { api.decide_listing(id, version, &decision).await })
        })
    };
    let confirmed = Signal::derive(move || {
        let name = |id: String| policies.with(|policies| policy_text(texts, policies, &id));
        (texts.lang().listing().confirm_effect)(chosen.get().map(name).as_deref())
    });
    let options = move || {
        let falls = |policy: &&PolicyDefinition| policy.falls_on != "host";
        policies.with(|policies| policies.iter().filter(falls).map(|policy| policy.id.clone()).collect::<Vec<_>>())
    };
    let released = Signal::derive(move || texts.lang().listing().release_effect.to_owned());
    view! {
        <label class="field">
            <span class="field-head">{listing(texts, |t| t.policy)}</span>
            <select on:change=move |event| chosen.set(Some(event_target_value(&event)).filter(|id| !id.is_empty()))>
                <option value="" selected=move || chosen.with(Option::is_none)>
                    {listing(texts, |t| t.no_policy)}
                </option>
                {move || options().into_iter().map(|id| {
                    let (is_chosen, name) = (id.clone(), id.clone());
                    view! {
                        <option
                            value=id
                            selected=move || chosen.with(|chosen| chosen.as_ref() == Some(&is_chosen))
                        >
                            {live_text(move || policies.with(|policies| policy_text(texts, policies, &name)))}
                        </option>
                    }
                }).collect_view()}
            </select>
        </label>
        <div class="steps-row">
            <Step label=|t| t.release letter="r" effect=released send=send("release") done/>
            <Step label=|t| t.confirm letter="c" effect=confirmed send=send("confirm") done danger=true/>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_shown_with_the_words_around_it() {
        assert_eq!(around("a mirror quality bag", [2, 16]), ["a ", "mirror quality", " bag"].map(str::to_owned));
        assert_eq!(around("高仿包", [0, 2]), ["", "高仿", "包"].map(str::to_owned));
        let long = "x".repeat(100);
        let [before, marked, after] = around(&long, [50, 51]);
        assert_eq!((before.chars().count(), marked.as_str(), after.chars().count()), (AROUND + 1, "x", AROUND + 1));
        assert_eq!(around("ab", [7, 3]), ["ab", "", ""].map(str::to_owned));
    }

    fn held(hits: serde_json::Value) -> Listing {
        serde_json::from_value(serde_json::json!({
            "screening": "01a203b5-27b4-7ec3-865e-b9e2a7a1b301", "version": 1, "listing": "l", "listing_version": 1,
            "party": {"kind": "merchant", "id": "m"}, "title": "t", "category": "c", "price_minor": 1,
            "currency": "USD", "images": [], "at_ms": 1, "state": "held", "outcome": "hold", "hits": hits, "model": "1"
        }))
        .unwrap()
    }

    fn hit(check: &str, note: &str, outcome: &str) -> serde_json::Value {
        serde_json::json!({ "check": check, "value": "5amsung", "note": note, "outcome": outcome })
    }

    #[test]
    fn a_jury_is_asked_about_a_name_alone() {
        let (look, fact) = (hit("brand", "look: Samsung", "hold"), hit("price", "below_median", "pass"));
        assert!(asks_jury(&held(serde_json::json!([look, fact]))));
        let phrase = hit("term", "counterfeit_phrase", "review");
        assert!(!asks_jury(&held(serde_json::json!([look, phrase]))));
        assert!(!asks_jury(&held(serde_json::json!([]))));
        assert!(!asks_jury(&Listing { state: "blocked".into(), ..held(serde_json::json!([look])) }));
    }

    #[test]
    fn an_amount_has_two_decimals() {
        assert_eq!(amount_text(2_805, "USD"), "28.05 USD");
    }
}
