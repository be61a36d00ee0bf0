//! How a socket comes in, and how it takes a new token: what it must prove, and what it is told.

use std::sync::Arc;

use live_jury_protocol::{ClientFrame, ServerFrame, Welcome, close};
use tokio::time::Instant;

use super::time::PINGS_PER_SILENCE;
use super::{Connection, End, Frames, PendingSocket, frames, text};
use crate::admission::Bucket;
use crate::auth::{Claims, TokenError};
use crate::room::WelcomeData;
use crate::socket::Socket;
use crate::state::AppState;

/// Lets a socket in, and tells it what it is to know first.
pub(super) async fn join(
    socket: &mut Socket,
    PendingSocket { shared, room, .. }: &PendingSocket,
) -> Result<Box<Connection>, End> {
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
    if !claims.allows(room) {
        return Err(End::Close(close::NOT_ALLOWED, "the token is for another room"));
    }
    // Asked after the token is known to be good: what is no join takes nobody's place in the second.
    if !shared.admission.may_join() {
        count_rejected("joins_per_second");
        return Err(End::Close(close::TRY_LATER, "too many joins"));
    }
    let Claims { identity, scope, expires_at_ms } = claims;
    let juror = Arc::new(identity);
    let subscription = shared.hub.enter(room, juror.role).map_err(|_| {
        count_rejected("rooms");
        End::Close(close::TRY_LATER, "too many rooms")
    })?;
    // Subscribed before the ballots are read: what happens in between is shown, not missed.
    let updates = subscription.updates();
    let welcome =
        subscription.join(juror.clone()).await.map_err(|_| End::Close(close::TRY_LATER, "a store is away"))?;
    metrics::counter!("live_jury_joins_total", "role" => juror.role.as_str()).increment(1);
    let now = Instant::now();
    let mut connection = Box::new(Connection {
        slot: shared.admission.register(&juror.sub),
        bucket,
        shared: shared.clone(),
        scope,
        token_ends_ms: expires_at_ms,
        juror,
        subscription,
        updates,
        sent: Default::default(),
        ballots: Vec::new(),
        in_flight: None,
        received_at: now,
        ping_at: now + shared.limits.silence_timeout.0 / PINGS_PER_SILENCE,
        draining: None,
    });
    let mut frames = connection.welcome(welcome);
    frames.extend(connection.new_frames());
    connection.send(socket, frames).await?;
    Ok(connection)
}

fn count_rejected(reason: &'static str) {
    metrics::counter!("live_jury_turned_away_total", "reason" => reason).increment(1);
}

async fn verify(shared: &AppState, token: &str) -> Result<Claims, End> {
    shared.verifier.verify(token).await.map_err(|error| match error {
        TokenError::Unchecked(_) => {
            tracing::warn!(%error, "a token cannot be checked");
            End::Close(close::TRY_LATER, "the token cannot be checked now")
        }
        refused => End::Close(close::TOKEN_INVALID, refused.as_close_reason()),
    })
}

impl Connection {
    /// Takes a new token for the same juror.
    pub(super) async fn renew(&mut self, token: &str) -> Result<Frames, End> {
        let claims = verify(&self.shared, token).await?;
        let same = claims.identity.sub == self.juror.sub
            && claims.identity.role == self.juror.role
            && claims.scope == self.scope;
        if !same {
            return Err(End::Close(close::TOKEN_INVALID, "a renewal is for the same sub, room and role"));
        }
        self.juror = Arc::new(claims.identity);
        self.token_ends_ms = claims.expires_at_ms;
        let welcome = self.subscription.join(self.juror.clone()).await;
        let welcome = welcome.map_err(|_| End::Close(close::TRY_LATER, "a store is away"))?;
        Ok(self.welcome(welcome))
    }

    fn welcome(&mut self, welcome: WelcomeData) -> Frames {
        let frame = ServerFrame::Welcome(Welcome {
            room: self.subscription.room().clone(),
            role: self.juror.role,
            server_time_ms: welcome.now_ms,
            token_expires_at_ms: self.token_ends_ms,
            ballots: welcome.ballots,
        });
        let frames = vec![text(&frame)];
        if let ServerFrame::Welcome(Welcome { ballots, .. }) = frame {
            self.ballots.clear();
            ballots.into_iter().for_each(|ballot| self.remember(ballot));
        }
        frames
    }
}
