//! Live Jury's conversation over socketioxide on axum, in Socket.IO's format; it holds one room's case and nothing
//! else.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use live_jury_baselines::jury::{Claims, Jury, now_ms};
use serde::Deserialize;
use serde_json::json;
use socketioxide::extract::{Data, SocketRef, State};
use socketioxide::{SocketIo, TransportType};

#[derive(Deserialize)]
struct Join {
    token: String,
}

#[derive(Deserialize)]
struct Cast {
    case: String,
    option: String,
    request: Option<String>,
    #[serde(default)]
    change: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let jury = Arc::new(Jury::open().await?);
    let (layer, io) = SocketIo::builder()
        .transports([TransportType::Websocket])
        .ws_read_buffer_size(1024)
        .max_payload(4096)
        .with_state(jury.clone())
        .build_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on("join", join);
        socket.on("cast", cast);
    });
    tokio::spawn(send_tallies(io, jury));
    let listener = live_jury_baselines::listener().await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    println!("listening");
    tokio::select! {
        served = axum::serve(listener, Router::new().layer(layer)) => served?,
        () = live_jury_baselines::ended() => {}
    }
    Ok(())
}

async fn join(socket: SocketRef, Data(join): Data<Join>, State(jury): State<Arc<Jury>>) {
    let Some(bearer) = jury.bearer(&join.token) else {
        let _ = socket.disconnect();
        return;
    };
    let _ = socket.emit(
        "welcome",
        &json!({
            "room": bearer.room, "role": bearer.role, "server_time_ms": now_ms(),
            "token_expires_at_ms": bearer.exp * 1_000, "ballots": [],
        }),
    );
    let _ = socket.emit("docket", &json!({"rev": 1, "cases": []}));
    socket.extensions.insert(bearer);
    socket.join("jury");
}

async fn cast(socket: SocketRef, Data(cast): Data<Cast>, State(jury): State<Arc<Jury>>) {
    let Some(bearer) = socket.extensions.get::<Claims>() else { return };
    let answer = match jury.cast(&bearer.sub, &cast.case, &cast.option, cast.change).await {
        Some(status @ ("counted" | "changed" | "duplicate")) => (
            "ballot",
            json!({
                "case": cast.case, "option": cast.option, "status": status, "epoch": 1, "change": cast.change,
                "request": cast.request,
            }),
        ),
        other => (
            "refused",
            json!({
                "case": cast.case, "option": cast.option, "reason": other.unwrap_or("unknown_option"),
                "request": cast.request,
            }),
        ),
    };
    let _ = socket.emit(answer.0, &answer.1);
}

async fn send_tallies(io: SocketIo, jury: Arc<Jury>) {
    let (mut tally, mut tick) = (jury.tally.clone(), tokio::time::interval(Duration::from_millis(200)));
    while tally.changed().await.is_ok() {
        tick.tick().await;
        let (rev, ballots) = *tally.borrow_and_update();
        let _ =
            io.to("jury").emit("tally", &json!({"case": jury.case, "epoch": 1, "rev": rev, "ballots": ballots})).await;
    }
}
