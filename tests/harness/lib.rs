//! The harness: real servers in temporary folders, started on free ports and stopped when the test lets go of them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

pub mod api;
#[cfg(feature = "in-process")]
pub mod clock;
pub mod cluster;
pub mod juror;
#[cfg(feature = "in-process")]
pub mod node;
pub mod ports;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod redis;
#[cfg(feature = "in-process")]
pub mod stores;
pub mod tokens;

use std::time::Duration;

/// How long a story waits for anything at most; what takes longer is broken.
pub const WAIT_MAX: Duration = Duration::from_secs(30);

/// Waits for `what`, as long as a story waits for anything.
///
/// # Panics
/// It does not come.
pub async fn in_time<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(WAIT_MAX, waiting).await.unwrap_or_else(|_| panic!("waited {WAIT_MAX:?} for {what}"))
}
