//! The bar at the top of the console: room tabs, language, theme, and the list of shortcuts.

use leptos::prelude::*;

use super::rooms::{RoomTabs, Rooms};
use super::shortcuts::Shortcuts;
use crate::pages::{Choices, use_texts};

/// The bar.
#[component]
pub fn TopBar(rooms: Rooms) -> impl IntoView {
    let texts = use_texts();
    let shortcuts = expect_context::<Shortcuts>();
    view! {
        <header class="top">
            <h1 class="brand">{texts.live(|t| t.console)}</h1>
            <RoomTabs rooms/>
            <div class="top-end">
                <Choices/>
                <button
                    type="button" class="quiet" aria-label=texts.text(|t| t.shortcuts) title=texts.text(|t| t.shortcuts)
                    on:click=move |_| shortcuts.listed.set(true)
                >
                    "?"
                </button>
            </div>
        </header>
    }
}
