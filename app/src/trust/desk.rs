//! The trust desk: queues of what waits for a person, and the page of a party. It decides nothing by itself.

use leptos::prelude::*;
use live_jury_protocol::Role;
use live_jury_protocol::trust::TrustParty;
use web_sys::SubmitEvent;

use super::applications::ApplicationsQueue;
use super::buckets::BucketsQueue;
use super::claims::ClaimsQueue;
use super::keys::Keys;
use super::listings::ListingsQueue;
use super::party::{PartyState, PartyView};
use super::queue::ShownParty;
use super::queues::{AppealsQueue, BansQueue, ProposedQueue};
use super::report_drafts::{ConsoleToken, ReportDraftsQueue};
use super::texts::live;
use super::webhooks::Webhooks;
use crate::api::Api;
use crate::dom::live_text;
use crate::pages::page_token::{TokenState, use_page_token};
use crate::pages::{Choices, Prefs, RequireRole, TokenNotice, take_focus, use_texts};

/// The desk.
#[component]
pub fn Desk() -> impl IntoView {
    Prefs::provide();
    let token_state = use_page_token("desk");
    view! {
        <RequireRole
            token_state needs=Role::Moderator all_rooms=true
            children=move |_| view! { <Queues token_state/> }
        />
    }
}

/// The desk after the role check.
#[component]
fn Queues(token_state: ReadSignal<TokenState>) -> impl IntoView {
    let texts = use_texts();
    let token = Signal::derive(move || token_state.with(TokenState::jwt));
    let api = Api::new(token);
    provide_context(ConsoleToken(token));
    let shown = RwSignal::new(None::<TrustParty>);
    provide_context(ShownParty(shown));
    Effect::new(move || document().set_title(texts.lang().trust().desk));
    view! {
        <TokenNotice token_state needs=Role::Moderator/>
        <header class="top">
            <h1 class="brand">{live(texts, |t| t.desk)}</h1>
            <div class="top-end"><Choices/></div>
        </header>
        <main class="trust">
            {move || match shown.get() {
                Some(party) => view! { <PartyPage api party shown/> }.into_any(),
                None => view! {
                    <div class="columns">
                        <AppealsQueue api/>
                        <ListingsQueue api/>
                        <ApplicationsQueue api/>
                        <ClaimsQueue api/>
                        <ProposedQueue api/>
                        <BansQueue api/>
                        <ReportDraftsQueue api/>
                        <BucketsQueue api/>
                        <Webhooks api/>
                        <LookUp shown/>
                    </div>
                }.into_any(),
            }}
            <Keys/>
        </main>
    }
}

/// The page of one party, in place of the queues.
#[component]
fn PartyPage(api: Api, party: TrustParty, shown: RwSignal<Option<TrustParty>>) -> impl IntoView {
    let texts = use_texts();
    let (kind, id) = (party.kind.clone(), party.id.clone());
    view! {
        <header class="party-head">
            <button type="button" class="quiet" use:take_focus on:click=move |_| shown.set(None)>
                {live(texts, |t| t.back)}
            </button>
            <h2 dir="auto">{live_text(move || (texts.lang().trust().party)(&kind, &id))}</h2>
        </header>
        <PartyView state=PartyState::of(api, party)/>
    }
}

/// The form that opens a party's page.
#[component]
fn LookUp(shown: RwSignal<Option<TrustParty>>) -> impl IntoView {
    let texts = use_texts();
    let (kind, id) = (RwSignal::new("merchant".to_owned()), RwSignal::new(String::new()));
    let typed = move || id.with(|id| id.trim().to_owned());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let id = untrack(typed);
        if !id.is_empty() {
            shown.set(Some(TrustParty { kind: kind.get_untracked(), id }));
        }
    };
    view! {
        <section class="panel" aria-labelledby="look-up-title">
            <h2 id="look-up-title">{live(texts, |t| t.look_up)}</h2>
            <form class="look-up" on:submit=submit>
                <label class="field field-short">
                    <span class="field-head">{live(texts, |t| t.party_kind)}</span>
                    <select on:change=move |event| kind.set(event_target_value(&event))>
                        <option value="merchant">{live(texts, |t| t.shop)}</option>
                        <option value="host">{live(texts, |t| t.host)}</option>
                    </select>
                </label>
                <label class="field">
                    <span class="field-head">{live(texts, |t| t.party_id)}</span>
                    <input
                        type="text" dir="auto" autocomplete="off" spellcheck="false" prop:value=move || id.get()
                        on:input=move |event| id.set(event_target_value(&event))
                    />
                    <small class="hint">{live(texts, |t| t.look_up_hint)}</small>
                </label>
                <button type="submit" disabled=move || typed().is_empty()>{live(texts, |t| t.show)}</button>
            </form>
        </section>
    }
}
