//! The page of a party: standing and measures, the index of a merchant, violations and appeals. The reader's role
//! decides which steps it offers; the server makes the real check.

mod appeal;
mod appeal_form;
mod ban;
mod claim_form;
mod claims;
mod drafts;
mod entry;
mod host;
mod listings;
mod measure;
mod owed;
mod standing;
mod violation;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{PartyStanding, PolicyTitle, TrustParty};
use uuid::Uuid;

use super::index::Index;
use super::step::{Done, step_error};
use super::texts::{live, party};
use crate::api::{Api, ApiError};
use crate::dom::live_text;
use crate::i18n::Lang;
use crate::pages::use_texts;
pub use appeal::{Addresses, AppealText, is_undecided, left_ms};
pub use ban::BanSteps;
pub use standing::tier_text;
pub use violation::ViolationText;

use appeal::Appeals;
use ban::Ban;
use claims::OwnClaims;
use drafts::Drafts;
use entry::OwnApplication;
use host::HostSignals;
use listings::OwnListings;
use measure::MeasuresInForce;
use owed::OwedRemedies;
use standing::StandingPanel;
use violation::Violations;

/// The reader of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The party itself.
    Owner,
    /// A moderator of all rooms.
    Moderator,
}

/// The page's knowledge of a party. Cheap to copy: every field is a handle.
#[derive(Clone, Copy)]
pub struct PartyState {
    /// The API.
    pub api: Api,
    /// The reader.
    pub reader: Reader,
    /// The standing, once it is read.
    pub standing: RwSignal<Option<PartyStanding>>,
    error: RwSignal<Option<ApiError>>,
    /// The failure of a step that came second.
    notice: RwSignal<Option<ApiError>>,
    /// The party of a moderator's page; the owner's is in the token.
    asked: StoredValue<Option<TrustParty>>,
}

impl PartyState {
    /// The state of the reader's own page.
    #[must_use]
    pub fn own(api: Api) -> Self {
        Self::new(api, Reader::Owner, None)
    }

    /// The state of a party's page at the desk.
    #[must_use]
    pub fn of(api: Api, party: TrustParty) -> Self {
        Self::new(api, Reader::Moderator, Some(party))
    }

    /// The state of a party whose standing is read, for an item of a queue.
    #[must_use]
    pub fn known(api: Api, standing: PartyStanding) -> Self {
        let state = Self::new(api, Reader::Moderator, Some(standing.party.clone()));
        state.standing.set(Some(standing));
        state
    }

    fn new(api: Api, reader: Reader, asked: Option<TrustParty>) -> Self {
        let asked = StoredValue::new(asked);
        let (error, notice) = (RwSignal::new(None), RwSignal::new(None));
        Self { api, reader, standing: RwSignal::new(None), error, notice, asked }
    }

    /// Reads the standing again. The last one stays until the answer is there.
    pub fn refresh(self) {
        spawn_local(async move {
            let answer = match self.asked.get_value() {
                Some(party) => self.api.party(&party).await,
                None => self.api.my_standing().await,
            };
            match answer {
                Ok(standing) => {
                    self.error.try_set(None);
                    self.standing.try_set(Some(standing));
                }
                Err(error) => {
                    self.error.try_set(Some(error));
                }
            }
        });
    }

    /// A call for after a step: it reads the standing again.
    pub fn refreshing(self) -> Done {
        Callback::new(move |failure| {
            self.notice.set(failure);
            self.refresh();
        })
    }

    /// The name of the violation, or of the violation behind the measure, with this id.
    pub fn title_of(self, lang: Lang, target: Uuid) -> Option<String> {
        self.standing.with(|standing| {
            let standing = standing.as_ref()?;
            let measured = standing.measures.iter().find(|measure| measure.id == target);
            let id = measured.map_or(Some(target), |measure| measure.violation);
            let violation = standing.violations.iter().find(|violation| Some(violation.id) == id)?;
            Some(title_in(lang, &violation.title).to_owned())
        })
    }
}

/// A policy's name in a language.
pub fn title_in(lang: Lang, title: &PolicyTitle) -> &str {
    match lang {
        Lang::En => &title.en,
        Lang::ZhCn => &title.zh_cn,
    }
}

/// The page of a party.
#[component]
pub fn PartyView(state: PartyState) -> impl IntoView {
    let texts = use_texts();
    state.refresh();
    let merchant = Memo::new(move |_| {
        let asked = state.asked.get_value();
        let known = move || state.standing.with(|standing| standing.as_ref().map(|standing| standing.party.clone()));
        asked.or_else(known).filter(|party| party.kind == "merchant").map(|party| party.id)
    });
    let is_read = Memo::new(move |_| state.standing.with(Option::is_some));
    // To the desk, the index tells that nothing is known of the party.
    let is_unknown = move || state.error.with(|error| error.as_ref().is_some_and(ApiError::is_missing));
    // A host's link names the host only if the platform says so in it.
    let is_nobody = |error: &ApiError| matches!(error, ApiError::Problem(problem) if problem.code == "forbidden");
    let error = move || {
        let failure = state.error.get().filter(|error| !error.is_missing()).or_else(|| state.notice.get());
        let text = |error| match is_nobody(&error) && state.reader == Reader::Owner {
            true => texts.lang().party().names_nobody.to_owned(),
            false => step_error(texts, &error),
        };
        failure.map(text).unwrap_or_default()
    };
    let is_loading = move || !is_read.get() && state.error.with(Option::is_none);
    view! {
        <Show when=is_loading><p class="empty" role="status">{live(texts, |t| t.loading)}</p></Show>
        <p class="note note-bad" role="alert" dir="auto">{live_text(error)}</p>
        <Show when=move || is_unknown() && merchant.with(Option::is_none)>
            <p class="panel" role="status">{live(texts, |t| t.not_known)}</p>
        </Show>
        <Show when=move || is_read.get()>
            <MeasuresInForce state/>
            <Drafts state/>
            <OwedRemedies state/>
            <OwnApplication state/>
            <StandingPanel state/>
            <Show when=move || state.reader == Reader::Moderator><Ban state/></Show>
        </Show>
        {move || merchant.get().map(|merchant| view! {
            <Index api=state.api merchant=merchant.clone() own=state.reader == Reader::Owner/>
            <OwnListings state merchant=merchant.clone()/>
            <OwnClaims state merchant/>
        })}
        <Show when=move || is_read.get()>
            <HostSignals state/>
            <Violations state/>
            <Appeals state/>
        </Show>
    }
}

/// A list under a title, or a text where it is empty.
#[component]
fn Section(
    id: &'static str,
    title: fn(&'static super::texts::PartyTexts) -> &'static str,
    children: Children,
) -> impl IntoView {
    let texts = use_texts();
    view! {
        <section class="panel" aria-labelledby=id>
            <h2 id=id>{party(texts, title)}</h2>
            {children()}
        </section>
    }
}
