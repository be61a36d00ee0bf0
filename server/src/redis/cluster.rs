//! The way to a Redis Cluster: calls go to the master of their key, and wait for its replicas where they are asked to; it
//! decides about no ballot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::{Cmd, ConnectionInfo, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value};
use tokio::sync::watch;

use super::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, is_lost, tcp};

/// How long a master waits for its replicas: many times what a disk takes, and less than who asked waits.
const REPLICAS_TIMEOUT: Duration = Duration::from_secs(1);
/// Times the client sends a call again within one try: to learn that the connection is gone, that the host is, who took
/// over, and to go there. All of it is within `ANSWER_TIMEOUT`.
const AGAIN_MAX: u32 = 4;
/// Pause before a call is sent again within one try, in milliseconds: while a replica takes over it is refused at once.
const PAUSE_MS: [u64; 2] = [50, 200];
/// Pause before the way is opened once more: while hosts are away each call fails, and all of them are connected to.
const OPEN_PAUSE: Duration = Duration::from_secs(1);

/// A cluster. Clones share its connections.
#[derive(Clone)]
pub(super) struct Cluster {
    shared: Arc<AppState>,
    keeping: Option<Keeping>,
}

/// Where calls go, and how many replicas must have them, too, before they are answered.
#[derive(Clone, Copy)]
struct Keeping {
    route: Route,
    replicas: usize,
}

struct AppState {
    addresses: Vec<ConnectionInfo>,
    connections: watch::Sender<Connections>,
    params: AtomicBool,
}

/// Redis takes nothing from a connection that waits for replicas: calls that wait have one of their own.
#[derive(Clone)]
struct Connections {
    plain: ClusterConnection,
    replicated: ClusterConnection,
}

impl Connections {
    async fn open(addresses: &[ConnectionInfo]) -> RedisResult<Self> {
        let (plain, replicated) = tokio::try_join!(connect(addresses), connect(addresses))?;
        Ok(Self { plain, replicated })
    }
}

async fn connect(addresses: &[ConnectionInfo]) -> RedisResult<ClusterConnection> {
    let [shortest, longest] = PAUSE_MS;
    let client = ClusterClient::builder(addresses.to_vec())
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(ANSWER_TIMEOUT)
        .retries(AGAIN_MAX)
        .min_retry_wait(shortest)
        .max_retry_wait(longest)
        .tcp_settings(tcp())
        .build()?;
    client.get_async_connection().await
}

impl Cluster {
    pub(super) async fn open(addresses: Vec<ConnectionInfo>) -> RedisResult<Self> {
        let connections = watch::Sender::new(Connections::open(&addresses).await?);
        let shared = AppState { addresses, connections, params: AtomicBool::new(false) };
        Ok(Self { shared: Arc::new(shared), keeping: None })
    }

    /// The same cluster, for calls on a key that are answered when so many replicas have them, too.
    pub(super) fn replicated(&self, key: &str, replicas: usize) -> Self {
        let route = Route::with_key(key, SlotAddr::Master);
        Self { shared: self.shared.clone(), keeping: Some(Keeping { route, replicas }) }
    }

    /// What each host says that can be reached.
    pub(super) async fn command_all(&self, cmd: &Cmd) -> RedisResult<Vec<Value>> {
        let everywhere = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllNodes, None));
        match self.connections().plain.route_command(cmd.clone(), everywhere).await? {
            Value::Map(answers) => Ok(answers.into_iter().map(|(_, answer)| answer).collect()),
            _ => Err((ErrorKind::UnexpectedReturnType, "an answer of each host was expected").into()),
        }
    }

    fn connections(&self) -> Connections {
        self.shared.connections.borrow().clone()
    }

    async fn send(&self, cmd: &Cmd) -> RedisResult<Value> {
        let mut connections = self.connections();
        match self.keeping {
            None => connections.plain.req_packed_command(cmd).await,
            Some(Keeping { route, replicas }) => replicated(connections.replicated, cmd, route, replicas).await,
        }
    }

    /// A host that hangs keeps its connections, and nobody tells the client that another one has taken over; and a client
    /// that has lost all hosts at once may not find back by itself. So whoever was not answered asks for the way anew, while
    /// all others go on by the old one.
    fn open_anew(&self) {
        if self.shared.params.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = self.shared.clone();
        tokio::spawn(async move {
            match Connections::open(&shared.addresses).await {
                Ok(connections) => drop(shared.connections.send_replace(connections)),
                Err(error) => tracing::warn!(%error, "the way to the Redis Cluster cannot be opened anew"),
            }
            tokio::time::sleep(OPEN_PAUSE).await;
            shared.params.store(false, Ordering::Release);
        });
    }
}

/// Sends a call and the question whether replicas have it, as one: on another connection, or to another host, the question
/// would be about something else, and answered with yes.
async fn replicated(mut line: ClusterConnection, cmd: &Cmd, route: Route, replicas: usize) -> RedisResult<Value> {
    let mut both = Pipeline::with_capacity(2);
    both.add_command(cmd.clone());
    both.cmd("WAIT").arg(replicas).arg(u64::try_from(REPLICAS_TIMEOUT.as_millis()).unwrap_or(u64::MAX));
    let answers = line.route_pipeline(both, 0, 2, SingleNodeRoutingInfo::SpecificNode(route)).await?;
    let Ok([answer, have]) = <[Value; 2]>::try_from(answers) else {
        return Err((ErrorKind::UnexpectedReturnType, "two answers were expected").into());
    };
    match (answer, have) {
        (refused @ Value::ServerError(_), _) => Ok(refused),
        (answer, Value::Int(have)) if usize::try_from(have).is_ok_and(|have| have >= replicas) => Ok(answer),
        (_, have) => Err(too_few(&have)),
    }
}

fn too_few(have: &Value) -> RedisError {
    (ErrorKind::Client, "too few replicas have it", format!("{have:?}")).into()
}

impl ConnectionLike for Cluster {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let answer = self.send(cmd).await;
            if answer.as_ref().is_err_and(is_lost) {
                self.open_anew();
            }
            answer
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move { self.connections().plain.req_packed_commands(pipeline, offset, count).await })
    }

    fn get_db(&self) -> i64 {
        0
    }
}
