//! Deletes what the ledger holds of one party, buyer or reporter. Violations and what follows from them stay, as does
//! the trail.

use async_trait::async_trait;
use live_jury_trust::{Party, PartyKind};
use sqlx::{PgConnection, SqliteConnection};

use super::{LedgerError, PostgresTrust, SqliteTrust};
use crate::reporter::{Buyer, Reporter};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, signed};

/// `$1` kind, `$2` id, `$3` now. The row of a party with a ruling or a violation stays, with its id and what was told
/// of its standing. It comes first, so that no fact is added until the end.
const RESET_PARTY: &str = "UPDATE trust_party SET since_ms = $3, category = NULL, completed = 0, placed_day = 0, \
    placed = 0, licences_needed = 0, licences_verified = 0, licences_at_ms = 0, deposit_asked = 0, deposit_paid = 0, \
    deposit_at_ms = 0, finding_at_ms = 0, told_m = NULL, reversal_day = NULL, before_reversal = NULL, \
    touched_ms = $3 WHERE kind = $1 AND id = $2";

/// The condition that a party has no ruling and no violation.
macro_rules! unless_judged {
    ($rest:literal) => {
        concat!(
            $rest,
            " AND NOT EXISTS (SELECT 1 FROM trust_violation AS one WHERE one.kind = $1 AND one.party = $2) \
             AND NOT EXISTS (SELECT 1 FROM trust_ruling AS one \
             WHERE CASE WHEN $1 = 'host' THEN one.host ELSE one.merchant END = $2)"
        )
    };
}

/// `$1` kind, `$2` id.
const OF_PARTY: [&str; 3] = [
    "DELETE FROM trust_sums WHERE kind = $1 AND party = $2",
    // Sums of rulings stay with their rulings.
    unless_judged!("DELETE FROM trust_counter WHERE kind = $1 AND party = $2"),
    unless_judged!("DELETE FROM trust_party WHERE kind = $1 AND id = $2"),
];
/// `$1` merchant.
const OF_MERCHANT: [&str; 9] = [
    "DELETE FROM trust_later WHERE merchant = $1",
    "DELETE FROM trust_tally WHERE merchant = $1",
    "DELETE FROM trust_exposure WHERE merchant = $1",
    "DELETE FROM trust_product WHERE merchant = $1",
    "DELETE FROM trust_host WHERE merchant = $1",
    "DELETE FROM trust_fact WHERE merchant = $1",
    // A listing that broke a policy stays with its violation, and one that was appealed with its appeal.
    "DELETE FROM trust_hit WHERE screening IN (SELECT screening FROM trust_listing WHERE merchant = $1 \
     AND violation IS NULL AND NOT EXISTS (SELECT 1 FROM trust_appeal WHERE target = trust_listing.screening))",
    "DELETE FROM trust_listing WHERE merchant = $1 AND violation IS NULL \
     AND NOT EXISTS (SELECT 1 FROM trust_appeal WHERE target = trust_listing.screening)",
    "DELETE FROM trust_order WHERE merchant = $1",
];
/// `$1` host.
const OF_HOST: [&str; 2] = ["DELETE FROM trust_host WHERE host = $1", "DELETE FROM trust_fact WHERE host = $1"];
/// `$1` kind, `$2` id. Tokens and logo of a banned party stay: they are what a ban rests on.
const OF_IDENTITY: [&str; 3] = [
    "DELETE FROM trust_token WHERE kind = $1 AND party = $2 AND NOT EXISTS (SELECT 1 FROM trust_identity AS known \
     WHERE known.kind = $1 AND known.party = $2 AND known.banned_at_ms IS NOT NULL)",
    "DELETE FROM trust_logo WHERE kind = $1 AND party = $2 AND NOT EXISTS (SELECT 1 FROM trust_identity AS known \
     WHERE known.kind = $1 AND known.party = $2 AND known.banned_at_ms IS NOT NULL)",
    "DELETE FROM trust_identity WHERE kind = $1 AND party = $2 AND banned_at_ms IS NULL",
];
/// `$1` kind, `$2` id: an application that nobody has decided on.
const UNDECIDED: &str = "DELETE FROM trust_application WHERE kind = $1 AND party = $2 AND state = 'held' \
    AND measure IS NULL";
/// `$1` kind, `$2` id, `$3` an empty digest: what led to a measure stays beside its statement, and compares no more.
const MEASURED: &str = "UPDATE trust_application SET digest = $3 WHERE kind = $1 AND party = $2 \
    AND measure IS NOT NULL AND digest <> $3";
const PASSED: &str = "SELECT id FROM trust_application WHERE kind = $1 AND party = $2 AND measure IS NULL";
/// `$1` id, `$2` the name in the party's place, `$3` an empty digest: the row counts for figures, and names nobody.
const UNNAME: &str = "UPDATE trust_application SET party = $2, digest = $3, category = NULL, reasons = '[]', \
    words = NULL, due_ms = NULL WHERE id = $1";
/// The beginning of the name in the place of a forgotten applicant.
const FORGOTTEN: &str = "forgotten-";
/// The digest of fields that are forgotten.
const NO_DIGEST: &[u8] = &[];

/// `$1` keyed name of a buyer.
const OF_BUYER: [&str; 3] = [
    "DELETE FROM trust_fact WHERE buyer = $1",
    "DELETE FROM trust_buyer_claim WHERE buyer = $1",
    // A claim stays without the buyer's words.
    "UPDATE trust_claim SET buyer = '', reason = '', evidence = '[]' WHERE buyer = $1",
];
/// `$1` keyed name of a reporter. The numbers of a bucket name nobody, and stay.
const OF_REPORTER: [&str; 2] =
    ["DELETE FROM trust_report WHERE reporter = $1", "DELETE FROM trust_reporter WHERE reporter = $1"];

/// Deletes what a ledger holds of somebody. Each call is one transaction, and returns the number of deleted rows.
#[async_trait]
pub trait ForgetStore: Send + Sync {
    /// Deletes sums, exposures and kept facts of a party, and its tokens and applications as far as no measure needs
    /// them.
    async fn forget_party(&self, party: &Party, now_ms: u64) -> Result<u64, LedgerError>;

    /// Deletes the kept facts that name a buyer, and the buyer's words in claims. Sums name none.
    async fn forget_buyer(&self, buyer: Buyer) -> Result<u64, LedgerError>;

    /// Deletes the reports of a reporter, and the record of what became of them.
    async fn forget_reporter(&self, reporter: Reporter) -> Result<u64, LedgerError>;
}

async fn forget_party<D: Db>(db: &mut D, party: &Party, now_ms: u64) -> Result<u64, LedgerError> {
    let of_party: [Value<'_>; 2] = [party.kind.as_str().into(), party.id.as_str().into()];
    db.execute(RESET_PARTY, &[of_party[0], of_party[1], signed("since_ms", now_ms)?.into()]).await?;
    let mut deleted = 0;
    for sql in OF_PARTY {
        deleted += db.execute(sql, &of_party).await?;
    }
    let of_kind: &[&'static str] = if party.kind == PartyKind::Merchant { &OF_MERCHANT } else { &OF_HOST };
    for sql in of_kind {
        deleted += db.execute(sql, &of_party[1..]).await?;
    }
    Ok(deleted + forget_applicant(db, of_party).await?)
}

/// Deletes the identity of a party, and unnames its applications.
async fn forget_applicant<D: Db>(db: &mut D, of_party: [Value<'_>; 2]) -> Result<u64, LedgerError> {
    let mut deleted = db.execute(UNDECIDED, &of_party).await?;
    for sql in OF_IDENTITY {
        deleted += db.execute(sql, &of_party).await?;
    }
    deleted += db.execute(MEASURED, &[of_party[0], of_party[1], NO_DIGEST.into()]).await?;
    for row in &db.fetch_all(PASSED, &of_party).await? {
        let id = row.uuid("id")?;
        let name = format!("{FORGOTTEN}{id}");
        deleted += db.execute(UNNAME, &[id.into(), name.as_str().into(), NO_DIGEST.into()]).await?;
    }
    Ok(deleted)
}

async fn forget_buyer<D: Db>(db: &mut D, buyer: Buyer) -> Result<u64, LedgerError> {
    let (mut deleted, buyer) = (0, buyer.hex());
    for sql in OF_BUYER {
        deleted += db.execute(sql, &[buyer.as_str().into()]).await?;
    }
    Ok(deleted)
}

async fn forget_reporter<D: Db>(db: &mut D, reporter: Reporter) -> Result<u64, LedgerError> {
    let mut deleted = 0;
    for sql in OF_REPORTER {
        deleted += db.execute(sql, &[reporter.0.as_slice().into()]).await?;
    }
    Ok(deleted)
}

/// The store of one dialect, whose `change` runs a transaction.
macro_rules! implement_forget_store {
    ($store:ty, $connection:ty) => {
        #[async_trait]
        impl ForgetStore for $store {
            async fn forget_party(&self, party: &Party, now_ms: u64) -> Result<u64, LedgerError> {
                self.write(async |db: &mut $connection| forget_party(db, party, now_ms).await).await
            }

            async fn forget_buyer(&self, buyer: Buyer) -> Result<u64, LedgerError> {
                self.write(async |db: &mut $connection| forget_buyer(db, buyer).await).await
            }

            async fn forget_reporter(&self, reporter: Reporter) -> Result<u64, LedgerError> {
                self.write(async |db: &mut $connection| forget_reporter(db, reporter).await).await
            }
        }
    };
}

implement_forget_store!(SqliteTrust, SqliteConnection);
implement_forget_store!(PostgresTrust, PgConnection);
