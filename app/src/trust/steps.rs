//! The steps of a moderator on a violation, an appeal and a party. Each says what it does, to whom, and how it is
//! undone, before it is taken.

use leptos::prelude::*;
use live_jury_protocol::trust::{Appeal, DecideAppeal, Violation};

use super::step::{Done, Step, sent};
use crate::api::Api;
use crate::pages::use_texts;

/// The steps on a violation that are open in its state.
#[component]
pub fn ViolationSteps(api: Api, violation: Violation, done: Done) -> impl IntoView {
    let texts = use_texts();
    let (id, version) = (violation.id, violation.version);
    let (points, expires_at_ms) = (violation.points, violation.expires_at_ms);
    let send = move |step: &'static str| {
        Callback::new(move |words| sent(async move { api.violation_step(id, version, step, words).await }))
    };
    let confirmed = Signal::derive(move || {
        let lang = texts.lang();
        (lang.party().confirm_effect)(points, &lang.date_time(expires_at_ms))
    });
    let dismissed = Signal::derive(move || texts.lang().party().dismiss_effect.to_owned());
    let withdrawn = Signal::derive(move || texts.lang().party().withdraw_effect.to_owned());
    let is_proposed = violation.state == "proposed";
    let is_active = violation.state == "active";
    view! {
        <div class="steps-row">
            {is_proposed.then(|| view! {
                <Step label=|t| t.confirm letter="c" effect=confirmed send=send("confirm") done/>
                <Step label=|t| t.dismiss letter="d" effect=dismissed send=send("dismiss") done/>
            })}
            {is_active.then(|| view! {
                <Step label=|t| t.withdraw letter="w" effect=withdrawn send=send("withdraw") done danger=true/>
            })}
        </div>
    }
}

/// The steps on an appeal that a moderator reviews. A jury's appeal is decided by its verdict.
#[component]
pub fn AppealSteps(api: Api, appeal: Appeal, done: Done) -> impl IntoView {
    let texts = use_texts();
    let (id, version) = (appeal.id, appeal.version);
    let send = move |outcome: &'static str| {
        Callback::new(move |words| {
            let decision = DecideAppeal { outcome: outcome.to_owned(), words };
            sent(async move { api.decide_appeal(id, version, &decision).await })
        })
    };
    let upheld = Signal::derive(move || texts.lang().party().uphold_effect.to_owned());
    let overturned = Signal::derive(move || texts.lang().party().overturn_effect.to_owned());
    (appeal.state == "in_review").then(|| {
        view! {
            <div class="steps-row">
                <Step label=|t| t.uphold letter="s" effect=upheld send=send("confirmed") done/>
                <Step label=|t| t.overturn letter="o" effect=overturned send=send("overturned") done/>
            </div>
        }
    })
}
