//! The shared parts of the Rust baselines: the listener, the end, and the record of ballots; it knows no conversation.

pub mod jury;

use std::env;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A listener on 127.0.0.1, at the port of the variable `PORT`.
pub async fn listener() -> Result<TcpListener, Box<dyn std::error::Error>> {
    Ok(TcpListener::bind(("127.0.0.1", env::var("PORT")?.parse()?)).await?)
}

/// Waits for SIGTERM.
pub async fn ended() {
    if let Ok(mut term) = signal(SignalKind::terminate()) {
        term.recv().await;
    }
}
