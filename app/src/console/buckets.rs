//! The room's queue of reports by viewers: merged, the one of most weight first. It draws them and starts the
//! moderator's steps. Nothing here tells who reported.

mod texts;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::limits;
use live_jury_protocol::trust::{Bucket, BucketReport, PolicyDefinition};

use super::case_form::CaseForm;
use super::room_state::RoomState;
use crate::api::ApiError;
use crate::dom::{live_text, still_text};
use crate::i18n::Lang;
use crate::pages::{Texts, error_text, use_texts};
use crate::time::clock_text;

/// The state of the queue. Every field is a handle.
#[derive(Clone, Copy)]
struct Queue {
    room: RoomState,
    policies: RwSignal<Vec<PolicyDefinition>>,
    failed: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
}

impl Queue {
    fn policy_title(self, texts: Texts, id: &str) -> String {
        self.policies.with(|policies| {
            let found = policies.iter().find(|policy| policy.id == id);
            found
                .map_or(id, |policy| match texts.lang() {
                    Lang::En => &policy.title.en,
                    Lang::ZhCn => &policy.title.zh_cn,
                })
                .to_owned()
        })
    }

    /// Runs one step. A second one is ignored while the first is in flight.
    fn run(self, call: impl Future<Output = Result<(), ApiError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let done = call.await;
            self.failed.try_set(done.err());
            self.busy.try_set(false);
            self.room.buckets.refresh();
            self.room.drafts.refresh();
        });
    }

    /// Files the draft of a bucket and opens it in the form, so that only the check is left.
    fn draft(self, bucket: Bucket) {
        let room = self.room;
        self.run(async move {
            let drafted = room.api.draft_bucket(&bucket.id, bucket.version).await?;
            let Some(id) = drafted.case else { return Ok(()) };
            let case = room.api.case(id).await?;
            room.remember_version(&case);
            room.editor.begin(CaseForm::of(&case), Some((case.id, case.version)));
            Ok(())
        });
    }

    fn close(self, bucket: Bucket, words: String) {
        let api = self.room.api;
        self.run(async move { api.close_bucket(&bucket.id, bucket.version, words).await.map(drop) });
    }
}

/// The buckets that wait for a moderator. A server without trust, or a room without reports, shows no panel.
#[component]
pub fn Buckets(room: RoomState) -> impl IntoView {
    let texts = use_texts();
    let queue = Queue { room, policies: RwSignal::default(), failed: RwSignal::default(), busy: RwSignal::default() };
    spawn_local(async move {
        if let Ok(answer) = room.api.policies().await {
            queue.policies.try_set(answer.items);
        }
    });
    let waiting = Memo::new(move |_| {
        let waits = |bucket: &&Bucket| matches!(bucket.state.as_str(), "open" | "queued");
        room.buckets.items.with(|items| items.iter().filter(waits).cloned().collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !waiting.with(Vec::is_empty) || queue.failed.with(Option::is_some)>
            <section class="panel" aria-labelledby="reports-title">
                <h2 id="reports-title">{live_text(move || texts.lang().reports().title.to_owned())}</h2>
                <ul class="list">
                    <For
                        each=move || waiting.get() key=|bucket| (bucket.id.clone(), bucket.version, bucket.reports)
                        children=move |bucket| view! { <BucketRow queue bucket/> }
                    />
                </ul>
                <p class="note note-bad" role="status" dir="auto">
                    {live_text(move || queue.failed.with(|failed| {
                        failed.as_ref().map(|error| error_text(texts, error)).unwrap_or_default()
                    }))}
                </p>
            </section>
        </Show>
    }
}

/// The subject of a bucket: host, merchant and product, by the platform's ids.
fn subject(bucket: &Bucket) -> String {
    let subject = &bucket.subject;
    let ids = [&subject.merchant, &subject.host, &subject.product];
    ids.into_iter().flatten().cloned().collect::<Vec<_>>().join(" · ")
}

fn figures(texts: Texts, bucket: &Bucket) -> String {
    let words = texts.lang().reports();
    let mut parts = vec![(words.reporters)(bucket.reporters), (words.weight)(bucket.score)];
    if bucket.proven > 0 {
        parts.push((words.proven)(bucket.proven));
    }
    if bucket.burst {
        parts.push(words.burst.to_owned());
    }
    if bucket.state == "queued" {
        parts.push(words.not_judged.to_owned());
    }
    parts.join(" · ")
}

#[component]
fn BucketRow(queue: Queue, bucket: Bucket) -> impl IntoView {
    let texts = use_texts();
    let (shown, drafted, closed) = (bucket.clone(), bucket.clone(), bucket.clone());
    let policy = bucket.policy.clone();
    let (is_closing, is_read) = (RwSignal::new(false), RwSignal::new(false));
    let words = RwSignal::new(String::new());
    let is_short = move || words.with(|words| words.trim().chars().count() < limits::WORDS_CHARS_MIN);
    let id = StoredValue::new(bucket.id.clone());
    let title = move || queue.policy_title(texts, &policy);
    view! {
        <li class="list-row" data-bucket=bucket.id.clone()>
            <div class="list-text">
                <strong dir="auto">{live_text(title)}</strong>
                <span dir="auto">{still_text(subject(&bucket))}</span>
                <span class="hint">{live_text(move || figures(texts, &shown))}</span>
                <details on:toggle=move |_| is_read.set(true)>
                    <summary>{live_text(move || texts.lang().reports().what_they_say.to_owned())}</summary>
                    <Show when=move || is_read.get()><ReportTexts queue id/></Show>
                </details>
            </div>
            <div class="actions">
                <button type="button" class="primary" disabled=move || queue.busy.get() on:click={
                    let drafted = drafted.clone();
                    move |_| queue.draft(drafted.clone())
                }>
                    {live_text(move || texts.lang().reports().draft.to_owned())}
                </button>
                <button
                    type="button" class="quiet" aria-expanded=move || is_closing.get().to_string()
                    on:click=move |_| is_closing.update(|closing| *closing = !*closing)
                >
                    {live_text(move || texts.lang().reports().close.to_owned())}
                </button>
            </div>
            <Show when=move || is_closing.get()>
                <form class="field" on:submit={
                    let closed = closed.clone();
                    move |event: leptos::ev::SubmitEvent| {
                        event.prevent_default();
                        if !is_short() {
                            queue.close(closed.clone(), words.get_untracked());
                        }
                    }
                }>
                    <label>
                        {live_text(move || texts.lang().reports().why.to_owned())}
                        <textarea
                            rows="2" dir="auto" maxlength=limits::WORDS_CHARS_MAX.to_string()
                            prop:value=move || words.get() on:input=move |event| words.set(event_target_value(&event))
                        ></textarea>
                    </label>
                    <small class="hint">{live_text(move || texts.lang().reports().why_hint.to_owned())}</small>
                    <button type="submit" disabled=move || is_short() || queue.busy.get()>
                        {live_text(move || texts.lang().reports().close_unfounded.to_owned())}
                    </button>
                </form>
            </Show>
        </li>
    }
}

/// The texts of a bucket's reports. They are read when the moderator opens them.
#[component]
fn ReportTexts(queue: Queue, id: StoredValue<String>) -> impl IntoView {
    let texts = use_texts();
    let reports = RwSignal::new(Vec::<BucketReport>::new());
    let api = queue.room.api;
    spawn_local(async move {
        if let Ok(details) = api.bucket(&id.get_value()).await {
            reports.try_set(details.items);
        }
    });
    let line = move |report: BucketReport| {
        let flags = move || {
            let words = texts.lang().reports();
            let at = report.stream_at_ms.map(|at_ms| clock_text(at_ms / 1_000));
            let proven = report.proven.then(|| words.order.to_owned());
            let new = report.new_account.then(|| words.new_account.to_owned());
            [at, proven, new].into_iter().flatten().collect::<Vec<_>>().join(" · ")
        };
        let text = report.text.clone();
        view! {
            <li>
                <span dir="auto">{match text {
                    Some(text) => still_text(text).into_any(),
                    None => live_text(move || texts.lang().reports().no_words.to_owned()).into_any(),
                }}</span>
                " "<small class="hint">{live_text(flags)}</small>
            </li>
        }
    };
    view! { <ul>{move || reports.get().into_iter().map(line).collect_view()}</ul> }
}
