//! The real program with some limits, and what its metrics tell of those whom it refuses.

use std::net::SocketAddr;
use std::time::Duration;

use live_jury_protocol::ClientFrame;
use live_jury_tests::api::Api;
use live_jury_tests::juror::Juror;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::viewer;

/// Limit for the end of a slow client's connection, on a slow machine.
pub const DISCONNECTED_MAX: Duration = Duration::from_secs(5);

/// A server with some limits.
pub struct Server {
    pub address: SocketAddr,
    admin: Api,
    pub program: Program,
    _stores: Stores,
}

impl Server {
    pub async fn start(limits: &[&str]) -> Self {
        Self::start_on(Stores::embedded(), limits).await
    }

    /// The same on these stores.
    pub async fn start_on(stores: Stores, limits: &[&str]) -> Self {
        let program = Program::serve(&stores, limits).await;
        Self { address: program.address, admin: program.admin(), program, _stores: stores }
    }

    /// A counter's value by its name and its label; 0 before the first event.
    pub async fn counter(&self, name: &str, value: &str) -> u64 {
        let page = self.admin.get("/metrics").await.text;
        let is_it = |line: &&str| line.starts_with(&format!("{name}{{")) && line.contains(&format!("=\"{value}\""));
        page.lines().find(is_it).and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
    }

    /// Whether the node says that it is ready.
    pub async fn is_ready(&self) -> bool {
        self.admin.get("/readyz").await.status == 200
    }

    /// Requires this number of rejections for a reason.
    pub async fn assert_rejected(&self, reason: &str, times: u64) {
        assert_eq!(self.counter("live_jury_turned_away_total", reason).await, times, "{reason}");
    }

    /// Requires this number of closed sockets for a code.
    pub async fn assert_closed(&self, code: u16, times: u64) {
        assert_eq!(self.counter("live_jury_closes_total", &code.to_string()).await, times, "{code}");
    }

    /// Requires this number of responses with a problem.
    pub async fn assert_problems(&self, problem: &str, times: u64) {
        assert_eq!(self.counter("live_jury_http_problems_total", problem).await, times, "{problem}");
    }

    pub async fn viewer(&self, room: &str, sub: &str) -> Juror {
        Juror::join(self.address, room, &viewer(room, sub)).await
    }

    /// The close code of a socket that sends this first frame.
    pub async fn close_code_after(&self, room: &str, frame: &ClientFrame) -> u16 {
        let mut juror = Juror::connect(self.address, room).await;
        juror.send(frame).await;
        juror.closed_with().await
    }
}
