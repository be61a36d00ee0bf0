//! Counts the panels that jurors have served once their case is recorded: on any node, and once for each case.

use std::sync::Arc;
use std::time::Duration;

use live_jury_court::{Pseudonym, State};
use live_jury_protocol::CaseId;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Jurors;
use crate::docket::{DocketError, seats_of};
use crate::pseudonym::JurorProfile;
use crate::telemetry::log_limited;

/// The time between two looks for cases whose node stopped between the record and the count. A level that comes some
/// seconds later harms nobody.
const INTERVAL: Duration = Duration::from_secs(10);
/// The cases of one look. Further ones are counted with the next one, as each takes four statements.
const CASES_AT_A_TIME: usize = 64;

impl Jurors {
    /// Counts the panels of recorded cases until the node stops: after each record of this node, which `recorded`
    /// tells, and every 10 s. Another node, or the next start, counts what a stop interrupts.
    pub async fn count_panels(self, recorded: Arc<Notify>, closed: CancellationToken) {
        let mut times = tokio::time::interval(INTERVAL);
        loop {
            tokio::select! {
                () = closed.cancelled() => return,
                () = recorded.notified() => {}
                _ = times.tick() => {}
            }
            if let Err(error) = self.count_recorded().await {
                log_limited!(warn, %error, "the panels that wait for their count cannot be read; trying again");
            }
        }
    }

    async fn count_recorded(&self) -> Result<(), DocketError> {
        for id in self.reads.recorded_serving(&self.key.fingerprint(), CASES_AT_A_TIME).await? {
            // One that fails delays no other.
            if let Err(error) = self.count_panel(id).await {
                log_limited!(warn, case = %id, %error, "the panel of a recorded case was not counted; trying again");
            }
        }
        Ok(())
    }

    async fn count_panel(&self, id: CaseId) -> Result<(), DocketError> {
        let served = self.served_in(id).await?;
        self.docket.file_served(id, &served).await
    }

    /// The jurors whose ballots the panel of a recorded case counts; a void case counts none.
    async fn served_in(&self, id: CaseId) -> Result<Vec<(Pseudonym, JurorProfile)>, DocketError> {
        let Some(case) = self.reads.case(id).await? else { return Ok(Vec::new()) };
        if matches!(case.state, State::Void(_)) {
            return Ok(Vec::new());
        }
        let seats = seats_of(&*self.reads, &case).await?;
        let serving = self.reads.serving(id).await?.into_iter().filter(|(juror, _)| seats.is_counted(juror));
        Ok(serving.map(|(juror, masked)| (juror, self.key.unmask(id, juror, masked))).collect())
    }
}
