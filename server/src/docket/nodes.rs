//! The nodes' rows in the docket, and the tally store that it names as the current one. It talks to no tally store.

use async_trait::async_trait;
use live_jury_court::StoreId;
use uuid::Uuid;

use super::DocketError;
use crate::sql::query::Db;
use crate::sql::row::Columns;

/// The age, in milliseconds, up to which a node's row counts. A node renews its row five times within it.
pub const NODE_KEPT_MS: u64 = 10_000;
/// The age, in milliseconds, at which the row of a node that did not stop in order is deleted: an hour.
const NODE_DELETED_AFTER_MS: u64 = 60 * 60 * 1_000;

/// The nodes that share the docket, and the tally store on which they count.
///
/// All times are of the database's clock, since the clocks of nodes differ.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Files that this node runs on this tally store. Returns the store that the docket names as the current one.
    ///
    /// The first node names its own store. Rows of nodes that did not stop in order are deleted after an hour.
    async fn report_node(&self, node: Uuid, store: StoreId) -> Result<StoreId, DocketError>;

    /// Writes into a node's row whether the node can write to its tally store. The call itself tells whether the
    /// docket can be written, also where the node has no row.
    async fn report_writable(&self, node: Uuid, tally: bool) -> Result<(), DocketError>;

    /// Reads which stores others than this node could write `since_ms` or later.
    async fn others_writing(&self, node: Uuid, since_ms: u64) -> Result<OthersWriting, DocketError>;

    /// Deletes the row of a node that stops.
    async fn remove_node(&self, node: Uuid) -> Result<(), DocketError>;

    /// Makes `to` the current store, unless another one than `from` is current, or a node that was seen within
    /// [`NODE_KEPT_MS`] runs on `from`. Returns the store that is current then.
    async fn take_over(&self, from: StoreId, to: StoreId) -> Result<StoreId, DocketError>;
}

/// Which stores other nodes can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OthersWriting {
    /// The database's clock.
    pub now_ms: u64,
    /// Another node has renewed its row.
    pub docket: bool,
    /// Such a node can write to the tally store, too.
    pub tally: bool,
}

/// The statements on the nodes' rows, of which some differ between the dialects.
pub(super) trait NodesDb: Db {
    /// Reads the current store. Until the end of the transaction nobody takes over.
    const CURRENT_SHARED: &'static str;
    /// Reads the current store. Until the end of the transaction no other call here reads it.
    const CURRENT_LOCKED: &'static str;
    /// `$1` node, `$2` its store.
    const REPORT_NODE: &'static str;
    /// `$1` an age in milliseconds.
    const DELETE_OLD_NODES: &'static str;
    /// `$1` store, `$2` an age in milliseconds.
    const NODES_ON_STORE: &'static str;
    /// `$1` node, `$2` a time in Unix milliseconds.
    const OTHERS_WRITING: &'static str;
}

/// The statements of one dialect: its clock in milliseconds, and its two locks of a row.
macro_rules! implement_nodes_db {
    ($connection:ty, $now_ms:literal, $shared:literal, $locked:literal) => {
        impl crate::docket::nodes::NodesDb for $connection {
            const CURRENT_SHARED: &'static str = concat!("SELECT store FROM current_store ", $shared);
            const CURRENT_LOCKED: &'static str = concat!("SELECT store FROM current_store ", $locked);
            const REPORT_NODE: &'static str = concat!(
                "INSERT INTO nodes (id, store, seen_at_ms) VALUES ($1, $2, ",
                $now_ms,
                ") ON CONFLICT (id) DO UPDATE SET store = excluded.store, seen_at_ms = excluded.seen_at_ms"
            );
            const DELETE_OLD_NODES: &'static str = concat!("DELETE FROM nodes WHERE seen_at_ms < ", $now_ms, " - $1");
            const NODES_ON_STORE: &'static str =
                concat!("SELECT count(*) AS nodes FROM nodes WHERE store = $1 AND seen_at_ms >= ", $now_ms, " - $2");
            const OTHERS_WRITING: &'static str = concat!(
                "SELECT ",
                $now_ms,
                " AS now_ms, count(*) AS nodes, count(CASE WHEN tally_writable = 1 THEN 1 END) AS writing \
                 FROM nodes WHERE id <> $1 AND seen_at_ms >= $2"
            );
        }
    };
}
pub(super) use implement_nodes_db;

const NAME_STORE: &str = "INSERT INTO current_store (one, store) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
const SET_STORE: &str = "UPDATE current_store SET store = $1";
const SET_WRITABLE: &str = "UPDATE nodes SET tally_writable = $2, docket_writable = 1 WHERE id = $1";
const DELETE_NODE: &str = "DELETE FROM nodes WHERE id = $1";

pub(super) async fn report<D: NodesDb>(db: &mut D, node: Uuid, store: StoreId) -> Result<StoreId, DocketError> {
    let name = store.to_string();
    // The row is filed under the lock: a takeover comes before both, and is read, or after both, and sees the row.
    let current = match db.fetch_optional(D::CURRENT_SHARED, &[]).await? {
        Some(current) => current,
        None => {
            db.execute(NAME_STORE, &[name.as_str().into()]).await?;
            let named = db.fetch_optional(D::CURRENT_SHARED, &[]).await?;
            named.ok_or_else(|| DocketError::Malformed("no tally store is current".to_owned()))?
        }
    };
    db.execute(D::DELETE_OLD_NODES, &[NODE_DELETED_AFTER_MS.cast_signed().into()]).await?;
    db.execute(D::REPORT_NODE, &[node.into(), name.as_str().into()]).await?;
    Ok(current.parsed("store")?)
}

pub(super) async fn report_writable<D: Db>(db: &mut D, node: Uuid, tally: bool) -> Result<(), DocketError> {
    db.execute(SET_WRITABLE, &[node.into(), i64::from(tally).into()]).await?;
    Ok(())
}

pub(super) async fn others_writing<D: NodesDb>(
    db: &mut D,
    node: Uuid,
    since_ms: u64,
) -> Result<OthersWriting, DocketError> {
    let found = db.fetch_optional(D::OTHERS_WRITING, &[node.into(), since_ms.cast_signed().into()]).await?;
    let row = found.ok_or_else(|| DocketError::Malformed("a count is missing".to_owned()))?;
    let (nodes, writing) = (row.number("nodes")?, row.number("writing")?);
    Ok(OthersWriting { now_ms: row.number("now_ms")?, docket: nodes > 0, tally: writing > 0 })
}

pub(super) async fn remove<D: Db>(db: &mut D, node: Uuid) -> Result<(), DocketError> {
    db.execute(DELETE_NODE, &[node.into()]).await?;
    Ok(())
}

pub(super) async fn take_over<D: NodesDb>(db: &mut D, from: StoreId, to: StoreId) -> Result<StoreId, DocketError> {
    let found = db.fetch_optional(D::CURRENT_LOCKED, &[]).await?;
    let current: StoreId = found.map_or(Ok(from), |row| row.parsed("store"))?;
    if current != from {
        return Ok(current);
    }
    let (old, new) = (from.to_string(), to.to_string());
    let on_old = [old.as_str().into(), NODE_KEPT_MS.cast_signed().into()];
    let nodes = db.fetch_optional(D::NODES_ON_STORE, &on_old).await?;
    if nodes.map_or(Ok(0), |row| row.number("nodes"))? > 0 {
        return Ok(current);
    }
    db.execute(SET_STORE, &[new.as_str().into()]).await?;
    Ok(to)
}
