//! A client's TCP stream that records when the head of a request begins, and whether the client takes its answers; it
//! reads and changes no byte itself.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes of a pending answer that a client must take within the time for a body; the connection ends with fewer. A line
/// of 13 kbit/s takes as many in 10 s.
const TAKEN_BYTES_MIN: usize = 16 * 1_024;

/// The stream of an HTTP connection.
#[derive(Debug)]
pub struct ClientStream {
    stream: TcpStream,
    heads: Arc<HeadClock>,
    answers: Arc<AnswerClock>,
}

/// Tells whether a client takes its answers. An answer that nobody takes stays in memory.
#[derive(Debug, Default)]
pub struct AnswerClock {
    window: Mutex<Option<Window>>,
    began: Notify,
}

/// A time in which the client must take some bytes. It begins when the kernel takes no more of an answer.
#[derive(Clone, Copy, Debug)]
struct Window {
    since: Instant,
    taken: usize,
    /// Whether the kernel still takes no more.
    blocked: bool,
}

impl AnswerClock {
    /// Completes when the client has taken too little of a pending answer for `limit`.
    pub async fn overdue(&self, limit: Duration) {
        loop {
            let window = *self.window();
            match window {
                None => self.began.notified().await,
                Some(Window { since, .. }) if since.elapsed() < limit => tokio::time::sleep_until(since + limit).await,
                Some(Window { blocked: true, .. }) => return,
                // The answer was taken meanwhile.
                Some(_) => *self.window() = None,
            }
        }
    }

    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        let mut window = self.window();
        match (result, window.as_mut()) {
            (Poll::Pending, Some(window)) => window.blocked = true,
            (Poll::Pending, None) => {
                *window = Some(Window { since: Instant::now(), taken: 0, blocked: true });
                self.began.notify_one();
            }
            (Poll::Ready(Ok(bytes)), Some(open)) => {
                open.taken += bytes;
                open.blocked = false;
                if open.taken >= TAKEN_BYTES_MIN {
                    *window = None;
                }
            }
            (Poll::Ready(_), _) => {}
        }
    }

    /// The window. It is consistent between any two statements, so a poisoned lock does no harm.
    fn window(&self) -> MutexGuard<'_, Option<Window>> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    /// A stream that reports to these clocks.
    #[must_use]
    pub fn new(stream: TcpStream, heads: Arc<HeadClock>, answers: Arc<AnswerClock>) -> Self {
        Self { stream, heads, answers }
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
        let wrote = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.answers.wrote(&wrote);
        wrote
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.answers.wrote(&wrote);
        wrote
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
    async fn an_answer_that_is_not_taken_is_overdue() {
        let clock = AnswerClock::default();
        let is_overdue = async |within| tokio::time::timeout(within, clock.overdue(LIMIT)).await.is_ok();
        let took = |bytes| clock.wrote(&Poll::Ready(Ok(bytes)));
        assert!(!is_overdue(LIMIT * 3).await, "there is no answer");
        for _ in 0..10 {
            clock.wrote(&Poll::Pending);
            assert!(!is_overdue(LIMIT / 2).await);
            took(TAKEN_BYTES_MIN);
        }
        clock.wrote(&Poll::Pending);
        took(1);
        assert!(!is_overdue(LIMIT * 3).await, "that was its end");
        clock.wrote(&Poll::Pending);
        took(1);
        clock.wrote(&Poll::Pending);
        assert!(is_overdue(LIMIT).await, "one byte does not prolong the time");
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
