//! The test harness: real servers on free ports and in temporary folders, which never outlive their test.

pub mod api;
#[cfg(feature = "in-process")]
pub mod authority;
#[cfg(feature = "in-process")]
pub mod clock;
pub mod cluster;
pub mod demo;
#[cfg(feature = "database")]
pub mod docket_copy;
mod failure;
pub mod juror;
#[cfg(feature = "in-process")]
mod logs;
#[cfg(feature = "in-process")]
pub mod node;
pub mod ports;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod receipts;
pub mod receiver;
pub mod redis;
pub mod small_disk;
#[cfg(feature = "in-process")]
pub mod stores;
pub mod tokens;
#[cfg(feature = "in-process")]
pub mod witness;

use std::time::Duration;

/// Limit for every wait of a test. A correct program needs a fraction of it, also on a busy machine.
pub const WAIT_MAX: Duration = Duration::from_secs(30);

/// Waits for `what`, at most [`WAIT_MAX`].
///
/// # Panics
/// The time is up.
pub async fn in_time<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(WAIT_MAX, waiting).await.unwrap_or_else(|_| panic!("waited {WAIT_MAX:?} for {what}"))
}
