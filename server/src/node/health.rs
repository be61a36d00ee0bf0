//! Watches the stores of this node and shows what it finds in the metrics; it changes no setting and opens no store.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::tally::TallyHealth;
use crate::telemetry::log_limited;

/// Time between two looks at the stores. Each costs a store less than a batch of ballots.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Watches the stores until `stop`.
pub(super) async fn watch(tally: Arc<dyn TallyHealth>, stop: CancellationToken) {
    let mut ticks = interval(LOOK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match tally.memory_share().await {
            Ok(share) => metrics::gauge!("live_jury_tally_memory_share").set(share.unwrap_or(0.0)),
            Err(error) => log_limited!(warn, %error, "the tally store does not tell how full it is"),
        }
    }
}
