//! An ended case on the console: its verdict, its ballots as a file, and its audit trail. It never changes a case.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{AuditEntry, Case, CaseId};
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

use super::appeal::Appeal;
use super::notices::{action_text, detail_text};
use super::room_state::RoomState;
use crate::api::ApiError;
use crate::dom::{live_text, still_text};
use crate::pages::{LiveCase, Texts, Verdict, error_text, kind_text, use_texts};

/// A case that ended since the page was opened, until the moderator dismisses it.
#[component]
pub fn EndedCase(room: RoomState, id: CaseId) -> impl IntoView {
    let texts = use_texts();
    let live = LiveCase::follow(room.session, id);
    // The room's view leaves the figures behind the verdict out. They are read again when the remedy moves.
    let whole = RwSignal::new(None::<Case>);
    let version = Memo::new(move |_| live.case.with(|case| case.as_ref().map(|case| case.version)));
    Effect::new(move || {
        if version.get().is_none() {
            return;
        }
        spawn_local(async move {
            if let Ok(case) = room.api.case(id).await {
                whole.try_set(Some(case));
            }
        });
    });
    let shown =
        move || live.case.get().map(|case| whole.get().filter(|whole| whole.version == case.version).unwrap_or(case));
    // The remedy's clock moves the verdict alone: an open audit trail and the question of an appeal stay.
    let outcome = Memo::new(move |_| {
        live.case.with(|case| case.as_ref().map(|case| case.verdict.as_ref().map(|verdict| verdict.outcome)))
    });
    move || {
        outcome.get().and_then(|_| live.case.get_untracked()).map(|case| {
            let (title_id, labelled_by) = (format!("case-{id}"), format!("case-{id}"));
            let kind = case.kind.clone();
            view! {
                <article class="case case-ended" aria-labelledby=labelled_by>
                    <header class="case-head">
                        <span class="kind">{live_text(move || kind_text(texts, &kind))}</span>
                        <button
                            type="button" class="quiet" aria-label=texts.text(|t| t.put_away)
                            title=texts.text(|t| t.put_away)
                            on:click=move |_| room.dismiss(id)
                        >
                            "✕"
                        </button>
                    </header>
                    <h3 id=title_id dir="auto">{live.title()}</h3>
                    {move || shown().map(|case| view! { <Verdict case=case.clone()/>{panel_note(texts, &case)} })}
                    <Records room case/>
                </article>
            }
        })
    }
}

/// The number of a panel's seats that are counted; none without a panel.
fn panel_note(texts: Texts, case: &Case) -> Option<impl IntoView + use<>> {
    let panel = case.verdict.as_ref()?.panel.as_ref()?;
    let (counted, seats) = (panel.counted, panel.seats);
    let text = move || (texts.pages().panel_counted)(texts.lang(), counted, seats);
    Some(view! { <p class="note">{live_text(text)}</p> })
}

/// Buttons for the ballots as a file and for the audit trail.
#[component]
pub fn Records(room: RoomState, case: Case) -> impl IntoView {
    let texts = use_texts();
    let id = case.id;
    let error = RwSignal::new(None::<ApiError>);
    let trail = RwSignal::new(None::<Vec<AuditEntry>>);
    let download = move |_| {
        error.set(None);
        spawn_local(async move {
            match room.api.ballots_csv(id).await {
                Ok(file) => save(&file, &format!("ballots-{id}.csv")),
                Err(why) => {
                    error.try_set(Some(why));
                }
            }
        });
    };
    let show_trail = move |_| {
        if trail.with_untracked(Option::is_some) {
            return trail.set(None);
        }
        error.set(None);
        spawn_local(async move {
            match room.api.audit(id).await {
                Ok(entries) => {
                    trail.try_set(Some(entries));
                }
                Err(why) => {
                    error.try_set(Some(why));
                }
            }
        });
    };
    view! {
        <div class="actions">
            <button type="button" on:click=download>{texts.live(|t| t.download_ballots)}</button>
            <button type="button" aria-expanded=move || trail.with(Option::is_some).to_string() on:click=show_trail>
                {texts.live(|t| t.audit)}
            </button>
        </div>
        <p class="note note-bad" role="status" dir="auto">
            {live_text(move || error.get().map(|error| error_text(texts, &error)).unwrap_or_default())}
        </p>
        <Appeal room case/>
        {move || trail.get().map(|entries| view! { <Trail entries/> })}
    }
}

#[component]
fn Trail(entries: Vec<AuditEntry>) -> impl IntoView {
    let texts = use_texts();
    view! {
        <ol class="trail">
            {entries.into_iter().map(|entry| {
                let at_ms = entry.at_ms;
                let at = live_text(move || texts.lang().date_time(at_ms));
                let exact = iso(at_ms);
                let (action, detail) = (entry.action.clone(), detail_text(texts, &entry));
                view! {
                    <li>
                        <time datetime=exact.clone() title=exact>{at}</time>
                        <strong>{live_text(move || action_text(texts, &action))}</strong>
                        <span dir="auto">{still_text(entry.by)}</span>
                        <span class="hint" dir="auto">{live_text(move || detail().unwrap_or_default())}</span>
                        <span class="hint">{still_text(format!("v{}", entry.version))}</span>
                    </li>
                }
            }).collect_view()}
        </ol>
    }
}

/// A time with milliseconds, which order two moderators' actions within one second.
#[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53")]
fn iso(at_ms: u64) -> String {
    js_sys::Date::new(&(at_ms as f64).into()).to_iso_string().into()
}

/// Starts the download of a file.
fn save(file: &Blob, name: &str) {
    let Ok(url) = Url::create_object_url_with_blob(file) else { return };
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The download has its own reference to the file by now.
    let _ = Url::revoke_object_url(&url);
}
