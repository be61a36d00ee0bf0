//! Looks after an open connection: silence, sleep, and tokens that end; what it finds it leaves to the socket to mend.

use std::rc::{Rc, Weak};

use live_jury_protocol::{ClientFrame, limits};

use super::browser::WakeReason;
use super::{Connection, DisconnectCause, Inner};
use crate::time::local_ms;
use crate::token::TokenError;

/// Silence after which the server is asked whether it is there, in milliseconds: it drops a silent socket after as much.
const PROBE_AFTER_MS: u64 = limits::SILENCE_MAX_MS;
/// The same after a page was asleep or hidden, in milliseconds: three presence messages missed.
const PROBE_AWAKE_MS: u64 = 3 * limits::PRESENCE_INTERVAL_MS;
/// Time an answer to that takes at most, in milliseconds.
const PROBE_ANSWER_MS: u64 = 8_000;
/// A gap between two looks that means the machine slept, in milliseconds.
const SLEPT_MS: u64 = 10_000;
/// How long before its end a token is renewed, in milliseconds, where a fifth of its life is more.
const RENEW_BEFORE_MS: u64 = 60_000;
/// Time between two attempts to renew, in milliseconds.
const RENEW_AGAIN_MS: u64 = 15_000;
/// Time a connection has to be welcomed, in milliseconds: past the server's own join limit it is a dead one.
const WELCOME_MS_MAX: u64 = 15_000;

impl Inner {
    /// Looks after the connection: every [`WATCH_MS`], and when the page comes online or into view.
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

    /// Asks a silent server whether it is there, and renews the token in time.
    fn check_live(self: &Rc<Self>, reason: WakeReason, awake: bool, now_ms: u64) {
        let mut state = self.state.borrow_mut();
        if state.probed_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) > PROBE_ANSWER_MS) {
            drop(state);
            return self.reconnect_later(DisconnectCause::Network);
        }
        // It ended while the page slept, and the socket most likely with it: only a fresh one helps.
        if awake && now_ms >= state.token_ends_ms {
            drop(state);
            return self.connect();
        }
        let patience_ms = match reason {
            // The line is another one now, and may have left the socket behind.
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

    /// Cuts a wait short that has lost its reason, and an attempt that got no answer.
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
                Ok(token) => inner.renew(token),
                Err(TokenError::Missing(why) | TokenError::Failed(why)) => {
                    leptos::logging::warn!("live-jury: no new token: {why}");
                }
            }
        });
    }

    fn renew(&self, token: String) {
        let mut state = self.state.borrow_mut();
        // The same token again would end at the same time.
        if state.token == token {
            return;
        }
        state.token.clone_from(&token);
        state.token_fetched_ms = local_ms();
        state.ask(&ClientFrame::Renew { token });
    }
}
