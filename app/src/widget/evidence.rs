//! Draws the evidence of a case with its sources; it never links to an unsafe address.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, Evidence, EvidenceKind, Party};

use super::Viewer;
use super::icon::{Icon, icon};
use crate::dom::{Children, Element, element, live};
use crate::i18n::TextKey;
use crate::link::{host_of, safe_link};
use crate::time::clock_text;

/// Draws the evidence of a case; nothing if there is none.
pub(super) fn evidence(viewer: Viewer, id: CaseId) -> Children {
    let evidence = move || viewer.jury().case(id).and_then(|case| case.evidence.clone()).unwrap_or_default();
    live(evidence, move |evidence: &Vec<_>| {
        let exhibits =
            || evidence.iter().map(|piece| element("li", "").add(exhibit(viewer, piece))).collect::<Children>();
        let count = evidence.len() as u64;
        let title = move || viewer.texts.now().evidence(count);
        (!evidence.is_empty()).then(|| {
            element("section", "lj-evidence")
                .part("evidence")
                .add(element("h3", "lj-eyebrow").live_text(title))
                .add(element("ul", "lj-evidence-list").add(exhibits()))
        })
    })
}

fn exhibit(viewer: Viewer, piece: &Evidence) -> Element {
    let texts = viewer.texts;
    let link = piece.url.as_deref().and_then(|url| safe_link(url, viewer.server_is_local));
    let caption = piece.caption.as_deref().filter(|caption| !caption.is_empty());
    let hue = match piece.by {
        Party::Buyer => "buyer",
        Party::Merchant => "merchant",
        Party::Platform => "platform",
        Party::Unknown => "none",
    };
    let body = match (piece.kind, link) {
        (EvidenceKind::Text, _) => quote(piece),
        // A kind of a later version is shown by its fields: an address as a link, a text as a text.
        (EvidenceKind::Unknown, None) if piece.url.is_none() => quote(piece),
        (EvidenceKind::Image, Some(link)) => picture(viewer, link, caption),
        (EvidenceKind::Video, Some(link)) => link_with_host(viewer, Icon::Video, TextKey::WatchVideo, link),
        (EvidenceKind::Link | EvidenceKind::Unknown, Some(link)) => {
            link_with_host(viewer, Icon::Link, TextKey::OpenLink, link)
        }
        (_, None) => {
            element("p", "lj-exhibit-link lj-empty").add(icon(Icon::Alert)).says(texts, TextKey::EvidenceBlocked)
        }
    };
    let caption = caption.map(|caption| element("span", "lj-exhibit-caption").set("dir", "auto").text(caption));
    let source = element("span", "lj-exhibit-source")
        .add((piece.kind == EvidenceKind::Text).then(|| icon(Icon::Text)))
        .add(element("span", "lj-mark").set("aria-hidden", "true"))
        .live_text(source(viewer, piece));
    element("figure", "lj-exhibit")
        .set("data-hue", hue)
        .add(body)
        .add(element("figcaption", "").add(caption).add(source))
}

fn quote(piece: &Evidence) -> Element {
    element("blockquote", "lj-exhibit-text").set("dir", "auto").text(piece.text.as_deref().unwrap_or_default())
}

/// A link that reveals nothing of this page to its target.
fn external_link(class: &str, link: &str) -> Element {
    element("a", class)
        .set("href", link)
        .set("target", "_blank")
        .set("rel", "noopener noreferrer nofollow")
        .set("referrerpolicy", "no-referrer")
}

fn link_with_host(viewer: Viewer, sign: Icon, action: TextKey, link: &str) -> Element {
    external_link("lj-exhibit-link", link)
        .add(icon(sign))
        .add(element("span", "lj-exhibit-action").says(viewer.texts, action))
        .add(element("span", "lj-exhibit-host").set("dir", "ltr").text(host_of(link)))
        .add(element("span", "lj-hidden").says(viewer.texts, TextKey::OpensNewTab))
}

fn picture(viewer: Viewer, link: &str, caption: Option<&str>) -> Element {
    let texts = viewer.texts;
    let caption = caption.map(str::to_owned);
    let alt = move || caption.clone().unwrap_or_else(|| texts.get(TextKey::EvidenceImage).to_owned());
    let source = link.to_owned();
    let broken = RwSignal::new(false);
    let draw = move |is_broken: &bool| {
        let alt = alt.clone();
        if *is_broken {
            return element("span", "lj-exhibit-broken").add(icon(Icon::Image)).live_text(alt);
        }
        // `src` comes last, so that the referrer policy is set before loading starts.
        element("img", "")
            .set("referrerpolicy", "no-referrer")
            .set("loading", "lazy")
            .set("decoding", "async")
            .live_set("alt", move || Some(alt()))
            .on("error", move |_| broken.set(true))
            .set("src", &source)
    };
    external_link("lj-exhibit-picture", link)
        .add(live(move || broken.get(), draw))
        .add(element("span", "lj-hidden").says(texts, TextKey::OpenImage).text(", ").says(texts, TextKey::OpensNewTab))
}

/// The party that submitted it, and the moment in the stream.
fn source(viewer: Viewer, piece: &Evidence) -> impl FnMut() -> String + 'static {
    let (by, stream_at_ms) = (piece.by, piece.stream_at_ms);
    move || {
        let texts = viewer.texts.now();
        let by = texts.evidence_by(by);
        match stream_at_ms {
            Some(at_ms) => format!("{by} · {}", texts.evidence_at(&clock_text(at_ms / 1_000))),
            None => by.to_owned(),
        }
    }
}
