//! The state of the stores, as this node knows it: whether they keep what they acknowledge, and take writes. It asks no
//! store.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::AcceptLoss;

/// Whether a store keeps what it has acknowledged when it crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Its settings let it lose something.
    Weak,
    /// It does not tell its settings, as managed stores often do not.
    Unknown,
    /// It keeps everything.
    Durable,
}

/// The durability of a store, and what it was concluded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDurability {
    /// The durability.
    pub durability: Durability,
    /// The settings, for the log.
    pub settings: String,
}

/// The state of the stores, as this node knows it.
#[derive(Debug)]
pub struct Health {
    accept_loss: AcceptLoss,
    durable: AtomicBool,
    tally_writable: AtomicBool,
    docket_writable: AtomicBool,
    others_write: AtomicBool,
    docket_read: AtomicBool,
    signed: AtomicBool,
}

impl Health {
    /// Durable stores that take writes, until they are asked.
    #[must_use]
    pub const fn new(accept_loss: AcceptLoss) -> Self {
        Self {
            accept_loss,
            durable: AtomicBool::new(true),
            tally_writable: AtomicBool::new(true),
            docket_writable: AtomicBool::new(true),
            others_write: AtomicBool::new(false),
            docket_read: AtomicBool::new(false),
            signed: AtomicBool::new(false),
        }
    }

    /// Sets which stores this node can write, and whether another node can write one that this node cannot.
    pub fn set_writable(&self, tally: bool, docket: bool, others_write: bool) {
        self.tally_writable.store(tally, Ordering::Relaxed);
        self.docket_writable.store(docket, Ordering::Relaxed);
        self.others_write.store(others_write, Ordering::Relaxed);
    }

    /// Whether this node can write to the tally store.
    #[must_use]
    pub fn is_tally_writable(&self) -> bool {
        self.tally_writable.load(Ordering::Relaxed)
    }

    /// Whether this node can write to the docket.
    #[must_use]
    pub fn is_docket_writable(&self) -> bool {
        self.docket_writable.load(Ordering::Relaxed)
    }

    /// Whether another node can write to a store that this node cannot write. It helps nobody to keep traffic from this
    /// node if no other can write, either.
    #[must_use]
    pub fn do_others_write(&self) -> bool {
        self.others_write.load(Ordering::Relaxed)
    }

    /// Sets that this node has read the docket.
    pub fn docket_was_read(&self) {
        self.docket_read.store(true, Ordering::Relaxed);
    }

    /// Whether this node has read the docket once. It then serves its rooms without it.
    #[must_use]
    pub fn has_read_docket(&self) -> bool {
        self.docket_read.load(Ordering::Relaxed)
    }

    /// Sets whether this node signs the log of verdicts.
    pub fn set_signed(&self, signed: bool) {
        self.signed.store(signed, Ordering::Relaxed);
    }

    /// Whether this node signs the log of verdicts: it has a key, and the log continues what was signed.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.signed.load(Ordering::Relaxed)
    }

    /// Sets the durability of the weaker store.
    pub fn set_durability(&self, weaker: Durability) {
        let durable = match weaker {
            Durability::Durable => true,
            // The operator vouches for it.
            Durability::Unknown => self.accept_loss == AcceptLoss::Unknown,
            Durability::Weak => false,
        };
        self.durable.store(durable, Ordering::Relaxed);
    }

    /// Whether an acknowledged ballot survives a crash of any store, as far as is known or vouched for.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durable.load(Ordering::Relaxed)
    }

    /// Whether a case may be opened: its ballots survive a crash, or the operator accepts that they do not.
    #[must_use]
    pub fn may_open(&self) -> bool {
        self.is_durable() || self.accept_loss == AcceptLoss::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_decides_about_a_store_that_is_weak_or_silent() {
        use AcceptLoss::{No, Unknown, Yes};
        for (accept_loss, weaker, is_durable, may_open) in [
            (No, Durability::Durable, true, true),
            (No, Durability::Unknown, false, false),
            (No, Durability::Weak, false, false),
            (Unknown, Durability::Unknown, true, true),
            (Unknown, Durability::Weak, false, false),
            (Yes, Durability::Durable, true, true),
            (Yes, Durability::Unknown, false, true),
            (Yes, Durability::Weak, false, true),
        ] {
            let health = Health::new(accept_loss);
            health.set_durability(weaker);
            let found = (health.is_durable(), health.may_open());
            assert_eq!(found, (is_durable, may_open), "{accept_loss:?} {weaker:?}");
        }
    }
}
