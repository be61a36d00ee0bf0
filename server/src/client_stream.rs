//! A client's TCP stream that records when the head of a request begins; it reads and changes no byte itself.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The stream of an HTTP connection.
#[derive(Debug)]
pub struct ClientStream {
    stream: TcpStream,
    heads: Arc<HeadClock>,
}

/// Tells for how long a connection has been in the head of a request. hyper has one limit for the head and for the idle
/// time before it; with this clock they differ.
#[derive(Debug)]
pub struct HeadClock {
    phase: Mutex<Phase>,
    began: Notify,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// A request's line and headers are awaited since this time.
    Head(Instant),
    /// A handler works.
    Handler,
    /// The handler has answered; the next byte begins another head.
    Answered,
}

impl HeadClock {
    /// The clock of a new connection, whose first head is awaited from now on.
    #[must_use]
    pub fn start() -> Arc<Self> {
        Arc::new(Self { phase: Mutex::new(Phase::Head(Instant::now())), began: Notify::new() })
    }

    /// A request's head is complete.
    pub fn head_ended(&self) {
        *self.phase() = Phase::Handler;
    }

    /// The handler has answered.
    pub fn answered(&self) {
        *self.phase() = Phase::Answered;
    }

    /// Whether a head is incomplete.
    #[must_use]
    pub fn is_in_head(&self) -> bool {
        matches!(*self.phase(), Phase::Head(_))
    }

    /// Completes when a head has taken longer than `limit`.
    pub async fn overdue(&self, limit: Duration) {
        loop {
            let phase = *self.phase();
            match phase {
                Phase::Head(since) if since.elapsed() >= limit => return,
                Phase::Head(since) => tokio::time::sleep_until(since + limit).await,
                Phase::Handler | Phase::Answered => self.began.notified().await,
            }
        }
    }

    fn received(&self) {
        let mut phase = self.phase();
        if matches!(*phase, Phase::Answered) {
            *phase = Phase::Head(Instant::now());
            self.began.notify_one();
        }
    }

    /// The phase. It is consistent between any two statements, so a poisoned lock does no harm.
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientStream {
    /// A stream that reports to this clock.
    #[must_use]
    pub fn new(stream: TcpStream, heads: Arc<HeadClock>) -> Self {
        Self { stream, heads }
    }

    /// The bare stream, for the protocol after an upgrade.
    #[must_use]
    pub fn into_inner(self) -> TcpStream {
        self.stream
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.heads.received();
        }
        read
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    /// Whether a head is overdue within this time.
    async fn is_overdue(clock: &HeadClock, within: Duration) -> bool {
        tokio::time::timeout(within, clock.overdue(LIMIT)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_head_is_overdue_and_an_idle_connection_is_not() {
        let clock = HeadClock::start();
        assert!(!is_overdue(&clock, LIMIT / 2).await);
        assert!(is_overdue(&clock, LIMIT).await, "the first head is late");

        clock.head_ended();
        clock.received();
        assert!(!is_overdue(&clock, LIMIT * 3).await, "a body is no head");
        clock.answered();
        assert!(!is_overdue(&clock, LIMIT * 3).await, "between two requests");
        clock.received();
        assert!(!is_overdue(&clock, LIMIT / 2).await);
        clock.received();
        assert!(is_overdue(&clock, LIMIT).await, "more bytes do not prolong a head");
    }
}
