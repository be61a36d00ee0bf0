//! One juror's socket: join, casts in, views out, until it closes; it knows its own ballots and no other's.

mod frames;
mod sent;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use live_jury_protocol::{BallotStatus, CaseId, ClientFrame, OwnBallot, Refusal, RoomId, ServerFrame, Welcome, close};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::court::Juror;
use crate::door::{Bucket, Counted, Place};
use crate::http::auth::{Claims, LEEWAY_S, TokenError};
use crate::room::{CastReply, Refused, Seat, View};
use crate::state::Shared;
use frames::Input;
use sent::Sent;

/// How long a closing socket is given to read the close frame and answer it.
const CLOSE_GRACE: Duration = Duration::from_secs(3);
/// Pings in the time after which a silent socket is dropped: two may get lost.
const PINGS_PER_SILENCE: u32 = 3;
/// A send that took longer than this waited for the other end to take what it was sent before.
const SEND_WAITED: Duration = Duration::from_millis(500);
/// Time over which the sockets of a stopping node are told so, in milliseconds.
const DRAIN_SPREAD_MS: u64 = 4_000;
/// Spread of the time after which a drained client is asked to come back, in milliseconds.
const RECONNECT_SPREAD_MS: u64 = 3_000;
/// How long a socket that was told that the node goes away may still say what it had sent before it heard of it.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a stopping node waits for a cast that is away.
const LAST_ANSWER_TIMEOUT: Duration = Duration::from_secs(7);
/// Cases of which a socket remembers its ballots, at most: a room never has as many live ones.
const OWN_BALLOTS_MAX: usize = 64;

/// Why a socket ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Say so with this code.
    Close(u16, &'static str),
    /// There is nobody to say it to.
    Gone,
}

/// How far a socket of a stopping node is on its way out.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    /// It will be told at this time.
    Told(Instant),
    /// It was told, and closes at this time.
    Closed(Instant),
}

impl Leaving {
    fn due(self) -> Instant {
        match self {
            Self::Told(at) | Self::Closed(at) => at,
        }
    }
}

/// Serves a socket until it ends.
pub async fn run(mut socket: WebSocket, shared: Arc<Shared>, room: RoomId, waiting: Counted) {
    let sockets = metrics::gauge!("live_jury_sockets");
    sockets.increment(1);
    let mut waiting = Some(waiting);
    let end = match join(&mut socket, &shared, &room, &mut waiting).await {
        Ok(mut connection) => connection.serve(&mut socket).await,
        Err(end) => end,
    };
    if let End::Close(code, reason) = end {
        metrics::counter!("live_jury_closes_total", "code" => code.to_string()).increment(1);
        // One that did not join is waiting until it is gone: else an address could hold any number of them here.
        say_goodbye(&mut socket, code, reason).await;
    }
    sockets.decrement(1);
}

/// Sends the close frame and reads on for a while: a connection dropped with unread input would be reset, and the
/// frame lost with it.
async fn say_goodbye(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let farewell = async {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    let _ = tokio::time::timeout(CLOSE_GRACE, farewell).await;
}

/// A joined socket.
struct Connection {
    shared: Arc<Shared>,
    room: RoomId,
    claims: Claims,
    juror: Arc<Juror>,
    seat: Seat,
    place: Place,
    view: watch::Receiver<Arc<View>>,
    sent: Sent,
    ballots: HashMap<CaseId, OwnBallot>,
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

async fn join(
    socket: &mut WebSocket,
    shared: &Arc<Shared>,
    room: &RoomId,
    waiting: &mut Option<Counted>,
) -> Result<Connection, End> {
    let mut bucket = Bucket::new(shared.limits.max_frames_per_second, shared.limits.max_frames_burst);
    let first = tokio::time::timeout(shared.limits.join_timeout.0, frames::first(socket, &mut bucket))
        .await
        .map_err(|_| End::Close(close::JOIN_TIMEOUT, "no join in time"))??;
    let ClientFrame::Join { token } = first else {
        return Err(End::Close(close::PROTOCOL, "the first frame must be a join"));
    };
    if shared.is_stopping() {
        return Err(End::Close(close::TRY_LATER, "the node is going away"));
    }
    let claims = verify(shared, &token).await?;
    if !claims.admits_to(room) {
        return Err(End::Close(close::NOT_ALLOWED, "the token is for another room"));
    }
    // Asked after the token is known to be good: what is no join takes nobody's place in the second.
    if !shared.door.may_join() {
        turned_away("joins_per_second");
        return Err(End::Close(close::TRY_LATER, "too many joins"));
    }
    let juror = Arc::new(claims.juror.clone());
    let seat = shared.hub.enter(room, juror.role).map_err(|_| {
        turned_away("rooms");
        End::Close(close::TRY_LATER, "too many rooms")
    })?;
    // Subscribed before the ballots are read: what happens in between is shown, not missed.
    let view = seat.view();
    let greeting = seat.join(juror.clone()).await.map_err(|_| End::Close(close::TRY_LATER, "a store is away"))?;
    drop(waiting.take());
    metrics::counter!("live_jury_joins_total", "role" => juror.role.as_str()).increment(1);
    let now = Instant::now();
    let mut connection = Connection {
        place: shared.door.seat(&juror.sub),
        bucket,
        shared: shared.clone(),
        room: room.clone(),
        claims,
        juror,
        seat,
        view,
        sent: Sent::default(),
        ballots: HashMap::new(),
        pending: None,
        heard_at: now,
        ping_at: now + shared.limits.silence_timeout.0 / PINGS_PER_SILENCE,
        leaving: None,
    };
    connection.welcome(socket, greeting).await?;
    connection.show(socket).await?;
    Ok(connection)
}

fn turned_away(reason: &'static str) {
    metrics::counter!("live_jury_turned_away_total", "reason" => reason).increment(1);
}

async fn verify(shared: &Shared, token: &str) -> Result<Claims, End> {
    shared.verifier.verify(token).await.map_err(|error| match error {
        TokenError::Expired => End::Close(close::TOKEN_INVALID, "the token has ended"),
        TokenError::Invalid(_) | TokenError::Early => End::Close(close::TOKEN_INVALID, "the token is not valid"),
        TokenError::Unchecked(_) => {
            tracing::warn!(%error, "a token cannot be checked");
            End::Close(close::TRY_LATER, "the token cannot be checked now")
        }
    })
}

impl Connection {
    async fn serve(&mut self, socket: &mut WebSocket) -> End {
        let (stop, replaced) = (self.shared.stop.clone(), self.place.replaced());
        loop {
            let due = self.next_due();
            let step = tokio::select! {
                // Before a socket is given up for its silence, it is looked whether it has just said something.
                biased;
                () = replaced.cancelled() => Err(End::Close(close::REPLACED, "a newer socket of yours took this place")),
                () = stop.cancelled(), if self.leaving.is_none() => {
                    let after_ms = self.shared.clock.jitter_ms(DRAIN_SPREAD_MS);
                    self.leaving = Some(Leaving::Told(Instant::now() + Duration::from_millis(after_ms)));
                    Ok(())
                }
                reply = answer(&mut self.pending) => self.answered(socket, reply).await,
                input = frames::next(socket), if self.pending.is_none() => self.take(socket, input).await,
                changed = self.view.changed() => match changed {
                    Ok(()) => self.show(socket).await,
                    Err(_) => Err(End::Close(close::RESTART, "the room is starting again")),
                },
                () = tokio::time::sleep_until(due) => self.keep_time(socket).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn take(&mut self, socket: &mut WebSocket, input: Input) -> Result<(), End> {
        self.heard_at = Instant::now();
        if !self.bucket.take(self.heard_at) {
            return Err(frames::too_many());
        }
        match input {
            Input::Frame(ClientFrame::Cast { case, option, request, change }) => {
                self.cast(socket, case, option, request, change).await
            }
            Input::Frame(ClientFrame::Renew { token }) => self.renew(socket, &token).await,
            Input::Frame(ClientFrame::Join { .. }) => {
                let (code, detail) = frames::already_joined();
                self.send(socket, &ServerFrame::Error { code, detail }).await
            }
            Input::NotUnderstood(code, detail) => self.send(socket, &ServerFrame::Error { code, detail }).await,
            Input::Heartbeat => Ok(()),
            Input::End(end) => Err(end),
        }
    }

    async fn cast(
        &mut self,
        socket: &mut WebSocket,
        case: String,
        option: String,
        request: Option<String>,
        change: Option<u32>,
    ) -> Result<(), End> {
        let Ok(id) = case.parse::<CaseId>() else {
            return self.refuse(socket, case, option, request, Refusal::UnknownCase.into()).await;
        };
        // Without a number of its own, a ballot comes after the last one that this socket knows.
        let change =
            change.unwrap_or_else(|| self.ballots.get(&id).map_or(0, |ballot| ballot.change.saturating_add(1)));
        match self.seat.cast(id, option.clone(), change, self.juror.clone()) {
            Ok(answer) => {
                self.pending = Some(Pending { case, option, request, answer });
                Ok(())
            }
            Err(reason) => {
                metrics::counter!("live_jury_casts_total", "answer" => reason.as_str()).increment(1);
                let refused = self.passing(reason);
                self.refuse(socket, case, option, request, refused).await
            }
        }
    }

    async fn answered(&mut self, socket: &mut WebSocket, reply: Option<CastReply>) -> Result<(), End> {
        let Some(Pending { case, option, request, .. }) = self.pending.take() else { return Ok(()) };
        match reply {
            Some(CastReply::Recorded { status, ballot }) => {
                self.remember(ballot.clone());
                let OwnBallot { case, option, epoch, change } = ballot;
                let frame = ServerFrame::Ballot { case, option, status, epoch, change, request };
                self.send(socket, &frame).await?;
                // The juror may now see what was hidden before.
                if status == BallotStatus::Counted { self.show(socket).await } else { Ok(()) }
            }
            Some(CastReply::Refused(refused)) => self.refuse(socket, case, option, request, refused).await,
            None => {
                let refused = self.passing(Refusal::Unavailable);
                self.refuse(socket, case, option, request, refused).await
            }
        }
    }

    fn passing(&self, reason: Refusal) -> Refused {
        Refused::passing(reason, &*self.shared.clock)
    }

    async fn refuse(
        &mut self,
        socket: &mut WebSocket,
        case: String,
        option: String,
        request: Option<String>,
        Refused { reason, retry_after_ms }: Refused,
    ) -> Result<(), End> {
        self.send(socket, &ServerFrame::Refused { case, option, reason, request, retry_after_ms }).await
    }

    async fn renew(&mut self, socket: &mut WebSocket, token: &str) -> Result<(), End> {
        let claims = verify(&self.shared, token).await?;
        let same = claims.juror.sub == self.juror.sub
            && claims.juror.role == self.juror.role
            && claims.place == self.claims.place;
        if !same {
            return Err(End::Close(close::TOKEN_INVALID, "a renewal is for the same sub, room and role"));
        }
        self.juror = Arc::new(claims.juror.clone());
        self.claims = claims;
        let greeting = self.seat.join(self.juror.clone()).await;
        let greeting = greeting.map_err(|_| End::Close(close::TRY_LATER, "a store is away"))?;
        self.welcome(socket, greeting).await
    }

    async fn welcome(&mut self, socket: &mut WebSocket, greeting: crate::room::Greeting) -> Result<(), End> {
        let frame = ServerFrame::Welcome(Welcome {
            room: self.room.clone(),
            role: self.juror.role,
            server_time_ms: greeting.now_ms,
            token_expires_at_ms: self.claims.expires_at_ms,
            ballots: greeting.ballots.clone(),
        });
        self.ballots.clear();
        greeting.ballots.into_iter().for_each(|ballot| self.remember(ballot));
        self.send(socket, &frame).await
    }

    fn remember(&mut self, ballot: OwnBallot) {
        if self.ballots.len() >= OWN_BALLOTS_MAX && !self.ballots.contains_key(&ballot.case) {
            // The oldest case: its id sorts first.
            let oldest = self.ballots.keys().min().copied();
            oldest.and_then(|case| self.ballots.remove(&case));
        }
        self.ballots.insert(ballot.case, ballot);
    }

    /// Sends of the current view what is newer than what was sent. Slow sockets skip what came in between.
    async fn show(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let view = self.view.borrow_and_update().clone();
        let texts = self.sent.next(&view, self.juror.role, &self.ballots);
        if texts.is_empty() {
            return Ok(());
        }
        self.in_time(async {
            for text in texts {
                socket.feed(Message::Text(text)).await?;
            }
            socket.flush().await
        })
        .await
    }

    async fn send(&mut self, socket: &mut WebSocket, frame: &ServerFrame) -> Result<(), End> {
        self.in_time(socket.send(Message::Text(crate::room::encode(frame)))).await
    }

    /// A socket that takes nothing for as long as a silent one is kept is as good as gone. One that takes, late, what it
    /// was sent has somebody at its end.
    async fn in_time(&mut self, send: impl Future<Output = Result<(), axum::Error>>) -> Result<(), End> {
        let began = Instant::now();
        let Ok(Ok(())) = tokio::time::timeout(self.silence(), send).await else { return Err(End::Gone) };
        if began.elapsed() >= SEND_WAITED {
            self.heard_at = Instant::now();
        }
        Ok(())
    }

    /// Silence after which this socket is dropped.
    fn silence(&self) -> Duration {
        self.shared.limits.silence_timeout.0
    }

    fn next_due(&self) -> Instant {
        let silent_at = self.heard_at + self.silence();
        [Some(self.ping_at), Some(silent_at), Some(self.token_ends_at()), self.leaving.map(Leaving::due)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(silent_at)
    }

    /// When the token ends, leeway counted, in Unix milliseconds.
    fn token_end_ms(&self) -> u64 {
        self.claims.expires_at_ms.saturating_add(LEEWAY_S * 1_000)
    }

    fn token_ends_at(&self) -> Instant {
        let left_ms = self.token_end_ms().saturating_sub(self.shared.clock.now_ms());
        // A clock that is set back must not make a token live on: looked at again every ping.
        Instant::now() + Duration::from_millis(left_ms).min(self.silence() / PINGS_PER_SILENCE)
    }

    async fn keep_time(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let now = Instant::now();
        match self.leaving.filter(|leaving| leaving.due() <= now) {
            Some(Leaving::Told(_)) => return self.tell_to_leave(socket, now).await,
            Some(Leaving::Closed(_)) => return self.leave(socket).await,
            None => {}
        }
        if self.shared.clock.now_ms() >= self.token_end_ms() {
            return Err(End::Close(close::TOKEN_INVALID, "the token has ended"));
        }
        if self.heard_at + self.silence() <= now {
            return Err(End::Gone);
        }
        if self.ping_at <= now {
            self.ping_at = now + self.silence() / PINGS_PER_SILENCE;
            return self.in_time(socket.send(Message::Ping(axum::body::Bytes::new()))).await;
        }
        Ok(())
    }

    /// Says that the node goes away. What was sent before that is read is still heard.
    async fn tell_to_leave(&mut self, socket: &mut WebSocket, now: Instant) -> Result<(), End> {
        self.leaving = Some(Leaving::Closed(now + LAST_WORDS));
        let reconnect_after_ms = self.shared.clock.jitter_ms(RECONNECT_SPREAD_MS);
        self.send(socket, &ServerFrame::Draining { reconnect_after_ms }).await
    }

    /// Answers the cast that is away, and closes.
    async fn leave(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if self.pending.is_some() {
            let reply = tokio::time::timeout(LAST_ANSWER_TIMEOUT, answer(&mut self.pending)).await;
            self.answered(socket, reply.unwrap_or(None)).await?;
        }
        Err(End::Close(close::RESTART, "the node is going away"))
    }
}

/// The answer to the cast that is away; waits for ever if there is none.
async fn answer(pending: &mut Option<Pending>) -> Option<CastReply> {
    match pending {
        Some(pending) => (&mut pending.answer).await.ok(),
        None => std::future::pending().await,
    }
}
