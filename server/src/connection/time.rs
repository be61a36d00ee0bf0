//! The timed duties of a socket: pings, the silence timeout, the token's end, a shutdown's drain; it sends nothing
//! itself.

use std::time::Duration;

use live_jury_protocol::{ServerFrame, close};
use tokio::time::Instant;

use super::heartbeat::PINGS_PER_SILENCE;
use super::{Connection, End, Frames, answer};
use crate::auth::LEEWAY_S;
use crate::frame::EncodedFrame;

/// Time over which a node that shuts down notifies its sockets, in milliseconds. It spreads their reconnects over the
/// other nodes.
const DRAIN_SPREAD_MS: u64 = 4_000;
/// Longest delay that a drained client is asked to wait before it reconnects, in milliseconds. Each gets a random one.
const RECONNECT_SPREAD_MS: u64 = 3_000;
/// Time between `draining` and the close. Frames that the client sent before it read `draining` are still handled.
const LAST_FRAMES_WAIT: Duration = Duration::from_secs(1);
/// Time that a node that shuts down waits for the answer to a cast in flight. Beyond it the cast is refused as
/// unavailable. A request for a receipt waits as long.
const LAST_ANSWER_TIMEOUT: Duration = Duration::from_secs(7);

/// Progress of a socket's drain.
#[derive(Clone, Copy, Debug)]
pub(super) enum Draining {
    /// `draining` is sent at this time.
    NotifyAt(Instant),
    /// `draining` was sent; the socket closes at this time.
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

    fn ping_interval(&self) -> Duration {
        self.silence() / PINGS_PER_SILENCE
    }

    /// When the next timed duty is due.
    pub(super) fn next_due(&self) -> Instant {
        let silent_at = self.received_at + self.silence();
        let due = self.heartbeat.due().min(silent_at).min(self.token_ends_at());
        self.draining.map_or(due, |draining| due.min(draining.due()))
    }

    /// When the token ends, leeway included, in Unix milliseconds.
    fn token_end_ms(&self) -> u64 {
        self.token_ends_ms.saturating_add(LEEWAY_S * 1_000)
    }

    fn token_ends_at(&self) -> Instant {
        let left_ms = self.token_end_ms().saturating_sub(self.shared.clock.now_ms());
        // Checked again every ping interval, so that a wall clock that is set back cannot extend a token.
        self.now() + Duration::from_millis(left_ms).min(self.ping_interval())
    }

    /// The node shuts down: schedules this socket's notification.
    pub(super) fn start_draining(&mut self) -> Frames {
        let after_ms = self.shared.clock.jitter_ms(DRAIN_SPREAD_MS);
        self.draining = Some(Draining::NotifyAt(self.now() + Duration::from_millis(after_ms)));
        Frames::new()
    }

    /// Whether this socket was sent `draining`.
    pub(super) fn is_draining(&self) -> bool {
        matches!(self.draining, Some(Draining::CloseAt(_)))
    }

    /// Performs the duty that is due.
    pub(super) fn on_timer(&mut self) -> Result<Frames, End> {
        let now = self.now();
        match self.draining.filter(|draining| draining.due() <= now) {
            Some(Draining::NotifyAt(_)) => return Ok(self.notify_draining(now)),
            Some(Draining::CloseAt(_)) => return Err(End::Drain),
            None => {}
        }
        if self.shared.clock.now_ms() >= self.token_end_ms() {
            return Err(End::Close(close::TOKEN_INVALID, "the token has expired"));
        }
        if self.received_at + self.silence() <= now {
            return Err(End::Lost);
        }
        let Self { heartbeat, shared, received_at, .. } = self;
        let is_overloaded = || shared.hub.load().is_overloaded(now);
        if heartbeat.takes_ping(now, *received_at, &shared.limits, is_overloaded) {
            return Ok(vec![EncodedFrame::ping()]);
        }
        Ok(if heartbeat.is_quiet(now) { vec![EncodedFrame::pong()] } else { Frames::new() })
    }

    /// A frame was sent or received.
    pub(super) fn on_frame(&mut self, now: Instant) {
        self.heartbeat.on_frame(now, &self.shared.limits, &*self.shared.clock);
    }

    /// Notifies the client that the node shuts down.
    fn notify_draining(&mut self, now: Instant) -> Frames {
        self.draining = Some(Draining::CloseAt(now + LAST_FRAMES_WAIT));
        let reconnect_after_ms = self.shared.clock.jitter_ms(RECONNECT_SPREAD_MS);
        vec![EncodedFrame::encode(&ServerFrame::Draining { reconnect_after_ms })]
    }

    /// The answer to what is in flight, before the socket closes; nothing if nothing is.
    pub(super) async fn last_answer(&mut self) -> Frames {
        if self.in_flight.is_none() {
            return Frames::new();
        }
        match tokio::time::timeout(LAST_ANSWER_TIMEOUT, answer(&mut self.in_flight)).await {
            Ok(answer) => self.on_answer(answer),
            Err(_) => self.give_up(),
        }
    }
}
