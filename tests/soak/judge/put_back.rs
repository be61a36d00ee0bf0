//! A docket that was put back to an older state: which promises about a case it takes away; it reports nothing.

use uuid::Uuid;

use super::CaseCheck;
use crate::run_log::{PutBack, RunLog};

/// Time in which nodes notice that the docket went back, and the difference of two readings of one machine's clock.
const SLACK_MS: u64 = 5_000;
/// Bits of a case's id behind its time of creation.
const RANDOM_BITS: u32 = 80;

/// Whether a case may be gone: it was created after the older state, and before the docket was put back to that.
pub fn is_gone(run_log: &RunLog, case: Uuid) -> bool {
    let created_ms = u64::try_from(case.as_u128() >> RANDOM_BITS).unwrap_or(u64::MAX);
    let lost = |put_back: &PutBack| {
        created_ms + SLACK_MS >= put_back.copied_ms && created_ms <= put_back.put_back_ms.saturating_add(SLACK_MS)
    };
    run_log.put_backs.iter().any(lost)
}

impl CaseCheck<'_> {
    /// When the docket was put back first in a way that undid a step of the case.
    pub fn undone_since_ms(&self) -> Option<u64> {
        let ended_ms = self.record.audit.last().map_or(u64::MAX, |line| line.at_ms).saturating_add(SLACK_MS);
        let undone = |put_back: &&PutBack| {
            self.record.created_at_ms <= put_back.put_back_ms.saturating_add(SLACK_MS) && put_back.copied_ms <= ended_ms
        };
        self.run_log.put_backs.iter().filter(undone).map(|put_back| put_back.copied_ms).min()
    }

    /// Whether the tally was lost after a state of the docket to which it went back: the docket may then have forgotten
    /// an epoch, and its number comes again.
    pub fn forgot_an_epoch(&self) -> bool {
        let Some(since_ms) = self.undone_since_ms() else { return false };
        self.run_log.wipes_ms.iter().any(|wipe_ms| wipe_ms + SLACK_MS >= since_ms)
    }
}
