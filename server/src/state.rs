//! The state that all connections and handlers of a node share; it has no logic of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;
use tokio_util::task::TaskTracker;

use crate::admission::{Admission, Reads, Steps};
use crate::auth::Verifier;
use crate::census::Census;
use crate::clock::Clock;
use crate::config::Limits;
use crate::health::Health;
use crate::hub::Hub;
use crate::jurors::Jurors;
use crate::lifecycle::Lifecycle;
use crate::log::Logs;
use crate::reports::Reports;
use crate::trust::Trust;

/// The state that all connections and handlers of a node share.
pub struct AppState {
    /// Verifies tokens.
    pub verifier: Verifier,
    /// The rooms.
    pub hub: Arc<Hub>,
    /// The steps of cases.
    pub lifecycle: Lifecycle,
    /// The logs of verdicts.
    pub logs: Logs,
    /// The standing of jurors.
    pub jurors: Jurors,
    /// Facts, index and exposures; none with `--trust off`.
    pub trust: Option<Trust>,
    /// Reports by viewers; none with `--trust off`.
    pub reports: Option<Reports>,
    /// The census of viewers who judge; none with `--trust off`, and without a reporter key.
    pub census: Option<Census>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counts connections and sockets within their limits.
    pub admission: Admission,
    /// Counts the reads over HTTP.
    pub reads: Reads,
    /// Counts moderators' edits and extensions.
    pub steps: Steps,
    /// Origins, proxies and host names that may reach the node.
    pub network: NetworkPolicy,
    /// Limits on incoming requests and frames.
    pub limits: Limits,
    /// The state of the stores.
    pub health: Arc<Health>,
    /// Whether the node is shutting down.
    pub stopping: AtomicBool,
    /// The sockets' tasks; the stop waits for them.
    pub sockets: TaskTracker,
    /// Requests that change something. Each runs to its end, and the stop waits for them.
    pub step_tasks: TaskTracker,
}

/// Origins, proxies and host names that may reach the node.
#[derive(Clone, Debug)]
pub struct NetworkPolicy {
    /// Origins that may open a socket, call the API and frame the widget, including the server's own.
    pub origins: Vec<String>,
    /// Proxies whose headers name the client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether this is the demo, which accepts every loopback name and no other.
    pub demo: bool,
}

impl AppState {
    /// Whether the node is shutting down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Starts the shutdown: no socket is admitted any more, and the open ones are notified.
    pub fn start_stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.admission.close();
    }
}
