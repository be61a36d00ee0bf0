//! The page of practice: one made-up case after the other, each answered once. It casts no ballot and opens no socket.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{OptionId, Practice, PracticeItem, PracticeResult, Role};
use web_sys::SubmitEvent;

use super::page_token::{TokenState, use_page_token};
use super::{Choices, Prefs, RequireRole, StandingTexts, Texts, TokenNotice, error_text, use_texts};
use crate::api::{Api, ApiError};
use crate::dom::{LiveText, live_text, still_text};
use crate::i18n::{Lang, TextKey};

/// The page.
#[component]
pub fn PracticePage() -> impl IntoView {
    Prefs::provide();
    let token_state = use_page_token("practice");
    view! { <RequireRole token_state needs=Role::Viewer children=move |_| view! { <Room token_state/> }/> }
}

/// The page's knowledge. Cheap to copy: every field is a handle.
#[derive(Clone, Copy)]
struct State {
    api: Api,
    practice: RwSignal<Option<Practice>>,
    result: RwSignal<Option<PracticeResult>>,
    chosen: RwSignal<Option<OptionId>>,
    error: RwSignal<Option<ApiError>>,
    is_busy: RwSignal<bool>,
}

impl State {
    /// Reads the next item.
    fn read(self, lang: Lang) {
        self.is_busy.set(true);
        spawn_local(async move {
            let answer = self.api.practice(lang).await;
            self.settle(answer, |practice| {
                self.result.set(None);
                self.chosen.set(None);
                self.practice.set(Some(practice));
            });
        });
    }

    /// Answers the item.
    fn answer(self, lang: Lang) {
        let item =
            self.practice.with_untracked(|practice| practice.as_ref()?.item.as_ref().map(|item| item.id.clone()));
        let (Some(item), Some(option)) = (item, self.chosen.get_untracked()) else { return };
        self.is_busy.set(true);
        spawn_local(async move {
            let answer = self.api.answer_practice(&item, &option, lang).await;
            self.settle(answer, |result: PracticeResult| {
                self.practice.update(|practice| {
                    practice.iter_mut().for_each(|practice| {
                        practice.answered += 1;
                        practice.level = result.level;
                    });
                });
                self.result.set(Some(result));
            });
        });
    }

    /// Applies an answer of the server, unless the page was left meanwhile.
    fn settle<T>(self, answer: Result<T, ApiError>, apply: impl FnOnce(T)) {
        if self.is_busy.try_set(false).is_some() {
            return;
        }
        match answer {
            Ok(value) => {
                self.error.set(None);
                apply(value);
            }
            Err(error) => self.error.set(Some(error)),
        }
    }
}

/// A text of this page in the page's language.
fn text(texts: Texts, pick: fn(&'static StandingTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().standing()))
}

#[component]
fn Room(token_state: ReadSignal<TokenState>) -> impl IntoView {
    let texts = use_texts();
    let state = State {
        api: Api::new(Signal::derive(move || token_state.with(TokenState::jwt))),
        practice: RwSignal::new(None),
        result: RwSignal::new(None),
        chosen: RwSignal::new(None),
        error: RwSignal::new(None),
        is_busy: RwSignal::new(false),
    };
    // An item is in one language: the next one is read when the language changes.
    Effect::new(move || {
        let lang = texts.lang();
        document().set_title(lang.standing().practice);
        state.read(lang);
    });
    let level = move || state.practice.with(|practice| practice.as_ref().map(|practice| practice.level));
    let level_text = move || level().map(|level| (texts.lang().standing().level)(level)).unwrap_or_default();
    let answered = move || state.practice.with(|practice| practice.as_ref().map(|practice| practice.answered));
    let answered_text = move || answered().map(|count| (texts.lang().standing().answered)(count)).unwrap_or_default();
    let item = Memo::new(move |_| state.practice.with(|practice| practice.as_ref()?.item.clone()));
    let is_done = move || item.with(Option::is_none) && state.practice.with(Option::is_some);
    let error = move || {
        state.error.get().map(|error| match error.is_missing() {
            true => texts.lang().standing().no_practice.to_owned(),
            false => error_text(texts, &error),
        })
    };
    view! {
        <TokenNotice token_state needs=Role::Viewer/>
        <header class="top">
            <h1 class="brand">{text(texts, |t| t.practice)}</h1>
            <div class="top-end"><Choices/></div>
        </header>
        <main class="practice">
            <p class="note">{text(texts, |t| t.practice_note)}</p>
            <p class="hint" role="status">
                <strong>{live_text(level_text)}</strong>" · "{live_text(answered_text)}
            </p>
            {move || item.get().map(|item| view! { <Item state item/> })}
            <Show when=is_done><p class="empty">{text(texts, |t| t.all_done)}</p></Show>
            <p class="note note-bad" role="alert" dir="auto">{live_text(move || error().unwrap_or_default())}</p>
        </main>
    }
}

/// An item with its options, and its answer once it is given.
#[component]
fn Item(state: State, item: PracticeItem) -> impl IntoView {
    let texts = use_texts();
    let labels = StoredValue::new(item.options.clone());
    let is_answered = Memo::new(move |_| state.result.with(Option::is_some));
    let cannot_answer = move || state.is_busy.get() || is_answered.get() || state.chosen.with(Option::is_none);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !is_answered.get_untracked() {
            state.answer(texts.lang());
        }
    };
    let verdict = move || {
        let result = state.result.get()?;
        let standing = texts.lang().standing();
        if state.chosen.with(|chosen| chosen.as_ref() == Some(&result.right)) {
            return Some(standing.right.to_owned());
        }
        let label = labels.with_value(|options| {
            options.iter().find(|option| option.id == result.right).map(|option| option.label.clone())
        });
        Some((standing.wrong)(&label.unwrap_or_default()))
    };
    let why = move || state.result.with(|result| result.as_ref().map(|result| result.why.clone()));
    view! {
        <article class="case" aria-labelledby="practice-title">
            <h2 id="practice-title" dir="auto">{still_text(item.title)}</h2>
            <p dir="auto">{still_text(item.summary)}</p>
            <h3>{live_text(move || texts.viewer().get(TextKey::BuyerSays))}</h3>
            <p dir="auto">{still_text(item.statements.buyer)}</p>
            <h3>{live_text(move || texts.viewer().get(TextKey::MerchantSays))}</h3>
            <p dir="auto">{still_text(item.statements.merchant)}</p>
            <form on:submit=submit>
                <fieldset class="practice-options" disabled=move || is_answered.get()>
                    <legend>{text(texts, |t| t.choose)}</legend>
                    {item.options.into_iter().map(|option| {
                        let id = option.id.clone();
                        let choose = move |_| state.chosen.set(Some(id.clone()));
                        let own = option.id.clone();
                        // The next case takes over the elements of this one, and with them what was checked.
                        let is_chosen = move || state.chosen.with(|chosen| chosen.as_ref() == Some(&own));
                        view! {
                            <label>
                                <input
                                    type="radio" name="option" value=option.id.to_string()
                                    prop:checked=is_chosen on:change=choose
                                />
                                <span dir="auto">{still_text(option.label)}</span>
                            </label>
                        }
                    }).collect_view()}
                </fieldset>
                <Show when=move || !is_answered.get()>
                    <button type="submit" class="primary" disabled=cannot_answer>{text(texts, |t| t.answer)}</button>
                </Show>
            </form>
            <div role="status">
                <p><strong dir="auto">{live_text(move || verdict().unwrap_or_default())}</strong></p>
                <p dir="auto">{live_text(move || why().unwrap_or_default())}</p>
            </div>
            <Show when=move || is_answered.get()>
                <button
                    type="button" class="primary" disabled=move || state.is_busy.get()
                    on:click=move |_| state.read(texts.lang())
                >
                    {text(texts, |t| t.next)}
                </button>
            </Show>
        </article>
    }
}
