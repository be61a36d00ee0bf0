//! Counts the proofs that this node has served, and adds the numbers to the docket. It serves none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_jury_protocol::CaseId;
use tokio_util::sync::CancellationToken;

use crate::docket::Docket;
use crate::telemetry::log_limited;

/// The time between two additions to the docket. One row for each proof would be a queue of 500 a second.
const INTERVAL: Duration = Duration::from_secs(10);

/// The proofs since the last addition.
#[derive(Debug, Default)]
pub struct ServedProofs(Mutex<HashMap<CaseId, u64>>);

impl ServedProofs {
    /// Counts a proof.
    pub fn count(&self, id: CaseId) {
        *self.lock().entry(id).or_default() += 1;
    }

    /// Adds what was served to the docket every 10 s, and a last time when the node stops.
    pub async fn keep(self: Arc<Self>, docket: Arc<dyn Docket>, closed: CancellationToken) {
        let mut times = tokio::time::interval(INTERVAL);
        while closed.run_until_cancelled(times.tick()).await.is_some() {
            self.add_to(&*docket).await;
        }
        self.add_to(&*docket).await;
    }

    /// Adds what was served. A case that the docket did not take is added later.
    async fn add_to(&self, docket: &dyn Docket) {
        let served = std::mem::take(&mut *self.lock());
        for (id, proofs) in served {
            if let Err(error) = docket.add_proofs(id, proofs).await {
                log_limited!(warn, %error, "the number of served proofs was not filed; trying again");
                *self.lock().entry(id).or_default() += proofs;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CaseId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
