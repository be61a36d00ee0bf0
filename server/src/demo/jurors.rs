//! Simulated viewers: each joins the public socket with a token of its own and votes; none has a private path. Some of
//! them come for one case only, as a raid does.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_jury_protocol::{Case, CaseId, CaseState, ClientFrame, Raid, Role, SUBPROTOCOL, ServerFrame, limits};
use tokio::net::TcpStream;
use tokio::sync::watch;
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
/// The same in a case that is raided. It is a clear one for those who were there before, as raids want another verdict.
const RAIDED_SHARES_PERCENT: [u64; 2] = [76, 16];
/// The option for which all of a raid vote.
const RAIDERS_OPTION: usize = 1;
/// The time within which a raid joins, in milliseconds.
const RAID_WITHIN_MS: u64 = 5_000;
/// Share of the remaining time within which ballots come, in per cent. Most people decide early.
const DECIDE_WITHIN_PERCENT: u64 = 70;

/// The needs of a simulated viewer that joins.
#[derive(Clone)]
pub struct Client {
    /// The server's address.
    pub address: SocketAddr,
    /// The room.
    pub room: DemoRoom,
    /// Mints its tokens.
    pub mint: Mint,
    /// Its clock and its chance.
    pub clock: Arc<dyn Clock>,
}

/// Keeps this number of viewers in the room. As many others join once a case opens that a raid may leave undecided,
/// vote alike, and leave.
pub async fn run(client: Client, viewers: u32) {
    // The raided case, as the first viewer saw it.
    let raided = Arc::new(watch::Sender::new(None));
    let mut crowd = JoinSet::new();
    for number in 0..viewers {
        let lookout = (number == 0).then(|| raided.clone());
        crowd.spawn(watch_room(client.clone(), number, lookout));
        crowd.spawn(raid(client.clone(), number, raided.subscribe()));
    }
    while crowd.join_next().await.is_some() {}
}

/// A viewer who stays, and comes back after a loss of the socket. The lookout tells others of a case to raid.
async fn watch_room(client: Client, number: u32, lookout: Option<Arc<watch::Sender<Option<CaseId>>>>) {
    let clock = client.clock.clone();
    loop {
        let mut planned = HashSet::new();
        let plan = |cases: Vec<Case>| {
            let open = cases.into_iter().filter(|case| case.state == CaseState::Open);
            let fresh: Vec<Case> = open.filter(|case| planned.insert(case.id)).collect();
            for case in fresh.iter().filter(|case| case.rules.raid == Raid::Hang) {
                lookout.iter().for_each(|raided| {
                    raided.send_if_modified(|before| before.replace(case.id) != Some(case.id));
                });
            }
            ControlFlow::Continue(fresh.iter().filter_map(|case| decide(case, &*clock)).collect())
        };
        if let Err(error) = stay(&client, &format!("simulated-{number}"), plan).await {
            tracing::debug!(%error, number, "a simulated viewer lost the socket");
        }
        let pause_ms = limits::BACKOFF_MIN_MS + clock.jitter_ms(limits::BACKOFF_MIN_MS);
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

/// A viewer who comes for one case, votes in it, and leaves when it ends.
async fn raid(client: Client, number: u32, mut raided: watch::Receiver<Option<CaseId>>) {
    let clock = client.clock.clone();
    while raided.changed().await.is_ok() {
        let Some(id) = *raided.borrow_and_update() else { continue };
        tokio::time::sleep(Duration::from_millis(clock.jitter_ms(RAID_WITHIN_MS))).await;
        let mut is_planned = false;
        let plan = |cases: Vec<Case>| {
            let Some(case) = cases.into_iter().find(|case| case.id == id && case.state == CaseState::Open) else {
                return ControlFlow::Break(());
            };
            let casts = if is_planned { None } else { cast(&case, RAIDERS_OPTION, &*clock) };
            is_planned = true;
            ControlFlow::Continue(casts.into_iter().collect())
        };
        if let Err(error) = stay(&client, &format!("simulated-raider-{number}"), plan).await {
            tracing::debug!(%error, number, "a simulated viewer of a raid lost the socket");
        }
    }
}

type Socket = WebSocketStream<TcpStream>;

/// A ballot with its time.
type PlannedCast = (Instant, ClientFrame);

/// Joins as this viewer, and casts what `plan` says of each list of cases, until `plan` breaks or the socket ends.
async fn stay(
    client: &Client,
    sub: &str,
    mut plan: impl FnMut(Vec<Case>) -> ControlFlow<(), Vec<PlannedCast>>,
) -> anyhow::Result<()> {
    let Client { address, room, mint, .. } = client;
    let token = mint.token(*room, Role::Viewer, sub)?;
    let mut request = format!("ws://{address}/api/v1/rooms/{}/socket", room.name).into_client_request()?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    let stream = TcpStream::connect(address).await?;
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    send(&mut socket, &ClientFrame::Join { token }).await?;
    let mut plans: Vec<PlannedCast> = Vec::new();
    loop {
        let next = plans.iter().map(|(at, _)| *at).min();
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => match cases(&text).map(&mut plan) {
                    Some(ControlFlow::Continue(casts)) => plans.extend(casts),
                    Some(ControlFlow::Break(())) => return Ok(socket.close(None).await?),
                    None => {}
                },
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

/// The room's cases; none if the frame is about something else.
fn cases(text: &str) -> Option<Vec<Case>> {
    match serde_json::from_str(text) {
        Ok(ServerFrame::Docket { cases, .. }) => Some(cases),
        _ => None,
    }
}

fn decide(case: &Case, clock: &dyn Clock) -> Option<PlannedCast> {
    if clock.jitter_ms(99) >= VOTERS_PERCENT {
        return None;
    }
    let draw = clock.jitter_ms(99);
    let shares = if case.rules.raid == Raid::Hang { RAIDED_SHARES_PERCENT } else { OPTION_SHARES_PERCENT };
    let option = match shares {
        [first, _] if draw < first => 0,
        [first, second] if draw < first + second => 1,
        _ => case.options.len() - 1,
    };
    cast(case, option, clock)
}

/// A ballot for an option of an open case, some time before its deadline.
fn cast(case: &Case, option: usize, clock: &dyn Clock) -> Option<PlannedCast> {
    let left_ms = case.closes_at_ms?.saturating_sub(clock.now_ms());
    let after_ms = clock.jitter_ms(left_ms * DECIDE_WITHIN_PERCENT / 100);
    let option = case.options.get(option)?.id.to_string();
    let cast =
        ClientFrame::Cast { case: case.id.to_string(), option, request: None, change: None, read: None, reason: None };
    Some((Instant::now() + Duration::from_millis(after_ms), cast))
}
