//! A node in this process, on a runtime of its own, so that it can die as a process does; it shares nothing with the
//! story but its stores.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{Case, Role};
use live_jury_server::clock::Clock;
use live_jury_server::config::Settings;
use live_jury_server::node::{Extras, Node as Server};
use tokio::runtime::{Builder, Runtime};

use crate::api::Api;
use crate::juror::Juror;
use crate::{WAIT_MAX, tokens};

/// Longest time a dead node's last blocking call may take.
const DEATH_TIMEOUT: Duration = Duration::from_secs(10);

/// A running node. Dropping it kills it, without waiting for it to be gone.
pub struct Node {
    /// Where its public listener is.
    pub address: SocketAddr,
    /// Where its admin listener is.
    pub admin: SocketAddr,
    server: Option<Server>,
    runtime: Option<Runtime>,
}

impl Node {
    /// Starts a node, on one thread.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self::try_start(settings, clock).await.unwrap_or_else(|error| panic!("the node does not start: {error}"))
    }

    /// Starts a node, or says why it does not start.
    ///
    /// # Errors
    /// The server's own words.
    pub async fn try_start(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        // On a thread that may block: the stores' futures are not proven `Send` for every lifetime, as a task must be.
        let starting = move || {
            let started = runtime.block_on(Server::start(settings, clock, None, Extras::default()));
            (runtime, started)
        };
        let (runtime, started) = tokio::task::spawn_blocking(starting).await.expect("the start does not panic");
        match started {
            Ok(server) => {
                let admin = server.admin_address.expect("the stories' nodes have an admin listener");
                Ok(Self { address: server.address, admin, server: Some(server), runtime: Some(runtime) })
            }
            Err(error) => {
                runtime.shutdown_background();
                Err(format!("{error:#}"))
            }
        }
    }

    /// Stops it in order.
    pub async fn stop(mut self) {
        let (server, runtime) = (self.server.take().expect("it runs"), self.runtime.take().expect("it runs"));
        runtime.spawn(server.stop()).await.expect("the stop does not panic");
        end(runtime).await;
    }

    /// Kills it: whatever it was doing is not done, nobody is told.
    pub async fn kill(mut self) {
        let (server, runtime) = (self.server.take(), self.runtime.take().expect("it runs"));
        drop(server);
        end(runtime).await;
    }

    /// The API, with this token.
    #[must_use]
    pub fn api(&self, token: &str) -> Api {
        Api::new(self.address, Some(token))
    }

    /// The API as a moderator of `room`.
    #[must_use]
    pub fn moderator(&self, room: &str) -> Api {
        self.api(&tokens::moderator(room, "mod"))
    }

    /// A viewer's socket in `room`, joined.
    pub async fn viewer(&self, room: &str, sub: &str) -> Juror {
        Juror::join(self.address, room, &tokens::viewer(room, sub)).await
    }

    /// A socket of this role in `room`, joined.
    pub async fn join_as(&self, role: Role, room: &str) -> Juror {
        Juror::join(self.address, room, &tokens::token(role, room, role.as_str())).await
    }

    /// Waits until the case is as wanted, with nobody connected: by what the server's own parts tell each other.
    pub async fn wait_for_case(&self, case: &Case, wanted: impl Fn(&Case) -> bool) -> Case {
        let mut hints = self.server.as_ref().expect("it runs").proceedings().nodes.hints();
        let moderator = self.moderator(case.room.as_str());
        let waiting = async {
            loop {
                let found = moderator.case(case.id).await;
                if wanted(&found) {
                    return found;
                }
                hints.recv().await.expect("the node is alive");
            }
        };
        tokio::time::timeout(WAIT_MAX, waiting)
            .await
            .unwrap_or_else(|_| panic!("case {} is not as wanted after {WAIT_MAX:?}", case.id))
    }

    /// Waits until the case is recorded, with nobody connected.
    pub async fn wait_for_verdict(&self, case: &Case) -> Case {
        self.wait_for_case(case, |case| case.verdict.is_some()).await
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits for the threads to end; that may block, which an async story must not.
async fn end(runtime: Runtime) {
    tokio::task::spawn_blocking(move || runtime.shutdown_timeout(DEATH_TIMEOUT)).await.expect("the runtime ends");
}
