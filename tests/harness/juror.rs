//! A juror's client: it joins, casts and keeps the newest view; it waits for frames and never for a fixed time.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use live_jury_protocol::{
    BallotStatus, Case, CaseId, ClientFrame, Counts, FrameError, NoReceipt, OwnBallot, Refusal, SUBPROTOCOL,
    ServerFrame, Side, Stats, Tally, Verdict, Welcome,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::WAIT_MAX;
use crate::receipts::OwnReceipt;

/// The close code of a connection that ended without a close frame.
pub const LOST: u16 = 1006;

/// The close code of a close frame without a code.
const NO_STATUS: u16 = 1005;

/// One socket and every frame that it received.
#[derive(Debug)]
pub struct Juror {
    socket: WebSocketStream<TcpStream>,
    /// Every text frame, unchanged, in the order of arrival.
    pub texts: Vec<String>,
    /// The newest welcome.
    pub welcome: Option<Welcome>,
    /// The cases of the newest docket.
    pub docket: Vec<Case>,
    /// The rev of the newest docket; none before the first.
    pub docket_rev: Option<u64>,
    /// The newest tally of each case.
    pub tallies: BTreeMap<CaseId, Tally>,
    /// The panels to which the juror was called: case, place and side.
    pub called: Vec<(CaseId, u64, Option<Side>)>,
    /// The newest count of viewers in the room.
    pub viewers: Option<u64>,
    /// The newest stats.
    pub stats: Option<Stats>,
    /// Whether the node announced its shutdown.
    pub draining: bool,
    /// Number of pings received.
    pub pings: usize,
    /// Number of pongs received, asked for or not.
    pub pongs: usize,
    /// Answers that no test has taken yet.
    pub answers: VecDeque<Answer>,
    ended: Option<u16>,
}

/// The answer to a cast, to a request for a receipt, or to an unreadable frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The ballot is recorded.
    Recorded(BallotStatus, OwnBallot),
    /// The ballot does not count. The number is the delay in milliseconds before a retry, if a retry makes sense.
    Refused(Refusal, Option<u64>),
    /// The receipt of the own ballot.
    Receipt(OwnReceipt),
    /// There is no receipt. The number is the delay in milliseconds before a retry, as with a refusal.
    NoReceipt(NoReceipt, Option<u64>),
    /// The server could not read the frame.
    Error(FrameError),
}

impl Juror {
    /// Opens a socket without a join.
    pub async fn connect(address: SocketAddr, room: &str) -> Self {
        Self::try_connect(address, room, None).await.expect("the socket opens")
    }

    /// Opens a socket without a join, from a page of this origin.
    ///
    /// # Errors
    /// The status and the body of the refusal.
    pub async fn try_connect(address: SocketAddr, room: &str, origin: Option<&str>) -> Result<Self, (u16, String)> {
        let stream = TcpStream::connect(address).await.expect("the node listens");
        Self::upgrade(stream, address, room, origin.map(|origin| ("origin", origin))).await
    }

    /// Opens a socket without a join, with one more header in its request.
    pub async fn connect_with(address: SocketAddr, room: &str, name: &'static str, value: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the node listens");
        Self::upgrade(stream, address, room, Some((name, value))).await.expect("the socket opens")
    }

    /// Opens a socket without a join and with the smallest receive buffer of the machine. A server cannot send much to
    /// it before its reader continues.
    pub async fn connect_narrow(address: SocketAddr, room: &str) -> Self {
        let line = TcpSocket::new_v4().expect("a socket");
        line.set_recv_buffer_size(1).expect("the machine takes its smallest for that");
        let stream = line.connect(address).await.expect("the node listens");
        Self::upgrade(stream, address, room, None).await.expect("the socket opens")
    }

    async fn upgrade(
        stream: TcpStream,
        address: SocketAddr,
        room: &str,
        header: Option<(&'static str, &str)>,
    ) -> Result<Self, (u16, String)> {
        let url = format!("ws://{address}/api/v1/rooms/{room}/socket");
        let mut request = url.into_client_request().expect("a URL");
        let headers = request.headers_mut();
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().expect("a header"));
        }
        stream.set_nodelay(true).expect("a socket");
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self::new(socket)),
            Err(Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), String::from_utf8_lossy(&body).into_owned()))
            }
            Err(error) => panic!("no answer to the upgrade: {error}"),
        }
    }

    fn new(socket: WebSocketStream<TcpStream>) -> Self {
        Self {
            socket,
            texts: Vec::new(),
            welcome: None,
            docket: Vec::new(),
            docket_rev: None,
            tallies: BTreeMap::new(),
            called: Vec::new(),
            viewers: None,
            stats: None,
            draining: false,
            pings: 0,
            pongs: 0,
            answers: VecDeque::new(),
            ended: None,
        }
    }

    /// Opens a socket, joins, and waits for the room's cases.
    pub async fn join(address: SocketAddr, room: &str, token: &str) -> Self {
        Self::connect(address, room).await.joined(token).await
    }

    /// Joins on this socket and waits for the room's cases.
    pub async fn joined(mut self, token: &str) -> Self {
        let juror = &mut self;
        juror.send(&ClientFrame::Join { token: token.to_owned() }).await;
        juror.wait("the room", |juror| juror.docket_rev).await;
        assert!(juror.welcome.is_some(), "the welcome comes first");
        self
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &ClientFrame) {
        self.send_text(&serde_json::to_string(frame).expect("a frame")).await;
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: &str) {
        // A write to a closed socket fails. The close itself is found by reading.
        let _ = self.socket.send(Message::Text(text.into())).await;
    }

    /// Sends a binary message, which the protocol does not allow.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        let _ = self.socket.send(Message::Binary(bytes.into())).await;
    }

    /// Sends a ping.
    pub async fn ping(&mut self) {
        let _ = self.socket.send(Message::Ping(Vec::new().into())).await;
    }

    /// Renews the token and waits for the next welcome.
    pub async fn renew(&mut self, token: &str) -> Welcome {
        self.welcome = None;
        self.send(&ClientFrame::Renew { token: token.to_owned() }).await;
        self.wait("a new welcome", |juror| juror.welcome.clone()).await
    }

    /// Casts a ballot that says which statements were read, and requires that it counts.
    pub async fn vote_having_read(&mut self, case: CaseId, option: &str, read: u8) -> OwnBallot {
        self.wait_for_case(case, |_| true).await;
        let (case, option, read) = (case.to_string(), option.to_owned(), Some(read));
        self.send(&ClientFrame::Cast { case, option, request: None, change: None, read, reason: None }).await;
        self.answer_recorded(BallotStatus::Counted).await
    }

    /// Sends a cast and does not wait for its answer.
    pub async fn send_cast(&mut self, case: &str, option: &str, change: Option<u32>) {
        let (case, option) = (case.to_owned(), option.to_owned());
        self.send(&ClientFrame::Cast { case, option, request: None, change, read: None, reason: None }).await;
    }

    /// Waits for the next answer.
    pub async fn answer(&mut self) -> Answer {
        self.answer_or_close().await.unwrap_or_else(|code| panic!("closed with {code} instead of an answer"))
    }

    /// Waits for the next answer.
    ///
    /// # Errors
    /// The code of a close that came instead.
    pub async fn answer_or_close(&mut self) -> Result<Answer, u16> {
        let waiting = async {
            while self.answers.is_empty() && self.ended.is_none() {
                self.receive().await;
            }
        };
        if tokio::time::timeout(WAIT_MAX, waiting).await.is_err() {
            self.fail("an answer");
        }
        self.answers.pop_front().ok_or_else(|| self.ended.unwrap_or(LOST))
    }

    /// Whether no answer has arrived yet. It reads what has arrived and waits for nothing.
    pub fn is_unanswered(&mut self) -> bool {
        while self.answers.is_empty() && self.ended.is_none() && self.receive().now_or_never().is_some() {}
        self.answers.is_empty()
    }

    /// Casts a ballot and waits for its answer.
    pub async fn cast(&mut self, case: CaseId, option: &str) -> Answer {
        self.send_cast(&case.to_string(), option, None).await;
        self.answer().await
    }

    /// Casts a ballot with its change number and waits for its answer.
    pub async fn cast_change(&mut self, case: CaseId, option: &str, change: u32) -> Answer {
        self.send_cast(&case.to_string(), option, Some(change)).await;
        self.answer().await
    }

    /// Casts a ballot and requires this status.
    pub async fn expect_ballot(&mut self, case: CaseId, option: &str, status: BallotStatus) -> OwnBallot {
        self.send_cast(&case.to_string(), option, None).await;
        self.answer_recorded(status).await
    }

    /// Waits for the answer to a ballot and requires this status.
    pub async fn answer_recorded(&mut self, status: BallotStatus) -> OwnBallot {
        match self.answer().await {
            Answer::Recorded(found, ballot) if found == status => ballot,
            other => panic!("a ballot was to be {status:?}, and is {other:?}"),
        }
    }

    /// Waits until the case is shown, and casts a ballot that must count.
    pub async fn vote(&mut self, case: CaseId, option: &str) -> OwnBallot {
        self.wait_for_case(case, |_| true).await;
        self.expect_ballot(case, option, BallotStatus::Counted).await
    }

    /// Casts a ballot and requires a final refusal.
    pub async fn expect_refused(&mut self, case: &str, option: &str, reason: Refusal) {
        self.send_cast(case, option, None).await;
        assert_eq!(self.answer().await, Answer::Refused(reason, None), "{option} in {case}");
    }

    /// Casts a ballot, and repeats it after each delay that a refusal names. Returns the first answer without a delay.
    pub async fn cast_until_settled(&mut self, case: CaseId, option: &str) -> Answer {
        let casting = async {
            loop {
                match self.cast(case, option).await {
                    Answer::Refused(_, Some(ms)) => tokio::time::sleep(Duration::from_millis(ms)).await,
                    settled => return settled,
                }
            }
        };
        tokio::time::timeout(WAIT_MAX, casting).await.unwrap_or_else(|_| panic!("{option} in {case} is not settled"))
    }

    /// Casts a ballot, and repeats it after each delay that a refusal names, until it is recorded.
    pub async fn cast_until_recorded(&mut self, case: CaseId, option: &str) -> BallotStatus {
        match self.cast_until_settled(case, option).await {
            Answer::Recorded(status, _) => status,
            other => panic!("{option} in {case}: {other:?}"),
        }
    }

    /// Waits until `seen` finds its value in what this socket received.
    pub async fn wait<T>(&mut self, what: &str, mut seen: impl FnMut(&Self) -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(found) = seen(self) {
                    return found;
                }
                assert!(self.ended.is_none(), "closed with {:?} instead of {what}", self.ended);
                self.receive().await;
            }
        };
        match tokio::time::timeout(WAIT_MAX, waiting).await {
            Ok(found) => found,
            Err(_) => self.fail(what),
        }
    }

    /// Waits until the room's cases arrive.
    ///
    /// # Errors
    /// The code with which the server closed the socket instead.
    pub async fn wait_until_joined(&mut self) -> Result<(), u16> {
        let waiting = async {
            while self.docket_rev.is_none() && self.ended.is_none() {
                self.receive().await;
            }
        };
        let waited = tokio::time::timeout(WAIT_MAX, waiting).await;
        waited.unwrap_or_else(|_| self.fail("the room, or the end"));
        self.ended.map_or(Ok(()), Err)
    }

    /// Waits until the docket holds the case in a wanted state.
    pub async fn wait_for_case(&mut self, id: CaseId, wanted: impl Fn(&Case) -> bool) -> Case {
        self.wait("a case as wanted", |juror| juror.docket.iter().find(|case| case.id == id && wanted(case)).cloned())
            .await
    }

    /// Waits for the case's verdict.
    pub async fn wait_for_verdict(&mut self, id: CaseId) -> Verdict {
        let case = self.wait_for_case(id, |case| case.verdict.is_some()).await;
        case.verdict.expect("there is one")
    }

    /// Waits until the case has at least this number of ballots.
    pub async fn wait_for_ballots(&mut self, id: CaseId, ballots: u64) -> Tally {
        self.wait("a tally", |juror| juror.tallies.get(&id).filter(|tally| tally.ballots >= ballots).cloned()).await
    }

    /// Waits for the close and returns its code; [`LOST`] stands for a connection without a close frame.
    pub async fn closed_with(mut self) -> u16 {
        self.wait_closed().await
    }

    /// Waits for the close and returns its code. The frames before it stay readable.
    pub async fn wait_closed(&mut self) -> u16 {
        tokio::time::timeout(WAIT_MAX, async {
            while self.ended.is_none() {
                self.receive().await;
            }
        })
        .await
        .unwrap_or_else(|_| self.fail("the end"));
        self.ended.expect("it ended")
    }

    /// Number of dockets received.
    #[must_use]
    pub fn dockets(&self) -> usize {
        self.texts.iter().filter(|text| text.starts_with(r#"{"type":"docket""#)).count()
    }

    /// Closes the socket and reads to its end. Returns the code of a close that the server had begun before.
    pub async fn close(&mut self) -> Option<u16> {
        let _ = self.socket.close(None).await;
        let code = self.wait_closed().await;
        (code != LOST && code != NO_STATUS).then_some(code)
    }

    fn fail(&self, what: &str) -> ! {
        panic!("waited {WAIT_MAX:?} for {what}; received {:#?}", self.texts)
    }

    async fn receive(&mut self) {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let frame = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                self.texts.push(text.as_str().to_owned());
                self.handle(frame);
            }
            Some(Ok(Message::Close(frame))) => self.ended = Some(frame.map_or(LOST, |frame| frame.code.into())),
            Some(Ok(Message::Ping(_))) => self.pings += 1,
            Some(Ok(Message::Pong(_))) => self.pongs += 1,
            Some(Ok(_)) => {}
            Some(Err(_)) | None => self.ended = Some(self.ended.unwrap_or(LOST)),
        }
    }

    fn handle(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome = Some(welcome),
            ServerFrame::Docket { rev, cases } => {
                assert!(self.docket_rev.is_none_or(|known| known < rev), "a docket is newer than the one before");
                (self.docket_rev, self.docket) = (Some(rev), cases);
            }
            ServerFrame::Tally(tally) => {
                let known = self.tallies.get(&tally.case).map(|known| (known.epoch, known.rev));
                assert!(known.is_none_or(|known| known <= (tally.epoch, tally.rev)), "a tally is never older");
                self.tallies.insert(tally.case, tally);
            }
            ServerFrame::Called { case, place, side } => self.called.push((case, place, side)),
            ServerFrame::Presence { viewers } => self.viewers = Some(viewers),
            ServerFrame::Stats(stats) => self.stats = Some(stats),
            ServerFrame::Draining { .. } => self.draining = true,
            ServerFrame::Ballot { case, option, status, epoch, change, request: _ } => {
                self.answers.push_back(Answer::Recorded(status, OwnBallot { case, option, epoch, change }));
            }
            ServerFrame::Refused { reason, retry_after_ms, .. } => {
                self.answers.push_back(Answer::Refused(reason, retry_after_ms));
            }
            ServerFrame::Receipt { case, epoch, change, receipt, request } => {
                self.answers.push_back(Answer::Receipt(OwnReceipt { case, epoch, change, receipt, request }));
            }
            ServerFrame::NoReceipt { reason, retry_after_ms, .. } => {
                self.answers.push_back(Answer::NoReceipt(reason, retry_after_ms));
            }
            ServerFrame::Error { code, .. } => self.answers.push_back(Answer::Error(code)),
            ServerFrame::Unknown => panic!("a frame of no known type: {:?}", self.texts.last()),
        }
    }
}

/// Counts from pairs of an option's id and a number.
#[must_use]
pub fn counts<const N: usize>(of: [(&str, u64); N]) -> Option<Counts> {
    Some(of.into_iter().map(|(option, count)| (option.parse().expect("an option's id"), count)).collect())
}
