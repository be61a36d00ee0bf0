//! The queue of applications that are held: what they have in common with closed shops, the weight, the clock, and the
//! three decisions. No value of an applicant reaches this page.

use leptos::prelude::*;
use live_jury_protocol::trust::{Application, ApplicationReason, DecideApplication};

use super::party::left_ms;
use super::queue::{PartyLink, Queue, QueuePanel};
use super::queues::{StandingLine, read_standing};
use super::step::{Done, Step, sent};
use super::texts::application;
use crate::api::Api;
use crate::dom::live_text;
use crate::i18n::Lang;
use crate::pages::use_texts;
use crate::time::local_ms;

/// The place of an application in the queue. Those without a clock come first, as nothing else ends them.
fn place(application: &Application) -> (bool, u64) {
    (application.due_ms.is_some(), application.due_ms.unwrap_or(application.at_ms))
}

/// The queue.
#[component]
pub(super) fn ApplicationsQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || async move {
        let mut held = api.applications("held").await?;
        held.sort_by_key(place);
        Ok(held)
    });
    view! {
        <QueuePanel
            id="applications-title" title=|lang| lang.application().waiting
            nothing=|lang| lang.application().none_waits queue
            key=|held: &Application| format!("{} {}", held.application, held.version)
            children=move |held| view! { <ApplicationItem api held done=queue.done()/> }
        />
    }
}

#[component]
fn ApplicationItem(api: Api, held: Application, done: Done) -> impl IntoView {
    let texts = use_texts();
    let standing = read_standing(api, held.party.clone());
    let (party, again, at_ms, due_ms) = (held.party.clone(), held.again, held.at_ms, held.due_ms);
    let is_proposed = held.proposed.is_some();
    let since = {
        let category = held.category.clone();
        move || {
            let (lang, words) = (texts.lang(), texts.lang().application());
            let date = lang.date_time(at_ms);
            let since = (if again { words.looked_again } else { words.applied })(&date);
            let category = category.as_deref().map(|category| (words.category)(category));
            [Some(since), category].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
    };
    let reason = {
        let reasons = held.reasons.clone();
        move || reason_text(texts.lang(), &reasons)
    };
    let weight = weight_text(&held);
    let now_ms = local_ms();
    let clock = move || {
        let (lang, words) = (texts.lang(), texts.lang().application());
        due_ms.map_or_else(
            || words.no_clock.to_owned(),
            |due_ms| (words.due)(&lang.date_time(due_ms), &(lang.party().left)(lang, left_ms(due_ms, now_ms))),
        )
    };
    view! {
        <li class="case" tabindex="-1" data-state="held">
            <PartyLink party/>
            <StandingLine standing/>
            <p class="hint">{live_text(since)}</p>
            <p><strong>{live_text(reason)}</strong></p>
            {is_proposed.then(|| view! { <p class="counter-over">{application(texts, |t| t.refusal_proposed)}</p> })}
            <p>{live_text(move || weight(texts.lang()))}" "
                <small class="hint">{application(texts, |t| t.weight_hint)}</small></p>
            <p>{live_text(clock)}</p>
            <ApplicationSteps api held done/>
        </li>
    }
}

/// The decisions that are open to a moderator.
#[component]
fn ApplicationSteps(api: Api, held: Application, done: Done) -> impl IntoView {
    let texts = use_texts();
    let (id, version, again) = (held.application, held.version, held.again);
    let send = move |decision: &'static str| {
        Callback::new(move |words| {
            let decision = DecideApplication { decision: decision.to_owned(), words };
            sent(async move { api.decide_application(id, version, &decision).await })
        })
    };
    let released = Signal::derive(move || {
        let words = texts.lang().application();
        if again { words.release_again_effect } else { words.release_effect }.to_owned()
    });
    let on_probation = Signal::derive(move || texts.lang().application().probation_effect.to_owned());
    let refused = Signal::derive(move || texts.lang().application().refuse_effect.to_owned());
    view! {
        <div class="steps-row">
            <Step label=|t| t.release letter="r" effect=released send=send("release") done/>
            <Step label=|t| t.on_probation letter="o" effect=on_probation send=send("probation") done/>
            {(!again).then(|| view! {
                <Step label=|t| t.refuse letter="x" effect=refused send=send("refuse") done danger=true/>
            })}
        </div>
    }
}

/// The reasons as one sentence. A group of a later version is named as the server does.
pub(super) fn reason_text(lang: Lang, reasons: &[ApplicationReason]) -> String {
    let words = lang.application();
    let names: Vec<&str> =
        reasons.iter().map(|reason| (words.group)(&reason.group).unwrap_or(reason.group.as_str())).collect();
    let closed = reasons.iter().find_map(|reason| reason.closed_at_ms).map(|at_ms| lang.date_time(at_ms));
    if names.is_empty() { String::new() } else { (words.reason)(&names, closed.as_deref()) }
}

/// The text of weight and threshold, in each language.
pub(super) fn weight_text(application: &Application) -> impl Fn(Lang) -> String + use<> {
    let figures = [application.weight, application.threshold].map(|figure| format!("{figure:.1}"));
    move |lang| (lang.application().weight)(&figures[0], &figures[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(at_ms: u64, due_ms: Option<u64>) -> Application {
        serde_json::from_value(serde_json::json!({
            "application": "01a203b5-27b4-7ec3-865e-b9e2a7a1b202", "version": 1, "at_ms": at_ms, "due_ms": due_ms,
            "party": {"kind": "merchant", "id": "m"}, "state": "held", "outcome": "hold", "weight": 23.1,
            "threshold": 12.0, "groups": [], "reasons": []
        }))
        .unwrap()
    }

    #[test]
    fn what_nothing_else_ends_comes_first_and_then_what_is_due_first() {
        let mut all = [held(3, Some(9)), held(1, Some(8)), held(5, None), held(4, None)];
        all.sort_by_key(place);
        assert_eq!(all.map(|one| one.at_ms), [4, 5, 1, 3]);
    }
}
