//! Promises of merchants: moved by points, breaches, a deposit and time. It imposes none.

use super::Trust;
use crate::ledger::promises::PlaceOfPromise;
use crate::ledger::standing::StandingError;

impl Trust {
    /// Moves every promise that may have to move. Several nodes may do so at once: a promise moves once.
    ///
    /// # Errors
    /// The ledger failed. Promises that were moved before stay moved.
    pub async fn move_promises(&self) -> Result<(), StandingError> {
        let (mut place, deposit_minor) = (PlaceOfPromise::default(), self.file.programme.deposit_minor);
        while let Some(next) = self.ledger.move_promises(&place, deposit_minor, self.clock.now_ms()).await? {
            place = next;
        }
        Ok(())
    }
}
