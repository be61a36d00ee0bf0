//! The stores that a story's nodes share: SQLite and a clock, or Redis and PostgreSQL; they outlive the nodes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::Case;
use live_jury_server::clock::Clock;
use live_jury_server::config::{AdminBind, Database, RedisUrl, Settings};
use live_jury_server::docket::{Docket, PostgresDocket, SqliteDocket};
use live_jury_server::sqlite::Sqlite;
use live_jury_server::tally::{RedisTally, SqliteTally, TallyStore};
use tempfile::TempDir;

use crate::clock::TestClock;
use crate::cluster::Cluster;
use crate::node::Node;
use crate::postgres::Postgres;
use crate::proxy::Proxy;
use crate::redis::Redis;
use crate::tokens::{BALLOT_SECRET, SECRET};

/// The reporter key of the tests' servers with PostgreSQL. With SQLite, each makes its own.
pub const REPORTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The key of identities' tokens on PostgreSQL.
pub const IDENTITY_KEY: &str = "8899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677";
/// Connections of a story's own docket to PostgreSQL.
const CONNECTIONS: u32 = 2;

/// The stores of a story.
#[derive(Debug)]
pub struct Stores {
    kind: Kind,
    clock: Arc<TestClock>,
}

#[derive(Debug)]
enum Kind {
    Embedded { folder: TempDir },
    Servers { redis: Box<Redis>, database: String },
    Clustered { cluster: Box<Cluster>, database: String },
}

impl Kind {
    /// URLs of Redis and of the database, unless both are embedded.
    fn urls(&self) -> Option<(String, &str)> {
        match self {
            Self::Embedded { .. } => None,
            Self::Servers { redis, database } => Some((redis.url(), database)),
            Self::Clustered { cluster, database } => Some((cluster.url(), database)),
        }
    }
}

impl Stores {
    /// SQLite alone: one node, and time follows the story's clock.
    #[must_use]
    pub fn embedded() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { kind: Kind::Embedded { folder }, clock: Arc::default() }
    }

    /// Redis and PostgreSQL: any number of nodes, and time follows Redis's clock.
    #[must_use]
    pub fn servers() -> Self {
        Self::of_servers(Redis::start(), Postgres::database())
    }

    /// A Redis Cluster of three masters and three replicas, with PostgreSQL.
    pub async fn clustered() -> Self {
        Self::of_cluster(Cluster::start().await, Postgres::database())
    }

    /// This Redis and this database.
    #[must_use]
    pub fn of_servers(redis: Redis, database: String) -> Self {
        Self { kind: Kind::Servers { redis: Box::new(redis), database }, clock: Arc::default() }
    }

    /// This cluster and this database.
    #[must_use]
    pub fn of_cluster(cluster: Cluster, database: String) -> Self {
        Self { kind: Kind::Clustered { cluster: Box::new(cluster), database }, clock: Arc::default() }
    }

    /// Settings of a node on these stores, on free ports.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::with_secrets(
            SECRET.parse().expect("the secret is long enough"),
            BALLOT_SECRET.parse().expect("the secret is long enough"),
        );
        let anywhere = ([127, 0, 0, 1], 0).into();
        settings.bind = anywhere;
        settings.admin_bind = AdminBind::At(anywhere);
        match self.kind.urls() {
            None => settings.database = Database::Sqlite(self.file()),
            Some((redis, database)) => {
                settings.database = Database::Postgres(database.to_owned());
                settings.redis = Some(redis.parse().expect("the URL of a Redis"));
                settings.trust.reporter_key = Some(REPORTER_KEY.parse().expect("64 digits"));
                settings.trust.identity_keys = Some(IDENTITY_KEY.parse().expect("64 digits"));
            }
        }
        settings
    }

    /// Starts a node on these stores.
    pub async fn node(&self) -> Node {
        Node::start(self.settings(), self.clock.clone()).await
    }

    /// Starts a node on these stores with changed settings.
    pub async fn node_with(&self, change: impl FnOnce(&mut Settings)) -> Node {
        let mut settings = self.settings();
        change(&mut settings);
        Node::start(settings, self.clock.clone()).await
    }

    /// Arguments of `live-jury serve` for these stores, on free ports.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = ["--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0"].map(str::to_owned).to_vec();
        let (database, redis) = match self.kind.urls() {
            None => (format!("sqlite://{}", self.file().display()), None),
            Some((redis, database)) => (database.to_owned(), Some(redis)),
        };
        arguments.extend(["--database".to_owned(), database]);
        if let Some(redis) = redis {
            arguments.extend(["--redis".to_owned(), redis, "--reporter-key".to_owned(), REPORTER_KEY.to_owned()]);
            arguments.extend(["--identity-key", IDENTITY_KEY].map(str::to_owned));
        }
        arguments
    }

    /// A proxy in front of the Redis of [`Stores::servers`], and the setting that leads through it.
    pub async fn redis_proxy(&mut self) -> (Proxy, RedisUrl) {
        let proxy = Proxy::to(self.redis().address()).await;
        let url = format!("redis://{}", proxy.address).parse().expect("the URL of a Redis");
        (proxy, url)
    }

    /// A proxy in front of the database of [`Stores::servers`], and the setting that leads through it.
    pub async fn database_proxy(&self) -> (Proxy, Database) {
        let (login, rest) = self.database().split_once('@').expect("a user");
        let (host, name) = rest.split_once('/').expect("a database");
        let proxy = Proxy::to(host.parse().expect("an address")).await;
        let url = format!("{login}@{}/{name}", proxy.address);
        (proxy, Database::Postgres(url))
    }

    /// The nodes' clock. Redis does not follow it.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Moves the clock past the case's deadline. With Redis it does nothing, as the deadline passes by itself.
    pub fn pass_deadline(&self, case: &Case) {
        if matches!(self.kind, Kind::Embedded { .. }) {
            let left_ms = case.closes_at_ms.expect("an open case").saturating_sub(self.clock.now_ms());
            self.clock.advance(Duration::from_millis(left_ms));
        }
    }

    /// The Redis of [`Stores::servers`].
    #[must_use]
    pub fn redis(&mut self) -> &mut Redis {
        match &mut self.kind {
            Kind::Servers { redis, .. } => redis,
            Kind::Embedded { .. } | Kind::Clustered { .. } => panic!("there is no Redis of its own"),
        }
    }

    /// The cluster of [`Stores::clustered`].
    #[must_use]
    pub fn cluster(&mut self) -> &mut Cluster {
        match &mut self.kind {
            Kind::Clustered { cluster, .. } => cluster,
            Kind::Embedded { .. } | Kind::Servers { .. } => panic!("there is no cluster"),
        }
    }

    /// The URL of the PostgreSQL database.
    ///
    /// # Panics
    /// The stores are embedded.
    #[must_use]
    pub fn database(&self) -> &str {
        self.try_database().expect("there is a PostgreSQL")
    }

    /// The URL of the PostgreSQL database, if there is one.
    #[must_use]
    pub fn try_database(&self) -> Option<&str> {
        self.kind.urls().map(|(_, database)| database)
    }

    /// The SQLite file of [`Stores::embedded`].
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match &self.kind {
            Kind::Embedded { folder } => folder.path().join("live-jury.db"),
            Kind::Servers { .. } | Kind::Clustered { .. } => panic!("there is no SQLite file"),
        }
    }

    /// Opens the stores directly, to carry out a part of a step that a node was killed in. No node may use a SQLite
    /// file meanwhile.
    pub async fn open(&self) -> (Arc<dyn TallyStore>, Arc<dyn Docket>) {
        match self.kind.urls() {
            None => {
                let sqlite = Sqlite::open(&self.file()).await.expect("no node runs on the file");
                (Arc::new(SqliteTally::new(sqlite.clone(), self.clock.clone())), Arc::new(SqliteDocket::new(sqlite)))
            }
            Some((redis, database)) => {
                let tally = RedisTally::connect(&redis).await.expect("Redis is there");
                let docket = PostgresDocket::connect(database, CONNECTIONS).await.expect("PostgreSQL is there");
                (Arc::new(tally), Arc::new(docket))
            }
        }
    }
}

/// Runs each story with SQLite alone, and with Redis and PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($($story:ident)*) => {
        mod embedded {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$story($crate::stores::Stores::embedded()).await;
                }
            )*
        }

        mod servers {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$story($crate::stores::Stores::servers()).await;
                }
            )*
        }
    };
}
