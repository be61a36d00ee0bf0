//! The signals of a host over all rooms. A host has no index and no exposure.

use live_jury_trust::index::{Contribution, Index, Priors};
use live_jury_trust::signal::{Dimension, SignalId};

use super::Trust;
use super::known::observed;
use crate::ledger::{Known, LedgerError};

impl Trust {
    /// The signals of a host, each with the points that it would have for a shop. The share of a shop's hosts with a
    /// violation is none of them.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn host_signals(&self, id: &str) -> Result<Vec<Contribution>, LedgerError> {
        let known = Known { counters: self.ledger.host_counters(id).await?, ..Known::default() };
        let index = Index::of(&observed(&known, self.clock.now_ms()), &Priors::default());
        let is_own = |one: &Contribution| one.id != SignalId::H14 && one.id.signal().dimension() == Dimension::Host;
        Ok(index.contributions.into_iter().filter(is_own).collect())
    }
}
