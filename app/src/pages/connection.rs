//! The state of a socket as text. It never reconnects by itself.

use leptos::prelude::*;

use super::prefs::use_say;
use crate::session::Session;
use crate::socket::Connection;

/// The state of a room's connection, with a retry button after a failure.
#[component]
pub fn ConnectionLine(session: Session) -> impl IntoView {
    let say = use_say();
    let connection = session.connection();
    let name = move || connection.with(connection_name);
    let text = move || {
        connection.with(|connection| match connection {
            Connection::Connecting => say.viewer().connecting,
            Connection::Live => say.desk().connected,
            Connection::Lost(_) => say.viewer().reconnecting,
            Connection::Failed(failure) => (say.desk().failure)(failure),
        })
    };
    view! {
        <p class="connection" role="status" data-connection=name>
            <span>{text}</span>
            <Show when=move || connection.with(|connection| matches!(connection, Connection::Failed(_)))>
                <button type="button" class="quiet" on:click=move |_| session.retry()>{say.text(|t| t.try_again)}</button>
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
