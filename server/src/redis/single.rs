//! The connection to one Redis: it is replaced when the server behind it is no primary any more. It sends no command.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ConnectionInfo, ErrorKind, RedisError, RedisResult, ServerErrorKind};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::{CALLS_AHEAD, CONNECT_TIMEOUT};

/// The pause between two replacements. Until the address leads to the new primary, every write is refused, and each
/// replacement is a new connection.
const REPLACE_PAUSE: Duration = Duration::from_millis(500);

/// The connection to one Redis. Clones share it.
#[derive(Clone)]
pub(super) struct Single(Arc<Shared>);

struct Shared {
    address: ConnectionInfo,
    current: watch::Sender<Numbered>,
    /// The time at which the connection was replaced last. A task holds the lock while it replaces it.
    replaced_at: Mutex<Option<Instant>>,
}

/// A connection and its number among those of this address.
#[derive(Clone)]
pub(super) struct Numbered {
    number: u64,
    pub(super) connection: ConnectionManager,
}

impl Single {
    pub(super) async fn open(address: ConnectionInfo) -> RedisResult<Self> {
        let first = Numbered { number: 0, connection: connect(address.clone()).await? };
        let shared = Shared { address, current: watch::Sender::new(first), replaced_at: Mutex::new(None) };
        Ok(Self(Arc::new(shared)))
    }

    /// The newest connection.
    pub(super) fn current(&self) -> Numbered {
        self.0.current.borrow().clone()
    }

    /// Gives up the connection on which a call failed with `error`, if the server behind it takes no writes, or if the
    /// connection never got ready. Returns the one to try next; none if another try would meet the same.
    ///
    /// The address may lead to another server by now. The old one keeps the connection open and refuses every write.
    /// The client opens a connection again after errors of the network alone. One whose first answers were cut in the
    /// middle, or were refusals, it keeps for ever.
    pub(super) async fn successor(&self, failed: &Numbered, error: &RedisError) -> Option<Numbered> {
        if !is_no_primary(error) && !is_not_ready(error) {
            return None;
        }
        let mut replaced_at = self.0.replaced_at.lock().await;
        let current = self.current();
        if current.number != failed.number {
            return Some(current);
        }
        let now = Instant::now();
        if replaced_at.is_some_and(|at| now < at + REPLACE_PAUSE) {
            return None;
        }
        *replaced_at = Some(now);
        match connect(self.0.address.clone()).await {
            Ok(connection) => {
                let next = Numbered { number: failed.number + 1, connection };
                self.0.current.send_replace(next.clone());
                tracing::warn!(%error, "Redis is no primary any more, or was not ready; its connection was replaced");
                Some(next)
            }
            Err(refused) => {
                tracing::warn!(%error, %refused, "the connection to Redis could not be replaced");
                None
            }
        }
    }
}

/// Whether the server is a replica, so that it takes no writes or has no data to read.
pub(super) fn is_no_primary(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}

/// Whether the error may be of the connection's beginning: an answer that was cut, a refused login, a server that loads
/// its data.
fn is_not_ready(error: &RedisError) -> bool {
    let is_loading = matches!(error.kind(), ErrorKind::Server(ServerErrorKind::BusyLoading));
    is_loading || matches!(error.kind(), ErrorKind::Parse | ErrorKind::AuthenticationFailed)
}

/// Connects. Without retries of the client's own, a call to an unreachable Redis fails at once, and the next call
/// connects again. `in_time` limits the wait for answers.
async fn connect(address: ConnectionInfo) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(None)
        .set_pipeline_buffer_size(CALLS_AHEAD);
    ConnectionManager::new_with_config(Client::open(address)?, config).await
}
