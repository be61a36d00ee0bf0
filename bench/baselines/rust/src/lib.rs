//! What the Rust peers share: where they listen, when they end, and how a ballot is checked and recorded.

pub mod jury;

use std::env;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A listener on 127.0.0.1, at the port that `PORT` names.
pub async fn listener() -> Result<TcpListener, Box<dyn std::error::Error>> {
    Ok(TcpListener::bind(("127.0.0.1", env::var("PORT")?.parse()?)).await?)
}

/// Waits for SIGTERM.
pub async fn ended() {
    if let Ok(mut term) = signal(SignalKind::terminate()) {
        term.recv().await;
    }
}
