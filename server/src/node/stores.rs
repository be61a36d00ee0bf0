//! The stores of a node: which ones the settings name, opened and migrated; it reads no case from them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use live_jury_trust::claim::Hour;
use uuid::Uuid;

use crate::authorities::Authorities;
use crate::clock::Clock;
use crate::config::{Database, Settings};
use crate::docket::{Docket, DocketMark, PostgresDocket, SqliteDocket};
use crate::ledger::{BucketLedger, PostgresTrust, SqliteTrust, TrustLedger};
use crate::lifecycle::{CurrentStore, Ledger};
use crate::migration;
use crate::peers::{NoPeers, Peers, RedisPeers};
use crate::sqlite::{self, Sqlite};
use crate::tally::{RedisTally, SqliteTally, TallyHealth, TallyStore};

/// Interval at which a room polls its tallies if other nodes may count, too. A tally is shown as often.
const POLL_SHARED: Duration = Duration::from_millis(250);
/// Interval if this node counts alone. Its own answers tell everything but a loss of the store.
const POLL_SINGLE_NODE: Duration = Duration::from_millis(1_000);
/// The stores of a node, opened.
pub(super) struct Stores {
    /// Records and counts ballots.
    pub(super) tally: Arc<dyn TallyStore>,
    /// The same store, as it is watched.
    pub(super) tally_health: Arc<dyn TallyHealth>,
    /// The docket, over the connections of the steps of cases.
    pub(super) docket: Arc<dyn Docket>,
    /// The docket, over the connections of the API's reads.
    pub(super) reads: Arc<dyn Docket>,
    /// The mark by which a docket that was put back to an older state is noticed.
    pub(super) mark: DocketMark,
    /// The ledger of trust.
    pub(super) trust: Arc<dyn TrustLedger>,
    /// The same ledger, for reports by viewers.
    pub(super) buckets: Arc<dyn BucketLedger>,
    /// The other nodes.
    pub(super) peers: Arc<dyn Peers>,
    /// The tally store that counts for all nodes.
    pub(super) current: Arc<CurrentStore>,
    /// The file of the embedded stores, if there are any.
    pub(super) file: Option<Sqlite>,
    /// Names this node to others.
    pub(super) node: Uuid,
    /// The ballots that this node has answered as counted.
    pub(super) ledger: Ledger,
    /// The interval at which a room polls its tallies.
    pub(super) poll: Duration,
}

/// The certificate authorities of all outgoing connections.
pub(super) fn authorities(file: Option<&Path>) -> anyhow::Result<Authorities> {
    match file {
        Some(file) => Authorities::with_file(file).context("--ca-file"),
        None => Ok(Authorities::system()),
    }
}

/// Opens the stores that the settings name. A database of an older schema is migrated, if its role may.
///
/// # Errors
/// A store did not open; the message names the setting.
pub(super) async fn open_stores(
    settings: &Settings,
    authorities: &Authorities,
    clock: Arc<dyn Clock>,
    hour: Hour,
) -> anyhow::Result<Stores> {
    let node = Uuid::now_v7();
    let sqlite = match &settings.database {
        Database::Sqlite(path) => Some(Sqlite::open(Path::new(path)).await.context("--database")?),
        Database::Postgres(_) => None,
    };
    type Opened = (Arc<dyn Docket>, Arc<dyn Docket>, Arc<dyn TrustLedger>, Arc<dyn BucketLedger>);
    let (docket, reads, trust, buckets): Opened = match (&settings.database, &sqlite) {
        (Database::Postgres(url), _) => {
            let (lifecycle, reads) = settings.connections_of_lifecycle_and_reads();
            let docket = PostgresDocket::connect_with(url, lifecycle, authorities).await.context("--database")?;
            let reads = PostgresDocket::for_reads(url, reads, authorities).context("--database")?;
            let trust = Arc::new(PostgresTrust::open(url, authorities).context("--database")?.with_hour(hour));
            (Arc::new(docket), Arc::new(reads), trust.clone(), trust)
        }
        (Database::Sqlite(_), Some(sqlite)) => {
            let trust = Arc::new(SqliteTrust::new(sqlite.clone()).with_hour(hour));
            let reads = Arc::new(SqliteDocket::for_reads(sqlite.clone()));
            (Arc::new(SqliteDocket::new(sqlite.clone())), reads, trust.clone(), trust)
        }
        (Database::Sqlite(_), None) => anyhow::bail!("--database: the SQLite file was not opened"),
    };
    let file = sqlite.clone();
    if let Some(url) = &settings.redis {
        let tally = Arc::new(RedisTally::connect_with(url.as_str(), authorities).await.context("--redis")?);
        let peers = RedisPeers::connect_with(url.as_str(), node.to_string(), authorities);
        let peers = Arc::new(peers.await.context("--redis")?);
        let current = Arc::new(CurrentStore::shared(node, tally.clone(), docket.clone()).await?);
        let mark = DocketMark::connect(url.as_str(), authorities).await.context("--redis")?;
        let (tally_health, ledger, poll) = (tally.clone(), Ledger::of_node(node), POLL_SHARED);
        let stores = Stores {
            tally,
            tally_health,
            docket,
            reads,
            mark,
            trust,
            buckets,
            peers,
            current,
            file,
            node,
            ledger,
            poll,
        };
        return Ok(stores);
    }
    let sqlite = sqlite.context("--redis: is needed with a postgres:// database")?;
    let tally = Arc::new(SqliteTally::new(sqlite, clock));
    let current = Arc::new(CurrentStore::embedded(tally.store_id().await.context("--database")?));
    let (tally_health, mark, peers) = (tally.clone(), DocketMark::default(), Arc::new(NoPeers::new()));
    let (ledger, poll) = (Ledger::default(), POLL_SINGLE_NODE);
    Ok(Stores { tally, tally_health, docket, reads, mark, trust, buckets, peers, current, file, node, ledger, poll })
}

/// The steps of the current schema that a database lacks, by name. The database is only read.
///
/// # Errors
/// The database did not answer, or its schema is not for this program.
pub async fn missing_migrations(database: &Database, ca_file: Option<&Path>) -> anyhow::Result<Vec<String>> {
    match database {
        Database::Sqlite(path) => migration::missing_in_sqlite(path, sqlite::SCHEMA).await.context("--database"),
        Database::Postgres(url) => {
            PostgresDocket::missing_migrations(url, &authorities(ca_file)?).await.context("--database")
        }
    }
}

/// Migrates a database to the current schema. Returns the names of the steps that it lacked. With `role`, gives that
/// role of PostgreSQL the rights of a server, and no others.
///
/// # Errors
/// The database did not open, its schema is not for this program, or the role cannot have these rights alone.
pub async fn migrate(database: &Database, ca_file: Option<&Path>, role: Option<&str>) -> anyhow::Result<Vec<String>> {
    if role.is_some() && matches!(database, Database::Sqlite(_)) {
        anyhow::bail!("--grant-to: a SQLite file has no roles");
    }
    let missing = missing_migrations(database, ca_file).await?;
    match database {
        Database::Sqlite(path) => Sqlite::open(path).await.context("--database")?.close().await,
        Database::Postgres(url) => {
            PostgresDocket::migrate(url, &authorities(ca_file)?, role).await.context("--database")?;
        }
    }
    Ok(missing)
}
