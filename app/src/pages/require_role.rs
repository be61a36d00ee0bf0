//! The door of a page: who may see it, and what to do when the token is missing, wrong, or about to end.

use leptos::prelude::*;
use live_jury_protocol::{Role, RoomId};

use super::page_token::{Holding, Pass, WARN_BEFORE_MS};
use super::prefs::use_say;
use crate::time::{clock_text, left_s, ticking};

/// Why a page stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shut {
    Missing,
    Unreadable,
    WrongRole,
    WrongRoom,
}

fn judge(holding: &Holding, needs: Role, room: Option<&RoomId>) -> Result<String, Shut> {
    let pass = match holding {
        Holding::Missing => return Err(Shut::Missing),
        Holding::Unreadable => return Err(Shut::Unreadable),
        Holding::Held(pass) => pass,
    };
    // A moderator reads all that a host or an overlay reads.
    if pass.role != needs && pass.role != Role::Moderator {
        return Err(Shut::WrongRole);
    }
    match room {
        Some(room) if pass.room != "*" && pass.room != room.as_str() => Err(Shut::WrongRoom),
        _ => Ok(pass.room.clone()),
    }
}

/// Shows its children to a bearer of the role `needs` (and, if given, of `room`), else says what is missing. The
/// children stay as they are when a new token for the same room comes; they are given the token's room.
#[component]
pub fn Gate<F, V>(
    holding: ReadSignal<Holding>,
    needs: Role,
    #[prop(optional)] room: Option<RoomId>,
    children: F,
) -> impl IntoView
where
    F: Fn(String) -> V + Send + 'static,
    V: IntoView + 'static,
{
    let verdict = Memo::new(move |_| holding.with(|holding| judge(holding, needs, room.as_ref())));
    move || match verdict.get() {
        Ok(room) => children(room).into_any(),
        Err(shut) => view! { <ShutDoor shut needs/> }.into_any(),
    }
}

#[component]
fn ShutDoor(shut: Shut, needs: Role) -> impl IntoView {
    let say = use_say();
    let title = move || {
        let texts = say.desk();
        match shut {
            Shut::Missing => texts.pass_missing,
            Shut::Unreadable => texts.pass_unreadable,
            Shut::WrongRole => texts.pass_wrong_role,
            Shut::WrongRoom => texts.pass_wrong_room,
        }
    };
    let advice = move || (say.desk().pass_advice)((say.desk().role)(needs));
    view! {
        <main class="door">
            <div role="alert">
                <h1>{title}</h1>
                <p>{advice}</p>
            </div>
        </main>
    }
}

/// Warns before the token ends, and says when it has.
#[component]
pub fn PassNotice(holding: ReadSignal<Holding>, needs: Role) -> impl IntoView {
    let say = use_say();
    let now_ms = ticking();
    let left = Memo::new(move |_| {
        let ends_ms = holding.with(|holding| match holding {
            Holding::Held(Pass { ends_ms, .. }) => Some(*ends_ms),
            Holding::Missing | Holding::Unreadable => None,
        })?;
        let now_ms = now_ms.get();
        (ends_ms < now_ms + WARN_BEFORE_MS).then(|| left_s(ends_ms, now_ms))
    });
    let near = Memo::new(move |_| left.get().map(|left_s| left_s == 0));
    let advice = move || (say.desk().pass_advice)((say.desk().role)(needs));
    move || {
        near.get().map(|ended| {
            let title = move || match ended {
                true => say.desk().pass_ended.to_owned(),
                false => (say.desk().pass_ending)(&clock_text(left.get().unwrap_or_default())),
            };
            view! {
                <div class="banner" class:banner-bad=ended>
                    // The seconds run on; only the first words are spoken.
                    <span class="spoken" role="alert">
                        {move || if ended { say.desk().pass_ended } else { say.desk().pass_ends_soon }}
                    </span>
                    <strong aria-hidden="true">{title}</strong>
                    <span>{advice}" "{say.text(|t| t.pass_stays)}</span>
                </div>
            }
        })
    }
}
