//! What a socket does by the clock: pings, the end of its token, its way out of a stopping node; it sends nothing itself.

use std::time::Duration;

use live_jury_protocol::{ServerFrame, close};
use tokio::time::Instant;

use super::{Connection, End, Frames, answer};
use crate::auth::LEEWAY_S;
use crate::frame::EncodedFrame;

/// Pings in the time after which a silent socket is dropped: two may get lost.
pub(super) const PINGS_PER_SILENCE: u32 = 3;
/// In a rush a ping is put off by this part of the time between two: each is three calls into the kernel, here and at the other end.
const POSTPONEMENTS_PER_PING: u32 = 3;
/// No longer than until the socket has been silent for so many times that time: an answer must still be in time.
const POSTPONED_SILENCE_MAX: f32 = 1.5;
/// Time over which the sockets of a stopping node are told so, in milliseconds.
const DRAIN_SPREAD_MS: u64 = 4_000;
/// Spread of the time after which a drained client is asked to come back, in milliseconds.
const RECONNECT_SPREAD_MS: u64 = 3_000;
/// How long a socket that was told that the node goes away may still say what it had sent before it heard of it.
const LAST_FRAMES_WAIT: Duration = Duration::from_secs(1);
/// How long a stopping node waits for a cast that is away.
const LAST_ANSWER_TIMEOUT: Duration = Duration::from_secs(7);

/// How far a socket of a stopping node is on its way out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Draining {
    /// It will be told at this time.
    NotifyAt(Instant),
    /// It was told, and closes at this time.
    CloseAt(Instant),
}

impl Draining {
    pub(super) fn due(self) -> Instant {
        match self {
            Self::NotifyAt(at) | Self::CloseAt(at) => at,
        }
    }
}

impl Connection {
    /// Silence after which this socket is dropped.
    pub(super) fn silence(&self) -> Duration {
        self.shared.limits.silence_timeout.0
    }

    /// When the next of it is due.
    pub(super) fn next_due(&self) -> Instant {
        let silent_at = self.received_at + self.silence();
        let due = self.ping_at.min(silent_at).min(self.token_ends_at());
        self.draining.map_or(due, |draining| due.min(draining.due()))
    }

    /// When the token ends, leeway counted, in Unix milliseconds.
    fn token_end_ms(&self) -> u64 {
        self.token_ends_ms.saturating_add(LEEWAY_S * 1_000)
    }

    fn token_ends_at(&self) -> Instant {
        let left_ms = self.token_end_ms().saturating_sub(self.shared.clock.now_ms());
        // A clock that is set back must not make a token live on: looked at again every ping.
        Instant::now() + Duration::from_millis(left_ms).min(self.silence() / PINGS_PER_SILENCE)
    }

    /// The node is stopping: sets when this socket is told.
    pub(super) fn start_draining(&mut self) -> Frames {
        let after_ms = self.shared.clock.jitter_ms(DRAIN_SPREAD_MS);
        self.draining = Some(Draining::NotifyAt(Instant::now() + Duration::from_millis(after_ms)));
        Frames::new()
    }

    /// Whether this socket was told that the node goes away.
    pub(super) fn is_draining(&self) -> bool {
        matches!(self.draining, Some(Draining::CloseAt(_)))
    }

    /// Does what is due.
    pub(super) fn on_timer(&mut self) -> Result<Frames, End> {
        let now = Instant::now();
        match self.draining.filter(|draining| draining.due() <= now) {
            Some(Draining::NotifyAt(_)) => return Ok(self.notify_draining(now)),
            Some(Draining::CloseAt(_)) => return Err(End::Drain),
            None => {}
        }
        if self.shared.clock.now_ms() >= self.token_end_ms() {
            return Err(End::Close(close::TOKEN_INVALID, "the token has ended"));
        }
        if self.received_at + self.silence() <= now {
            return Err(End::Lost);
        }
        if self.ping_at <= now { Ok(self.ping(now)) } else { Ok(Frames::new()) }
    }

    /// Asks whether somebody is there, where that is not known already.
    fn ping(&mut self, now: Instant) -> Frames {
        let pause = self.silence() / PINGS_PER_SILENCE;
        let quiet = now - self.received_at;
        if quiet < pause {
            self.ping_at = self.received_at + pause;
        } else if quiet < pause.mul_f32(POSTPONED_SILENCE_MAX) && self.subscription.is_overloaded(now) {
            self.ping_at = now + pause / POSTPONEMENTS_PER_PING;
        } else {
            self.ping_at = now + pause;
            return vec![EncodedFrame::ping()];
        }
        Frames::new()
    }

    /// Says that the node goes away. What was sent before that is read is still heard.
    fn notify_draining(&mut self, now: Instant) -> Frames {
        self.draining = Some(Draining::CloseAt(now + LAST_FRAMES_WAIT));
        let reconnect_after_ms = self.shared.clock.jitter_ms(RECONNECT_SPREAD_MS);
        vec![EncodedFrame::encode(&ServerFrame::Draining { reconnect_after_ms })]
    }

    /// The answer to the cast that is away, before the socket closes.
    pub(super) async fn last_answer(&mut self) -> Frames {
        if self.in_flight.is_none() {
            return Frames::new();
        }
        let reply = tokio::time::timeout(LAST_ANSWER_TIMEOUT, answer(&mut self.in_flight)).await;
        self.answered(reply.unwrap_or(None))
    }
}
