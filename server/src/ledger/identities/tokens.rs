//! Tokens of identities: kept while a party is banned or 30 days, compared, and deleted. A token tells no value.

use std::collections::{BTreeMap, BTreeSet};

use live_jury_proof::text::{array_from_hex, hex};
use live_jury_trust::Party;
use live_jury_trust::identity::decide::{SHARERS_MAX, TOKENS_KEPT_MS};
use live_jury_trust::identity::kept::Kept;
use live_jury_trust::identity::token::{Stored, TOKEN_BYTES, Token, Tokens};
use live_jury_trust::identity::weigh::{Held, Holders, compare};
use live_jury_trust::identity::{Field, Group};
use live_jury_trust::pdq::Hash;
use sqlx::{PgConnection, SqliteConnection};

use super::{ApplicationDb, Candidate, EntryDb, FileApplication, Matches, ROWS_AT_ONCE, StandingError, steps, weights};
use crate::ledger::LedgerError;
use crate::ledger::standing::change::Change;
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, json, signed, text};

/// The time of a ban that is in force; no row for a party that is not banned.
const BAN: &str = "SELECT min(from_ms) AS from_ms FROM trust_measure WHERE kind = $1 AND party = $2 \
    AND measure = 'ban' AND lifted_at_ms IS NULL";
const PUT_IDENTITY: &str = "INSERT INTO trust_identity (kind, party, at_ms, banned_at_ms, kept_until_ms) \
    VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (kind, party) DO UPDATE \
    SET banned_at_ms = excluded.banned_at_ms, kept_until_ms = excluded.kept_until_ms";
const KEEP: &str = "UPDATE trust_identity SET banned_at_ms = $3, kept_until_ms = NULL WHERE kind = $1 AND party = $2";
const DELETE_TOKENS: &str = "DELETE FROM trust_token WHERE kind = $1 AND party = $2";
const PUT_LOGO: &str = "INSERT INTO trust_logo (kind, party, pdq) VALUES ($1, $2, $3)";
const DELETE_LOGO: &str = "DELETE FROM trust_logo WHERE kind = $1 AND party = $2";
const DELETE_IDENTITY: &str = "DELETE FROM trust_identity WHERE kind = $1 AND party = $2";
const OVER: &str = "SELECT kind, party FROM trust_identity WHERE kept_until_ms <= $1 ORDER BY kept_until_ms LIMIT $2";

// A token of many parties finds nobody, so their rows are never read. A common table that is materialized keeps the
// planner from joining first.
impl ApplicationDb for SqliteConnection {
    const CANDIDATES: &'static str = "WITH rare AS MATERIALIZED (SELECT unhex(value) AS token FROM json_each($1) \
        WHERE (SELECT count(*) FROM (SELECT 1 FROM trust_token WHERE token = unhex(value) LIMIT $2)) < $2) \
        SELECT DISTINCT found.kind, found.party, known.banned_at_ms FROM rare \
        CROSS JOIN trust_token AS found ON found.token = rare.token \
        CROSS JOIN trust_identity AS known ON known.kind = found.kind AND known.party = found.party \
        WHERE known.banned_at_ms IS NOT NULL AND NOT (found.kind = $3 AND found.party = $4)";

    const HELD: &'static str = "SELECT asked.value ->> 0 AS kind, asked.value ->> 1 AS party, \
        (SELECT json_group_array(json_array(field, whole, lower(hex(token)))) FROM trust_token AS held \
        WHERE held.kind = asked.value ->> 0 AND held.party = asked.value ->> 1 \
        AND (whole = 1 OR token IN (SELECT unhex(value) FROM json_each($2)))) AS held FROM json_each($1) AS asked";

    const PARTIES: &'static str = "SELECT parties FROM trust_identities";

    const HOLDERS: &'static str = "SELECT token, count(*) AS holders FROM trust_token \
        WHERE token IN (SELECT unhex(value) FROM json_each($1)) AND whole = 1 \
        AND NOT (kind = $2 AND party = $3) GROUP BY token";

    const SHARED: &'static str = "SELECT held.field, count(DISTINCT held.party) AS others FROM json_each($1) AS asked \
        CROSS JOIN trust_token AS held ON held.token = unhex(asked.value) \
        CROSS JOIN trust_identity AS known ON known.kind = held.kind AND known.party = held.party \
        WHERE held.whole = 1 AND known.at_ms >= $2 AND known.banned_at_ms IS NULL \
        AND NOT (held.kind = $3 AND held.party = $4) GROUP BY held.field";

    const INSERT_TOKENS: &'static str = "INSERT INTO trust_token (token, kind, party, field, whole, key_id) \
        SELECT unhex(value ->> 0), $2, $3, value ->> 1, value ->> 2, unhex(value ->> 3) FROM json_each($1) WHERE true \
        ON CONFLICT (token, kind, party, field) DO NOTHING";

    const LOGOS: &'static str = "SELECT logo.kind, logo.party, logo.pdq FROM json_each($1) AS asked \
        CROSS JOIN trust_logo AS logo ON logo.kind = asked.value ->> 0 AND logo.party = asked.value ->> 1";

    const HELD_UNDER: &'static str = "SELECT held.kind, held.party, field, whole, token FROM json_each($1) AS asked \
        CROSS JOIN trust_token AS held ON held.kind = asked.value ->> 0 AND held.party = asked.value ->> 1 \
        WHERE held.key_id = unhex($2)";

    const INSERT_WEIGHTS: &'static str = "INSERT INTO trust_weight (field, day, m2, m1, m0, u2, u1) \
        SELECT value ->> 0, $1, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each($2)";
}

impl ApplicationDb for PgConnection {
    const CANDIDATES: &'static str = "WITH rare AS MATERIALIZED (SELECT decode(value, 'hex') AS token \
        FROM json_array_elements_text(CAST($1 AS json)) AS given (value) WHERE (SELECT count(*) FROM \
        (SELECT 1 FROM trust_token WHERE token = decode(value, 'hex') LIMIT $2) AS holders) < $2) \
        SELECT DISTINCT found.kind, found.party, known.banned_at_ms FROM rare \
        JOIN trust_token AS found ON found.token = rare.token \
        JOIN trust_identity AS known ON known.kind = found.kind AND known.party = found.party \
        WHERE known.banned_at_ms IS NOT NULL AND NOT (found.kind = $3 AND found.party = $4)";

    const HELD: &'static str = "SELECT item ->> 0 AS kind, item ->> 1 AS party, \
        (SELECT CAST(json_agg(json_build_array(field, whole, encode(token, 'hex'))) AS TEXT) FROM trust_token AS held \
        WHERE held.kind = item ->> 0 AND held.party = item ->> 1 \
        AND (whole = 1 OR token = ANY (ARRAY(SELECT decode(value, 'hex') \
        FROM json_array_elements_text(CAST($2 AS json)) AS given (value))))) AS held \
        FROM json_array_elements(CAST($1 AS json)) AS asked (item)";

    const PARTIES: &'static str = "SELECT count(*) AS parties FROM trust_identity";

    const HOLDERS: &'static str = "SELECT token, count(*) AS holders FROM trust_token WHERE token = ANY (ARRAY(SELECT \
        decode(value, 'hex') FROM json_array_elements_text(CAST($1 AS json)) AS given (value))) AND whole = 1 \
        AND NOT (kind = $2 AND party = $3) GROUP BY token";

    const SHARED: &'static str = "SELECT held.field, count(DISTINCT held.party) AS others \
        FROM json_array_elements_text(CAST($1 AS json)) AS asked (value) \
        JOIN trust_token AS held ON held.token = decode(asked.value, 'hex') \
        JOIN trust_identity AS known ON known.kind = held.kind AND known.party = held.party \
        WHERE held.whole = 1 AND known.at_ms >= $2 AND known.banned_at_ms IS NULL \
        AND NOT (held.kind = $3 AND held.party = $4) GROUP BY held.field";

    const INSERT_TOKENS: &'static str = "INSERT INTO trust_token (token, kind, party, field, whole, key_id) \
        SELECT decode(item ->> 0, 'hex'), $2, $3, item ->> 1, (item ->> 2)::bigint, decode(item ->> 3, 'hex') \
        FROM json_array_elements(CAST($1 AS json)) AS items (item) \
        ON CONFLICT (token, kind, party, field) DO NOTHING";

    const LOGOS: &'static str = "SELECT logo.kind, logo.party, logo.pdq \
        FROM json_array_elements(CAST($1 AS json)) AS asked (item) \
        JOIN trust_logo AS logo ON logo.kind = item ->> 0 AND logo.party = item ->> 1";

    const HELD_UNDER: &'static str = "SELECT held.kind, held.party, field, whole, token \
        FROM json_array_elements(CAST($1 AS json)) AS asked (item) \
        JOIN trust_token AS held ON held.kind = item ->> 0 AND held.party = item ->> 1 \
        WHERE held.key_id = decode($2, 'hex')";

    const INSERT_WEIGHTS: &'static str = "INSERT INTO trust_weight (field, day, m2, m1, m0, u2, u1) \
        SELECT (item ->> 0), $1, (item ->> 1)::float8, (item ->> 2)::float8, (item ->> 3)::float8, \
        (item ->> 4)::float8, (item ->> 5)::float8 FROM json_array_elements(CAST($2 AS json)) AS items (item)";
}

/// A party's kind and id.
pub(super) type PartyKey = (String, String);

pub(super) fn party_key(row: &impl Columns) -> Result<PartyKey, Malformed> {
    Ok((row.text("kind")?, row.text("party")?))
}

/// The logos of parties, given as a list of keys in JSON.
pub(super) async fn logos_of<D: ApplicationDb>(
    db: &mut D,
    parties: &str,
) -> Result<BTreeMap<PartyKey, Hash>, LedgerError> {
    let found = db.fetch_all(D::LOGOS, &[parties.into()]).await?;
    let logo = |row: &D::Row| {
        let hash = row.text("pdq")?.parse().map_err(|why: &str| Malformed::new("pdq", why))?;
        Ok((party_key(row)?, hash))
    };
    found.iter().map(logo).collect()
}

/// Compares an identity with those of banned parties that share a rare token.
pub(in crate::ledger) async fn matches<D: ApplicationDb>(
    db: &mut D,
    party: &Party,
    own: &Tokens,
    since_ms: u64,
) -> Result<Matches, StandingError> {
    let (kind, id) = (party.kind.as_str(), text("party", &party.id)?);
    let asked = list(own.looked_up())?;
    let over = cursor(SHARERS_MAX + 1);
    let mut closed = BTreeMap::new();
    for row in &db.fetch_all(D::CANDIDATES, &[asked.as_str().into(), over.into(), kind.into(), id.into()]).await? {
        closed.insert(party_key(row)?, row.number("banned_at_ms")?);
    }
    let mut held: BTreeMap<PartyKey, Vec<Stored>> = BTreeMap::new();
    let mut logos = BTreeMap::new();
    if !closed.is_empty() {
        let pairs = json("parties", &closed.keys().collect::<Vec<_>>())?;
        for row in &db.fetch_all(D::HELD, &[pairs.as_str().into(), asked.as_str().into()]).await? {
            let listed: Vec<Listed> = row.maybe_json("held")?.unwrap_or_default();
            held.insert(party_key(row)?, listed.iter().map(listed_token).collect::<Result<_, _>>()?);
        }
        if own.logo.is_some() {
            logos = logos_of(db, &pairs).await?;
        }
    }
    let holders = holders(db, (kind, id), own, &held).await?;
    let weights = weights::filed(db).await?.weights;
    let compared = |(key, closed_at_ms): (&PartyKey, &u64)| {
        let held: Held = held.get(key).into_iter().flatten().copied().collect();
        let held = held.with_logo(logos.get(key).copied());
        Candidate { closed_at_ms: *closed_at_ms, compared: compare(own, &held, &holders, &weights) }
    };
    let candidates = closed.iter().map(compared).collect();
    Ok(Matches { candidates, shared: shared(db, (kind, id), own, since_ms).await? })
}

/// The holders of values that a candidate has, too. The applicant itself is none, if it is known already.
async fn holders<D: ApplicationDb>(
    db: &mut D,
    (kind, id): (&str, &str),
    own: &Tokens,
    held: &BTreeMap<PartyKey, Vec<Stored>>,
) -> Result<Holders, StandingError> {
    let of_others: BTreeSet<Token> = held.values().flatten().filter(|one| one.whole).map(|one| one.token).collect();
    let values = own.fields.values().flat_map(|of| of.values.iter().flatten());
    let both: BTreeSet<Token> = values.filter(|token| of_others.contains(token)).copied().collect();
    let mut holders = Holders::default();
    if both.is_empty() {
        return Ok(holders);
    }
    if let Some(row) = db.fetch_optional(D::PARTIES, &[]).await? {
        holders.parties = row.number("parties")?;
    }
    for row in &db.fetch_all(D::HOLDERS, &[list(both)?.as_str().into(), kind.into(), id.into()]).await? {
        holders.of.insert(token(row)?, row.number("holders")?);
    }
    Ok(holders)
}

/// The other applications since a time that share an account or a device.
async fn shared<D: ApplicationDb>(
    db: &mut D,
    (kind, id): (&str, &str),
    own: &Tokens,
    since_ms: u64,
) -> Result<BTreeMap<Group, u64>, StandingError> {
    let of = own.fields.iter().filter(|(field, _)| matches!(field.group(), Group::Money | Group::Kit));
    let tokens: BTreeSet<Token> = of.flat_map(|(_, of)| of.values.iter().flatten().copied()).collect();
    let mut shared = BTreeMap::new();
    if tokens.is_empty() {
        return Ok(shared);
    }
    let tokens = list(tokens)?;
    let values = [tokens.as_str().into(), signed("since_ms", since_ms)?.into(), kind.into(), id.into()];
    for row in &db.fetch_all(D::SHARED, &values).await? {
        if let Some(field) = Field::from_name(&row.text("field")?) {
            shared.insert(field.group(), row.number("others")?);
        }
    }
    Ok(shared)
}

fn list(tokens: BTreeSet<Token>) -> Result<String, Malformed> {
    json("tokens", &tokens.iter().map(|token| hex(&token.0)).collect::<Vec<_>>())
}

/// A token in a list: its field, 1 for that of a whole value, its hexadecimal digits.
type Listed = (String, u8, String);

fn listed_token((field, whole, token): &Listed) -> Result<Stored, Malformed> {
    let token = array_from_hex(token).ok_or_else(|| Malformed::new("held", "has a token of another length"))?;
    Ok(Stored { field: Field::from_name(field), whole: *whole == 1, token: Token(token) })
}

fn token(row: &impl Columns) -> Result<Token, Malformed> {
    let bytes: [u8; TOKEN_BYTES] = row.bytes("token")?.try_into().map_err(|why| Malformed::new("token", why))?;
    Ok(Token(bytes))
}

pub(super) fn stored(row: &impl Columns) -> Result<Stored, Malformed> {
    Ok(Stored { field: Field::from_name(&row.text("field")?), whole: row.number("whole")? == 1, token: token(row)? })
}

/// Keeps the identity of a party in the place of its earlier one.
pub(super) async fn keep<D: EntryDb>(
    db: &mut D,
    party: &Party,
    identity: &Kept,
    now_ms: u64,
) -> Result<(), StandingError> {
    let (kind, id) = (party.kind.as_str(), text("party", &party.id)?);
    let ban = db.fetch_optional(BAN, &[kind.into(), id.into()]).await?;
    let banned_at_ms = ban.map(|row| row.maybe_number("from_ms")).transpose()?.flatten();
    let kept_until_ms = banned_at_ms.is_none().then(|| now_ms.saturating_add(TOKENS_KEPT_MS));
    db.execute(DELETE_TOKENS, &[kind.into(), id.into()]).await?;
    db.execute(DELETE_LOGO, &[kind.into(), id.into()]).await?;
    let values = [
        kind.into(),
        id.into(),
        signed("at_ms", now_ms)?.into(),
        banned_at_ms.map(|at_ms| signed("banned_at_ms", at_ms)).transpose()?.into(),
        kept_until_ms.map(|until_ms| signed("kept_until_ms", until_ms)).transpose()?.into(),
    ];
    db.execute(PUT_IDENTITY, &values).await?;
    let key = hex(&identity.key.0);
    let row = |one: &Stored| (hex(&one.token.0), one.field.map_or("", Field::as_str), u8::from(one.whole), key.clone());
    let rows = json("tokens", &identity.tokens.iter().map(row).collect::<Vec<_>>())?;
    db.execute(D::INSERT_TOKENS, &[rows.as_str().into(), kind.into(), id.into()]).await?;
    if let Some(logo) = identity.logo {
        db.execute(PUT_LOGO, &[kind.into(), id.into(), logo.to_string().as_str().into()]).await?;
    }
    Ok(())
}

/// Takes the identity of a known party. A hit queues for people, and closes nothing.
pub(in crate::ledger) async fn put<D: EntryDb>(
    db: &mut D,
    party: &Party,
    identity: &Kept,
    hit: Option<&FileApplication>,
    now_ms: u64,
) -> Result<(), StandingError> {
    let mut change = Change::begin(db, [party], now_ms).await?;
    keep(db, party, identity, now_ms).await?;
    if let Some(hit) = hit {
        steps::queue(db, &mut change, hit).await?;
    }
    change.finish(db).await
}

/// Keeps the tokens of a party while it is banned.
pub(in crate::ledger) async fn keep_while_banned<D: Db>(
    db: &mut D,
    party: &Party,
    now_ms: u64,
) -> Result<(), StandingError> {
    let values = [party.kind.as_str().into(), party.id.as_str().into(), signed("banned_at_ms", now_ms)?.into()];
    db.execute(KEEP, &values).await?;
    Ok(())
}

/// Deletes the tokens and the logo of a party.
pub(in crate::ledger) async fn forget<D: Db>(db: &mut D, party: &Party) -> Result<(), StandingError> {
    let values = [party.kind.as_str().into(), party.id.as_str().into()];
    db.execute(DELETE_TOKENS, &values).await?;
    db.execute(DELETE_LOGO, &values).await?;
    db.execute(DELETE_IDENTITY, &values).await?;
    Ok(())
}

/// Deletes tokens that are kept no longer, and returns the number of their parties.
pub(super) async fn delete_old<D: Db>(db: &mut D, now_ms: u64) -> Result<u64, StandingError> {
    let over = db.fetch_all(OVER, &[cursor(now_ms).into(), ROWS_AT_ONCE.into()]).await?;
    for row in &over {
        forget(db, &crate::ledger::standing::rows::party(row)?).await?;
    }
    Ok(over.len() as u64)
}
