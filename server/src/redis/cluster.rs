//! The connection to a Redis Cluster: calls go to the master of their key, and wait for its replicas on request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::{Cmd, ConnectionInfo, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, TlsCertificates, Value};
use tokio::sync::watch;

use super::single::is_no_primary;
use super::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, is_lost, tcp};

/// Limits how long a master waits for its replicas; the call then fails. It is many times what a disk takes, and
/// shorter than the caller's own limit.
const REPLICAS_TIMEOUT: Duration = Duration::from_secs(1);
/// The number of times the client repeats a call within one try: it finds the connection closed, then the host down,
/// then the new master, and goes there. All of that is within `ANSWER_TIMEOUT`.
const RETRIES_MAX: u32 = 4;
/// The shortest and longest pause before a repeat within one try, in milliseconds. While a replica takes over, calls
/// are refused at once.
const PAUSE_MS: [u64; 2] = [50, 200];
/// The pause between two reconnections. While hosts are down every call fails, and each reconnection tries all hosts.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// A cluster. Clones share its connections.
#[derive(Clone)]
pub(super) struct Cluster {
    shared: Arc<Shared>,
    replication: Option<Replication>,
}

/// The master of a call, and the number of its replicas that must have the effect before it is answered.
#[derive(Clone, Copy)]
struct Replication {
    route: Route,
    replicas: usize,
}

struct Shared {
    addresses: Vec<ConnectionInfo>,
    /// With TLS: what a host must show. Hosts that the first ones name are held to it, too.
    certificates: Option<TlsCertificates>,
    connections: watch::Sender<Connections>,
    is_reconnecting: AtomicBool,
}

/// Redis reads nothing from a connection that waits for replicas, so calls that wait have a connection of their own.
#[derive(Clone)]
struct Connections {
    plain: ClusterConnection,
    replicated: ClusterConnection,
}

impl Connections {
    async fn open(addresses: &[ConnectionInfo], certificates: Option<&TlsCertificates>) -> RedisResult<Self> {
        let (plain, replicated) = tokio::try_join!(connect(addresses, certificates), connect(addresses, certificates))?;
        Ok(Self { plain, replicated })
    }
}

async fn connect(
    addresses: &[ConnectionInfo],
    certificates: Option<&TlsCertificates>,
) -> RedisResult<ClusterConnection> {
    let [shortest, longest] = PAUSE_MS;
    let mut client = ClusterClient::builder(addresses.to_vec())
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(ANSWER_TIMEOUT)
        .retries(RETRIES_MAX)
        .min_retry_wait(shortest)
        .max_retry_wait(longest)
        .tcp_settings(tcp());
    if let Some(certificates) = certificates {
        client = client.certs(certificates.clone());
    }
    client.build()?.get_async_connection().await
}

impl Cluster {
    pub(super) async fn open(
        addresses: Vec<ConnectionInfo>,
        certificates: Option<TlsCertificates>,
    ) -> RedisResult<Self> {
        let connections = watch::Sender::new(Connections::open(&addresses, certificates.as_ref()).await?);
        let shared = Shared { addresses, certificates, connections, is_reconnecting: AtomicBool::new(false) };
        Ok(Self { shared: Arc::new(shared), replication: None })
    }

    /// The same cluster, for calls on `key` that are answered once `replicas` replicas have the effect.
    pub(super) fn replicated(&self, key: &str, replicas: usize) -> Self {
        let route = Route::with_key(key, SlotAddr::Master);
        Self { shared: self.shared.clone(), replication: Some(Replication { route, replicas }) }
    }

    /// Sends a command to each reachable host, and returns the answer of each.
    pub(super) async fn command_all(&self, cmd: &Cmd) -> RedisResult<Vec<Value>> {
        let everywhere = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllNodes, None));
        match self.connections().plain.route_command(cmd.clone(), everywhere).await? {
            Value::Map(answers) => Ok(answers.into_iter().map(|(_, answer)| answer).collect()),
            _ => Err((ErrorKind::UnexpectedReturnType, "the answer has no value for each host").into()),
        }
    }

    fn connections(&self) -> Connections {
        self.shared.connections.borrow().clone()
    }

    async fn send(&self, cmd: &Cmd) -> RedisResult<Value> {
        let mut connections = self.connections();
        match self.replication {
            None => connections.plain.req_packed_command(cmd).await,
            Some(Replication { route, replicas }) => replicated(connections.replicated, cmd, route, replicas).await,
        }
    }

    /// Opens new connections in the background; calls go on over the old ones meanwhile.
    ///
    /// The client cannot always do that itself. A host that hangs keeps its connections, and the client does not learn
    /// that another one has taken over. A client that has lost all hosts at once may not find them again.
    fn reconnect(&self) {
        if self.shared.is_reconnecting.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = self.shared.clone();
        tokio::spawn(async move {
            match Connections::open(&shared.addresses, shared.certificates.as_ref()).await {
                Ok(connections) => drop(shared.connections.send_replace(connections)),
                Err(error) => tracing::warn!(%error, "the Redis Cluster did not answer a reconnection"),
            }
            tokio::time::sleep(RECONNECT_PAUSE).await;
            shared.is_reconnecting.store(false, Ordering::Release);
        });
    }
}

/// Sends a call and its WAIT in one pipeline. On another connection, or on another host, WAIT would ask about other
/// calls and succeed.
async fn replicated(mut connection: ClusterConnection, cmd: &Cmd, route: Route, replicas: usize) -> RedisResult<Value> {
    let mut both = Pipeline::with_capacity(2);
    both.add_command(cmd.clone());
    both.cmd("WAIT").arg(replicas).arg(u64::try_from(REPLICAS_TIMEOUT.as_millis()).unwrap_or(u64::MAX));
    let answers = connection.route_pipeline(both, 0, 2, SingleNodeRoutingInfo::SpecificNode(route)).await?;
    let Ok([answer, have]) = <[Value; 2]>::try_from(answers) else {
        return Err((ErrorKind::UnexpectedReturnType, "the pipeline did not return two answers").into());
    };
    match (answer, have) {
        (refused @ Value::ServerError(_), _) => Ok(refused),
        (answer, Value::Int(have)) if usize::try_from(have).is_ok_and(|have| have >= replicas) => Ok(answer),
        (_, have) => Err(too_few_replicas(&have)),
    }
}

fn too_few_replicas(have: &Value) -> RedisError {
    (ErrorKind::Client, "too few replicas have the change", format!("{have:?}")).into()
}

impl ConnectionLike for Cluster {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let answer = self.send(cmd).await;
            if answer.as_ref().is_err_and(|error| is_lost(error) || is_no_primary(error)) {
                self.reconnect();
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
