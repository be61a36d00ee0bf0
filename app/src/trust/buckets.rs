//! The queue of reports by viewers, merged into buckets, of the rooms that this browser's console shows. One press
//! files a draft, which decides nothing; closing one as unfounded needs reasons. It never shows who reported.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::RoomId;
use live_jury_protocol::trust::{Bucket, BucketDetails, BucketReport, PolicyDefinition, TrustParty};

use super::party::title_in;
use super::queue::{PartyLink, Queue, QueuePanel};
use super::step::{Done, Step, is_over, sent, step_error};
use super::texts::live;
use crate::api::{Api, ApiError};
use crate::dom::{live_text, still_text};
use crate::pages::{ROOMS_KEY, Texts, saved_setting, use_texts};
use crate::time::clock_text;

/// The rooms that the console of this browser shows.
pub(super) fn rooms() -> Vec<RoomId> {
    saved_setting(ROOMS_KEY).unwrap_or_default().split(' ').filter_map(|room| room.parse().ok()).collect()
}

/// Whether a bucket waits for a person.
fn waits(bucket: &Bucket) -> bool {
    matches!(bucket.state.as_str(), "open" | "queued")
}

async fn read(api: Api) -> Result<Vec<Bucket>, ApiError> {
    let mut waiting = Vec::new();
    for room in rooms() {
        waiting.extend(api.buckets(&room).await?.items.into_iter().filter(waits));
    }
    // Those that the server queued for a person come first, then the oldest.
    waiting.sort_by_key(|bucket| (bucket.state != "queued", bucket.first_at_ms));
    Ok(waiting)
}

/// The queue.
#[component]
pub(super) fn BucketsQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || read(api));
    let policies = read_policies(api);
    view! {
        <QueuePanel
            id="buckets-title" title=|lang| lang.trust().reports
            nothing=|lang| lang.trust().no_reports queue
            key=|bucket: &Bucket| format!("{} {}", bucket.id, bucket.version)
            children=move |bucket| view! { <BucketItem api bucket policies done=queue.done()/> }
        />
    }
}

/// The policies of the platform, once they are read.
pub(super) fn read_policies(api: Api) -> RwSignal<Vec<PolicyDefinition>> {
    let policies = RwSignal::new(Vec::new());
    spawn_local(async move {
        // Without them a bucket is named by the policy's id.
        if let Ok(answer) = api.policies().await {
            policies.try_set(answer.items);
        }
    });
    policies
}

/// The parties that the reports of a bucket are about.
pub(super) fn parties(bucket: &Bucket) -> Vec<TrustParty> {
    let of = |kind: &str, id: &Option<String>| id.clone().map(|id| TrustParty { kind: kind.to_owned(), id });
    [of("merchant", &bucket.subject.merchant), of("host", &bucket.subject.host)].into_iter().flatten().collect()
}

/// The name of a policy; its id until the policies are read.
pub(super) fn policy_text(texts: Texts, policies: &[PolicyDefinition], id: &str) -> String {
    let found = policies.iter().find(|policy| policy.id == id);
    found.map_or_else(|| id.to_owned(), |policy| title_in(texts.lang(), &policy.title).to_owned())
}

#[component]
fn BucketItem(api: Api, bucket: Bucket, policies: RwSignal<Vec<PolicyDefinition>>, done: Done) -> impl IntoView {
    let texts = use_texts();
    let error = RwSignal::new(None::<ApiError>);
    let is_busy = RwSignal::new(false);
    let (id, version) = (StoredValue::new(bucket.id.clone()), bucket.version);
    let title = {
        let policy = bucket.policy.clone();
        move || policies.with(|policies| policy_text(texts, policies, &policy))
    };
    let draft = move |_| {
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        spawn_local(async move {
            let answer = api.draft_bucket(&id.get_value(), version).await.map(drop);
            is_busy.try_set(false);
            match answer {
                Ok(()) => done.try_run(None).unwrap_or_default(),
                Err(failure) if is_over(&failure) => done.try_run(Some(failure)).unwrap_or_default(),
                Err(failure) => error.try_set(Some(failure)).map(drop).unwrap_or_default(),
            }
        });
    };
    let close = Callback::new(move |words| {
        sent(async move { api.close_bucket(&id.get_value(), version, words).await.map(drop) })
    });
    let effect = Signal::derive(move || texts.lang().trust().close_reports_effect.to_owned());
    let (named, state) = (parties(&bucket), bucket.state.clone());
    view! {
        <li class="case" tabindex="-1" data-state=state>
            <div class="actions">
                {named.into_iter().map(|party| view! { <PartyLink party/> }).collect_view()}
            </div>
            <h3>{live_text(title)}</h3>
            <Reports api bucket/>
            <p class="hint">{live(texts, |t| t.draft_effect)}</p>
            <div class="steps-row">
                <button
                    type="button" class="primary" data-letter="d" aria-keyshortcuts="d"
                    disabled=move || is_busy.get() on:click=draft
                >
                    {live(texts, |t| t.file_draft)}
                    <kbd aria-hidden="true">"d"</kbd>
                </button>
                <Step label=|t| t.unfounded letter="x" effect send=close done/>
            </div>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
        </li>
    }
}

/// The reports of a bucket: how many, since when, about which product, and, once it is opened, what they say.
#[component]
pub(super) fn Reports(api: Api, bucket: Bucket) -> impl IntoView {
    let texts = use_texts();
    let (details, error) = (RwSignal::new(None::<BucketDetails>), RwSignal::new(None::<ApiError>));
    let (id, product, is_burst) = (StoredValue::new(bucket.id), bucket.subject.product, bucket.burst);
    let (reporters, proven, first_at_ms, room) = (bucket.reporters, bucket.proven, bucket.first_at_ms, bucket.room);
    let figures = move || {
        let (lang, trust) = (texts.lang(), texts.lang().trust());
        let counts = (trust.report_counts)(lang, reporters, proven);
        format!("{counts} {}", (trust.reports_since)(&lang.date_time(first_at_ms), room.as_str()))
    };
    let show = move |_| {
        if details.with_untracked(Option::is_none) {
            spawn_local(async move {
                match api.bucket(&id.get_value()).await {
                    Ok(read) => drop(details.try_set(Some(read))),
                    Err(failure) => drop(error.try_set(Some(failure))),
                }
            });
        }
    };
    view! {
        <p>{live_text(figures)}</p>
        {product.map(|product| view! { <p class="hint" dir="auto">{still_text(product)}</p> })}
        {is_burst.then(|| view! { <p class="counter-over">{live(texts, |t| t.burst)}</p> })}
        <details on:toggle=show>
            <summary>{live(texts, |t| t.what_they_say)}</summary>
            <ul class="reports">
                {move || details.get().map(|read| {
                    read.items.into_iter().map(|report| view! { <Report report/> }).collect_view()
                })}
            </ul>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
        </details>
    }
}

/// A report: what was said, when in the stream, and what is known of the reporter.
#[component]
fn Report(report: BucketReport) -> impl IntoView {
    let texts = use_texts();
    let flags = move || {
        let (lang, trust) = (texts.lang(), texts.lang().trust());
        let stream = report.stream_at_ms.map(|at_ms| (trust.in_stream)(&clock_text(at_ms / 1_000)));
        let proven = report.proven.then(|| trust.proven_order.to_owned());
        let new = report.new_account.then(|| trust.new_account.to_owned());
        let parts = [Some(lang.date_time(report.at_ms)), stream, proven, new];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    view! {
        <li class="past">
            {report.text.map(|text| view! { <span dir="auto">{still_text(text)}</span> })}
            <small class="hint">{live_text(flags)}</small>
        </li>
    }
}
