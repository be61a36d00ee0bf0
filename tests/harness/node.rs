//! A node inside the test process, on a runtime of its own; it shares nothing with the test but its stores.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{Case, CaseId, Role};
use live_jury_server::clock::Clock;
use live_jury_server::config::Settings;
use live_jury_server::node::{Extras, Node as Server};
use tokio::runtime::{Builder, Runtime};

use crate::api::Api;
use crate::failure::{LastLines, Report};
use crate::juror::Juror;
use crate::{WAIT_MAX, logs, tokens};

/// Limit for the last blocking call of a killed node, such as a write of SQLite.
const DEATH_TIMEOUT: Duration = Duration::from_secs(10);

/// A running node. Dropping it kills it and does not wait for its end.
pub struct Node {
    /// Address of the public listener.
    pub address: SocketAddr,
    /// Address of the admin listener.
    pub admin: SocketAddr,
    server: Option<Server>,
    runtime: Option<Runtime>,
    _report: Report,
}

impl Node {
    /// Starts a node on one thread.
    ///
    /// # Panics
    /// The node does not start.
    pub async fn start(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self::try_start(settings, clock).await.unwrap_or_else(|error| panic!("the node does not start: {error}"))
    }

    /// Starts a node.
    ///
    /// # Errors
    /// The server's message, if it does not start.
    pub async fn try_start(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let log = LastLines::default();
        let (of_threads, of_start) = (log.clone(), log.clone());
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .on_thread_start(move || logs::keep(Some(of_threads.clone())))
            .enable_all()
            .build()
            .expect("a runtime");
        // This thread may block. The stores' futures are not provably `Send` for every lifetime, so a task cannot run
        // them.
        let starting = move || {
            logs::keep(Some(of_start));
            let started = runtime.block_on(Server::start(settings, clock, None, Extras::default()));
            logs::keep(None);
            (runtime, started)
        };
        let (runtime, started) = tokio::task::spawn_blocking(starting).await.expect("the start does not panic");
        match started {
            Ok(server) => {
                let admin = server.admin_address.expect("the stories' nodes have an admin listener");
                let report = Report::new(format!("node at {}, admin at {admin}", server.address), log);
                let address = server.address;
                Ok(Self { address, admin, server: Some(server), runtime: Some(runtime), _report: report })
            }
            Err(error) => {
                runtime.shutdown_background();
                Err(format!("{error:#}"))
            }
        }
    }

    /// Stops the node in order.
    pub async fn stop(mut self) {
        let (server, runtime) = (self.server.take().expect("it runs"), self.runtime.take().expect("it runs"));
        runtime.spawn(server.stop()).await.expect("the stop does not panic");
        end(runtime).await;
    }

    /// Kills the node: work in progress is abandoned, and no socket gets a close frame.
    pub async fn kill(mut self) {
        let (server, runtime) = (self.server.take(), self.runtime.take().expect("it runs"));
        drop(server);
        end(runtime).await;
    }

    /// A client of the API with this token.
    #[must_use]
    pub fn api(&self, token: &str) -> Api {
        Api::new(self.address, Some(token))
    }

    /// A client of the API with a moderator's token for `room`.
    #[must_use]
    pub fn moderator(&self, room: &str) -> Api {
        self.api(&tokens::moderator(room, "mod"))
    }

    /// A joined socket of a viewer in `room`.
    pub async fn viewer(&self, room: &str, sub: &str) -> Juror {
        Juror::join(self.address, room, &tokens::viewer(room, sub)).await
    }

    /// A joined socket of this role in `room`.
    pub async fn join_as(&self, role: Role, room: &str) -> Juror {
        Juror::join(self.address, room, &tokens::token(role, room, role.as_str())).await
    }

    /// Waits until the case is as wanted, without a socket. The server's own hints end each wait.
    pub async fn wait_for_case(&self, case: &Case, wanted: impl Fn(&Case) -> bool) -> Case {
        let mut hints = self.server.as_ref().expect("it runs").lifecycle().peers.hints();
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

    /// Tells which viewers may not sit on a case's panel, as the draw asks for it.
    pub async fn took_part_before(&self, case: CaseId, subs: &[&str]) -> Vec<bool> {
        let lifecycle = self.server.as_ref().expect("it runs").lifecycle();
        let case = lifecycle.case(case).await.expect("the case is there");
        lifecycle.took_part_before(&case, subs).await.expect("the docket answers")
    }

    /// Waits until the case is recorded, without a socket.
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

/// Waits for the runtime's threads. The wait may block, so it runs on a thread of its own.
async fn end(runtime: Runtime) {
    tokio::task::spawn_blocking(move || runtime.shutdown_timeout(DEATH_TIMEOUT)).await.expect("the runtime ends");
}
