//! The nightly job in a SQLite file.

use std::collections::BTreeMap;

use async_trait::async_trait;
use live_jury_trust::counter::Count;
use live_jury_trust::identity::token::KeyId;
use live_jury_trust::identity::weigh::Held;
use live_jury_trust::identity::weights::Weights;
use live_jury_trust::product::Returns;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{Night, NightDb, NightStore, PriorRow, Snapshot, calls, implement_night_store};
use crate::ledger::identities::{DecidedPair, weights};
use crate::ledger::{LedgerError, SqliteTrust};

implement_night_store!(SqliteTrust, SqliteConnection);

// `WHERE true` keeps SQLite from reading ON as a part of a join.
impl NightDb for SqliteConnection {
    const RETURNS_OF: &'static str = "SELECT merchant, sum(sold) AS sold, sum(returned) AS returned \
        FROM trust_product WHERE merchant IN (SELECT value FROM json_each($1)) AND day >= $2 AND day < $3 \
        GROUP BY merchant, product";

    const HOSTS_OF: &'static str = "SELECT merchant, count(*) AS hosts, sum(CASE WHEN EXISTS (SELECT 1 \
        FROM trust_violation AS one WHERE one.kind = 'host' AND one.party = trust_host.host \
        AND one.state IN ('active', 'appealed') AND one.decided_at_ms > $3) THEN 1 ELSE 0 END) AS violating \
        FROM trust_host WHERE merchant IN (SELECT value FROM json_each($1)) AND last_ms >= $2 GROUP BY merchant";

    const CLAIMED_OF: &'static str = "SELECT merchant, count(*) AS sold, \
        sum(CASE WHEN claims >= 3 THEN 1 ELSE 0 END) AS claimed FROM (SELECT sold.merchant, sold.product, \
        (SELECT count(*) FROM trust_claim AS claim JOIN trust_order AS claimed ON claimed.merchant = claim.merchant \
        AND claimed.order_id = claim.order_id WHERE claim.merchant = sold.merchant \
        AND claimed.product = sold.product AND claim.about = 'quality' AND claim.granted_ms >= $2 \
        AND claim.granted_ms < $3) AS claims FROM (SELECT DISTINCT merchant, product FROM trust_order \
        WHERE merchant IN (SELECT value FROM json_each($1)) AND product IS NOT NULL \
        AND placed_ms >= $2 AND placed_ms < $3) AS sold) AS products GROUP BY merchant";

    const FILE_PRIORS: &'static str = "INSERT INTO trust_prior (day, category, signal, typical, sigma) \
        SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2) WHERE true \
        ON CONFLICT (day, category, signal) DO UPDATE SET typical = excluded.typical, sigma = excluded.sigma";

    const RESET_SNAPSHOTS: &'static str = "UPDATE trust_counter SET n = 0, k = 0 WHERE kind = $1 \
        AND party IN (SELECT value FROM json_each($2)) AND signal IN ('e13', 'h14', 'q17')";

    const SET_COUNTERS: &'static str = "INSERT INTO trust_counter (kind, party, signal, n, k) \
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true \
        ON CONFLICT (kind, party, signal) DO UPDATE SET n = excluded.n, k = excluded.k";
}
