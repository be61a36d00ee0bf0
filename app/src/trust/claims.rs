//! The queue of claims that a moderator reviews: what buyer and shop say, and the two decisions. Silence decides none.

use leptos::prelude::*;
use live_jury_protocol::trust::{Claim, DecideClaim};

use super::listings::amount_text;
use super::party::{Addresses, left_ms};
use super::queue::{PartyLink, Queue, QueuePanel};
use super::queues::{StandingLine, read_standing};
use super::step::{Done, Step, sent};
use super::texts::claim;
use crate::api::Api;
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::time::local_ms;

/// The queue, those due first first.
#[component]
pub(super) fn ClaimsQueue(api: Api) -> impl IntoView {
    let queue = Queue::start(move || async move {
        let mut waiting = api.claims("in_review").await?;
        waiting.sort_by_key(|one| one.due_ms);
        Ok(waiting)
    });
    view! {
        <QueuePanel
            id="claims-title" title=|lang| lang.claim().waiting nothing=|lang| lang.claim().none_waits queue
            key=|one: &Claim| format!("{} {}", one.claim, one.version)
            children=move |one| view! { <ClaimItem api one done=queue.done()/> }
        />
    }
}

#[component]
fn ClaimItem(api: Api, one: Claim, done: Done) -> impl IntoView {
    let texts = use_texts();
    let party = one.party.clone();
    let standing = read_standing(api, party.clone());
    let (due_ms, now_ms) = (one.due_ms, local_ms());
    let due = move || {
        let lang = texts.lang();
        let left = |due_ms| (lang.party().left)(lang, left_ms(due_ms, now_ms));
        due_ms.map(|due_ms| (lang.claim().due)(&lang.date_time(due_ms), &left(due_ms))).unwrap_or_default()
    };
    let (id, version) = (one.claim, one.version);
    let send = move |decision: &'static str| {
        Callback::new(move |words| {
            let decision = DecideClaim { decision: decision.to_owned(), words };
            sent(async move { api.decide_claim(id, version, &decision).await })
        })
    };
    let granted = Signal::derive(move || texts.lang().claim().grant_effect.to_owned());
    let denied = Signal::derive(move || texts.lang().claim().deny_effect.to_owned());
    view! {
        <li class="case" tabindex="-1" data-state="in_review">
            <PartyLink party/>
            <StandingLine standing/>
            <ClaimText one/>
            <p>{live_text(due)}</p>
            <div class="steps-row">
                <Step label=|t| t.grant letter="g" effect=granted send=send("grant") done/>
                <Step label=|t| t.deny letter="d" effect=denied send=send("deny") done/>
            </div>
        </li>
    }
}

/// A claim: the promise, the amount, and what both sides say.
#[component]
pub fn ClaimText(one: Claim) -> impl IntoView {
    let texts = use_texts();
    let Claim { kind, about, order, amount_minor, currency, reason, evidence, answer, .. } = one;
    let amount = amount_text(amount_minor, &currency);
    let concerns = move || (texts.lang().claim().concerns)(&amount, &order);
    let about = move || (texts.lang().claim().about)(&about).unwrap_or_default().to_owned();
    view! {
        <h3>{live_text(move || kind_text(texts, &kind))}</h3>
        <p>{live_text(concerns)}" "{live_text(about)}</p>
        <p class="quoted" dir="auto">{claim(texts, |t| t.buyer_says)}": "{still_text(reason)}</p>
        <Addresses evidence/>
        {answer.map(|answer| view! {
            <p class="quoted" dir="auto">{claim(texts, |t| t.shop_says)}": "{still_text(answer.words)}</p>
            <Addresses evidence=answer.evidence/>
        })}
    }
}

/// The promise of a claim. One of a later version is shown by its name.
pub fn kind_text(texts: Texts, kind: &str) -> String {
    (texts.lang().claim().kind)(kind).unwrap_or(kind).to_owned()
}
