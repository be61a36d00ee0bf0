//! The role check of a page, and notices about a missing, wrong or expiring token. The server makes the real check.

use leptos::prelude::*;
use live_jury_protocol::{Role, RoomId};

use super::page_token::{EXPIRY_WARNING_MS, PageToken, TokenState};
use super::prefs::use_texts;
use crate::dom::live_text;
use crate::time::{clock_text, left_s, ticking};

/// The reason why a page is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DenialReason {
    Missing,
    Unreadable,
    WrongRole,
    WrongRoom,
}

/// The rooms for which a page's token must be good.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NeededRooms {
    /// Any room.
    Any,
    /// This one.
    One(RoomId),
    /// All of them.
    All,
}

fn check_access(state: &TokenState, needs: Role, alone: bool, rooms: &NeededRooms) -> Result<String, DenialReason> {
    let token = match state {
        TokenState::Missing => return Err(DenialReason::Missing),
        TokenState::Unreadable => return Err(DenialReason::Unreadable),
        TokenState::Present(token) => token,
    };
    // A moderator may read everything that a host or an overlay reads, but is no merchant.
    if token.role != needs && (alone || token.role != Role::Moderator) {
        return Err(DenialReason::WrongRole);
    }
    let is_good = match rooms {
        NeededRooms::Any => true,
        NeededRooms::One(room) => token.room == "*" || token.room == room.as_str(),
        NeededRooms::All => token.room == "*",
    };
    if is_good { Ok(token.room.clone()) } else { Err(DenialReason::WrongRoom) }
}

/// Shows its children if the token has the role `needs` and is for `room`, if it is given, or for all rooms, if
/// `all_rooms` is set; else a text. A moderator has every role, unless `alone` is set. The children get the token's
/// room. A new token for the same room does not redraw them.
#[component]
pub fn RequireRole<F, V>(
    token_state: ReadSignal<TokenState>,
    needs: Role,
    #[prop(optional)] room: Option<RoomId>,
    #[prop(optional)] all_rooms: bool,
    #[prop(optional)] alone: bool,
    children: F,
) -> impl IntoView
where
    F: Fn(String) -> V + Send + 'static,
    V: IntoView + 'static,
{
    let rooms = match room {
        _ if all_rooms => NeededRooms::All,
        Some(room) => NeededRooms::One(room),
        None => NeededRooms::Any,
    };
    let access = Memo::new(move |_| token_state.with(|state| check_access(state, needs, alone, &rooms)));
    move || match access.get() {
        Ok(room) => children(room).into_any(),
        Err(reason) => view! { <AccessDenied reason needs/> }.into_any(),
    }
}

#[component]
fn AccessDenied(reason: DenialReason, needs: Role) -> impl IntoView {
    let texts = use_texts();
    let title = move || {
        let pages = texts.pages();
        match reason {
            DenialReason::Missing => pages.token_missing,
            DenialReason::Unreadable => pages.token_unreadable,
            DenialReason::WrongRole => pages.token_wrong_role,
            DenialReason::WrongRoom => pages.token_wrong_room,
        }
    };
    let advice = move || (texts.pages().token_advice)((texts.pages().role)(needs));
    view! {
        <main class="door">
            <div role="alert">
                <h1>{live_text(title)}</h1>
                <p>{live_text(advice)}</p>
            </div>
        </main>
    }
}

/// Warns before the token expires, and when it has.
#[component]
pub fn TokenNotice(token_state: ReadSignal<TokenState>, needs: Role) -> impl IntoView {
    let texts = use_texts();
    let now_ms = ticking();
    let left = Memo::new(move |_| {
        let expires_at_ms = token_state.with(|state| match state {
            TokenState::Present(PageToken { expires_at_ms, .. }) => Some(*expires_at_ms),
            TokenState::Missing | TokenState::Unreadable => None,
        })?;
        let now_ms = now_ms.get();
        (expires_at_ms < now_ms + EXPIRY_WARNING_MS).then(|| left_s(expires_at_ms, now_ms))
    });
    let has_ended = Memo::new(move |_| left.get().map(|left_s| left_s == 0));
    let advice = move || (texts.pages().token_advice)((texts.pages().role)(needs));
    move || {
        has_ended.get().map(|ended| {
            let title = move || match ended {
                true => texts.pages().token_ended.to_owned(),
                false => (texts.pages().token_ending)(&clock_text(left.get().unwrap_or_default())),
            };
            view! {
                <div class="banner" class:banner-bad=ended>
                    // The countdown changes each second, so a screen reader gets a fixed text.
                    <span class="spoken" role="alert">
                        {texts.live(if ended { |t| t.token_ended } else { |t| t.token_ends_soon })}
                    </span>
                    <strong aria-hidden="true">{live_text(title)}</strong>
                    <span>{live_text(advice)}" "{texts.live(|t| t.token_stays)}</span>
                </div>
            }
        })
    }
}
