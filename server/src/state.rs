//! What all connections and handlers of a node share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;
use tokio_util::task::TaskTracker;

use crate::admission::Admission;
use crate::auth::Verifier;
use crate::clock::Clock;
use crate::config::Limits;
use crate::hub::Hub;
use crate::lifecycle::Lifecycle;

/// What all connections and handlers of a node share.
pub struct AppState {
    /// Checks tokens.
    pub verifier: Verifier,
    /// The rooms.
    pub hub: Arc<Hub>,
    /// The steps of cases.
    pub lifecycle: Lifecycle,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who may come in.
    pub admission: Admission,
    /// What the outside may do.
    pub network: NetworkPolicy,
    /// How much of what comes in is taken.
    pub limits: Limits,
    /// What is known of the stores' health.
    pub health: Health,
    /// The node is going away.
    pub stopping: AtomicBool,
    /// The sockets, so that the stop can wait for them.
    pub sockets: TaskTracker,
}

/// What the outside may do.
#[derive(Clone, Debug)]
pub struct NetworkPolicy {
    /// Origins that may open a socket, call the API and frame the widget, the own one among them.
    pub origins: Vec<String>,
    /// Proxies whose word on the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether this is the demo: loopback names only, any of them.
    pub demo: bool,
}

/// What is known of the stores' health, for `/readyz`.
#[derive(Debug)]
pub struct Health {
    /// Whether the tally store survives a crash with every acknowledged ballot.
    pub durable: AtomicBool,
}

impl AppState {
    /// Whether the node is going away.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The node is to go away: nobody comes in any more, and who is here is told.
    pub fn go_away(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.admission.close();
    }

    /// Whether the tally store survives a crash with every acknowledged ballot.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.health.durable.load(Ordering::Relaxed)
    }
}
