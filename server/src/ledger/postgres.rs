//! The ledger of trust in PostgreSQL, for any number of nodes.

use async_trait::async_trait;
use live_jury_trust::counter::Counter;
use live_jury_trust::fact::Fact;
use sqlx::{Connection, PgConnection};

use super::claims::store::*;
use super::editions::store::*;
use super::editions::{EditionDb, implement_edition_db, jury_cases, median};
use super::exposure::{self, ExposureDb, on_exposure_conflict};
use super::facts::{
    self, FactDb, Prepared, on_cover_conflict, on_host_conflict, on_later_conflict, on_order_conflict,
    on_party_conflict, on_product_conflict,
};
use super::identities::store::*;
use super::listings::store::*;
use super::parties::{self, PartyDb, select_parties};
use super::promises::store::*;
use super::remedies::store::*;
use super::standing::store::*;
use super::{Added, Filed, KeptFact, LedgerError, Merchants, Shown, TrustLedger};
use crate::authorities::Authorities;
use crate::call_error::CallError;
use crate::sql::pool::{CALL_TIMEOUT, PostgresError, PostgresPool};
use crate::sql::query::Db;
use crate::sql::row::Columns;

/// The connections of a node for trust that write, and the same number that read. In a pool for both, requests of facts
/// would take all, and a recommender, who asks with every page, would wait.
const CONNECTIONS: u32 = 1;

const CLOCK: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms";

/// The ledger in PostgreSQL, over connections of its own: no step of a case waits for them.
#[derive(Clone, Debug)]
pub struct PostgresTrust {
    pub(super) write: PostgresPool,
    pub(super) read: PostgresPool,
    pub(super) hour: Hour,
}

impl PostgresTrust {
    /// The ledger of a database whose schema is current.
    ///
    /// # Errors
    /// The URL is wrong.
    pub fn open(url: &str, authorities: &Authorities) -> Result<Self, PostgresError> {
        let pool = || PostgresPool::open(url, CONNECTIONS, authorities);
        Ok(Self { write: pool()?, read: pool()?, hour: Hour::WHOLE })
    }

    /// The same ledger, whose clocks of claims and remedies have hours of this length.
    #[must_use]
    pub fn with_hour(self, hour: Hour) -> Self {
        Self { hour, ..self }
    }
}

impl PostgresTrust {
    pub(in crate::ledger) async fn write<T, E: CallError>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E> + Clone,
    ) -> Result<T, E> {
        let in_transaction = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let done = work(&mut tx).await?;
            tx.commit().await?;
            Ok(done)
        };
        self.write.call(CALL_TIMEOUT, in_transaction).await
    }

    pub(in crate::ledger) async fn read<T, E: CallError>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E> + Clone,
    ) -> Result<T, E> {
        self.read.call(CALL_TIMEOUT, work).await
    }
}

implement_standing_store!(PostgresTrust, PgConnection);
implement_application_store!(PostgresTrust, PgConnection);
implement_listing_store!(PostgresTrust, PgConnection);
implement_promise_store!(PostgresTrust, PgConnection);
implement_claim_store!(PostgresTrust, PgConnection);
implement_remedy_store!(PostgresTrust, PgConnection);
implement_edition_store!(PostgresTrust, PgConnection);

#[async_trait]
impl TrustLedger for PostgresTrust {
    async fn add_and_keep_facts(&self, facts: &[Fact], kept: &[KeptFact], now_ms: u64) -> Result<Added, LedgerError> {
        let prepared = Prepared::of(facts, kept, now_ms);
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            let added = facts::add(&mut *tx, &prepared).await?;
            tx.commit().await?;
            Ok(added)
        };
        self.write.call(CALL_TIMEOUT, work).await
    }

    async fn read_merchants(&self, ids: &[&str], now_ms: u64) -> Result<Merchants, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db| parties::merchants(db, ids, now_ms).await).await
    }

    async fn host_counters(&self, id: &str) -> Result<Vec<(String, Counter)>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db| parties::host_counters(db, id).await).await
    }

    async fn exposures(&self, ids: &[&str], now_ms: u64) -> Result<Vec<Shown>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db| exposure::last(db, ids, now_ms).await).await
    }

    async fn clock_ms(&self) -> Result<Option<u64>, LedgerError> {
        let read = async |db: &mut PgConnection| {
            let row = db.fetch_optional(CLOCK, &[]).await?;
            Ok::<_, LedgerError>(row.map(|row| row.number("now_ms")).transpose()?)
        };
        self.read(read).await
    }

    async fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<String>, LedgerError> {
        self.read.call(CALL_TIMEOUT, async |db| exposure::due(db, now_ms, limit).await).await
    }

    async fn file_exposures(&self, exposures: &[Filed], now_ms: u64) -> Result<(), LedgerError> {
        let work = async |db: &mut PgConnection| {
            let mut tx = db.begin().await?;
            exposure::file(&mut *tx, exposures, now_ms).await?;
            Ok(tx.commit().await?)
        };
        self.write.call(CALL_TIMEOUT, work).await
    }

    async fn pass_over(&self, merchants: &[String], now_ms: u64) -> Result<(), LedgerError> {
        self.write(async |db: &mut PgConnection| exposure::pass_over(db, merchants, now_ms).await).await
    }
}

impl FactDb for PgConnection {
    const KNOWN_IDS: Option<&'static str> = None;

    const INSERT_IDS: &'static str = "INSERT INTO trust_fact_seen (id, day) \
        SELECT id, $2 FROM json_array_elements_text(CAST($1 AS json)) AS ids (id) \
        ON CONFLICT (id) DO NOTHING";

    // A row has the number of the transaction that inserted it.
    const INSERTED_IDS: Option<&'static str> = Some(
        "SELECT id FROM trust_fact_seen WHERE id = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json)))) \
         AND xmin = pg_current_xact_id()::xid",
    );

    const SET_SUMS: &'static str = "INSERT INTO trust_sums (kind, party, sums) \
        SELECT $1, (item ->> 0), substring(CAST($3 AS bytea) FROM (item ->> 1)::int FOR (item ->> 2)::int) \
        FROM json_array_elements(CAST($2 AS json)) AS items (item) \
        ON CONFLICT (kind, party) DO UPDATE SET sums = excluded.sums";

    const KEEP_FACTS: &'static str = "INSERT INTO trust_fact (day, id, merchant, host, buyer, line) \
        SELECT $1, (item ->> 0), (item ->> 1), (item ->> 2), (item ->> 3), (item ->> 4) \
        FROM json_array_elements(CAST($2 AS json)) AS items (item) \
        ON CONFLICT (day, id) DO NOTHING";

    const ADD_PRODUCTS: &'static str = concat!(
        "INSERT INTO trust_product (merchant, product, day, sold, returned) \
         SELECT (item ->> 0), (item ->> 1), (item ->> 2)::bigint, (item ->> 3)::bigint, (item ->> 4)::bigint \
         FROM json_array_elements(CAST($1 AS json)) AS items (item)",
        on_product_conflict!()
    );

    const ADD_HOSTS: &'static str = concat!(
        "INSERT INTO trust_host (merchant, host, last_ms) \
         SELECT (item ->> 0), (item ->> 1), (item ->> 2)::bigint \
         FROM json_array_elements(CAST($1 AS json)) AS items (item)",
        on_host_conflict!()
    );

    const ADD_ORDERS: &'static str = concat!(
        "INSERT INTO trust_order (merchant, order_id, product, placed_ms, covered, shipped_ms, completed_ms) \
         SELECT (item ->> 0), (item ->> 1), (item ->> 2), (item ->> 3)::bigint, (item ->> 4)::bigint, \
         (item ->> 5)::bigint, (item ->> 6)::bigint \
         FROM json_array_elements(CAST($1 AS json)) AS items (item)",
        on_order_conflict!()
    );

    const ADD_COVER: &'static str = concat!(
        "INSERT INTO trust_cover (category, day, covered, granted) \
         SELECT (item ->> 0), (item ->> 1)::bigint, (item ->> 2)::bigint, (item ->> 3)::bigint \
         FROM json_array_elements(CAST($1 AS json)) AS items (item)",
        on_cover_conflict!()
    );

    const ADD_LATER: &'static str = concat!(
        "INSERT INTO trust_later (merchant, signal, day, n, k) \
         SELECT (item ->> 0), (item ->> 1), (item ->> 2)::bigint, (item ->> 3)::float8, (item ->> 4)::float8 \
         FROM json_array_elements(CAST($1 AS json)) AS items (item)",
        on_later_conflict!()
    );

    const ADD_PARTIES: &'static str = concat!(
        "INSERT INTO trust_party (kind, id, since_ms, category, completed, placed_day, placed, licences_needed, \
         licences_verified, licences_at_ms, deposit_asked, deposit_paid, deposit_at_ms, finding_at_ms, touched_ms, \
         computed_ms) SELECT (item ->> 0), (item ->> 1), (item ->> 2)::bigint, (item ->> 3), (item ->> 4)::bigint, \
         (item ->> 5)::bigint, (item ->> 6)::bigint, (item ->> 7)::bigint, (item ->> 8)::bigint, \
         (item ->> 9)::bigint, (item ->> 10)::bigint, (item ->> 11)::bigint, (item ->> 12)::bigint, \
         (item ->> 13)::bigint, (item ->> 14)::bigint, 0 \
         FROM json_array_elements(CAST($1 AS json)) AS items (item)",
        on_party_conflict!()
    );

    const MAKE_TALLIES: &'static str = "INSERT INTO trust_tally (merchant, signal, day, n, k) \
        SELECT (item ->> 0), (item ->> 1), (item ->> 2)::bigint, 0, 0 \
        FROM json_array_elements(CAST($1 AS json)) AS items (item) \
        ON CONFLICT (merchant, signal, day) DO NOTHING";

    const LOCK_TALLIES: &'static str = "SELECT merchant, signal, day, n, k FROM trust_tally \
        WHERE (merchant, signal, day) IN (SELECT (item ->> 0), (item ->> 1), (item ->> 2)::bigint \
        FROM json_array_elements(CAST($1 AS json)) AS items (item)) \
        ORDER BY merchant, signal, day FOR UPDATE";

    const SET_TALLIES: &'static str = "INSERT INTO trust_tally (merchant, signal, day, n, k) \
        SELECT (item ->> 0), (item ->> 1), (item ->> 2)::bigint, (item ->> 3)::float8, (item ->> 4)::float8 \
        FROM json_array_elements(CAST($1 AS json)) AS items (item) \
        ON CONFLICT (merchant, signal, day) DO UPDATE SET n = excluded.n, k = excluded.k";
}

implement_edition_db!(
    PgConnection,
    "(CAST(verdict AS json) ->> 'outcome')",
    "CAST(CAST(verdict AS json) ->> 'ballots' AS BIGINT)",
    "CAST(CAST(verdict AS json) ->> 'decided_at_ms' AS BIGINT)",
    "(CAST(stated.statement AS json) ->> 'category')",
    "(CAST(stated.statement AS json) ->> 'automated_decision')"
);

impl PartyDb for PgConnection {
    const PARTIES: &'static str = select_parties!(
        "WHERE kind = $1 AND id = ANY (ARRAY(SELECT json_array_elements_text(CAST($2 AS json)))) ORDER BY id"
    );

    const SUMS: &'static str = "SELECT party, sums FROM trust_sums \
        WHERE kind = $1 AND party = ANY (ARRAY(SELECT json_array_elements_text(CAST($2 AS json))))";

    const COUNTERS: &'static str = "SELECT party, signal, n, k FROM trust_counter \
        WHERE kind = $1 AND party = ANY (ARRAY(SELECT json_array_elements_text(CAST($2 AS json))))";

    const PRIORS: &'static str = "SELECT category, signal, typical, sigma FROM trust_prior \
        WHERE day = (SELECT max(day) FROM trust_job WHERE name = 'night' AND step <> 'priors' AND day <= $2) \
        AND category = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json))))";

    const LATER: &'static str = "SELECT merchant, signal, sum(n) AS n, sum(k) AS k FROM trust_later \
        WHERE merchant = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json)))) \
        AND day <= $2 GROUP BY merchant, signal";

    const LAST_DAY: &'static str = "SELECT merchant, kept FROM trust_exposure AS one \
        WHERE merchant = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json)))) \
        AND day = (SELECT max(day) FROM trust_exposure WHERE merchant = one.merchant AND day < $2)";

    const LAST_TURN: &'static str = "SELECT merchant, max(day) AS day FROM trust_exposure \
        WHERE merchant = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json)))) \
        AND day >= $2 AND turn = 1 GROUP BY merchant";

    const BEGUN: &'static str = "SELECT party, measure, until_ms FROM trust_measure WHERE kind = $1 \
        AND party = ANY (ARRAY(SELECT json_array_elements_text(CAST($2 AS json)))) \
        AND lifted_at_ms IS NULL AND from_ms <= $3";
}

impl ExposureDb for PgConnection {
    const LAST_EXPOSURES: &'static str = "SELECT merchant, points, sd, kept, signals, turn, at_ms \
        FROM trust_exposure AS one WHERE merchant = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json)))) \
        AND day = (SELECT max(day) FROM trust_exposure WHERE merchant = one.merchant AND day <= $2)";

    const FILE_EXPOSURES: &'static str = concat!(
        "INSERT INTO trust_exposure (merchant, day, points, sd, kept, signals, turn, at_ms) \
         SELECT (item ->> 0), (item ->> 1)::bigint, (item ->> 2)::float8, (item ->> 3)::float8, \
         (item ->> 4)::float8, (item ->> 5)::float8, (item ->> 6)::bigint, \
         (item ->> 7)::bigint \
         FROM json_array_elements(CAST($1 AS json)) AS items (item)",
        on_exposure_conflict!()
    );

    const MARK_COMPUTED: &'static str = "UPDATE trust_party SET computed_ms = (item ->> 1)::bigint, \
        told_m = coalesce((item ->> 2)::float8, told_m) \
        FROM json_array_elements(CAST($2 AS json)) AS items (item) WHERE kind = $1 AND id = item ->> 0";
}
