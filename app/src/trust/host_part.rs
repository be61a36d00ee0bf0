//! The part of the host's page that this program draws, once the host asks for it: the host's own standing and signals.
//! It shows no other host.

use leptos::prelude::*;

use super::party::{PartyState, PartyView};
use crate::api::Api;
use crate::pages::Prefs;
use crate::pages::page_token::{TokenState, use_page_token};

/// The part. The page around it has checked the role, and chooses the language.
#[component]
pub fn HostPart() -> impl IntoView {
    Prefs::follow_page();
    let token_state = use_page_token("host");
    let api = Api::new(Signal::derive(move || token_state.with(TokenState::jwt)));
    view! { <PartyView state=PartyState::own(api)/> }
}
