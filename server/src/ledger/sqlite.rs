//! The ledger of trust in a SQLite file, for one node.

use async_trait::async_trait;
use live_jury_trust::counter::Counter;
use live_jury_trust::fact::Fact;
use sqlx::SqliteConnection;

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
use crate::call_error::CallError;
use crate::sqlite::Sqlite;

/// The ledger in a SQLite file. Its writes queue with the ballots for the one writing connection; its reads have a
/// connection of their own.
#[derive(Clone, Debug)]
pub struct SqliteTrust {
    pub(super) file: Sqlite,
    pub(super) hour: Hour,
}

impl SqliteTrust {
    /// The ledger in this file, whose schema is current.
    #[must_use]
    pub const fn new(file: Sqlite) -> Self {
        Self { file, hour: Hour::WHOLE }
    }

    /// The same ledger, whose clocks of claims and remedies have hours of this length.
    #[must_use]
    pub fn with_hour(self, hour: Hour) -> Self {
        Self { hour, ..self }
    }
}

impl SqliteTrust {
    pub(in crate::ledger) async fn write<T, E: CallError>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.file.transaction(work).await
    }

    pub(in crate::ledger) async fn read<T, E: CallError>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        work(&mut *self.file.trust_read.acquire().await?).await
    }
}

implement_standing_store!(SqliteTrust, SqliteConnection);
implement_application_store!(SqliteTrust, SqliteConnection);
implement_listing_store!(SqliteTrust, SqliteConnection);
implement_promise_store!(SqliteTrust, SqliteConnection);
implement_claim_store!(SqliteTrust, SqliteConnection);
implement_remedy_store!(SqliteTrust, SqliteConnection);
implement_edition_store!(SqliteTrust, SqliteConnection);

#[async_trait]
impl TrustLedger for SqliteTrust {
    async fn add_and_keep_facts(&self, facts: &[Fact], kept: &[KeptFact], now_ms: u64) -> Result<Added, LedgerError> {
        let prepared = Prepared::of(facts, kept, now_ms);
        self.file.transaction(async |db: &mut SqliteConnection| facts::add(db, &prepared).await).await
    }

    async fn read_merchants(&self, ids: &[&str], now_ms: u64) -> Result<Merchants, LedgerError> {
        parties::merchants(&mut *self.file.trust_read.acquire().await?, ids, now_ms).await
    }

    async fn host_counters(&self, id: &str) -> Result<Vec<(String, Counter)>, LedgerError> {
        parties::host_counters(&mut *self.file.trust_read.acquire().await?, id).await
    }

    async fn exposures(&self, ids: &[&str], now_ms: u64) -> Result<Vec<Shown>, LedgerError> {
        exposure::last(&mut *self.file.trust_read.acquire().await?, ids, now_ms).await
    }

    async fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<String>, LedgerError> {
        exposure::due(&mut *self.file.trust_read.acquire().await?, now_ms, limit).await
    }

    async fn file_exposures(&self, exposures: &[Filed], now_ms: u64) -> Result<(), LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| exposure::file(db, exposures, now_ms).await).await
    }

    async fn pass_over(&self, merchants: &[String], now_ms: u64) -> Result<(), LedgerError> {
        self.file.transaction(async |db: &mut SqliteConnection| exposure::pass_over(db, merchants, now_ms).await).await
    }
}

// `WHERE true` keeps SQLite from reading ON as a part of a join.
impl FactDb for SqliteConnection {
    const KNOWN_IDS: Option<&'static str> =
        Some("SELECT id FROM trust_fact_seen WHERE id IN (SELECT value FROM json_each($1))");

    const INSERT_IDS: &'static str = "INSERT INTO trust_fact_seen (id, day) \
        SELECT value, $2 FROM json_each($1) WHERE true ON CONFLICT (id) DO NOTHING";

    const INSERTED_IDS: Option<&'static str> = None;

    const SET_SUMS: &'static str = "INSERT INTO trust_sums (kind, party, sums) \
        SELECT $1, value ->> 0, substr($3, value ->> 1, value ->> 2) FROM json_each($2) WHERE true \
        ON CONFLICT (kind, party) DO UPDATE SET sums = excluded.sums";

    const KEEP_FACTS: &'static str = "INSERT INTO trust_fact (day, id, merchant, host, buyer, line) \
        SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($2) WHERE true \
        ON CONFLICT (day, id) DO NOTHING";

    const ADD_PRODUCTS: &'static str = concat!(
        "INSERT INTO trust_product (merchant, product, day, sold, returned) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true",
        on_product_conflict!()
    );

    const ADD_HOSTS: &'static str = concat!(
        "INSERT INTO trust_host (merchant, host, last_ms) \
         SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1) WHERE true",
        on_host_conflict!()
    );

    const ADD_ORDERS: &'static str = concat!(
        "INSERT INTO trust_order (merchant, order_id, product, placed_ms, covered, shipped_ms, completed_ms) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, \
         value ->> 5, value ->> 6 FROM json_each($1) WHERE true",
        on_order_conflict!()
    );

    const ADD_COVER: &'static str = concat!(
        "INSERT INTO trust_cover (category, day, covered, granted) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1) WHERE true",
        on_cover_conflict!()
    );

    const ADD_LATER: &'static str = concat!(
        "INSERT INTO trust_later (merchant, signal, day, n, k) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true",
        on_later_conflict!()
    );

    const ADD_PARTIES: &'static str = concat!(
        "INSERT INTO trust_party (kind, id, since_ms, category, completed, placed_day, placed, licences_needed, \
         licences_verified, licences_at_ms, deposit_asked, deposit_paid, deposit_at_ms, finding_at_ms, touched_ms, \
         computed_ms) SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, \
         value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, \
         value ->> 13, value ->> 14, 0 FROM json_each($1) WHERE true",
        on_party_conflict!()
    );

    const MAKE_TALLIES: &'static str = "INSERT INTO trust_tally (merchant, signal, day, n, k) \
        SELECT value ->> 0, value ->> 1, value ->> 2, 0, 0 FROM json_each($1) WHERE true \
        ON CONFLICT (merchant, signal, day) DO NOTHING";

    const LOCK_TALLIES: &'static str = "SELECT merchant, signal, day, n, k FROM trust_tally \
        WHERE (merchant, signal, day) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1))";

    const SET_TALLIES: &'static str = "INSERT INTO trust_tally (merchant, signal, day, n, k) \
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true \
        ON CONFLICT (merchant, signal, day) DO UPDATE SET n = excluded.n, k = excluded.k";
}

implement_edition_db!(
    SqliteConnection,
    "(verdict ->> 'outcome')",
    "(verdict ->> 'ballots')",
    "(verdict ->> 'decided_at_ms')",
    "(stated.statement ->> 'category')",
    "(stated.statement ->> 'automated_decision')"
);

impl PartyDb for SqliteConnection {
    const PARTIES: &'static str =
        select_parties!("WHERE kind = $1 AND id IN (SELECT value FROM json_each($2)) ORDER BY id");

    const SUMS: &'static str = "SELECT party, sums FROM trust_sums \
        WHERE kind = $1 AND party IN (SELECT value FROM json_each($2))";

    const COUNTERS: &'static str = "SELECT party, signal, n, k FROM trust_counter \
        WHERE kind = $1 AND party IN (SELECT value FROM json_each($2))";

    const PRIORS: &'static str = "SELECT category, signal, typical, sigma FROM trust_prior \
        WHERE day = (SELECT max(day) FROM trust_job WHERE name = 'night' AND step <> 'priors' AND day <= $2) \
        AND category IN (SELECT value FROM json_each($1))";

    const LATER: &'static str = "SELECT merchant, signal, sum(n) AS n, sum(k) AS k FROM trust_later \
        WHERE merchant IN (SELECT value FROM json_each($1)) AND day <= $2 GROUP BY merchant, signal";

    const LAST_DAY: &'static str = "SELECT merchant, kept FROM trust_exposure AS one \
        WHERE merchant IN (SELECT value FROM json_each($1)) \
        AND day = (SELECT max(day) FROM trust_exposure WHERE merchant = one.merchant AND day < $2)";

    const LAST_TURN: &'static str = "SELECT merchant, max(day) AS day FROM trust_exposure \
        WHERE merchant IN (SELECT value FROM json_each($1)) AND day >= $2 AND turn = 1 GROUP BY merchant";

    const BEGUN: &'static str = "SELECT party, measure, until_ms FROM trust_measure WHERE kind = $1 \
        AND party IN (SELECT value FROM json_each($2)) AND lifted_at_ms IS NULL AND from_ms <= $3";
}

impl ExposureDb for SqliteConnection {
    const LAST_EXPOSURES: &'static str = "SELECT merchant, points, sd, kept, signals, turn, at_ms \
        FROM trust_exposure AS one WHERE merchant IN (SELECT value FROM json_each($1)) \
        AND day = (SELECT max(day) FROM trust_exposure WHERE merchant = one.merchant AND day <= $2)";

    const FILE_EXPOSURES: &'static str = concat!(
        "INSERT INTO trust_exposure (merchant, day, points, sd, kept, signals, turn, at_ms) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
         value ->> 7 FROM json_each($1) WHERE true",
        on_exposure_conflict!()
    );

    const MARK_COMPUTED: &'static str = "UPDATE trust_party SET (computed_ms, told_m) = \
        (SELECT rows.value ->> 1, coalesce(rows.value ->> 2, trust_party.told_m) FROM json_each($2) AS rows \
        WHERE rows.value ->> 0 = trust_party.id) \
        WHERE kind = $1 AND id IN (SELECT value ->> 0 FROM json_each($2))";
}
