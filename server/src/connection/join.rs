//! The join of a socket and the renewal of its token: checks the token and the limits, and builds the `welcome`.

use std::sync::Arc;

use live_jury_protocol::{ClientFrame, Role, ServerFrame, Welcome, close};

use super::{Connection, End, Frames, Heartbeat, PendingSocket, frames, revoked};
use crate::admission::Bucket;
use crate::auth::{Claims, TokenError};
use crate::frame::EncodedFrame;
use crate::room::WelcomeData;
use crate::socket::Socket;
use crate::state::AppState;

/// Reads the first frame, joins the room, and sends `welcome` and the room's view.
///
/// Drops `pending`, and its permit with it, before `welcome` is sent. A client that has read `welcome` must not find
/// its socket counted as one that has not joined.
pub(super) async fn join(
    socket: &mut Socket,
    pending: &mut Option<Box<PendingSocket>>,
) -> Result<Box<Connection>, End> {
    let Some(PendingSocket { shared, room, proxied, .. }) = pending.as_deref() else { return Err(End::Lost) };
    let mut bucket = Bucket::default();
    let first = frames::first(socket, &mut bucket, shared.limits.frame_rate(), &*shared.clock);
    let first = tokio::time::timeout(shared.limits.join_timeout.0, first)
        .await
        .map_err(|_| End::Close(close::JOIN_TIMEOUT, "no join in time"))??;
    let ClientFrame::Join { token } = first else {
        return Err(End::Close(close::PROTOCOL, "the first frame must be a join"));
    };
    if shared.is_stopping() {
        return Err(End::Close(close::TRY_LATER, "the node is shutting down"));
    }
    let claims = verify(shared, &token).await?;
    if !claims.allows(room) || claims.identity.role == Role::Platform {
        return Err(End::Close(close::NOT_ALLOWED, "the token opens no socket in this room"));
    }
    // Counted after the token is verified, so that invalid joins do not use up the rate of valid ones.
    let may_join = shared.admission.may_join(&claims.identity.sub, claims.identity.role, shared.clock.instant());
    may_join.map_err(|limit| {
        count_rejected(limit.as_reason());
        End::Close(close::TRY_LATER, "too many joins")
    })?;
    await_turn(shared).await?;
    if shared.is_stopping() {
        return Err(End::Close(close::TRY_LATER, "the node is shutting down"));
    }
    let Claims { identity, scope, expires_at_ms, ids, .. } = claims;
    let juror = Arc::new(identity);
    let mut subscription = shared.hub.enter(room, juror.role).map_err(|_| {
        count_rejected("rooms");
        End::Close(close::TRY_LATER, "too many rooms")
    })?;
    subscription.set_side(juror.side);
    // Subscribed before the ballots are read, so that no change in between is missed.
    let updates = subscription.updates();
    let welcome =
        subscription.join(juror.clone()).await.map_err(|_| End::Close(close::TRY_LATER, "a store did not answer"))?;
    metrics::counter!("live_jury_joins_total", "role" => juror.role.as_str()).increment(1);
    let now = shared.clock.instant();
    let mut connection = Box::new(Connection {
        slot: shared.admission.register(&juror.sub, juror.role, ids),
        bucket,
        shared: shared.clone(),
        scope,
        token_ends_ms: expires_at_ms,
        joined_at_ms: welcome.now_ms,
        juror,
        subscription,
        updates,
        sent: Default::default(),
        panels_seen: 0,
        ballots: Vec::new(),
        in_flight: None,
        held: None,
        received_at: now,
        heartbeat: Heartbeat::start(now, &shared.limits, *proxied, &*shared.clock),
        day_mark: Default::default(),
        draining: None,
    });
    // A revocation that came before the socket was registered has not ended it.
    if shared.verifier.revocations().covers(&ids) {
        return Err(revoked());
    }
    let mut frames = connection.welcome(welcome);
    frames.extend(connection.new_frames());
    drop(pending.take().map(|pending| pending.waiting));
    connection.send(socket, frames).await?;
    Ok(connection)
}

/// Lets the ballots go first that wait for the store. Most joins do not wait.
async fn await_turn(shared: &AppState) -> Result<(), End> {
    let load = shared.hub.load();
    let Some(turn) = load.join_turn(shared.clock.instant()) else {
        count_rejected("overload");
        return Err(End::Close(close::TRY_LATER, "too many ballots at the moment"));
    };
    loop {
        let now = shared.clock.instant();
        let Some(overload) = load.ballots_overload(now).filter(|_| now < turn) else { return Ok(()) };
        tokio::time::sleep(overload.min(turn - now)).await;
    }
}

fn count_rejected(reason: &'static str) {
    metrics::counter!("live_jury_turned_away_total", "reason" => reason).increment(1);
}

async fn verify(shared: &AppState, token: &str) -> Result<Claims, End> {
    shared.verifier.verify(token).await.map_err(|error| match error {
        TokenError::Unchecked(_) => {
            crate::telemetry::log_limited!(warn, %error, "a token could not be checked");
            End::Close(close::TRY_LATER, "the token cannot be checked now")
        }
        refused => End::Close(close::TOKEN_INVALID, refused.as_close_reason()),
    })
}

impl Connection {
    /// Replaces the token by a new one of the same juror, and answers with a new `welcome`.
    pub(super) async fn renew(&mut self, token: &str) -> Result<Frames, End> {
        let claims = verify(&self.shared, token).await?;
        let same = claims.identity.sub == self.juror.sub
            && claims.identity.role == self.juror.role
            && claims.scope == self.scope;
        if !same {
            return Err(End::Close(close::TOKEN_INVALID, "a renewal is for the same sub, room and role"));
        }
        self.juror = Arc::new(claims.identity);
        self.subscription.set_side(self.juror.side);
        self.token_ends_ms = claims.expires_at_ms;
        self.slot.renew(claims.ids);
        if self.shared.verifier.revocations().covers(&claims.ids) {
            return Err(revoked());
        }
        let welcome = self.subscription.join(self.juror.clone()).await;
        let welcome = welcome.map_err(|_| End::Close(close::TRY_LATER, "a store did not answer"))?;
        Ok(self.welcome(welcome))
    }

    fn welcome(&mut self, welcome: WelcomeData) -> Frames {
        let frame = ServerFrame::Welcome(Welcome {
            room: self.subscription.room().clone(),
            role: self.juror.role,
            server_time_ms: welcome.now_ms,
            token_expires_at_ms: self.token_ends_ms,
            ballots: welcome.ballots,
            durable: self.shared.health.is_durable(),
        });
        let frames = vec![EncodedFrame::encode(&frame)];
        if let ServerFrame::Welcome(Welcome { ballots, .. }) = frame {
            self.ballots.clear();
            ballots.into_iter().for_each(|ballot| self.remember(ballot));
        }
        frames
    }
}
