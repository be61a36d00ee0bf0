//! A socket's TCP stream that limits the bytes a client sends in a second; it knows nothing of frames.
//!
//! Fragments of a message and empty frames never reach the count of messages, and each costs processor time. Their
//! bytes are counted here, below the WebSocket.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::admission::{Bucket, Rate};

/// Bytes that are gathered before the bucket is asked. Most viewers send fewer in all, and never pay for the time.
const COUNTED_AT_ONCE_BYTES: u32 = 1_024;

/// A stream that fails to read with [`io::ErrorKind::QuotaExceeded`] once the client has sent too many bytes.
#[derive(Debug)]
pub struct CountedStream {
    stream: TcpStream,
    rate: Rate,
    bucket: Bucket,
    uncounted: u32,
    exceeded: bool,
}

impl CountedStream {
    /// A stream that takes bytes at this rate.
    #[must_use]
    pub fn new(stream: TcpStream, rate: Rate) -> Self {
        Self { stream, rate, bucket: Bucket::default(), uncounted: 0, exceeded: false }
    }

    /// The bare stream, for its options.
    #[cfg(test)]
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Reads and drops the rest of a client that sent too many bytes. It returns at once for any other client.
    pub async fn discard_excess(&mut self) {
        let mut bytes = [0; 1_024];
        while self.exceeded && self.stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    }

    /// Counts bytes; false if there are too many.
    fn count(&mut self, bytes: usize) -> bool {
        self.uncounted = self.uncounted.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        if self.uncounted >= COUNTED_AT_ONCE_BYTES {
            // One read may return more than a small burst.
            let tokens = std::mem::take(&mut self.uncounted).min(self.rate.burst);
            self.exceeded |= !self.bucket.take(tokens, self.rate, Instant::now());
        }
        !self.exceeded
    }
}

impl AsyncRead for CountedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let within = self.count(buf.filled().len() - before);
        Poll::Ready(if within { Ok(()) } else { Err(io::ErrorKind::QuotaExceeded.into()) })
    }
}

impl AsyncWrite for CountedStream {
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
