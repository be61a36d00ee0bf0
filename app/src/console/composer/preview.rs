//! The preview of the form, drawn by the widget. It connects to nothing.

use std::rc::Rc;

use leptos::prelude::*;

use crate::console::room_state::RoomState;
use crate::dom::{Draw, render_into};
use crate::i18n::Lang;
use crate::link::is_local;
use crate::pages::{Prefs, origin, use_texts};
use crate::time::local_ms;
use crate::widget::preview;

/// The preview. It is inert: it takes no focus and no click.
#[component]
pub fn Preview(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let prefs = expect_context::<Prefs>();
    let now_ms = local_ms();
    let case = Signal::derive(move || room.editor.form.with(|form| form.preview(&room.name(), now_ms)));
    let server_is_local = is_local(&origin());
    let lang = Signal::derive(move || texts.lang());
    let drawn: Draw<Lang> = Rc::new(move |lang| Some(preview(*lang, case, server_is_local)));
    view! {
        <h3 class="eyebrow">{texts.live(|t| t.preview)}</h3>
        <div
            class="lj-root preview" data-theme=move || prefs.theme.get().as_str() inert="" use:render_into=(lang, drawn)
        ></div>
    }
}
