//! The widget made large: head, banner, and the case in front or the words for there being none.

use leptos::html::Button;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::{Viewer, banner, case, has_failed, idle, pager};

/// Draws the card.
pub(super) fn card(viewer: Viewer) -> AnyView {
    let words = viewer.words;
    let jury = viewer.session.jury();
    let front = Memo::new(move |_| viewer.stage.with(|stage| stage.front()));
    let failed = Memo::new(move |_| has_failed(viewer));
    let viewers = Memo::new(move |_| jury.with(crate::jury::Jury::viewers));
    let small = NodeRef::<Button>::new();
    viewer.take_focus(small);
    view! {
        <div class="lj-card" part="card">
            <header class="lj-head" part="head">
                <span class="lj-brand">{icon(Icon::Scales)} {words.name}</span>
                {move || {
                    viewers.get().filter(|count| *count > 1).map(|count| {
                        view! { <span class="lj-viewers">{icon(Icon::Eye)} {(words.viewers)(viewer.lang, count)}</span> }
                            .into_any()
                    })
                }}
                <button
                    class="lj-small"
                    type="button"
                    aria-expanded="true"
                    aria-label=words.collapse
                    node_ref=small
                    on:click=move |_| viewer.resize(false)
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            {banner::banner(viewer)}
            {pager::pager(viewer)}
            <div class="lj-scroll" data-scroll="" role="region" aria-label=words.about tabindex="0">
                {move || match (failed.get(), front.get()) {
                    (true, _) => idle::failed(viewer),
                    (false, Some(id)) => case::case(viewer, id),
                    (false, None) => idle::idle(viewer),
                }}
            </div>
        </div>
    }
    .into_any()
}
