//! The merchant's page: standing, index, exposure and the reasons of all three, for the owner of a shop. It shows no
//! other shop.

use leptos::prelude::*;
use live_jury_protocol::Role;

use super::party::{PartyState, PartyView};
use super::texts::live;
use crate::api::Api;
use crate::pages::page_token::{TokenState, use_page_token};
use crate::pages::{Choices, Prefs, RequireRole, TokenNotice, use_texts};

/// The page.
#[component]
pub fn MerchantPage() -> impl IntoView {
    Prefs::provide();
    let token_state = use_page_token("me");
    view! {
        <RequireRole
            token_state needs=Role::Merchant all_rooms=true alone=true
            children=move |_| view! { <MyShop token_state/> }
        />
    }
}

#[component]
fn MyShop(token_state: ReadSignal<TokenState>) -> impl IntoView {
    let texts = use_texts();
    let api = Api::new(Signal::derive(move || token_state.with(TokenState::jwt)));
    Effect::new(move || document().set_title(texts.lang().trust().my_shop));
    view! {
        <TokenNotice token_state needs=Role::Merchant/>
        <header class="top">
            <h1 class="brand">{live(texts, |t| t.my_shop)}</h1>
            <div class="top-end"><Choices/></div>
        </header>
        <main class="trust"><PartyView state=PartyState::own(api)/></main>
    }
}
