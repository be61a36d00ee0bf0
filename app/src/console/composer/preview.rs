//! What viewers will see of the case being written, drawn by the widget itself.

use leptos::prelude::*;

use crate::console::desk::Desk;
use crate::page::use_say;

/// The preview. It takes no focus and no click: it is a picture of the widget, not a widget.
#[component]
pub fn Preview(desk: Desk) -> impl IntoView {
    let say = use_say();
    let _ = desk;
    view! { <h3>{say.text(|t| t.preview)}</h3> }
}
