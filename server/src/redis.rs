//! The connection to Redis that tally and peers share: it opens, reconnects and retries. It knows no key.

mod cluster;
mod script;
mod single;

use std::io;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use redis::aio::{ConnectionLike, PubSub};
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{
    Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError,
    RedisFuture, RedisResult, TlsCertificates, Value,
};

use self::cluster::Cluster;
pub(crate) use self::script::{Call, Script};
use self::single::{Numbered, Single};
use crate::authorities::Authorities;

/// Limits the wait for an answer; the call is then sent again or fails. A batch takes a few milliseconds, and its
/// jurors wait for it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// The number of times the task yields to the runtime after that, before it gives an answer up. When all jurors of a
/// node vote at once, the answer may have arrived and its task may wait behind some 20,000 others. A turn runs 61 of
/// them.
const LATE_REPLY_YIELDS: usize = 512;
/// Limits the opening of a connection; the call then fails.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The number of times one call is sent. The second try uses the connection that replaces a lost one. Callers cannot
/// wait for a third.
const TRIES: usize = 2;
/// The number of calls written to the connection before their answers. The rooms of one node never have more in flight.
const CALLS_AHEAD: usize = 1_024;
/// The silence after which the kernel probes the other end of a connection, and after which it closes a connection that
/// acknowledges nothing.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// The schemes of a cluster's URL, each with that of its hosts.
const CLUSTERS: [(&str, &str); 2] = [("redis+cluster://", "redis"), ("rediss+cluster://", "rediss")];

/// A connection to Redis, or to a Redis Cluster. Clones share it.
#[derive(Clone)]
pub(crate) struct Redis {
    link: Link,
    addresses: Vec<ConnectionInfo>,
}

#[derive(Clone)]
enum Link {
    One(Single),
    Cluster(Cluster),
}

/// The connection of one try.
enum Line {
    One(Numbered),
    Cluster(Cluster),
}

/// A call or a command.
enum Order<'a> {
    Call(&'a Call<'a>),
    Command(&'a Cmd),
}

impl Order<'_> {
    async fn send<T: FromRedisValue>(&self, line: &mut Line) -> RedisResult<T> {
        match self {
            Self::Call(call) => call.send(line).await,
            Self::Command(cmd) => cmd.query_async(line).await,
        }
    }
}

impl Redis {
    /// Connects to `redis://…` or `redis+cluster://host:port,…`; with `rediss` over TLS, to a server whose certificate
    /// one of `authorities` has signed.
    ///
    /// # Errors
    /// The URL is malformed, Redis did not answer, or its certificate is not trusted.
    pub async fn connect(url: &str, authorities: &Authorities) -> RedisResult<Self> {
        // The redis crate leaves the choice of a TLS provider to the program. An earlier choice stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let cluster = CLUSTERS.iter().find_map(|(of, scheme)| Some((*scheme, url.strip_prefix(of)?)));
        let mut addresses = match cluster {
            Some((scheme, hosts)) => addresses(scheme, hosts)?,
            None => vec![url.into_connection_info()?.set_tcp_settings(tcp())],
        };
        let is_tls = addresses.iter().any(|address| matches!(address.addr(), ConnectionAddr::TcpTls { .. }));
        let certificates = is_tls.then(|| TlsCertificates { client_tls: None, root_cert: Some(authorities.pem()) });
        if let Some(certificates) = &certificates {
            addresses =
                addresses.into_iter().map(|address| trusting(address, certificates)).collect::<Result<_, _>>()?;
        }
        let link = match cluster {
            Some(_) => Link::Cluster(Cluster::open(addresses.clone(), certificates).await?),
            None => Link::One(Single::open(addresses[0].clone()).await?),
        };
        Ok(Self { link, addresses })
    }

    /// Sends a script call. It may be executed twice.
    pub async fn call<T: FromRedisValue>(&self, call: &Call<'_>) -> RedisResult<T> {
        self.call_replicated(call, 0).await
    }

    /// Sends a script call. A cluster answers it once `replicas` replicas have its effect, too.
    ///
    /// # Errors
    /// Redis did not answer, or too few replicas have the effect. The call may then be executed, and may be lost.
    pub async fn call_replicated<T: FromRedisValue>(&self, call: &Call<'_>, replicas: usize) -> RedisResult<T> {
        let line = match &self.link {
            Link::Cluster(cluster) if replicas > 0 => Line::Cluster(cluster.replicated(call.key(), replicas)),
            link => link.line(),
        };
        self.try_twice(line, &Order::Call(call)).await
    }

    /// Sends a command. It may be executed twice.
    pub async fn command<T: FromRedisValue>(&self, cmd: &Cmd) -> RedisResult<T> {
        self.try_twice(self.link.line(), &Order::Command(cmd)).await
    }

    /// Sends a call, and once more if it got no answer or met a server that is no primary any more.
    async fn try_twice<T: FromRedisValue>(&self, mut line: Line, order: &Order<'_>) -> RedisResult<T> {
        for _ in 1..TRIES {
            match in_time(order.send(&mut line)).await {
                Err(error) if is_lost(&error) => {}
                Err(error) => match self.link.successor(&line, &error).await {
                    Some(next) => line = next,
                    None => return Err(error),
                },
                answer => return answer,
            }
        }
        let answer = in_time(order.send(&mut line)).await;
        if let Err(error) = &answer {
            // The next call finds a connection that leads on.
            self.link.successor(&line, error).await;
        }
        answer
    }

    /// Sends a command that only reads to each reachable host, and returns the answer of each.
    pub async fn command_all(&self, cmd: &Cmd) -> RedisResult<Vec<Value>> {
        match &self.link {
            Link::One(link) => Ok(vec![in_time(link.current().connection.req_packed_command(cmd)).await?]),
            Link::Cluster(cluster) => cluster.command_all(cmd).await,
        }
    }

    /// Whether this is a cluster.
    pub const fn is_cluster(&self) -> bool {
        matches!(self.link, Link::Cluster(_))
    }

    /// Opens a connection for subscriptions. In a cluster any host will do, since all of them pass messages on.
    pub async fn listen(&self) -> RedisResult<PubSub> {
        let mut failed = RedisError::from((ErrorKind::InvalidClientConfig, "the URL names no host"));
        for address in &self.addresses {
            let client = Client::open(address.clone())?;
            match tokio::time::timeout(CONNECT_TIMEOUT, client.get_async_pubsub()).await {
                Ok(Ok(pubsub)) => return Ok(pubsub),
                Ok(Err(error)) => failed = error,
                Err(late) => failed = io::Error::from(late).into(),
            }
        }
        Err(failed)
    }
}

/// Whether the call got no answer, or one that does not say whether it was executed.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

impl Link {
    fn line(&self) -> Line {
        match self {
            Self::One(link) => Line::One(link.current()),
            Self::Cluster(link) => Line::Cluster(link.clone()),
        }
    }

    /// The connection for another try after this error; none if another try would not help. A cluster finds its
    /// masters by itself.
    async fn successor(&self, failed: &Line, error: &RedisError) -> Option<Line> {
        match (self, failed) {
            (Self::One(link), Line::One(failed)) => link.successor(failed, error).await.map(Line::One),
            _ => None,
        }
    }
}

impl ConnectionLike for Line {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(line) => line.connection.req_packed_command(cmd),
            Self::Cluster(line) => line.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(line) => line.connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(line) => line.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(line) => line.connection.get_db(),
            Self::Cluster(line) => line.get_db(),
        }
    }
}

/// Waits for an answer within the time limit.
async fn in_time<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let mut answer = pin!(answer);
    let late = match tokio::time::timeout(ANSWER_TIMEOUT, &mut answer).await {
        Ok(answer) => return answer,
        Err(late) => late,
    };
    for _ in 0..LATE_REPLY_YIELDS {
        tokio::task::yield_now().await;
        if let Some(answer) = answer.as_mut().now_or_never() {
            return answer;
        }
    }
    Err(io::Error::from(late).into())
}

/// The same address, whose server must show a certificate that these have signed.
fn trusting(address: ConnectionInfo, certificates: &TlsCertificates) -> RedisResult<ConnectionInfo> {
    Ok(Client::build_with_tls(address, certificates.clone())?.get_connection_info().clone())
}

/// Parses the hosts of a cluster's URL, `[user:password@]host:port,…`.
fn addresses(scheme: &str, hosts: &str) -> RedisResult<Vec<ConnectionInfo>> {
    let hosts = hosts.trim_end_matches('/');
    let (login, hosts) =
        hosts.rsplit_once('@').map_or((String::new(), hosts), |(login, hosts)| (format!("{login}@"), hosts));
    let address = |host| format!("{scheme}://{login}{host}").into_connection_info();
    hosts.split(',').map(|host| Ok(address(host)?.set_tcp_settings(tcp()))).collect()
}

/// Settings of a connection that detect a vanished host within seconds. The kernel's own limits are minutes.
fn tcp() -> TcpSettings {
    let settings = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(TcpKeepalive::new().with_time(KEEPALIVE).with_interval(ANSWER_TIMEOUT));
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(KEEPALIVE);
    settings
}
