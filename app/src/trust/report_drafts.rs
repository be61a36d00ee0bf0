//! The queue of drafts made from reports, of the rooms that this browser's console shows: what led to each, and the way
//! to it in the console. A draft is opened and discarded there alone.

use leptos::prelude::*;
use live_jury_protocol::trust::{Bucket, PolicyDefinition};
use live_jury_protocol::{CaseId, RoomId};

use super::buckets::{Reports, parties, policy_text, read_policies, rooms};
use super::queue::{PartyLink, Queue, QueuePanel};
use super::texts::draft;
use crate::api::trust::DraftHead;
use crate::api::{Api, ApiError};
use crate::dom::{live_text, still_text};
use crate::pages::use_texts;

/// The moderator's token, which the console needs, too.
#[derive(Clone, Copy)]
pub struct ConsoleToken(pub Signal<String>);

/// A draft with the reports that led to it.
#[derive(Clone, Debug, PartialEq)]
struct ReportDraft {
    bucket: Bucket,
    case: CaseId,
    head: DraftHead,
}

/// The case of a bucket that is a draft still.
fn drafted(bucket: &Bucket) -> Option<CaseId> {
    bucket.case.filter(|_| bucket.state == "drafted" && !bucket.opened)
}

/// The drafts of a room that were made from reports.
fn joined(buckets: Vec<Bucket>, heads: &[DraftHead]) -> Vec<ReportDraft> {
    let join = |bucket: Bucket| {
        let case = drafted(&bucket)?;
        let head = heads.iter().find(|head| head.id == case)?.clone();
        Some(ReportDraft { bucket, case, head })
    };
    buckets.into_iter().filter_map(join).collect()
}

async fn read(api: Api) -> Result<Vec<ReportDraft>, ApiError> {
    let mut waiting = Vec::new();
    for room in rooms() {
        let buckets = api.buckets(&room).await?.items;
        // Most rooms have none, and need no second request.
        if buckets.iter().any(|bucket| drafted(bucket).is_some()) {
            waiting.extend(joined(buckets, &api.draft_heads(&room).await?));
        }
    }
    waiting.sort_by_key(|one| one.bucket.first_at_ms);
    Ok(waiting)
}

/// The address of a draft in the console. Its token leaves the address as soon as the console reads it.
fn console_address(room: &RoomId, case: CaseId, token: &str) -> String {
    format!("/console/?room={room}&draft={case}#token={token}")
}

/// The queue, those reported first first.
#[component]
pub(super) fn ReportDraftsQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || read(api));
    let policies = read_policies(api);
    view! {
        <QueuePanel
            id="report-drafts-title" title=|lang| lang.draft().waiting nothing=|lang| lang.draft().none_waits queue
            key=|one: &ReportDraft| format!("{} {} {}", one.case, one.bucket.reports, one.head.has_side())
            children=move |one| view! { <DraftItem api one policies/> }
        />
    }
}

#[component]
fn DraftItem(api: Api, one: ReportDraft, policies: RwSignal<Vec<PolicyDefinition>>) -> impl IntoView {
    let texts = use_texts();
    let ConsoleToken(token) = expect_context();
    let ReportDraft { bucket, case, head } = one;
    let (named, room, policy) = (parties(&bucket), bucket.room.clone(), bucket.policy.clone());
    let has_side = head.has_side();
    let policy = move || policies.with(|policies| policy_text(texts, policies, &policy));
    let side = move || if has_side { texts.lang().draft().has_side } else { texts.lang().draft().no_side }.to_owned();
    let open = move |_| {
        let address = console_address(&room, case, &token.get_untracked());
        // A browser that opens no window leaves the desk as it is.
        let _ = window().open_with_url_and_target_and_features(&address, "_blank", "noopener");
    };
    view! {
        <li class="case" tabindex="-1" data-state="drafted">
            <div class="actions">
                {named.into_iter().map(|party| view! { <PartyLink party/> }).collect_view()}
            </div>
            {if head.title.is_empty() {
                view! { <h3>{draft(texts, |t| t.unnamed)}</h3> }.into_any()
            } else {
                view! { <h3 dir="auto">{still_text(head.title)}</h3> }.into_any()
            }}
            <p>{live_text(policy)}</p>
            <Reports api bucket/>
            <p>{live_text(side)}</p>
            <p class="hint">{draft(texts, |t| t.in_console_hint)}</p>
            <div class="steps-row">
                <button type="button" class="primary" data-letter="o" aria-keyshortcuts="o" on:click=open>
                    {draft(texts, |t| t.in_console)}
                    <kbd aria-hidden="true">"o"</kbd>
                </button>
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "01a203b5-27b4-7ec3-865e-b9e2a7a1b202";

    fn bucket(state: &str, opened: bool, case: Option<&str>) -> Bucket {
        serde_json::from_value(serde_json::json!({
            "id": "b", "room": "live-1", "subject": {}, "policy": "abuse", "state": state, "case": case,
            "opened": opened, "version": 1, "reports": 3, "reporters": 3, "proven": 0, "burst": false, "score": 3.0,
            "first_at_ms": 1, "last_at_ms": 2
        }))
        .unwrap()
    }

    fn head(json: serde_json::Value) -> DraftHead {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_draft_waits_until_it_is_opened_or_gone() {
        let heads = [head(serde_json::json!({"id": CASE, "title": "t", "statements": {"buyer": "", "merchant": "s"}}))];
        let count = |state, opened, case| joined(vec![bucket(state, opened, case)], &heads).len();
        assert_eq!(count("drafted", false, Some(CASE)), 1);
        assert_eq!(count("drafted", true, Some(CASE)), 0);
        assert_eq!(count("open", false, None), 0);
        assert_eq!(count("drafted", false, Some("01a203b5-27b4-7ec3-865e-b9e2a7a1b209")), 0, "it was discarded");
        assert!(heads[0].has_side());
        assert!(!head(serde_json::json!({"id": CASE, "place": null, "unreadable": true})).has_side());
    }

    #[test]
    fn the_consoles_address_names_room_and_draft() {
        let address = console_address(&"live-1".parse().unwrap(), CASE.parse().unwrap(), "a.b.c");
        assert_eq!(address, format!("/console/?room=live-1&draft={CASE}#token=a.b.c"));
    }
}
