//! Decides when a socket is pinged, and when a quiet path gets a sign of life; it sends nothing and reads no clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::Limits;

/// Pings within the silence timeout. Each socket has slots one ping interval apart, from a random start. A ping goes
/// out at the first slot after half an interval of silence, so at 1.5 intervals at most. One more follows before the
/// timeout, and one ping or its pong may get lost.
pub const PINGS_PER_SILENCE: u32 = 3;
/// In an overload a ping is postponed by a third of the ping interval at a time. A ping costs three calls into the
/// kernel, here and at the client.
const POSTPONEMENTS_PER_PING: u32 = 3;
/// A ping is postponed only within 1.5 ping intervals of silence, so that the pong still arrives before the silence
/// timeout.
const POSTPONED_SILENCE_MAX: f32 = 1.5;
/// Share of the keep-alive time over which the signs of life of a crowd are spread: 55 s become 45 to 55 s.
const KEEP_ALIVE_SPREAD: f64 = 10.0 / 55.0;

/// The next ping and the next sign of life of one socket.
#[derive(Debug)]
pub struct Heartbeat {
    /// The next slot for a ping.
    ping_at: Instant,
    /// When the path counts as quiet. Each frame postpones it. None if the socket came through no proxy.
    quiet_at: Option<Instant>,
}

impl Heartbeat {
    /// The heartbeat of a socket that has just joined. A crowd that joins together gets slots all over the interval.
    pub fn start(now: Instant, limits: &Limits, proxied: bool, clock: &dyn Clock) -> Self {
        let interval = limits.silence_timeout.0 / PINGS_PER_SILENCE;
        let mut heartbeat = Self { ping_at: now + jitter(interval, clock), quiet_at: proxied.then_some(now) };
        heartbeat.on_frame(now, limits, clock);
        heartbeat
    }

    /// When the next one is due.
    pub fn due(&self) -> Instant {
        self.quiet_at.map_or(self.ping_at, |at| at.min(self.ping_at))
    }

    /// A frame was sent or received.
    pub fn on_frame(&mut self, now: Instant, limits: &Limits, clock: &dyn Clock) {
        if let Some(quiet_at) = &mut self.quiet_at {
            let keep_alive = limits.keep_alive.0;
            *quiet_at = now + keep_alive - jitter(keep_alive.mul_f64(KEEP_ALIVE_SPREAD), clock);
        }
    }

    /// Whether a ping is to be sent now: not if the client was active lately, or an overload postpones it.
    pub fn takes_ping(
        &mut self,
        now: Instant,
        received_at: Instant,
        limits: &Limits,
        is_overloaded: impl FnOnce() -> bool,
    ) -> bool {
        if now < self.ping_at {
            return false;
        }
        let interval = limits.silence_timeout.0 / PINGS_PER_SILENCE;
        let silent_for = now - received_at;
        let is_active = silent_for < interval / 2;
        let is_postponed = !is_active && silent_for < interval.mul_f32(POSTPONED_SILENCE_MAX) && is_overloaded();
        self.ping_at = now + if is_postponed { interval / POSTPONEMENTS_PER_PING } else { interval };
        !is_active && !is_postponed
    }

    /// Whether the path is quiet, so that a proxy would soon end it.
    pub fn is_quiet(&self, now: Instant) -> bool {
        self.quiet_at.is_some_and(|at| at <= now)
    }
}

/// A random duration of up to `max`.
fn jitter(max: Duration, clock: &dyn Clock) -> Duration {
    Duration::from_millis(clock.jitter_ms(u64::try_from(max.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::config::Timeout;

    const INTERVAL: Duration = Duration::from_secs(60);

    fn limits() -> Limits {
        Limits { silence_timeout: Timeout(INTERVAL * PINGS_PER_SILENCE), ..Limits::default() }
    }

    /// When a socket that was last active at `received_at` is pinged.
    fn pinged_at(heartbeat: &mut Heartbeat, received_at: Instant) -> Instant {
        loop {
            let now = heartbeat.due().max(received_at);
            if heartbeat.takes_ping(now, received_at, &limits(), || false) {
                return now;
            }
        }
    }

    #[test]
    fn pings_of_jurors_who_voted_together_are_spread_over_the_interval() {
        fastrand::seed(7);
        let joined_at = SystemClock.instant();
        let voted_at = joined_at + INTERVAL * 5;
        let mut pings = [0; 10];
        for _ in 0..1_000 {
            let mut heartbeat = Heartbeat::start(joined_at, &limits(), false, &SystemClock);
            while heartbeat.due() < voted_at {
                // Busy until the vote.
                assert!(!heartbeat.takes_ping(heartbeat.due(), heartbeat.due(), &limits(), || false));
            }
            let silent_for = pinged_at(&mut heartbeat, voted_at) - voted_at;
            let tenth = (silent_for - INTERVAL / 2).as_secs_f64() / INTERVAL.as_secs_f64() * 10.0;
            pings[tenth as usize] += 1;
        }
        assert!(pings.iter().all(|pings| (60..=140).contains(pings)), "{pings:?}");
    }

    #[test]
    fn a_silent_socket_is_pinged_twice_before_the_timeout_also_in_an_overload() {
        for start in 0..60 {
            let now = SystemClock.instant();
            let ping_at = now + Duration::from_secs(start);
            let mut heartbeat = Heartbeat { ping_at, quiet_at: None };
            let mut pings = 0;
            while heartbeat.due() < now + limits().silence_timeout.0 {
                pings += usize::from(heartbeat.takes_ping(heartbeat.due(), now, &limits(), || true));
            }
            assert!(pings >= 1, "{start}");
            let mut calm = Heartbeat { ping_at, quiet_at: None };
            let first = pinged_at(&mut calm, now);
            assert!(pinged_at(&mut calm, now) < now + limits().silence_timeout.0, "{start}: {first:?}");
        }
    }

    #[test]
    fn a_quiet_path_gets_a_sign_of_life_within_45_to_55_s() {
        let (now, limits) = (SystemClock.instant(), Limits::default());
        let mut proxied = Heartbeat::start(now, &limits, true, &SystemClock);
        for seconds in (0..600).step_by(40) {
            let at = now + Duration::from_secs(seconds);
            assert!(!proxied.is_quiet(at));
            proxied.on_frame(at, &limits, &SystemClock);
            assert!(!proxied.is_quiet(at + Duration::from_secs(44)));
            assert!(proxied.is_quiet(at + Duration::from_secs(55)));
        }
        let direct = Heartbeat::start(now, &limits, false, &SystemClock);
        assert!(!direct.is_quiet(now + Duration::from_secs(3_600)));
    }
}
