//! One socket of a juror: sends the model's casts, and checks that tallies and dockets never go back and that hidden
//! counts never arrive.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use uuid::Uuid;

use crate::crowd::{Crowd, Member};
use crate::frames::{Docket, Frame};
use crate::juror_model::Cast;
use crate::run_log::SeenTally;

/// Limit for the opening of a socket.
const WAIT_MAX: Duration = Duration::from_secs(3);
/// Range of the wait for an answer, in milliseconds. Beyond it the juror tries another node.
const ANSWER_WAIT_MS: std::ops::Range<u64> = 3_000..8_000;
/// Limit for casts in flight on one socket. The server answers them one by one.
const CASTS_IN_FLIGHT_MAX: usize = 3;
/// Size of one read, in bytes.
const READ_BYTES: usize = 8 * 1_024;

/// An open socket.
pub struct SocketSession<'a> {
    crowd: &'a Crowd,
    member: &'a Member,
    socket: WebSocketStream<TcpStream>,
    docket: Option<Arc<Docket>>,
    tallies: HashMap<Uuid, (u64, u64)>,
    /// The epoch of each own ballot that this socket has received.
    own: HashMap<Uuid, u64>,
    in_flight: VecDeque<(String, Cast)>,
    casts: u64,
}

impl<'a> SocketSession<'a> {
    /// Opens a socket and joins.
    pub async fn open(crowd: &'a Crowd, member: &'a Member, node: SocketAddr) -> Option<Self> {
        let mut socket = timeout(WAIT_MAX, connect(node, &member.room)).await.ok()?.ok()?;
        let join = json!({ "type": "join", "token": member.token });
        socket.send(Message::text(join.to_string())).await.ok()?;
        Some(Self {
            crowd,
            member,
            socket,
            docket: None,
            tallies: HashMap::new(),
            own: HashMap::new(),
            in_flight: VecDeque::new(),
            casts: 0,
        })
    }

    /// Casts and receives until the socket ends. Returns whether the room was ever shown.
    pub async fn serve(mut self, rng: &mut Rng) -> bool {
        let mut drops = self.crowd.drops.subscribe();
        let mut cast_at = Instant::now();
        let mut give_up_at = give_up_time(rng);
        loop {
            let may_cast = self.member.casts && self.docket.is_some() && self.in_flight.len() < CASTS_IN_FLIGHT_MAX;
            let waits = self.docket.is_none() || !self.in_flight.is_empty();
            tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        let awaited = self.awaits();
                        self.receive(&text);
                        if awaited != self.awaits() {
                            give_up_at = give_up_time(rng);
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                },
                () = sleep_until(cast_at), if may_cast => {
                    if self.in_flight.is_empty() {
                        give_up_at = give_up_time(rng);
                    }
                    cast_at = Instant::now() + self.crowd.think_time.mul_f64(rng.f64() * 2.0);
                    if self.cast().await.is_err() {
                        break;
                    }
                }
                () = sleep_until(give_up_at), if waits => break,
                Ok(share) = drops.recv() => if rng.u8(..100) < share { break },
                () = self.crowd.stop.cancelled() => break,
            }
        }
        self.docket.is_some()
    }

    /// Outstanding frames: the room's docket, and a number of answers.
    fn awaits(&self) -> (bool, usize) {
        (self.docket.is_none(), self.in_flight.len())
    }

    async fn cast(&mut self) -> Result<(), Error> {
        let Some(docket) = &self.docket else { return Ok(()) };
        let Some(cast) = self.member.model.lock().unwrap().next_cast(docket) else { return Ok(()) };
        self.casts += 1;
        let request = self.casts.to_string();
        let mut frame = json!({ "type": "cast", "case": cast.case, "option": cast.option, "request": request });
        if let Some(change) = cast.change {
            frame["change"] = change.into();
        }
        self.in_flight.push_back((request, cast));
        self.crowd.counters.cast();
        self.socket.send(Message::text(frame.to_string())).await
    }

    fn receive(&mut self, text: &str) {
        let frame: Frame = match serde_json::from_str(text) {
            Ok(frame) => frame,
            Err(error) => return self.report(format!("{error}: {text}")),
        };
        match (frame.kind.as_str(), frame.case) {
            ("welcome", _) => self.on_welcome(&frame.ballots),
            ("docket", _) => self.on_docket(frame.rev, text),
            ("tally", Some(case)) => self.on_tally_frame(case, frame),
            ("ballot" | "refused", _) => self.on_answer(frame),
            ("presence" | "draining", _) => {}
            _ => self.report(format!("was sent {text}")),
        }
    }

    fn report(&self, what: String) {
        self.member.model.lock().unwrap().report(what);
    }

    fn on_welcome(&mut self, ballots: &Value) {
        let ballots: Vec<Frame> = match serde_json::from_value(ballots.clone()) {
            Ok(ballots) => ballots,
            Err(error) => return self.report(format!("{error} in the ballots of a welcome: {ballots}")),
        };
        let mut model = self.member.model.lock().unwrap();
        let named: Vec<Uuid> = ballots.iter().filter_map(|ballot| ballot.case).collect();
        model.on_welcome(&named);
        for ballot in ballots {
            let Some(case) = ballot.case else { continue };
            self.own.insert(case, ballot.epoch);
            model.on_acknowledged(case, "welcome", ballot);
        }
    }

    fn on_docket(&mut self, rev: u64, text: &str) {
        let put_backs = self.crowd.deployment.put_backs().len();
        match self.crowd.rooms[self.member.room_index].read(rev, text, put_backs) {
            Ok(docket) => {
                if self.docket.as_ref().is_some_and(|known| known.rev >= docket.rev) {
                    self.report(format!("a docket of rev {rev} came after a later one"));
                }
                self.member.model.lock().unwrap().on_docket(&docket);
                self.docket = Some(docket);
            }
            Err(wrong) => self.report(wrong),
        }
    }

    fn on_tally_frame(&mut self, case: Uuid, frame: Frame) {
        let order = (frame.epoch, frame.rev);
        if let Some(known) = self.tallies.insert(case, order).filter(|known| *known > order) {
            self.report(format!("the tally {order:?} of {case} came after {known:?}"));
        }
        if frame.counts.is_some() && !self.may_see_counts(case, frame.epoch) {
            self.report(format!("the counts of {case} came, which are hidden: {frame:?}"));
        }
        let seen =
            SeenTally { rev: frame.rev, ballots: frame.ballots.as_u64().unwrap_or(u64::MAX), counts: frame.counts };
        self.member.model.lock().unwrap().on_tally(case, frame.epoch, seen);
    }

    /// With `live` everybody sees counts. With `after_vote` a juror sees them once this socket has received a ballot of
    /// this epoch.
    fn may_see_counts(&self, case: Uuid, epoch: u64) -> bool {
        let docket = self.docket.as_ref().and_then(|docket| docket.case(case));
        match docket.map(|case| case.rules.reveal.as_str()) {
            Some("live") => true,
            Some("after_vote") => self.own.get(&case) == Some(&epoch),
            _ => false,
        }
    }

    fn on_answer(&mut self, frame: Frame) {
        let Some((request, cast)) = self.in_flight.pop_front() else {
            return self.report(format!("an answer to no cast: {frame:?}"));
        };
        if frame.request.as_deref() != Some(&request) || frame.case != Some(cast.case) {
            return self.report(format!("{frame:?} answers {cast:?}, request {request}"));
        }
        let epoch = self.docket.as_ref().and_then(|docket| docket.case(cast.case)).map_or(0, |case| case.epoch);
        let mut model = self.member.model.lock().unwrap();
        match (&frame.status, &frame.reason) {
            (Some(status), _) => {
                self.crowd.counters.acknowledged();
                self.own.insert(cast.case, frame.epoch);
                let status = status.clone();
                model.on_acknowledged(cast.case, &status, frame);
                self.crowd.acknowledged.notify_waiters();
            }
            (None, Some(reason)) => model.on_refused(&cast, reason, frame.retry_after_ms, epoch),
            (None, None) => model.report(format!("an answer of no kind: {frame:?}")),
        }
    }
}

fn give_up_time(rng: &mut Rng) -> Instant {
    Instant::now() + Duration::from_millis(rng.u64(ANSWER_WAIT_MS))
}

async fn connect(node: SocketAddr, room: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = format!("ws://{node}/api/v1/rooms/{room}/socket").into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("jury.v1.json"));
    let stream = TcpStream::connect(node).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BYTES).write_buffer_size(0);
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}
