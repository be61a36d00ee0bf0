//! The program of console, host view, overlay, practice and gallery: mounts the page that the address names.

use leptos::prelude::*;
use live_jury_app::console::Console;
use live_jury_app::gallery::Gallery;
use live_jury_app::pages::Surface;
use live_jury_app::pages::host::Host;
use live_jury_app::pages::overlay::Overlay;
use live_jury_app::pages::practice::PracticePage;

fn main() {
    let path = window().location().pathname().unwrap_or_default();
    // The server serves this program at no other path.
    let Some(surface) = Surface::at(&path) else { return };
    if let Some(html) = document().document_element() {
        // The name is a constant and valid.
        let _ = html.set_attribute("data-surface", surface.name());
    }
    if let Some(body) = document().body() {
        // The gallery shows the widget as on a page without styles for it.
        body.set_class_name(if surface == Surface::Gallery { "lj-root gallery" } else { "lj-root page" });
    }
    mount_to_body(move || match surface.clone() {
        Surface::Console => view! { <Console/> }.into_any(),
        Surface::Host(room) => view! { <Host room/> }.into_any(),
        Surface::Overlay(room) => view! { <Overlay room/> }.into_any(),
        Surface::Practice => view! { <PracticePage/> }.into_any(),
        Surface::Gallery => view! { <Gallery/> }.into_any(),
    });
}
