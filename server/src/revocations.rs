//! Follows the docket's revocations, and ends this node's sockets of revoked tokens; it verifies no token.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::auth::Revocation;
use crate::docket::DocketError;
use crate::state::AppState;

/// The time between two readings. All nodes follow a revocation within 2 s, which leaves a second for the database.
const INTERVAL: Duration = Duration::from_secs(1);

/// Follows the docket's revocations.
pub struct Follower {
    app: Arc<AppState>,
    last: u64,
}

/// Files a revocation for all nodes, and follows it on this one.
///
/// # Errors
/// The docket did not answer, or has its limit of revocations.
pub async fn revoke(app: &AppState, revocation: Revocation) -> Result<(), DocketError> {
    app.lifecycle.docket.revoke(&revocation).await?;
    apply(app, &[revocation]);
    Ok(())
}

fn apply(app: &AppState, found: &[Revocation]) {
    let known = app.verifier.revocations();
    known.add(found, app.clock.now_ms());
    if !found.is_empty() {
        app.admission.end_revoked(|token| known.covers(token));
    }
}

impl Follower {
    /// Reads all revocations. A node accepts no token before.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn start(app: Arc<AppState>) -> Result<Self, DocketError> {
        let mut follower = Self { app, last: 0 };
        follower.read().await?;
        Ok(follower)
    }

    /// Follows the docket until `stop`. While it does not answer, known revocations hold.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut times = tokio::time::interval(INTERVAL);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unavailable = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = times.tick() => {}
            }
            match self.read().await {
                Ok(()) => unavailable = false,
                Err(error) if !std::mem::replace(&mut unavailable, true) => {
                    tracing::warn!(%error, "the revocations cannot be read; trying again");
                }
                Err(_) => {}
            }
        }
    }

    async fn read(&mut self) -> Result<(), DocketError> {
        let mut found = self.app.lifecycle.docket.revocations(self.last).await?;
        if found.last < self.last {
            // An older docket was put back, and its places are given out again.
            found = self.app.lifecycle.docket.revocations(0).await?;
        }
        self.last = found.last;
        apply(&self.app, &found.revocations);
        Ok(())
    }
}
