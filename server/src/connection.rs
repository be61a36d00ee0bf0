//! One juror's socket, from the upgrade to the close: receives casts and sends views; it knows no other juror's
//! ballots.
//!
//! Handlers return the frames to send. One place sends them, with one write, so that an idle socket stays small.

mod day_mark;
mod frames;
mod heartbeat;
mod in_flight;
mod join;
mod panels;
mod sent;
#[cfg(test)]
mod tests;
mod time;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{CaseId, ClientFrame, OwnBallot, RoomId, ServerFrame, close};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::admission::{Bucket, Permit, SessionSlot, SocketEnd};
use crate::auth;
use crate::frame::EncodedFrame;
use crate::room::Subscription;
use crate::socket::{Socket, UpgradedSocket};
use crate::state::AppState;
use day_mark::DayMark;
use frames::Input;
use heartbeat::Heartbeat;
use in_flight::{InFlight, answer};
use live_jury_court::{Juror, Remarks};
use sent::SentVersions;
use time::Draining;

/// Time for a client to read and answer the close frame. Beyond it the connection is dropped.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest time for a send; beyond it the client is lost. It holds a view in memory meanwhile, so the time is shorter
/// than the silence timeout. A phone may lose its network for a minute.
const SEND_TIMEOUT: Duration = Duration::from_secs(90);
/// Duration of a send above which the client must have taken earlier frames meanwhile. So it counts as a sign of life.
const SEND_SLOW: Duration = Duration::from_millis(500);
/// Cases whose own ballots a socket remembers, at most. Beyond it the oldest case is forgotten. A room has fewer live
/// cases.
const OWN_BALLOTS_MAX: usize = 64;

/// Frames to send, in order.
type Frames = Vec<EncodedFrame>;

/// The end of a socket.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Close with this code and reason.
    Close(u16, &'static str),
    /// The node shuts down: answer what is in flight, then close.
    Drain,
    /// The client has gone, so nothing is sent.
    Lost,
}

/// A socket that has not joined.
pub struct PendingSocket {
    /// State of the node.
    pub shared: Arc<AppState>,
    /// The room of the request's path.
    pub room: RoomId,
    /// Counts the socket as one that has not joined. It is dropped before `welcome` is sent.
    pub waiting: Permit,
    /// Whether the socket came through a proxy, which counts frames and not the kernel's keep-alives.
    pub proxied: bool,
}

/// Serves a socket until it ends. The HTTP handler spawns it; the node waits for it at shutdown.
///
/// A node holds hundreds of thousands of idle sockets. An async function keeps space for each value that it ever held,
/// often twice. So large parts are boxed, and a step that happens once in a socket's life is boxed for its duration.
pub async fn run(socket: UpgradedSocket, pending: Box<PendingSocket>) {
    let Some(mut socket) = socket.await else { return };
    metrics::gauge!("live_jury_sockets").increment(1);
    let mut pending = Some(pending);
    let end = match Box::pin(join::join(&mut socket, &mut pending)).await {
        // The connection is dropped before the close frame is sent: a client that reads it has left the room.
        Ok(mut connection) => connection.serve(&mut socket).await,
        Err(end) => end,
    };
    if let End::Close(code, reason) = end {
        metrics::counter!("live_jury_closes_total", "code" => code.to_string()).increment(1);
        Box::pin(close_gracefully(&mut socket, code, reason)).await;
    }
    // A socket that did not join counts until it is closed. Otherwise an address could hold any number of them here.
    drop(pending);
    metrics::gauge!("live_jury_sockets").decrement(1);
}

/// Sends the close frame and reads until the client answers it. A connection that is dropped with unread input is
/// reset, and the close frame is lost with it.
async fn close_gracefully(socket: &mut Socket, code: u16, reason: &'static str) {
    let closing = async {
        if socket.close(code, reason).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
            socket.discard_excess().await;
        }
    };
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
}

/// A joined socket.
struct Connection {
    shared: Arc<AppState>,
    /// The juror. A renewed token replaces it.
    juror: Arc<Juror>,
    scope: auth::Scope,
    /// When the token expires, in Unix milliseconds, without leeway. A renewed token replaces it.
    token_ends_ms: u64,
    /// When the socket joined, by the tally store's clock. A renewed token keeps it.
    joined_at_ms: u64,
    subscription: Subscription,
    slot: SessionSlot,
    /// Changes when the room has a new view.
    updates: watch::Receiver<()>,
    sent: SentVersions,
    /// The number of the newest panel that this socket has seen.
    panels_seen: u64,
    /// The juror's acknowledged ballots, as far as this socket knows.
    ballots: Vec<OwnBallot>,
    /// Limits the client's frames.
    bucket: Bucket,
    /// Boxed, since most sockets have none.
    in_flight: Option<Box<InFlight>>,
    /// A frame that came while a cast or a request for a receipt was in flight. It is handled after the answer.
    held: Option<Box<Input>>,
    /// The client's last sign of life.
    received_at: Instant,
    heartbeat: Heartbeat,
    day_mark: DayMark,
    /// Set once the node shuts down.
    draining: Option<Draining>,
}

impl Connection {
    async fn serve(&mut self, socket: &mut Socket) -> End {
        // One timer serves all that is due. Each frame postpones that, so the timer is moved only when it must be
        // earlier.
        let mut timer = pin!(tokio::time::sleep_until(self.next_due()));
        loop {
            let due = self.next_due();
            if due < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            let action = tokio::select! {
                // In this order, so that a frame that has arrived is read before the socket is dropped for its silence.
                biased;
                ended = &mut self.slot.ended, if self.draining.is_none() => match ended {
                    Ok(SocketEnd::Replaced) => {
                        Err(End::Close(close::REPLACED, "a newer socket of yours replaced this one"))
                    }
                    Ok(SocketEnd::Revoked) => Err(revoked()),
                    Err(_) => Ok(Action::Send(self.start_draining())),
                },
                reply = answer(&mut self.in_flight) => Ok(Action::Send(self.on_answer(reply))),
                input = held(&mut self.held), if self.in_flight.is_none() => self.handle(input),
                // Also while something is in flight, since pings are answered by reading.
                input = frames::next(socket), if self.held.is_none() => self.on_input(input),
                // A voter is sent the view with the answer to the cast. A draining socket is sent no further view.
                changed = self.updates.changed(), if !self.is_casting() && !self.is_draining() => match changed {
                    Ok(()) => Ok(Action::Send(self.new_frames())),
                    Err(_) => Err(End::Close(close::RESTART, "the room is starting again")),
                },
                () = timer.as_mut() => self.on_timer().map(Action::Send),
            };
            let frames = match action {
                Ok(Action::Send(frames)) => Ok(frames),
                Ok(Action::Renew(token)) => Box::pin(self.renew(&token)).await,
                Err(end) => Err(end),
            };
            let sent = match frames {
                Ok(frames) if frames.is_empty() => Ok(()),
                Ok(frames) => self.send(socket, frames).await,
                Err(End::Drain) => return Box::pin(self.close_after_answer(socket)).await,
                Err(end) => Err(end),
            };
            self.give_day_mark();
            if let Err(end) = sent {
                return end;
            }
        }
    }

    /// Monotonic time.
    fn now(&self) -> Instant {
        self.shared.clock.instant()
    }

    /// Counts what the client sent, and handles it unless something is in flight. A heartbeat needs no handling.
    fn on_input(&mut self, input: Input) -> Result<Action, End> {
        self.received_at = self.now();
        self.on_frame(self.received_at);
        if !self.bucket.take(1, self.shared.limits.frame_rate(), self.received_at) {
            return Err(frames::too_many());
        }
        if self.in_flight.is_none() || matches!(input, Input::Heartbeat) {
            return self.handle(input);
        }
        self.held = Some(Box::new(input));
        Ok(Action::Send(Frames::new()))
    }

    fn handle(&mut self, input: Input) -> Result<Action, End> {
        let error = |code, detail| Action::Send(vec![EncodedFrame::encode(&ServerFrame::Error { code, detail })]);
        match input {
            Input::Frame(ClientFrame::Cast { case, option, request, change, read, reason }) => {
                Ok(Action::Send(self.cast(case, option, request, change, Remarks { read, reason })))
            }
            Input::Frame(ClientFrame::Renew { token }) => Ok(Action::Renew(token)),
            Input::Frame(ClientFrame::Receipt { case, request }) => Ok(Action::Send(self.receipt(case, request))),
            Input::Frame(ClientFrame::Join { .. }) => {
                let (code, detail) = frames::already_joined();
                Ok(error(code, detail))
            }
            Input::NotUnderstood(code, detail) => Ok(error(code, detail)),
            Input::Heartbeat => Ok(Action::Send(Frames::new())),
            Input::End(end) => Err(end),
        }
    }

    fn own(&self, case: CaseId) -> Option<&OwnBallot> {
        self.ballots.iter().find(|own| own.case == case)
    }

    fn remember(&mut self, ballot: OwnBallot) {
        if let Some(own) = self.ballots.iter_mut().find(|own| own.case == ballot.case) {
            *own = ballot;
            return;
        }
        if self.ballots.len() >= OWN_BALLOTS_MAX {
            // Ids sort by time of creation, so the lowest one is the oldest case.
            let oldest = self.ballots.iter().enumerate().min_by_key(|(_, own)| own.case).map(|(at, _)| at);
            oldest.map(|at| self.ballots.swap_remove(at));
        }
        // Most jurors vote in one case, so space for more would be wasted in most sockets.
        self.ballots.reserve_exact(1);
        self.ballots.push(ballot);
    }

    /// The parts of the current view that are newer than those sent. A slow socket skips the views in between.
    fn new_frames(&mut self) -> Frames {
        let view = self.subscription.view();
        let mut frames = self.sent.next(&view, self.juror.role, &self.ballots);
        frames.extend(self.panel_frames(&view));
        frames
    }

    /// Answers what is in flight, and closes.
    async fn close_after_answer(&mut self, socket: &mut Socket) -> End {
        let frames = self.last_answer().await;
        let sent = self.send(socket, frames).await;
        self.give_day_mark();
        match sent {
            Ok(()) => End::Close(close::RESTART, "the node is shutting down"),
            Err(end) => end,
        }
    }

    /// Sends frames. A client that takes none of them for [`SEND_TIMEOUT`] is lost. One that takes them late shows that
    /// it is alive.
    async fn send(&mut self, socket: &mut Socket, frames: Frames) -> Result<(), End> {
        let began = self.now();
        // Boxed for its duration: an idle socket sends nothing.
        let sending = Box::pin(tokio::time::timeout(self.silence().min(SEND_TIMEOUT), socket.send(&frames)));
        let Ok(Ok(())) = sending.await else { return Err(End::Lost) };
        let ended = self.now();
        self.on_frame(ended);
        if ended - began >= SEND_SLOW {
            self.received_at = ended;
        }
        Ok(())
    }
}

fn revoked() -> End {
    End::Close(close::TOKEN_INVALID, auth::TokenError::Revoked.as_close_reason())
}

/// Reaction to an event of the socket.
enum Action {
    /// Send these frames; there may be none.
    Send(Frames),
    /// Check this new token.
    Renew(String),
}

/// The held frame. It never completes while there is none.
async fn held(held: &mut Option<Box<Input>>) -> Input {
    match held.take() {
        Some(input) => *input,
        None => std::future::pending().await,
    }
}
