//! The program of the trust desk, of the merchant's page, and of a part of the host's: mounts what the address names.

use leptos::prelude::*;
use live_jury_app::pages::OWN_STANDING_ID;
use live_jury_app::trust::{Desk, HostPart, MerchantPage, TrustPage};
use wasm_bindgen::JsCast;

fn main() {
    let path = window().location().pathname().unwrap_or_default();
    // The server serves this program at no other path, and the host's page loads it.
    match TrustPage::at(&path) {
        Some(TrustPage::Desk) => {
            dress(TrustPage::Desk);
            mount_to_body(|| view! { <Desk/> });
        }
        Some(TrustPage::Me) => {
            dress(TrustPage::Me);
            mount_to_body(|| view! { <MerchantPage/> });
        }
        Some(TrustPage::Host) => {
            let place = document().get_element_by_id(OWN_STANDING_ID).and_then(|place| place.dyn_into().ok());
            if let Some(place) = place {
                // It lives as long as the page around it.
                mount_to(place, || view! { <HostPart/> }).forget();
            }
        }
        None => {}
    }
}

/// Gives the document what the styles of a whole page need.
fn dress(page: TrustPage) {
    if let Some(html) = document().document_element() {
        // The name is a constant and valid.
        let _ = html.set_attribute("data-surface", page.name());
    }
    if let Some(body) = document().body() {
        body.set_class_name("lj-root page");
    }
}
