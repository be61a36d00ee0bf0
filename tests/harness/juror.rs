//! A juror's client: joins, casts, and keeps the last whole view it was sent; it waits for what happens, never for time.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_jury_protocol::{
    BallotStatus, Case, CaseId, ClientFrame, Counts, FrameError, OwnBallot, Refusal, SUBPROTOCOL, ServerFrame, Stats,
    Tally, Verdict, Welcome,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::WAIT_MAX;

/// The code of a connection that ended without a word.
pub const LOST: u16 = 1006;

/// The code of a goodbye that names none: the answer to one.
const NO_STATUS: u16 = 1005;

/// One socket, and all that came by it.
#[derive(Debug)]
pub struct Juror {
    socket: WebSocketStream<TcpStream>,
    /// Every text that came, as it came.
    pub texts: Vec<String>,
    /// The last welcome.
    pub welcome: Option<Welcome>,
    /// The cases of the last docket.
    pub docket: Vec<Case>,
    /// The rev of the last docket; none before the first.
    pub docket_rev: Option<u64>,
    /// The last tally of each case.
    pub tallies: BTreeMap<CaseId, Tally>,
    /// Viewers in the room, as last said.
    pub viewers: Option<u64>,
    /// The last stats.
    pub stats: Option<Stats>,
    /// Whether the node said that it goes away.
    pub draining: bool,
    /// How often the node asked whether somebody is there.
    pub pings: usize,
    /// Answers that came and were not asked for yet.
    pub answers: VecDeque<Answer>,
    ended: Option<u16>,
}

/// What came of a cast, or of a frame that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is recorded.
    Recorded(BallotStatus, OwnBallot),
    /// It does not count; the same may be sent again after so many milliseconds.
    Refused(Refusal, Option<u64>),
    /// The frame was not understood.
    Error(FrameError),
}

impl Juror {
    /// A socket that has not joined.
    pub async fn connect(address: SocketAddr, room: &str) -> Self {
        Self::try_connect(address, room, None).await.expect("the socket opens")
    }

    /// A socket that has not joined, of a page of this origin; or the status and body of the answer.
    ///
    /// # Errors
    /// The server did not open a socket.
    pub async fn try_connect(address: SocketAddr, room: &str, origin: Option<&str>) -> Result<Self, (u16, String)> {
        let stream = TcpStream::connect(address).await.expect("the node listens");
        Self::upgrade(stream, address, room, origin).await
    }

    /// A socket that has not joined, whose end of the line holds as little as the machine allows: who does not read on it
    /// is soon sent nothing more.
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
        origin: Option<&str>,
    ) -> Result<Self, (u16, String)> {
        let url = format!("ws://{address}/api/v1/rooms/{room}/socket");
        let mut request = url.into_client_request().expect("a URL");
        let headers = request.headers_mut();
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
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
            viewers: None,
            stats: None,
            draining: false,
            pings: 0,
            answers: VecDeque::new(),
            ended: None,
        }
    }

    /// A socket that has joined and was shown the room.
    pub async fn join(address: SocketAddr, room: &str, token: &str) -> Self {
        Self::connect(address, room).await.joined(token).await
    }

    /// This socket, once it has joined and was shown the room.
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

    /// Sends a text, whatever it is.
    pub async fn send_text(&mut self, text: &str) {
        // A socket that has just been closed by the other end is found out by what comes in.
        let _ = self.socket.send(Message::Text(text.into())).await;
    }

    /// Sends bytes, which no frame of the protocol is.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        let _ = self.socket.send(Message::Binary(bytes.into())).await;
    }

    /// Sends a ping.
    pub async fn ping(&mut self) {
        let _ = self.socket.send(Message::Ping(Vec::new().into())).await;
    }

    /// Renews the token and waits for the new welcome.
    pub async fn renew(&mut self, token: &str) -> Welcome {
        self.welcome = None;
        self.send(&ClientFrame::Renew { token: token.to_owned() }).await;
        self.wait("a new welcome", |juror| juror.welcome.clone()).await
    }

    /// Sends a cast without waiting for its answer.
    pub async fn send_cast(&mut self, case: &str, option: &str, change: Option<u32>) {
        let (case, option) = (case.to_owned(), option.to_owned());
        self.send(&ClientFrame::Cast { case, option, request: None, change }).await;
    }

    /// The next answer.
    pub async fn answer(&mut self) -> Answer {
        let what = "an answer";
        tokio::time::timeout(WAIT_MAX, async {
            while self.answers.is_empty() {
                self.receive().await;
                assert!(self.ended.is_none(), "closed with {:?} instead of an answer", self.ended);
            }
        })
        .await
        .unwrap_or_else(|_| self.fail(what));
        self.answers.pop_front().expect("there is one")
    }

    /// Casts a ballot and waits for its answer.
    pub async fn cast(&mut self, case: CaseId, option: &str) -> Answer {
        self.send_cast(&case.to_string(), option, None).await;
        self.answer().await
    }

    /// Casts a ballot with its number and waits for its answer.
    pub async fn cast_change(&mut self, case: CaseId, option: &str, change: u32) -> Answer {
        self.send_cast(&case.to_string(), option, Some(change)).await;
        self.answer().await
    }

    /// Casts a ballot that is recorded as this.
    pub async fn expect_ballot(&mut self, case: CaseId, option: &str, status: BallotStatus) -> OwnBallot {
        match self.cast(case, option).await {
            Answer::Recorded(found, ballot) if found == status => ballot,
            other => panic!("{option} in {case} was to be {status:?}, and is {other:?}"),
        }
    }

    /// Waits until the case is shown, as a person does, and casts a ballot that counts.
    pub async fn vote(&mut self, case: CaseId, option: &str) -> OwnBallot {
        self.wait_for_case(case, |_| true).await;
        self.expect_ballot(case, option, BallotStatus::Counted).await
    }

    /// Casts a ballot that is refused, for good.
    pub async fn expect_refused(&mut self, case: &str, option: &str, reason: Refusal) {
        self.send_cast(case, option, None).await;
        assert_eq!(self.answer().await, Answer::Refused(reason, None), "{option} in {case}");
    }

    /// Casts a ballot as often as the server asks for it, each time after the wait that it names; the last answer.
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

    /// Casts a ballot that is recorded, as often as the server asks for it.
    pub async fn cast_until_recorded(&mut self, case: CaseId, option: &str) -> BallotStatus {
        match self.cast_until_settled(case, option).await {
            Answer::Recorded(status, _) => status,
            other => panic!("{option} in {case}: {other:?}"),
        }
    }

    /// Waits until `seen` finds something in what was sent.
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

    /// Waits until the room is shown, or gives the code that the socket was closed with instead.
    ///
    /// # Errors
    /// The code.
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

    /// Waits until the case is in the docket, and as wanted.
    pub async fn wait_for_case(&mut self, id: CaseId, wanted: impl Fn(&Case) -> bool) -> Case {
        self.wait("a case as wanted", |juror| juror.docket.iter().find(|case| case.id == id && wanted(case)).cloned())
            .await
    }

    /// Waits for the case's verdict.
    pub async fn wait_for_verdict(&mut self, id: CaseId) -> Verdict {
        let case = self.wait_for_case(id, |case| case.verdict.is_some()).await;
        case.verdict.expect("there is one")
    }

    /// Waits until so many ballots are in.
    pub async fn wait_for_ballots(&mut self, id: CaseId, ballots: u64) -> Tally {
        self.wait("a tally", |juror| juror.tallies.get(&id).filter(|tally| tally.ballots >= ballots).cloned()).await
    }

    /// The code that the socket is closed with; [`LOST`] if it ends without one.
    pub async fn closed_with(mut self) -> u16 {
        self.wait_closed().await
    }

    /// Waits for the end and gives its code; what came before can still be looked at.
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

    /// How many views of the room's cases came.
    #[must_use]
    pub fn dockets(&self) -> usize {
        self.texts.iter().filter(|text| text.starts_with(r#"{"type":"docket""#)).count()
    }

    /// Says goodbye and reads on to the end: the code with which the server had closed, if it had.
    pub async fn close(&mut self) -> Option<u16> {
        let _ = self.socket.close(None).await;
        let code = self.wait_closed().await;
        (code != LOST && code != NO_STATUS).then_some(code)
    }

    fn fail(&self, what: &str) -> ! {
        panic!("waited {WAIT_MAX:?} for {what}; heard {:#?}", self.texts)
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
            ServerFrame::Presence { viewers } => self.viewers = Some(viewers),
            ServerFrame::Stats(stats) => self.stats = Some(stats),
            ServerFrame::Draining { .. } => self.draining = true,
            ServerFrame::Ballot { case, option, status, epoch, change, request: _ } => {
                self.answers.push_back(Answer::Recorded(status, OwnBallot { case, option, epoch, change }));
            }
            ServerFrame::Refused { reason, retry_after_ms, .. } => {
                self.answers.push_back(Answer::Refused(reason, retry_after_ms));
            }
            ServerFrame::Error { code, .. } => self.answers.push_back(Answer::Error(code)),
            ServerFrame::Unknown => panic!("a frame of no known type: {:?}", self.texts.last()),
        }
    }
}

/// Counts by the options' names.
#[must_use]
pub fn counts<const N: usize>(of: [(&str, u64); N]) -> Option<Counts> {
    Some(of.into_iter().map(|(option, count)| (option.parse().expect("an option's id"), count)).collect())
}
