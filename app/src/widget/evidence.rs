//! What there is to see: pictures, clips, links and words, each with who brought it; it opens nothing unsafe.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, Evidence, EvidenceKind, Party};

use super::Viewer;
use super::icon::{Icon, icon};
use super::live::live;
use crate::link::{host_of, safe_link};
use crate::time::clock_text;

/// Draws the evidence of a case; nothing where there is none.
pub(super) fn evidence(viewer: Viewer, id: CaseId) -> AnyView {
    let case = viewer.case(id);
    let evidence =
        Memo::new(move |_| case.with(|case| case.as_ref().and_then(|case| case.evidence.clone())).unwrap_or_default());
    live(move || {
        let evidence = evidence.get();
        (!evidence.is_empty()).then(|| {
            view! {
                <section class="lj-evidence" part="evidence">
                    <h3 class="lj-eyebrow">{(viewer.words.evidence)(viewer.lang, evidence.len() as u64)}</h3>
                    <ul class="lj-evidence-list">
                        {evidence.into_iter().map(|piece| view! { <li>{exhibit(viewer, piece)}</li> }.into_any()).collect_view()}
                    </ul>
                </section>
            }
            .into_any()
        })
    })
}

fn exhibit(viewer: Viewer, piece: Evidence) -> AnyView {
    let words = viewer.words;
    let link = piece.url.as_deref().and_then(|url| safe_link(url, viewer.server_is_local)).map(str::to_owned);
    let caption = piece.caption.clone().filter(|caption| !caption.is_empty());
    let source = source(viewer, &piece);
    let hue = match piece.by {
        Party::Buyer => "buyer",
        Party::Merchant => "merchant",
        Party::Platform => "platform",
    };
    let body = match (piece.kind, link) {
        (EvidenceKind::Text, _) => {
            let text = piece.text.unwrap_or_default();
            view! { <blockquote class="lj-exhibit-text" dir="auto">{text}</blockquote> }.into_any()
        }
        (EvidenceKind::Image, Some(link)) => picture(viewer, link, caption.clone()),
        (kind, Some(link)) => {
            let (sign, action) = match kind {
                EvidenceKind::Video => (Icon::Video, words.watch_video),
                _ => (Icon::Link, words.open_link),
            };
            let host = host_of(&link).to_owned();
            view! {
                <a
                    class="lj-exhibit-link"
                    href=link
                    target="_blank"
                    rel="noopener noreferrer nofollow"
                    referrerpolicy="no-referrer"
                >
                    {icon(sign)}
                    <span class="lj-exhibit-action">{action}</span>
                    <span class="lj-exhibit-host" dir="ltr">{host}</span>
                    <span class="lj-hidden">{words.opens_new_tab}</span>
                </a>
            }
            .into_any()
        }
        (_, None) => {
            view! { <p class="lj-exhibit-link lj-empty">{icon(Icon::Alert)} {words.evidence_blocked}</p> }.into_any()
        }
    };
    let text_sign = (piece.kind == EvidenceKind::Text).then(|| icon(Icon::Text));
    view! {
        <figure class="lj-exhibit" data-hue=hue>
            {body}
            <figcaption>
                {caption.map(|caption| view! { <span class="lj-exhibit-caption" dir="auto">{caption}</span> }.into_any())}
                <span class="lj-exhibit-source">{text_sign}<span class="lj-mark" aria-hidden="true"></span>{source}</span>
            </figcaption>
        </figure>
    }
    .into_any()
}

fn picture(viewer: Viewer, link: String, caption: Option<String>) -> AnyView {
    let words = viewer.words;
    let alt = caption.unwrap_or_else(|| words.evidence_image.to_owned());
    let broken = RwSignal::new(false);
    let source = link.clone();
    view! {
        <a
            class="lj-exhibit-picture"
            href=link
            target="_blank"
            rel="noopener noreferrer nofollow"
            referrerpolicy="no-referrer"
        >
            {move || {
                if broken.get() {
                    view! { <span class="lj-exhibit-broken">{icon(Icon::Image)} {alt.clone()}</span> }.into_any()
                } else {
                    view! {
                        // Not `src` first: the policy has to be known when loading starts.
                        <img
                            referrerpolicy="no-referrer"
                            loading="lazy"
                            decoding="async"
                            alt=alt.clone()
                            on:error=move |_| broken.set(true)
                            src=source.clone()
                        />
                    }
                    .into_any()
                }
            }}
            <span class="lj-hidden">{format!("{}, {}", words.open_image, words.opens_new_tab)}</span>
        </a>
    }
    .into_any()
}

/// Who brought it, and where in the stream it happened.
fn source(viewer: Viewer, piece: &Evidence) -> String {
    let by = (viewer.words.evidence_by)(piece.by);
    match piece.stream_at_ms {
        Some(at_ms) => format!("{by} · {}", (viewer.words.evidence_at)(&clock_text(at_ms / 1_000))),
        None => by.to_owned(),
    }
}
