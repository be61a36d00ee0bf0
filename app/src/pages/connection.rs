//! The state of a socket as text. It never reconnects by itself.

use leptos::prelude::*;

use super::prefs::use_texts;
use crate::dom::live_text;
use crate::i18n::TextKey;
use crate::session::Session;
use crate::socket::Connection;

/// The state of a room's connection, with a retry button after a failure.
#[component]
pub fn ConnectionLine(session: Session) -> impl IntoView {
    let texts = use_texts();
    let connection = session.connection();
    let name = move || connection.with(connection_name);
    let text = move || {
        connection.with(|connection| match connection {
            Connection::Connecting => texts.viewer().get(TextKey::Connecting),
            Connection::Live => texts.pages().connected,
            Connection::Lost(_) => texts.viewer().get(TextKey::Reconnecting),
            Connection::Failed(failure) => (texts.pages().failure)(failure),
        })
    };
    view! {
        <p class="connection" role="status" data-connection=name>
            <span>{live_text(text)}</span>
            <Show when=move || connection.with(|connection| matches!(connection, Connection::Failed(_)))>
                <button type="button" class="quiet" on:click=move |_| session.retry()>
                    {texts.live(|t| t.try_again)}
                </button>
            </Show>
        </p>
    }
}

/// The state's name for styles.
#[must_use]
pub const fn connection_name(connection: &Connection) -> &'static str {
    match connection {
        Connection::Connecting => "connecting",
        Connection::Live => "live",
        Connection::Lost(_) => "lost",
        Connection::Failed(_) => "failed",
    }
}
