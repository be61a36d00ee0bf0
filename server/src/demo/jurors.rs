//! Simulated viewers: each joins the public socket with a token of its own and votes; none has a private path. Some of
//! them come for one case only, as a raid does, and some report the shop.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_jury_protocol::trust::{ReportSubject, SendReport};
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
use super::requests::{self, BodyRequest};
use super::rooms::{DemoRoom, REPORTED_POLICY};
use crate::clock::Clock;

/// Share of viewers who vote, in per cent.
const VOTERS_PERCENT: u64 = 85;
/// Shares of ballots for the first and the second option, in per cent; the last option gets the rest. Chance hardly
/// ever brings them below the 60 % at which a verdict becomes a violation.
const OPTION_SHARES_PERCENT: [u64; 2] = [70, 22];
/// The same in a case that is raided. It is a clear one for those who were there before, as raids want another verdict.
const RAIDED_SHARES_PERCENT: [u64; 2] = [76, 16];
/// The option for which all of a raid vote.
const RAIDERS_OPTION: usize = 1;
/// The time within which a raid joins, in milliseconds.
const RAID_WITHIN_MS: u64 = 5_000;
/// The viewers who report the shop. New reporters weigh a third each, and a draft needs three.
const REPORTERS: u32 = 12;
/// The time after the room's first verdict within which they do, in milliseconds. Ten of them within ten seconds are
/// shown as a burst.
const REPORT_WITHIN_MS: u64 = 15_000;
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

/// News that the first viewer has seen, for others who wait for it.
#[derive(Clone, Default)]
struct Seen {
    /// The newest case that a raid may leave undecided.
    raided: Arc<watch::Sender<Option<CaseId>>>,
    /// Whether the room has had a verdict.
    judged: Arc<watch::Sender<bool>>,
}

/// Keeps this number of viewers in the room. Once a case opens that a raid may leave undecided, the same number of
/// others join, vote alike, and leave. After the room's first verdict some of the viewers report the shop.
pub async fn run(client: Client, viewers: u32) {
    let seen = Seen::default();
    let mut crowd = JoinSet::new();
    for number in 0..viewers {
        let lookout = (number == 0).then(|| seen.clone());
        crowd.spawn(watch_room(client.clone(), number, lookout));
        crowd.spawn(raid(client.clone(), number, seen.raided.subscribe()));
    }
    for number in 0..viewers.min(REPORTERS) {
        crowd.spawn(report(client.clone(), number, seen.judged.subscribe()));
    }
    while crowd.join_next().await.is_some() {}
}

/// A viewer who stays, and comes back after a loss of the socket. The lookout tells others what it has seen.
async fn watch_room(client: Client, number: u32, lookout: Option<Seen>) {
    let clock = client.clock.clone();
    loop {
        let mut planned = HashSet::new();
        let plan = |cases: Vec<Case>| {
            if let Some(seen) = &lookout
                && cases.iter().any(|case| case.verdict.is_some())
            {
                seen.judged.send_if_modified(|judged| !std::mem::replace(judged, true));
            }
            let open = cases.into_iter().filter(|case| case.state == CaseState::Open);
            let fresh: Vec<Case> = open.filter(|case| planned.insert(case.id)).collect();
            for case in fresh.iter().filter(|case| case.rules.raid == Raid::Hang) {
                lookout.iter().for_each(|seen| {
                    seen.raided.send_if_modified(|before| before.replace(case.id) != Some(case.id));
                });
            }
            ControlFlow::Continue(fresh.iter().filter_map(|case| decide(case, &*clock)).collect())
        };
        if let Err(error) = stay(&client, &simulated(number), plan).await {
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

/// A viewer who reports the shop once the room has had a verdict.
async fn report(client: Client, number: u32, mut judged: watch::Receiver<bool>) {
    if judged.wait_for(|judged| *judged).await.is_err() {
        return;
    }
    tokio::time::sleep(Duration::from_millis(client.clock.jitter_ms(REPORT_WITHIN_MS))).await;
    if let Err(error) = send_report(&client, &simulated(number)).await {
        tracing::warn!(%error, number, "a simulated viewer's report was not taken");
    }
}

async fn send_report(client: &Client, sub: &str) -> anyhow::Result<()> {
    let Client { address, room, mint, .. } = client;
    let shop = room.shop();
    let report = SendReport {
        subject: ReportSubject { merchant: shop.merchant, host: shop.host, product: shop.product },
        policy: REPORTED_POLICY.to_owned(),
        text: Some(room.complaint.to_owned()),
        stream_at_ms: None,
        order: None,
        lang: Some(room.lang.to_owned()),
    };
    requests::post(BodyRequest {
        url: format!("http://{address}/api/v1/rooms/{}/reports", room.name),
        token: mint.token(*room, Role::Viewer, sub)?,
        content_type: "application/json",
        body: serde_json::to_string(&report)?,
    })
    .await
    .map(drop)
}

/// The id of a viewer who stays.
fn simulated(number: u32) -> String {
    format!("simulated-{number}")
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
