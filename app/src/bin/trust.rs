//! The program of the trust desk and of the merchant's page: mounts the page that the address names.

use leptos::prelude::*;
use live_jury_app::trust::{Desk, MerchantPage, TrustPage};

fn main() {
    let path = window().location().pathname().unwrap_or_default();
    // The server serves this program at no other path.
    let Some(page) = TrustPage::at(&path) else { return };
    if let Some(html) = document().document_element() {
        // The name is a constant and valid.
        let _ = html.set_attribute("data-surface", page.name());
    }
    if let Some(body) = document().body() {
        body.set_class_name("lj-root page");
    }
    mount_to_body(move || match page {
        TrustPage::Desk => view! { <Desk/> }.into_any(),
        TrustPage::Me => view! { <MerchantPage/> }.into_any(),
    });
}
