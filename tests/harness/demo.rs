//! The demo as a visitor of it finds it: the pages that it links to, the tokens in their links, and its viewers.

use live_jury_protocol::{CaseId, CaseState};
use serde_json::Value;

use crate::api::Api;
use crate::juror::Juror;
use crate::program::Program;

/// The demo's room in English.
pub const ROOM: &str = "demo";

/// A running demo.
#[derive(Debug)]
pub struct Demo {
    /// The program.
    pub program: Program,
    /// A client without a token.
    pub anybody: Api,
    /// The link of each page of [`ROOM`], by the page's name.
    pub links: Value,
}

impl Demo {
    /// Starts a demo with these settings.
    pub async fn start(settings: &[&str]) -> Self {
        let program = Program::start(&[&["demo", "--bind", "127.0.0.1:0"], settings].concat()).await;
        let anybody = Api::new(program.address, None);
        let links = anybody.get("/demo/links").await.read(200);
        Self { program, anybody, links }
    }

    /// Starts a demo whose cases follow each other quickly, and reach their quorum by simulated viewers: 60 a room.
    pub async fn in_haste() -> Self {
        Self::start(&["--viewers", "60", "--case-seconds", "30", "--pause-seconds", "2"]).await
    }

    /// The client of a page, with the token in the page's link.
    ///
    /// # Panics
    /// The page has no link with a token.
    #[must_use]
    pub fn api(&self, page: &str) -> Api {
        let link = self.links[page].as_str().expect("a page of the demo");
        let (_, token) = link.split_once("#token=").expect("a page with a token");
        Api::new(self.program.address, Some(token))
    }

    /// A viewer who joins a room of the demo.
    pub async fn join(&self, room: &str, viewer: &str) -> Juror {
        let path = format!("/demo/token?room={room}");
        let token = self.anybody.send("POST", &path, &[], Some(viewer.as_bytes().to_vec())).await.text;
        Juror::join(self.program.address, room, &token).await
    }

    /// Stops the demo as its terminal does.
    ///
    /// # Panics
    /// It does not end in order.
    pub async fn stop(self) {
        self.program.signal("INT").await;
        assert!(self.program.end().await.success(), "a demo ends in order");
    }
}

/// The case that is open in a juror's docket and that was made after `before`. The docket may have a closed case for a
/// moment more.
#[must_use]
pub fn opened_after(juror: &Juror, before: CaseId) -> Option<CaseId> {
    juror.docket.iter().find(|case| case.state == CaseState::Open && case.id > before).map(|case| case.id)
}
