//! Simulated viewers: each joins the public socket with a token of its own and votes; none has a private path.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_jury_protocol::{Case, CaseId, CaseState, ClientFrame, Role, SUBPROTOCOL, ServerFrame, limits};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

use super::Mint;
use super::rooms::DemoRoom;
use crate::clock::Clock;

/// Share of viewers who vote, in per cent.
const VOTERS_PERCENT: u64 = 85;
/// Shares of ballots for the first and the second option, in per cent; the last option gets the rest.
const OPTION_SHARES_PERCENT: [u64; 2] = [62, 30];
/// Share of the remaining time within which ballots come, in per cent. Most people decide early.
const DECIDE_WITHIN_PERCENT: u64 = 70;

/// Keeps this number of viewers in the room.
pub async fn run(address: SocketAddr, room: DemoRoom, mint: Mint, clock: Arc<dyn Clock>, viewers: u32) {
    let mut crowd = JoinSet::new();
    for number in 0..viewers {
        let (mint, clock) = (mint.clone(), clock.clone());
        crowd.spawn(async move {
            loop {
                if let Err(error) = stay(address, room, &mint, &*clock, number).await {
                    tracing::debug!(%error, number, "a simulated viewer lost the socket");
                }
                let pause_ms = limits::BACKOFF_MIN_MS + clock.jitter_ms(limits::BACKOFF_MIN_MS);
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            }
        });
    }
    while crowd.join_next().await.is_some() {}
}

type Socket = WebSocketStream<TcpStream>;

async fn stay(address: SocketAddr, room: DemoRoom, mint: &Mint, clock: &dyn Clock, number: u32) -> anyhow::Result<()> {
    let token = mint.token(room, Role::Viewer, &format!("simulated-{number}"))?;
    let mut request = format!("ws://{address}/api/v1/rooms/{}/socket", room.name).into_client_request()?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    let stream = TcpStream::connect(address).await?;
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    send(&mut socket, &ClientFrame::Join { token }).await?;
    let mut planned = HashSet::new();
    let mut plans: Vec<(Instant, ClientFrame)> = Vec::new();
    loop {
        let next = plans.iter().map(|(at, _)| *at).min();
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => plans.extend(plan(&text, &mut planned, clock)),
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(message) => drop(message?),
            },
            () = until(next) => {
                let now = Instant::now();
                for (_, cast) in plans.extract_if(.., |(at, _)| *at <= now) {
                    send(&mut socket, &cast).await?;
                }
            }
        }
    }
}

async fn until(next: Option<Instant>) {
    match next {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn send(socket: &mut Socket, frame: &ClientFrame) -> anyhow::Result<()> {
    Ok(socket.send(Message::text(serde_json::to_string(frame)?)).await?)
}

/// The ballots that this viewer will cast in cases it sees for the first time, with their times.
fn plan(text: &str, planned: &mut HashSet<CaseId>, clock: &dyn Clock) -> Vec<(Instant, ClientFrame)> {
    let Ok(ServerFrame::Docket { cases, .. }) = serde_json::from_str(text) else { return Vec::new() };
    let fresh = cases.into_iter().filter(|case| case.state == CaseState::Open && planned.insert(case.id));
    fresh.filter_map(|case| decide(&case, clock)).collect()
}

fn decide(case: &Case, clock: &dyn Clock) -> Option<(Instant, ClientFrame)> {
    if clock.jitter_ms(99) >= VOTERS_PERCENT {
        return None;
    }
    let left_ms = case.closes_at_ms?.saturating_sub(clock.now_ms());
    let after_ms = clock.jitter_ms(left_ms * DECIDE_WITHIN_PERCENT / 100);
    let draw = clock.jitter_ms(99);
    let index = match OPTION_SHARES_PERCENT {
        [first, _] if draw < first => 0,
        [first, second] if draw < first + second => 1,
        _ => case.options.len() - 1,
    };
    let option = case.options.get(index)?.id.to_string();
    let cast =
        ClientFrame::Cast { case: case.id.to_string(), option, request: None, change: None, read: None, reason: None };
    Some((Instant::now() + Duration::from_millis(after_ms), cast))
}
