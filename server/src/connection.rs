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

use crate::court::Juror;
use crate::door::{Bucket, Counted, Place};
use crate::http::auth;
use crate::room::{CastReply, Refused, Seat};
use crate::socket::{Granted, Socket, Word};
use crate::state::Shared;
use frames::Input;
use sent::Sent;
use time::Leaving;

/// How long a closing socket is given to read the close frame and answer it.
const CLOSE_GRACE: Duration = Duration::from_secs(3);
/// A send that took longer than this waited for the other end to take what it was sent before.
const SEND_WAITED: Duration = Duration::from_millis(500);
/// Cases of which a socket remembers its ballots, at most: a room never has as many live ones.
const OWN_BALLOTS_MAX: usize = 64;

/// What is to be sent, in order.
type Words = Vec<Word>;

/// Why a socket ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Say so with this code.
    Close(u16, &'static str),
    /// The node stops: answer what is under way, then say so.
    Leave,
    /// There is nobody to say it to.
    Gone,
}

/// Who knocks: what it takes to join.
pub struct Caller {
    /// What the node's connections share.
    pub shared: Arc<Shared>,
    /// The room that is knocked at.
    pub room: RoomId,
    /// Counts as one that has not joined.
    pub waiting: Counted,
}

/// Serves a socket until it ends.
///
/// A node holds hundreds of thousands of these at rest. So the parts are boxed: an async function keeps room for each thing
/// that it was ever handed, twice. And what happens once in a socket's life takes room only while it happens.
pub async fn run(socket: Granted, caller: Box<Caller>) {
    let Some(mut socket) = socket.await else { return };
    metrics::gauge!("live_jury_sockets").increment(1);
    let (end, _waiting) = match Box::pin(join::join(&mut socket, &caller)).await {
        Ok(mut connection) => {
            drop(caller);
            (connection.serve(&mut socket).await, None)
        }
        // One that did not join is waiting until it is gone: else an address could hold any number of them here.
        Err(end) => (end, Some(caller.waiting)),
    };
    if let End::Close(code, reason) = end {
        metrics::counter!("live_jury_closes_total", "code" => code.to_string()).increment(1);
        Box::pin(say_goodbye(&mut socket, code, reason)).await;
    }
    metrics::gauge!("live_jury_sockets").decrement(1);
}

/// Sends the close frame and reads on for a while: a connection dropped with unread input would be reset, and the
/// frame lost with it.
async fn say_goodbye(socket: &mut Socket, code: u16, reason: &'static str) {
    let farewell = async {
        if socket.close(code, reason).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = tokio::time::timeout(CLOSE_GRACE, farewell).await;
}

/// A joined socket.
struct Connection {
    shared: Arc<Shared>,
    juror: Arc<Juror>,
    admitted: auth::Place,
    token_ends_ms: u64,
    seat: Seat,
    place: Place,
    /// Rings when the room has a new view.
    bell: watch::Receiver<()>,
    sent: Sent,
    ballots: Vec<OwnBallot>,
    bucket: Bucket,
    pending: Option<Pending>,
    heard_at: Instant,
    ping_at: Instant,
    leaving: Option<Leaving>,
}

/// A cast that is away. One at a time: the next frame is read when it is answered, so the client's own socket is the
/// queue.
struct Pending {
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
                ended = &mut self.place.ended, if self.leaving.is_none() => match ended {
                    Ok(()) => Err(End::Close(close::REPLACED, "a newer socket of yours took this place")),
                    Err(_) => Ok(self.prepare_to_leave()),
                },
                reply = answer(&mut self.pending) => Ok(self.answered(reply)),
                input = frames::next(socket), if self.pending.is_none() => match self.take(input) {
                    Ok(Taken::Words(words)) => Ok(words),
                    Ok(Taken::Renewal(token)) => Box::pin(self.renew(&token)).await,
                    Err(end) => Err(end),
                },
                // News come with the answer to a cast that is away. Who was told to leave hears that answer, and no news.
                rung = self.bell.changed(), if self.pending.is_none() && !self.is_leaving() => match rung {
                    Ok(()) => Ok(self.unseen()),
                    Err(_) => Err(End::Close(close::RESTART, "the room is starting again")),
                },
                () = timer.as_mut() => self.keep_time(),
            };
            let said = match step {
                Ok(words) if words.is_empty() => Ok(()),
                Ok(words) => self.say(socket, words).await,
                Err(End::Leave) => return Box::pin(self.leave(socket)).await,
                Err(end) => Err(end),
            };
            if let Err(end) = said {
                return end;
            }
        }
    }

    fn take(&mut self, input: Input) -> Result<Taken, End> {
        self.heard_at = Instant::now();
        if !self.bucket.take(self.heard_at) {
            return Err(frames::too_many());
        }
        let error = |code, detail| Taken::Words(vec![text(&ServerFrame::Error { code, detail })]);
        match input {
            Input::Frame(ClientFrame::Cast { case, option, request, change }) => {
                Ok(Taken::Words(self.cast(case, option, request, change)))
            }
            Input::Frame(ClientFrame::Renew { token }) => Ok(Taken::Renewal(token)),
            Input::Frame(ClientFrame::Join { .. }) => {
                let (code, detail) = frames::already_joined();
                Ok(error(code, detail))
            }
            Input::NotUnderstood(code, detail) => Ok(error(code, detail)),
            Input::Heartbeat => Ok(Taken::Words(Words::new())),
            Input::End(end) => Err(end),
        }
    }

    fn cast(&mut self, case: String, option: String, request: Option<String>, change: Option<u32>) -> Words {
        let Ok(id) = case.parse::<CaseId>() else {
            return refuse(case, option, request, Refusal::UnknownCase.into());
        };
        // Without a number of its own, a ballot comes after the last one that this socket knows.
        let change = change.unwrap_or_else(|| self.own(id).map_or(0, |ballot| ballot.change.saturating_add(1)));
        match self.seat.cast(id, option.clone(), change, self.juror.clone()) {
            Ok(answer) => {
                self.pending = Some(Pending { case, option, request, answer });
                Words::new()
            }
            Err(reason) => {
                metrics::counter!("live_jury_casts_total", "answer" => reason.as_str()).increment(1);
                refuse(case, option, request, self.passing(reason))
            }
        }
    }

    fn answered(&mut self, reply: Option<CastReply>) -> Words {
        let Some(Pending { case, option, request, .. }) = self.pending.take() else { return Words::new() };
        match reply {
            Some(CastReply::Recorded { status, ballot }) => {
                let OwnBallot { case, option, epoch, change } = ballot.clone();
                let mut words = vec![text(&ServerFrame::Ballot { case, option, status, epoch, change, request })];
                self.remember(ballot);
                // The juror may now see what was hidden before.
                if status == BallotStatus::Counted {
                    words.extend(self.unseen());
                }
                words
            }
            Some(CastReply::Refused(refused)) => refuse(case, option, request, refused),
            None => refuse(case, option, request, self.passing(Refusal::Unavailable)),
        }
    }

    fn passing(&self, reason: Refusal) -> Refused {
        Refused::passing(reason, &*self.shared.clock)
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
    fn unseen(&mut self) -> Words {
        self.sent.next(&self.seat.view(), self.juror.role, &self.ballots)
    }

    /// Answers the cast that is away, and closes.
    async fn leave(&mut self, socket: &mut Socket) -> End {
        let words = self.last_answer().await;
        match self.say(socket, words).await {
            Ok(()) => End::Close(close::RESTART, "the node is going away"),
            Err(end) => end,
        }
    }

    /// Sends it. A socket that takes nothing for as long as a silent one is kept is as good as gone. One that takes, late,
    /// what it was sent has somebody at its end.
    async fn say(&mut self, socket: &mut Socket, words: Words) -> Result<(), End> {
        let began = Instant::now();
        // Boxed for the moment that it takes: a socket at rest has nothing to say.
        let saying = Box::pin(tokio::time::timeout(self.silence(), socket.say(&words)));
        let Ok(Ok(())) = saying.await else { return Err(End::Gone) };
        if began.elapsed() >= SEND_WAITED {
            self.heard_at = Instant::now();
        }
        Ok(())
    }
}

/// What a frame asks for.
enum Taken {
    /// These to be sent, if any.
    Words(Words),
    /// A new token to be checked.
    Renewal(String),
}

fn refuse(case: String, option: String, request: Option<String>, Refused { reason, retry_after_ms }: Refused) -> Words {
    vec![text(&ServerFrame::Refused { case, option, reason, request, retry_after_ms })]
}

fn text(frame: &ServerFrame) -> Word {
    crate::room::encode(frame)
}

/// The answer to the cast that is away; waits for ever if there is none.
async fn answer(pending: &mut Option<Pending>) -> Option<CastReply> {
    match pending {
        Some(pending) => (&mut pending.answer).await.ok(),
        None => std::future::pending().await,
    }
}
