//! axum's WebSocket alone, with Live Jury's buffers, fixed answers and one shared tally; it verifies and stores
//! nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

static CASTS: AtomicU64 = AtomicU64::new(0);

type Tallies = watch::Sender<Utf8Bytes>;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ClientMessage {
    Join,
    Cast { case: String, option: String, request: Option<String> },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tallies: Tallies = watch::channel(Utf8Bytes::default()).0;
    tokio::spawn(tick(tallies.clone()));
    let app = Router::new()
        .route("/api/v1/rooms/{room}/socket", get(open))
        .route("/publish", post(publish))
        .with_state(tallies);
    let listener = live_jury_baselines::listener().await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    println!("listening");
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        () = live_jury_baselines::ended() => {}
    }
    Ok(())
}

async fn tick(tallies: Tallies) {
    let case = std::env::var("CASE").unwrap_or_default();
    let (mut tick, mut sent) = (tokio::time::interval(Duration::from_millis(200)), 0);
    loop {
        tick.tick().await;
        let ballots = CASTS.load(Ordering::Relaxed);
        if ballots > sent {
            sent = ballots;
            let tally = json!({"type": "tally", "case": case, "epoch": 1, "rev": ballots, "ballots": ballots});
            tallies.send_replace(tally.to_string().into());
        }
    }
}

async fn publish(State(tallies): State<Tallies>, body: String) -> StatusCode {
    tallies.send_replace(body.into());
    StatusCode::ACCEPTED
}

async fn open(upgrade: WebSocketUpgrade, Path(room): Path<String>, State(tallies): State<Tallies>) -> Response {
    upgrade
        .protocols(["jury.v1.json"])
        .read_buffer_size(1024)
        .write_buffer_size(4096)
        .max_message_size(4096)
        .max_frame_size(4096)
        .on_upgrade(move |socket| serve(socket, room, tallies.subscribe()))
}

async fn serve(mut socket: WebSocket, room: String, mut tallies: watch::Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            received = socket.recv() => {
                let Some(Ok(message)) = received else { return };
                let Message::Text(text) = message else { continue };
                let Ok(message) = serde_json::from_str(&text) else { return };
                for answer in answers(message, &room) {
                    if socket.send(Message::Text(answer.to_string().into())).await.is_err() { return }
                }
            }
            changed = tallies.changed() => {
                let tally = tallies.borrow_and_update().clone();
                if changed.is_err() || socket.send(Message::Text(tally)).await.is_err() { return }
            }
        }
    }
}

fn answers(message: ClientMessage, room: &str) -> Vec<serde_json::Value> {
    match message {
        ClientMessage::Join => vec![
            json!({
                "type": "welcome", "room": room, "role": "viewer", "server_time_ms": 0, "token_expires_at_ms": 0,
                "ballots": [],
            }),
            json!({"type": "docket", "rev": 1, "cases": []}),
        ],
        ClientMessage::Cast { case, option, request } => {
            CASTS.fetch_add(1, Ordering::Relaxed);
            vec![json!({
                "type": "ballot", "case": case, "option": option, "status": "counted", "epoch": 1, "change": 0,
                "request": request,
            })]
        }
    }
}
