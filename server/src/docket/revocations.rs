//! Revoked tokens in the docket, which all nodes follow; it knows hashes and no token.

use async_trait::async_trait;

use super::DocketError;
use crate::auth::{REVOCATION_KEPT_MS, Revocation, TokenHash};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, count, cursor, signed};
use crate::sql::statements as sql;

/// Limits the revocations that are kept; one more is refused. Each takes a node about 50 bytes. A platform that ends
/// more tokens than this in a month does better to make them short.
const REVOCATIONS_MAX: usize = 100_000;

/// Tokens that were revoked before their end.
#[async_trait]
pub trait RevocationStore: Send + Sync {
    /// Files a revocation. A repeat takes the later time. Revocations older than
    /// [`REVOCATION_KEPT_MS`](crate::auth::REVOCATION_KEPT_MS), by the time of this one, are deleted.
    ///
    /// # Errors
    /// [`DocketError::TooManyRevocations`] if the docket has its limit of them.
    async fn revoke(&self, revocation: &Revocation) -> Result<(), DocketError>;

    /// Reads the revocations after a place in the order of commits; 0 reads all.
    async fn revocations(&self, after: u64) -> Result<RevokedSince, DocketError>;
}

/// Revocations after a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevokedSince {
    /// The place of the last one that was ever filed. It is lower than before if an older docket was put back.
    pub last: u64,
    /// The revocations, in the order of commits.
    pub revocations: Vec<Revocation>,
}

/// Files a revocation, and deletes those whose tokens have all ended. A repeat moves it to the end of the order.
pub(super) async fn revoke<D: Db>(db: &mut D, revocation: &Revocation) -> Result<(), DocketError> {
    // First, since it locks out others until the commit: the order of places is the order of commits.
    db.execute(sql::RAISE_REVOCATION_PLACE, &[]).await?;
    let revoked_at_ms = signed("revoked_at_ms", revocation.revoked_at_ms)?;
    let before = signed("revoked_at_ms", revocation.revoked_at_ms.saturating_sub(REVOCATION_KEPT_MS))?;
    db.execute(sql::DELETE_OLD_REVOCATIONS, &[before.into()]).await?;
    let values = [revocation.hash.0[..].into(), revoked_at_ms.into(), count(REVOCATIONS_MAX).into()];
    if db.execute(sql::INSERT_REVOCATION, &values).await? == 0 {
        return Err(DocketError::TooManyRevocations);
    }
    Ok(())
}

/// The rows of [`parse`]. One statement is one snapshot.
pub(super) async fn since<D: Db>(db: &mut D, after: u64) -> Result<Vec<D::Row>, DocketError> {
    Ok(db.fetch_all(sql::REVOCATIONS_AFTER, &[cursor(after).into()]).await?)
}

pub(super) fn parse(rows: &[impl Columns]) -> Result<RevokedSince, DocketError> {
    let mut found = RevokedSince::default();
    for row in rows {
        found.last = row.number("last")?;
        // The place of the last revocation comes also without one.
        if row.maybe_number("seq")?.is_some() {
            let hash = row.bytes("hash")?.try_into().map_err(|why| Malformed::new("hash", why))?;
            let revocation = Revocation { hash: TokenHash(hash), revoked_at_ms: row.number("revoked_at_ms")? };
            found.revocations.push(revocation);
        }
    }
    Ok(found)
}
