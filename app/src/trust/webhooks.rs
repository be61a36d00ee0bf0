//! The queue of failed webhooks: targets with deliveries that were given up, or that said that they are gone. A press
//! sends events again; it never adds a target.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::WebhookTarget;
use web_sys::SubmitEvent;

use super::queue::{Queue, QueuePanel};
use super::step::Done;
use super::texts::live;
use crate::api::{Api, ApiError};
use crate::dom::{live_text, still_text};
use crate::pages::{error_text, use_texts};

/// Whether a person must look at a target.
fn needs_a_person(target: &WebhookTarget) -> bool {
    target.failed > 0 || target.stopped_at_ms.is_some()
}

/// The queue.
#[component]
pub(super) fn Webhooks(api: Api) -> impl IntoView {
    let queue =
        Queue::start(
            move || async move { Ok(api.webhooks().await?.items.into_iter().filter(needs_a_person).collect()) },
        );
    view! {
        <QueuePanel
            id="webhooks-title" title=|lang| lang.trust().webhooks
            nothing=|lang| lang.trust().webhooks_fine queue
            key=|target: &WebhookTarget| format!("{} {} {:?}", target.name, target.failed, target.stopped_at_ms)
            children=move |target| view! { <Target api target done=queue.done()/> }
        />
    }
}

/// A target: what failed, and the form that sends events again.
#[component]
fn Target(api: Api, target: WebhookTarget, done: Done) -> impl IntoView {
    let texts = use_texts();
    let WebhookTarget { name, after, waiting, failed, stopped_at_ms } = target;
    let typed = RwSignal::new(after.to_string());
    let is_busy = RwSignal::new(false);
    let sent = RwSignal::new(None::<Result<(), ApiError>>);
    let place = move || typed.with(|typed| typed.trim().parse::<u64>().ok());
    let title = name.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(after) = untrack(place).filter(|_| !is_busy.get_untracked()) else { return };
        is_busy.set(true);
        let name = name.clone();
        spawn_local(async move {
            let answer = api.replay_webhook(&name, after).await;
            is_busy.try_set(false);
            if answer.is_ok() {
                done.try_run(None);
            }
            sent.try_set(Some(answer));
        });
    };
    let outcome = move || {
        sent.get().map(|sent| match sent {
            Ok(()) => texts.lang().trust().replayed.to_owned(),
            Err(error) => error_text(texts, &error),
        })
    };
    view! {
        <li class="case" tabindex="-1">
            <h3 dir="auto">{still_text(title)}</h3>
            {(failed > 0).then(|| {
                let text = move || (texts.lang().trust().webhook_failed)(texts.lang(), failed, waiting);
                view! { <p>{live_text(text)}</p> }
            })}
            {stopped_at_ms.map(|at_ms| {
                let text = move || (texts.lang().trust().webhook_stopped)(&texts.lang().date_time(at_ms));
                view! { <p>{live_text(text)}</p> }
            })}
            <form class="look-up" on:submit=submit>
                <label class="field">
                    <span class="field-head">{live(texts, |t| t.replay_after)}</span>
                    <input
                        type="text" inputmode="numeric" autocomplete="off" prop:value=move || typed.get()
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                    <small class="hint">{live(texts, |t| t.replay_hint)}</small>
                </label>
                <button type="submit" disabled=move || is_busy.get() || place().is_none()>
                    {live(texts, |t| t.replay)}
                </button>
            </form>
            <p class="note" role="status" dir="auto">{live_text(move || outcome().unwrap_or_default())}</p>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_served_and_has_lost_nothing_needs_nobody() {
        let fine = WebhookTarget { name: "shop".to_owned(), after: 7, waiting: 2, failed: 0, stopped_at_ms: None };
        assert!(!needs_a_person(&fine));
        assert!(needs_a_person(&WebhookTarget { failed: 1, ..fine.clone() }));
        assert!(needs_a_person(&WebhookTarget { stopped_at_ms: Some(1), ..fine }));
    }
}
