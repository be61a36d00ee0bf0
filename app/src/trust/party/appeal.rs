//! Shows a party's appeals with their clocks and their decisions. The party may withdraw one, a moderator decides.

use leptos::prelude::*;
use live_jury_protocol::trust::Appeal;

use super::{PartyState, Reader, Section};
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::time::local_ms;
use crate::trust::listings::read_appealed;
use crate::trust::step::{Step, sent};
use crate::trust::steps::AppealSteps;
use crate::trust::texts::party;

/// Whether an appeal waits for a decision.
pub fn is_undecided(appeal: &Appeal) -> bool {
    matches!(appeal.state.as_str(), "filed" | "in_court" | "in_review")
}

/// The appeals, newest first.
#[component]
pub(super) fn Appeals(state: PartyState) -> impl IntoView {
    let texts = use_texts();
    let appeals = Memo::new(move |_| {
        state.standing.with(|standing| standing.as_ref().map(|standing| standing.appeals.clone()).unwrap_or_default())
    });
    view! {
        <Section id="appeals-title" title=|t| t.appeals>
            <Show when=move || appeals.with(Vec::is_empty)>
                <p class="empty">{party(texts, |t| t.no_appeals)}</p>
            </Show>
            <ul class="queue">
                <For
                    each=move || appeals.get() key=|appeal| (appeal.id, appeal.version)
                    children=move |appeal| view! { <OneAppeal state appeal/> }
                />
            </ul>
        </Section>
    }
}

#[component]
fn OneAppeal(state: PartyState, appeal: Appeal) -> impl IntoView {
    let texts = use_texts();
    let (target, appealed) = (appeal.target.id, read_appealed(state.api, &appeal.target));
    let against = move || {
        let of_listing = || appealed.with(|one| one.as_ref().map(|one| one.title.clone()));
        let title = state.title_of(texts.lang(), target).or_else(of_listing);
        title.map(|title| (texts.lang().party().appeal_against)(&title)).unwrap_or_default()
    };
    let is_undecided = is_undecided(&appeal);
    let may_withdraw = is_undecided && state.reader == Reader::Owner;
    let steps = (is_undecided && state.reader == Reader::Moderator).then(|| appeal.clone());
    let (id, version, name) = (appeal.id, appeal.version, appeal.state.clone());
    let api = state.api;
    let withdraw = Callback::new(move |_| sent(api.withdraw_appeal(id, version)));
    let effect = Signal::derive(move || texts.lang().party().withdraw_appeal_effect.to_owned());
    view! {
        <li class="case" data-state=name>
            <h3 dir="auto">{live_text(against)}</h3>
            <AppealText appeal/>
            {may_withdraw.then(|| view! {
                <Step
                    label=|t| t.withdraw_appeal effect send=withdraw done=state.refreshing() without_words=true
                />
            })}
            {steps.map(|appeal| view! { <AppealSteps api appeal done=state.refreshing()/> })}
        </li>
    }
}

/// The state of an appeal with its clock, its text and evidence, and the decision.
#[component]
pub fn AppealText(appeal: Appeal) -> impl IntoView {
    let texts = use_texts();
    let (text, words, review) = (appeal.text.clone(), appeal.words.clone(), appeal.review_reason.clone());
    let evidence = appeal.evidence.clone();
    let now_ms = local_ms();
    let review = move || review.as_deref().and_then(texts.lang().party().review_reason).unwrap_or_default();
    view! {
        <p>{live_text(move || state_text(texts, &appeal, now_ms))}" "{live_text(review)}</p>
        <p class="written quoted" dir="auto">{still_text(text)}</p>
        <Addresses evidence/>
        {words.map(|words| view! {
            <p class="quoted" dir="auto">{party(texts, |t| t.moderators_words)}": "{still_text(words)}</p>
        })}
    }
}

/// Addresses of evidence, as links; nothing where there are none.
#[component]
pub fn Addresses(evidence: Vec<String>) -> impl IntoView {
    (!evidence.is_empty()).then(|| {
        view! {
            <ul>
                {evidence.into_iter().map(|address| {
                    let link = address.clone();
                    // A stranger's address: it is shown as it is, and its server learns nothing of this page.
                    view! {
                        <li>
                            <a href=link target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
                                {still_text(address)}
                            </a>
                        </li>
                    }
                }).collect_view()}
            </ul>
        }
    })
}

fn state_text(texts: Texts, appeal: &Appeal, now_ms: u64) -> String {
    let (lang, words) = (texts.lang(), texts.lang().party());
    let state = (words.appeal_state)(&appeal.state).unwrap_or(&appeal.state);
    if !is_undecided(appeal) {
        let decided = appeal.decided_at_ms.map(|at_ms| format!(" · {}", lang.date_time(at_ms))).unwrap_or_default();
        return format!("{state}{decided}");
    }
    let left = (words.left)(lang, left_ms(appeal.due_ms, now_ms));
    (words.appeal_due)(state, &lang.date_time(appeal.due_ms), &left)
}

/// The time left until a moment; negative once it is past.
pub fn left_ms(due_ms: u64, now_ms: u64) -> i64 {
    i64::try_from(due_ms).unwrap_or(i64::MAX).saturating_sub(i64::try_from(now_ms).unwrap_or(i64::MAX))
}
