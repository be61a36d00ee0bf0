//! A step with a question before it: a button that opens what the step does, asks for reasons where it needs them, and
//! sends it. It decides nothing by itself.

use std::future::Future;
use std::pin::Pin;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::texts::{PartyTexts, party};
use crate::api::ApiError;
use crate::dom::live_text;
use crate::pages::{Texts, error_text, take_focus, use_texts};

/// Limit of a moderator's reasons, in characters: the server refuses fewer. They name what was decided and why.
pub const WORDS_CHARS_MIN: usize = 20;
/// Limit of a moderator's reasons, in characters: the server refuses more.
pub const WORDS_CHARS_MAX: usize = 2_000;

/// A request on its way.
pub type Sent = Pin<Box<dyn Future<Output = Result<(), ApiError>>>>;

/// Boxes a request whose answer is not shown.
pub fn sent<T>(request: impl Future<Output = Result<T, ApiError>> + 'static) -> Sent {
    Box::pin(async move { request.await.map(drop) })
}

/// Picks one text of a language.
type Pick = fn(&'static PartyTexts) -> &'static str;

/// The text of a failed step on trust.
pub fn step_error(texts: Texts, error: &ApiError) -> String {
    let known = match error {
        ApiError::Problem(problem) => (texts.lang().party().problem)(&problem.code),
        ApiError::Unreachable | ApiError::Unreadable => None,
    };
    known.map_or_else(|| error_text(texts, error), str::to_owned)
}

/// Whether a failure says that the thing has changed meanwhile, so that the page should read it again.
pub fn is_over(error: &ApiError) -> bool {
    matches!(error, ApiError::Problem(problem) if matches!(problem.status, 409 | 412))
}

/// A call for after a step. It gets the failure if that says that somebody else was first: the step's own place may be
/// gone then.
pub type Done = Callback<Option<ApiError>>;

/// A step. `send` gets the reasons, which are empty if it needs none.
#[component]
pub fn Step(
    label: Pick,
    /// The letter that presses the button while the focus is in the item.
    #[prop(optional)]
    letter: Option<&'static str>,
    #[prop(into)] effect: Signal<String>,
    send: Callback<String, Sent>,
    done: Done,
    #[prop(optional)] without_words: bool,
    #[prop(optional)] danger: bool,
) -> impl IntoView {
    let texts = use_texts();
    let is_open = RwSignal::new(false);
    let is_busy = RwSignal::new(false);
    let words = RwSignal::new(String::new());
    let error = RwSignal::new(None::<ApiError>);
    let opener = NodeRef::<html::Button>::new();
    let used = move || words.with(|words| words.trim().chars().count());
    let is_valid = move || without_words || (WORDS_CHARS_MIN..=WORDS_CHARS_MAX).contains(&used());
    let close = move || {
        is_open.set(false);
        if let Some(opener) = opener.get_untracked() {
            take_focus(opener.into());
        }
    };
    let act = move || {
        if is_busy.get_untracked() || !untrack(is_valid) {
            return;
        }
        is_busy.set(true);
        let request = send.run(words.with_untracked(|words| words.trim().to_owned()));
        spawn_local(async move {
            let answer = request.await;
            // The page may have been left meanwhile.
            is_busy.try_set(false);
            let is_over = answer.as_ref().err().is_some_and(is_over);
            match answer {
                Ok(()) => {
                    is_open.try_set(false);
                    error.try_set(None);
                    done.try_run(None);
                }
                Err(failure) if is_over => {
                    is_open.try_set(false);
                    done.try_run(Some(failure));
                }
                Err(failure) => {
                    error.try_set(Some(failure));
                }
            }
        });
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => close(),
        "Enter" if event.ctrl_key() || event.meta_key() => act(),
        _ => {}
    };
    view! {
        <div class="step-form">
            <button
                type="button" node_ref=opener class:danger=danger aria-expanded=move || is_open.get().to_string()
                data-letter=letter aria-keyshortcuts=letter on:click=move |_| is_open.update(|open| *open = !*open)
            >
                {party(texts, label)}
                {letter.map(|letter| view! { <kbd aria-hidden="true">{letter}</kbd> })}
            </button>
            {move || is_open.get().then(|| view! {
                <div class="asking" on:keydown=on_key>
                    <p class="written" dir="auto">{live_text(move || effect.get())}</p>
                    {(!without_words).then(|| view! { <Words words used/> })}
                    <div class="actions">
                        <button
                            type="button" class=if danger { "danger" } else { "primary" }
                            disabled=move || is_busy.get() || !is_valid() on:click=move |_| act()
                        >
                            {party(texts, |t| t.do_it)}
                        </button>
                        <button type="button" class="quiet" on:click=move |_| close()>
                            {texts.live(|t| t.cancel)}
                        </button>
                    </div>
                    <p class="note note-bad" role="alert" dir="auto">
                        {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
                    </p>
                </div>
            })}
        </div>
    }
}

/// The field of the reasons. The party reads them, and so does who decides about an appeal.
#[component]
fn Words(words: RwSignal<String>, used: impl Fn() -> usize + Copy + Send + 'static) -> impl IntoView {
    let texts = use_texts();
    view! {
        <label class="field">
            <span class="field-head">
                <span>{party(texts, |t| t.words)}</span>
                <span class="counter" class:counter-over=move || { used() > WORDS_CHARS_MAX }>
                    {live_text(move || format!("{}/{WORDS_CHARS_MAX}", used()))}
                </span>
            </span>
            <textarea
                rows="3" dir="auto" use:take_focus prop:value=move || words.get()
                on:input=move |event| words.set(event_target_value(&event))
            ></textarea>
            <small class="hint">{party(texts, |t| t.words_hint)}</small>
        </label>
    }
}
