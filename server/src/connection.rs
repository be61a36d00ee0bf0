//! One juror's socket: join, casts in, views out, until it closes; it knows its own ballots and no other's.
//!
//! Handlers say what is to be sent and send nothing: one place does, with one write, and a socket at rest is small.

mod frames;
mod join;
mod sent;
mod time;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{BallotStatus, CaseId, ClientFrame, OwnBallot, Refusal, RoomId, ServerFrame, close};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::admission::{Bucket, Permit, SessionSlot};
use crate::auth;
use crate::frame::EncodedFrame;
use crate::room::{CastReply, Refused, Subscription};
use crate::socket::{Socket, UpgradedSocket};
use crate::state::AppState;
use frames::Input;
use live_jury_court::Juror;
use sent::SentVersions;
use time::Draining;

/// How long a closing socket is given to read the close frame and answer it.
const CLOSE_GRACE: Duration = Duration::from_secs(3);
/// A send that took longer than this waited for the other end to take what it was sent before.
const SEND_WAITED: Duration = Duration::from_millis(500);
/// Cases of which a socket remembers its ballots, at most: a room never has as many live ones.
const OWN_BALLOTS_MAX: usize = 64;

/// What is to be sent, in order.
type Frames = Vec<EncodedFrame>;

/// Why a socket ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Say so with this code.
    Close(u16, &'static str),
    /// The node stops: answer what is under way, then say so.
    Drain,
    /// There is nobody to say it to.
    Lost,
}

/// Who knocks: what it takes to join.
pub struct PendingSocket {
    /// What the node's connections share.
    pub shared: Arc<AppState>,
    /// The room that is knocked at.
    pub room: RoomId,
    /// Counts as one that has not joined.
    pub waiting: Permit,
}

/// Serves a socket until it ends.
///
/// A node holds hundreds of thousands of these at rest. So the parts are boxed: an async function keeps room for each thing
/// that it was ever handed, twice. And what happens once in a socket's life takes room only while it happens.
pub async fn run(socket: UpgradedSocket, pending: Box<PendingSocket>) {
    let Some(mut socket) = socket.await else { return };
    metrics::gauge!("live_jury_sockets").increment(1);
    let (end, _waiting) = match Box::pin(join::join(&mut socket, &pending)).await {
        Ok(mut connection) => {
            drop(pending);
            (connection.serve(&mut socket).await, None)
        }
        // One that did not join is waiting until it is gone: else an address could hold any number of them here.
        Err(end) => (end, Some(pending.waiting)),
    };
    if let End::Close(code, reason) = end {
        metrics::counter!("live_jury_closes_total", "code" => code.to_string()).increment(1);
        Box::pin(close_gracefully(&mut socket, code, reason)).await;
    }
    metrics::gauge!("live_jury_sockets").decrement(1);
}

/// Sends the close frame and reads on for a while: a connection dropped with unread input would be reset, and the
/// frame lost with it.
async fn close_gracefully(socket: &mut Socket, code: u16, reason: &'static str) {
    let farewell = async {
        if socket.close(code, reason).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = tokio::time::timeout(CLOSE_GRACE, farewell).await;
}

/// A joined socket.
struct Connection {
    shared: Arc<AppState>,
    juror: Arc<Juror>,
    scope: auth::Scope,
    token_ends_ms: u64,
    subscription: Subscription,
    slot: SessionSlot,
    /// Rings when the room has a new view.
    updates: watch::Receiver<()>,
    sent: SentVersions,
    ballots: Vec<OwnBallot>,
    bucket: Bucket,
    in_flight: Option<CastInFlight>,
    received_at: Instant,
    ping_at: Instant,
    draining: Option<Draining>,
}

/// A cast that is away. One at a time: the next frame is read when it is answered, so the client's own socket is the
/// queue.
struct CastInFlight {
    case: String,
    option: String,
    request: Option<String>,
    answer: oneshot::Receiver<CastReply>,
}

impl Connection {
    async fn serve(&mut self, socket: &mut Socket) -> End {
        // One timer for all that is due, moved when it has to be earlier: what is due moves on with each frame.
        let mut timer = pin!(tokio::time::sleep_until(self.next_due()));
        loop {
            let due = self.next_due();
            if due < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            let step = tokio::select! {
                // Before a socket is given up for its silence, it is looked whether it has just said something.
                biased;
                ended = &mut self.slot.ended, if self.draining.is_none() => match ended {
                    Ok(()) => Err(End::Close(close::REPLACED, "a newer socket of yours took this place")),
                    Err(_) => Ok(self.start_draining()),
                },
                reply = answer(&mut self.in_flight) => Ok(self.answered(reply)),
                input = frames::next(socket), if self.in_flight.is_none() => match self.take(input) {
                    Ok(FrameAction::Frames(frames)) => Ok(frames),
                    Ok(FrameAction::Renewal(token)) => Box::pin(self.renew(&token)).await,
                    Err(end) => Err(end),
                },
                // News come with the answer to a cast that is away. Who was told to leave hears that answer, and no news.
                rung = self.updates.changed(), if self.in_flight.is_none() && !self.is_draining() => match rung {
                    Ok(()) => Ok(self.new_frames()),
                    Err(_) => Err(End::Close(close::RESTART, "the room is starting again")),
                },
                () = timer.as_mut() => self.on_timer(),
            };
            let said = match step {
                Ok(frames) if frames.is_empty() => Ok(()),
                Ok(frames) => self.send(socket, frames).await,
                Err(End::Drain) => return Box::pin(self.close_after_answer(socket)).await,
                Err(end) => Err(end),
            };
            if let Err(end) = said {
                return end;
            }
        }
    }

    fn take(&mut self, input: Input) -> Result<FrameAction, End> {
        self.received_at = Instant::now();
        if !self.bucket.take(self.received_at) {
            return Err(frames::too_many());
        }
        let error =
            |code, detail| FrameAction::Frames(vec![EncodedFrame::encode(&ServerFrame::Error { code, detail })]);
        match input {
            Input::Frame(ClientFrame::Cast { case, option, request, change }) => {
                Ok(FrameAction::Frames(self.cast(case, option, request, change)))
            }
            Input::Frame(ClientFrame::Renew { token }) => Ok(FrameAction::Renewal(token)),
            Input::Frame(ClientFrame::Join { .. }) => {
                let (code, detail) = frames::already_joined();
                Ok(error(code, detail))
            }
            Input::NotUnderstood(code, detail) => Ok(error(code, detail)),
            Input::Heartbeat => Ok(FrameAction::Frames(Frames::new())),
            Input::End(end) => Err(end),
        }
    }

    fn cast(&mut self, case: String, option: String, request: Option<String>, change: Option<u32>) -> Frames {
        let Ok(id) = case.parse::<CaseId>() else {
            return refuse(case, option, request, Refusal::UnknownCase.into());
        };
        // Without a number of its own, a ballot comes after the last one that this socket knows.
        let change = change.unwrap_or_else(|| self.own(id).map_or(0, |ballot| ballot.change.saturating_add(1)));
        match self.subscription.cast(id, option.clone(), change, self.juror.clone()) {
            Ok(answer) => {
                self.in_flight = Some(CastInFlight { case, option, request, answer });
                Frames::new()
            }
            Err(reason) => {
                metrics::counter!("live_jury_casts_total", "answer" => reason.as_str()).increment(1);
                refuse(case, option, request, self.retryable(reason))
            }
        }
    }

    fn answered(&mut self, reply: Option<CastReply>) -> Frames {
        let Some(CastInFlight { case, option, request, .. }) = self.in_flight.take() else { return Frames::new() };
        match reply {
            Some(CastReply::Recorded { status, ballot }) => {
                let OwnBallot { case, option, epoch, change } = ballot.clone();
                let mut frames =
                    vec![EncodedFrame::encode(&ServerFrame::Ballot { case, option, status, epoch, change, request })];
                self.remember(ballot);
                // The juror may now see what was hidden before.
                if status == BallotStatus::Counted {
                    frames.extend(self.new_frames());
                }
                frames
            }
            Some(CastReply::Refused(refused)) => refuse(case, option, request, refused),
            None => refuse(case, option, request, self.retryable(Refusal::Unavailable)),
        }
    }

    fn retryable(&self, reason: Refusal) -> Refused {
        Refused::retryable(reason, &*self.shared.clock)
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
            // The oldest case: its id sorts first.
            let oldest = self.ballots.iter().enumerate().min_by_key(|(_, own)| own.case).map(|(at, _)| at);
            oldest.map(|at| self.ballots.swap_remove(at));
        }
        // Most jurors vote in one case.
        self.ballots.reserve_exact(1);
        self.ballots.push(ballot);
    }

    /// Of the current view, what is newer than what was sent. Slow sockets skip what came in between.
    fn new_frames(&mut self) -> Frames {
        self.sent.next(&self.subscription.view(), self.juror.role, &self.ballots)
    }

    /// Answers the cast that is away, and closes.
    async fn close_after_answer(&mut self, socket: &mut Socket) -> End {
        let frames = self.last_answer().await;
        match self.send(socket, frames).await {
            Ok(()) => End::Close(close::RESTART, "the node is going away"),
            Err(end) => end,
        }
    }

    /// Sends it. A socket that takes nothing for as long as a silent one is kept is as good as gone. One that takes, late,
    /// what it was sent has somebody at its end.
    async fn send(&mut self, socket: &mut Socket, frames: Frames) -> Result<(), End> {
        let began = Instant::now();
        // Boxed for the moment that it takes: a socket at rest has nothing to say.
        let saying = Box::pin(tokio::time::timeout(self.silence(), socket.send(&frames)));
        let Ok(Ok(())) = saying.await else { return Err(End::Lost) };
        if began.elapsed() >= SEND_WAITED {
            self.received_at = Instant::now();
        }
        Ok(())
    }
}

/// What a frame asks for.
enum FrameAction {
    /// These to be sent, if any.
    Frames(Frames),
    /// A new token to be checked.
    Renewal(String),
}

fn refuse(
    case: String,
    option: String,
    request: Option<String>,
    Refused { reason, retry_after_ms }: Refused,
) -> Frames {
    vec![EncodedFrame::encode(&ServerFrame::Refused { case, option, reason, request, retry_after_ms })]
}

/// The answer to the cast that is away; waits for ever if there is none.
async fn answer(in_flight: &mut Option<CastInFlight>) -> Option<CastReply> {
    match in_flight {
        Some(cast) => (&mut cast.answer).await.ok(),
        None => std::future::pending().await,
    }
}
