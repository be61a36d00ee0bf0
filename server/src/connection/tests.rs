//! A socket's join, byte by byte: a client that has read a frame finds the server in the state that the frame tells.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::AtomicBool;

use futures_util::FutureExt;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::*;
use crate::admission::{Admission, Reads, Steps};
use crate::auth::Verifier;
use crate::clock::SystemClock;
use crate::config::{AcceptLoss, Limits};
use crate::health::Health;
use crate::hub::Hub;
use crate::jurors::Jurors;
use crate::log::Logs;
use crate::room::tests::{JOIN_WAIT, ROOM, fill_turns, intervals, key, lifecycle, new_case, overload_node};
use crate::socket::CountedStream;
use crate::state::NetworkPolicy;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
/// Bytes of each end's socket buffer: less than the view of the room below, so that its sending waits for the client.
const SOCKET_BUFFER_BYTES: u32 = 4_096;
/// Cases in the room, whose view is some 100 KB.
const CASES: usize = 8;
/// The client's address.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// The wait of a join that comes late in an overload.
const TURN: Duration = Duration::from_secs(1);

fn join_frame() -> Vec<u8> {
    let exp = SystemClock::shared().now_ms() / 1_000 + 60;
    let claims = json!({"sub": "ann", "room": ROOM, "role": "viewer", "exp": exp});
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let text = json!({"type": "join", "token": token}).to_string();
    // A masked text frame with a length of two bytes; a mask of zeros changes nothing.
    let mut frame = vec![0x81, 0xfe];
    frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// The next text frame, and not a byte more.
async fn read_frame(client: &mut TcpStream) -> String {
    assert_eq!(client.read_u8().await.unwrap(), 0x81);
    let bytes = match client.read_u8().await.unwrap() {
        126 => usize::from(client.read_u16().await.unwrap()),
        127 => usize::try_from(client.read_u64().await.unwrap()).unwrap(),
        short => usize::from(short),
    };
    let mut text = vec![0; bytes];
    client.read_exact(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

/// The two ends of a connection with small buffers.
async fn pair() -> (UpgradedSocket, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpSocket::new_v4().unwrap();
    client.set_recv_buffer_size(SOCKET_BUFFER_BYTES).unwrap();
    let client = client.connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    socket2::SockRef::from(&server).set_send_buffer_size(SOCKET_BUFFER_BYTES as usize).unwrap();
    let server = CountedStream::new(server, Limits::default().byte_rate());
    (async { Some(Socket::new(server, Vec::new()).await) }.boxed(), client)
}

/// A node with a room of large cases, whose stores live as long as the folder.
async fn node(limits: Limits) -> (Arc<AppState>, TempDir) {
    let (lifecycle, folder) = lifecycle().await;
    for _ in 0..CASES {
        lifecycle.create(ROOM.parse().unwrap(), new_case(1_000), "mod", None, |_| String::new()).await.unwrap();
    }
    let clock = SystemClock::shared();
    let shared = AppState {
        verifier: Verifier::new(Some(SECRET), None, None, None, clock.clone()),
        hub: Hub::new(lifecycle.clone(), key(), None, intervals(), 1),
        logs: Logs::new(lifecycle.reads.clone()),
        jurors: Jurors::new(lifecycle.docket.clone(), lifecycle.reads.clone(), key(), clock.clone()),
        trust: None,
        reports: None,
        census: None,
        lifecycle,
        clock,
        admission: Admission::new(&limits),
        reads: Reads::default(),
        steps: Steps::default(),
        network: NetworkPolicy { origins: Vec::new(), trusted_proxies: Vec::new(), demo: false },
        limits,
        health: Arc::new(Health::new(AcceptLoss::No)),
        stopping: AtomicBool::new(false),
        sockets: TaskTracker::new(),
        step_tasks: TaskTracker::new(),
    };
    (Arc::new(shared), folder)
}

/// A client that has sent its join, and the task that serves it.
async fn joining(shared: &Arc<AppState>, waiting: Permit) -> (TcpStream, JoinHandle<()>) {
    let (socket, mut client) = pair().await;
    let pending =
        Box::new(PendingSocket { shared: shared.clone(), room: ROOM.parse().unwrap(), waiting, proxied: false });
    let serving = tokio::spawn(run(socket, pending));
    client.write_all(&join_frame()).await.unwrap();
    (client, serving)
}

#[tokio::test]
async fn a_socket_gives_its_permit_back_before_the_client_can_read_welcome() {
    let (shared, _folder) = node(Limits { max_sockets_per_address: 1, ..Limits::default() }).await;
    let waiting = shared.admission.acquire(ADDRESS).unwrap();
    assert!(shared.admission.acquire(ADDRESS).is_none());

    let (mut client, serving) = joining(&shared, waiting).await;
    let welcome = read_frame(&mut client).await;
    assert!(welcome.contains(r#""type":"welcome""#), "{welcome}");
    assert!(shared.admission.acquire(ADDRESS).is_some(), "a joined socket does not count as one that has not joined");

    assert!(read_frame(&mut client).await.contains(r#""type":"docket""#));
    drop(client);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_join_waits_its_turn_in_an_overload_by_ballots() {
    let (shared, _folder) = node(Limits::default()).await;
    let load = shared.hub.load();
    let began = shared.clock.instant();
    overload_node(load);
    while load.join_turn(began).is_some_and(|turn| turn - began < TURN) {}

    let (mut client, serving) = joining(&shared, shared.admission.acquire(ADDRESS).unwrap()).await;
    assert!(read_frame(&mut client).await.contains(r#""type":"welcome""#));
    let waited = shared.clock.instant() - began;
    assert!(waited >= TURN, "{waited:?}");
    drop(client);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_join_that_would_wait_too_long_is_asked_to_come_back() {
    let (shared, _folder) = node(Limits::default()).await;
    let began = shared.clock.instant();
    overload_node(shared.hub.load());
    fill_turns(shared.hub.load());

    let (mut client, serving) = joining(&shared, shared.admission.acquire(ADDRESS).unwrap()).await;
    assert_eq!(client.read_u8().await.unwrap(), 0x88, "a close frame");
    let _length = client.read_u8().await.unwrap();
    assert_eq!(client.read_u16().await.unwrap(), close::TRY_LATER);
    assert!(shared.clock.instant() - began < JOIN_WAIT, "at once");
    drop(client);
    serving.await.unwrap();
}
