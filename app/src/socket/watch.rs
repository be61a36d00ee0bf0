//! Checks a connection for silence, sleep and expiring tokens; it never opens a socket itself.

use std::rc::{Rc, Weak};

use live_jury_protocol::{ClientFrame, limits};

use super::browser::WakeReason;
use super::{Connection, DisconnectCause, Failure, Inner};
use crate::time::local_ms;
use crate::token::{TOKEN_BYTES_MAX, TokenError};

/// The silence after which the client probes the server, in milliseconds: the time between two of the server's pings. A
/// probe costs the server more than a ping.
const PROBE_AFTER_MS: u64 = limits::SILENCE_MAX_MS / 3;
/// The silence after which the client probes the server once the page woke up, in milliseconds: three presence messages
/// missed.
const PROBE_AWAKE_MS: u64 = 3 * limits::PRESENCE_INTERVAL_MS;
/// The time that the server has to answer a probe, in milliseconds. Then the connection counts as lost.
const PROBE_ANSWER_MS: u64 = 8_000;
/// A gap between two checks beyond which the machine was asleep, in milliseconds: five check intervals.
const SLEPT_MS: u64 = 10_000;
/// The time before its expiry at which a token is renewed, in milliseconds. A short token is renewed after four fifths
/// of its life.
const RENEW_BEFORE_MS: u64 = 60_000;
/// The time between two attempts to renew a token, in milliseconds. It spares the page's token source.
const RENEW_AGAIN_MS: u64 = 15_000;
/// The time that the server has to send its welcome, in milliseconds. Then the connection counts as lost. The server's
/// own join limit is shorter.
const WELCOME_MS_MAX: u64 = 15_000;

impl Inner {
    /// Checks the connection every [`super::WATCH_MS`], and when the page gets a network or becomes visible.
    pub(super) fn check(self: &Rc<Self>, reason: WakeReason) {
        let now_ms = local_ms();
        let (connection, slept) = {
            let mut state = self.state.borrow_mut();
            let slept = now_ms.saturating_sub(state.watched_ms) > SLEPT_MS;
            state.watched_ms = now_ms;
            (state.connection.clone(), slept)
        };
        let awake = slept || reason != WakeReason::Clock;
        match connection {
            Some(Connection::Live) => self.check_live(reason, awake, now_ms),
            Some(Connection::Connecting | Connection::Lost(_)) => self.check_lost(awake, now_ms),
            Some(Connection::Failed(_)) | None => {}
        }
    }

    /// Probes a silent server, and renews the token before it expires.
    fn check_live(self: &Rc<Self>, reason: WakeReason, awake: bool, now_ms: u64) {
        let mut state = self.state.borrow_mut();
        if state.probed_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) > PROBE_ANSWER_MS) {
            drop(state);
            return self.reconnect_later(DisconnectCause::Network);
        }
        // The token expired while the page slept, and the socket most likely closed. Only a new connection helps.
        if awake && now_ms >= state.token_ends_ms {
            drop(state);
            return self.connect();
        }
        let patience_ms = match reason {
            // The device changed networks, and the old socket may be dead.
            WakeReason::Online => 0,
            WakeReason::Visible | WakeReason::Clock if awake => PROBE_AWAKE_MS,
            WakeReason::Visible | WakeReason::Clock => PROBE_AFTER_MS,
        };
        if state.probed_ms.is_none() && now_ms.saturating_sub(state.received_ms) >= patience_ms {
            state.probed_ms = Some(now_ms);
            let token = state.token.clone();
            state.ask(&ClientFrame::Renew { token });
        }
        drop(state);
        self.renew_in_time(now_ms);
    }

    /// Ends a back-off delay that is no longer needed, and an attempt without an answer.
    fn check_lost(self: &Rc<Self>, awake: bool, now_ms: u64) {
        let (waits, stuck, polite) = {
            let state = self.state.borrow();
            let waits = state.timer.is_some();
            let stuck = !waits && now_ms.saturating_sub(state.started_ms) > WELCOME_MS_MAX;
            (waits, stuck, now_ms >= state.not_before_ms)
        };
        if awake && polite && (waits || stuck) {
            self.connect();
        } else if stuck {
            self.reconnect_later(DisconnectCause::Network);
        }
    }

    fn renew_in_time(self: &Rc<Self>, now_ms: u64) {
        {
            let mut state = self.state.borrow_mut();
            let life_ms = state.token_ends_ms.saturating_sub(state.token_fetched_ms);
            let due_ms = state.token_ends_ms.saturating_sub((life_ms / 5).min(RENEW_BEFORE_MS));
            if now_ms < due_ms || now_ms.saturating_sub(state.renewed_ms) < RENEW_AGAIN_MS {
                return;
            }
            state.renewed_ms = now_ms;
        }
        let generation = self.generation.get();
        let weak: Weak<Self> = Rc::downgrade(self);
        let asked = (self.config.token)();
        leptos::task::spawn_local(async move {
            let answer = asked.await;
            let Some(inner) = weak.upgrade().filter(|inner| inner.generation.get() == generation) else { return };
            match answer {
                Ok(token) if token.len() > TOKEN_BYTES_MAX => {
                    leptos::logging::warn!("live-jury: no new token: {}", Failure::TokenTooLong.advice());
                }
                Ok(token) => inner.renew(token),
                Err(TokenError::Missing(why) | TokenError::Failed(why)) => {
                    leptos::logging::warn!("live-jury: no new token: {why}");
                }
            }
        });
    }

    fn renew(&self, token: String) {
        let mut state = self.state.borrow_mut();
        // The same token has the same expiry; a renewal would gain nothing.
        if state.token == token {
            return;
        }
        state.token.clone_from(&token);
        state.token_fetched_ms = local_ms();
        state.ask(&ClientFrame::Renew { token });
    }
}
