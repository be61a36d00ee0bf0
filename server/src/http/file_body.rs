//! The body of a bundle or stream: it holds its permit until it is sent, and ends when its client is too slow.

use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::Instant;

use crate::admission::FilePermit;
use crate::clock::Clock;

/// The bytes a second that a client must take, on average. The seals of 450,000 ballots last 7 minutes then.
const BYTES_PER_S_MIN: u64 = 32 * 1_024;
/// Time in which a client may be slower: a phone that comes out of a tunnel.
const GRACE: Duration = Duration::from_secs(30);
/// The bytes that are given to the connection at a time.
const PIECE_BYTES: usize = 64 * 1_024;

/// The progress of a body.
struct Progress {
    began: Instant,
    sent: u64,
    clock: Arc<dyn Clock>,
    /// It ends with the body.
    _permit: FilePermit,
}

impl Progress {
    /// Counts a piece that the client's connection asks for.
    ///
    /// # Errors
    /// The client took the pieces before it too slowly.
    fn count(&mut self, piece: &Bytes) -> Result<(), BoxError> {
        let elapsed = self.clock.instant().saturating_duration_since(self.began).saturating_sub(GRACE);
        if self.sent < elapsed.as_secs().saturating_mul(BYTES_PER_S_MIN) {
            return Err(format!("the client took {} bytes in {} s", self.sent, (elapsed + GRACE).as_secs()).into());
        }
        self.sent += piece.len() as u64;
        Ok(())
    }
}

/// A body of parts that are read one after the other. A failed part, like a client that is too slow, breaks it off.
pub(super) fn streamed<S, B, E>(parts: S, permit: FilePermit, clock: Arc<dyn Clock>) -> Body
where
    S: Stream<Item = Result<B, E>> + Send + 'static,
    B: Into<Bytes> + 'static,
    E: Into<BoxError> + 'static,
{
    let mut progress = Progress { began: clock.instant(), sent: 0, clock, _permit: permit };
    Body::from_stream(parts.map(move |part| {
        let piece = part.map_err(Into::into)?.into();
        progress.count(&piece)?;
        Ok::<Bytes, BoxError>(piece)
    }))
}

/// A body of bytes that are there.
pub(super) fn whole(bytes: impl Into<Bytes>, permit: FilePermit, clock: Arc<dyn Clock>) -> Body {
    let mut left: Bytes = bytes.into();
    let pieces = std::iter::from_fn(move || {
        let piece = left.split_to(left.len().min(PIECE_BYTES));
        (!piece.is_empty()).then_some(Ok::<_, BoxError>(piece))
    });
    streamed(stream::iter(pieces), permit, clock)
}

#[cfg(test)]
mod tests {
    use axum::body::HttpBody;
    use http_body_util::BodyExt;

    use super::*;
    use crate::admission::Reads;
    use crate::clock::SystemClock;

    #[tokio::test(start_paused = true)]
    async fn a_body_holds_its_permit_and_ends_for_a_slow_client() {
        let (reads, clock) = (Reads::default(), Arc::new(SystemClock));
        let permit = || reads.acquire_file("ann", false, clock.instant());
        let body = |bytes: usize| whole(vec![7; bytes], permit().unwrap(), clock.clone());

        let quick = body(200_000).collect().await.unwrap().to_bytes();
        assert_eq!(quick.len(), 200_000);

        let mut slow = body(64 * PIECE_BYTES);
        assert!(permit().is_none(), "one file of a juror at a time");
        let mut taken = 0;
        while let Some(piece) = slow.frame().await {
            let Ok(piece) = piece else { break };
            taken += piece.into_data().unwrap().len();
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
        // 16 KiB a second: half of what is asked for, and twice the grace's time.
        assert_eq!(taken, 16 * PIECE_BYTES);
        assert!(permit().is_none());
        assert!(!slow.is_end_stream());
        drop(slow);
        assert!(permit().is_some());
    }
}
