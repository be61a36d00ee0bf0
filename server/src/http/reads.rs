//! Limits the reads of the API. A read holds its permit until the client has taken the answer; it decides no case.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Extension, FromRequestParts, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};

use super::client_address::client_address;
use super::extract::Caller;
use super::listener::Peer;
use super::{ApiError, ApiResult, App};
use crate::admission::{ReadPermit, Reader};

/// Time before a refused read is answered. A client that asks again at once, over hundreds of connections, would
/// otherwise take the processor from ballots and verdicts: each refusal costs a connection, a request and a token.
const REFUSED_AFTER: Duration = Duration::from_secs(1);
/// Bytes of an answer that are handed on at a time. The next ones follow when the client has taken most of them, so the
/// permit lasts as long as the answer.
const PART_BYTES: usize = 16 * 1_024;

/// Refuses a read beyond the limits, with 429 and not at once, before anything is read for it. Other requests pass.
pub async fn limit(
    State(app): App,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    let address = client_address(peer.ip(), &parts.headers, &app.network.trusted_proxies);
    let (is_machine, is_moderator) = (caller.is_machine(), caller.is_moderator());
    let reader = Reader { sub: &caller.0.identity.sub, is_machine, is_moderator, address };
    let Some(permit) = app.reads.acquire(reader) else {
        tokio::time::sleep(REFUSED_AFTER).await;
        return Err(ApiError::too_many_reads());
    };
    // The handler need not verify the token again.
    parts.extensions.insert(caller.0);
    Ok(hold(next.run(Request::from_parts(parts, body)).await, permit))
}

/// Refuses a read without a token beyond those of an address or of the node.
pub async fn limit_anybody(
    State(app): App,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let address = client_address(peer.ip(), request.headers(), &app.network.trusted_proxies);
    let permit = app.reads.acquire(Reader::anybody(address)).ok_or_else(ApiError::too_many_reads)?;
    Ok(hold(next.run(request).await, permit))
}

/// The answer, which holds the permit until its end.
fn hold(answer: Response, permit: ReadPermit) -> Response {
    let (head, body) = answer.into_parts();
    Response::from_parts(head, Body::new(HeldBody { body, part: Bytes::new(), _permit: permit }))
}

/// An answer in parts. The permit ends with it.
struct HeldBody {
    body: Body,
    part: Bytes,
    _permit: ReadPermit,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        while self.part.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.part = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        let bytes = self.part.len().min(PART_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.part.split_to(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.part.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, part) = (self.body.size_hint(), self.part.len() as u64);
        match rest.exact() {
            Some(exact) => SizeHint::with_exact(exact + part),
            None => SizeHint::default(),
        }
    }
}
