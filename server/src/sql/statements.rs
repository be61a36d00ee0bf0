//! The docket's statements that both dialects take. Statements with lists, locks, COPY or isolation stay in the
//! dialect's own file.

/// A query for cases. Columns are named, so that a later schema with more of them breaks no prepared statement.
macro_rules! select_cases {
    ($rest:literal) => {
        concat!(
            "SELECT id, format, room, state, version, epoch, brief, created_at_ms, opened_at_ms, closes_at_ms, \
             extended_s, key_fingerprint, sealed_by, sealed_at_ms, verdict, verdict_seq, store, loss, terms, \
             draw_nonce, called, appeal_of, \
             (SELECT clock FROM case_remedies WHERE case_id = cases.id) AS remedy_clock \
             FROM cases ",
            $rest
        )
    };
}
pub(crate) use select_cases;

/// `$1` id. A discarded draft and an erased case are not read.
pub(crate) const CASE: &str = select_cases!("WHERE id = $1 AND state NOT IN ('discarded', 'erased')");

/// `$1` room.
pub(crate) const LIVE_CASES: &str = select_cases!("WHERE room = $1 AND state IN ('open', 'sealed') ORDER BY id");

/// `$1` room, `$2` limit.
pub(crate) const LAST_ENDED_CASES: &str = select_cases!(
    "WHERE room = $1 AND verdict_seq IS NOT NULL AND state <> 'erased' \
                   ORDER BY verdict_seq DESC LIMIT $2"
);

/// `$1` room, `$2` place before which, `$3` limit.
pub(crate) const VERDICTS_OF_ROOM: &str =
    select_cases!("WHERE room = $1 AND verdict_seq < $2 AND state <> 'erased' ORDER BY verdict_seq DESC LIMIT $3");

/// `$1` place after which, `$2` limit.
pub(crate) const VERDICTS_AFTER: &str =
    select_cases!("WHERE verdict_seq > $1 AND state <> 'erased' ORDER BY verdict_seq LIMIT $2");

/// The twenty-one columns of a case that a node writes.
pub(crate) const INSERT_CASE: &str = "INSERT INTO cases (id, room, state, version, epoch, brief, created_at_ms, \
    opened_at_ms, closes_at_ms, extended_s, key_fingerprint, sealed_by, sealed_at_ms, verdict, format, \
    store, loss, terms, subject, draw_nonce, called) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
    ON CONFLICT (id) DO NOTHING";

/// The same columns; changes nothing unless the version before is in the table.
pub(crate) const UPDATE_CASE: &str = "UPDATE cases SET state = $3, version = $4, epoch = $5, brief = $6, \
    opened_at_ms = $8, closes_at_ms = $9, extended_s = $10, key_fingerprint = $11, sealed_by = $12, \
    sealed_at_ms = $13, verdict = $14, format = $15, store = $16, loss = $17, terms = $18, subject = $19, \
    draw_nonce = $20, called = $21 \
    WHERE id = $1 AND room = $2 AND version + 1 = $4 AND created_at_ms = $7";

/// `$1` id, `$2` the clock of its remedy, `$3` the state that it is of. Trust has made the row.
pub(crate) const SHOW_REMEDY: &str = "UPDATE case_remedies SET clock = $2, shown = $3 WHERE case_id = $1";

/// `$1` id, `$2` the case that it is an appeal against. It is written once, with the draft.
pub(crate) const SET_APPEAL_OF: &str = "UPDATE cases SET appeal_of = $2 WHERE id = $1";

/// `$1` id, `$2` room, `$3` next version. The row stays, since the audit trail refers to it; its text goes.
pub(crate) const DISCARD_DRAFT: &str = "UPDATE cases SET state = 'discarded', version = $3, brief = '', subject = NULL \
    WHERE id = $1 AND room = $2 AND version + 1 = $3 AND state = 'draft'";

/// `$1` id, `$2` room, `$3` next version. The row stays, since the log and the audit trail refer to it. Its texts, its
/// verdict with a moderator's words, and its key go.
pub(crate) const ERASE_CASE: &str = "UPDATE cases SET state = 'erased', version = $3, brief = '', subject = NULL, \
    sealed_by = NULL, verdict = NULL, public_brief = NULL, seal_key = NULL \
    WHERE id = $1 AND room = $2 AND version + 1 = $3 AND state IN ('decided', 'void')";

/// `$1` id. An appeal against the case, or against its appeal, that is not recorded; two may follow one another.
pub(crate) const LIVE_APPEAL: &str = "SELECT 1 AS found FROM cases WHERE state IN ('draft', 'open', 'sealed') \
    AND (appeal_of = $1 OR appeal_of IN (SELECT id FROM cases WHERE appeal_of = $1)) LIMIT 1";

/// `$1` id.
pub(crate) const ERASED_CASE: &str = "SELECT room FROM cases WHERE id = $1 AND state = 'erased'";

/// `$1` case.
pub(crate) const DELETE_SEALS: &str = "DELETE FROM case_seals WHERE case_id = $1";

/// `$1` case.
pub(crate) const DELETE_PROOFS: &str = "DELETE FROM case_proofs WHERE case_id = $1";

/// `$1` case.
pub(crate) const DELETE_PANEL: &str = "DELETE FROM panels WHERE case_id = $1";

/// `$1` case. Ends the wait for its record, and names the jurors who waited.
pub(crate) const DELETE_SERVING: &str = "DELETE FROM serving WHERE case_id = $1 RETURNING juror";

/// `$1` case, `$2` pseudonym.
pub(crate) const FORGET_SERVING: &str = "DELETE FROM serving WHERE case_id = $1 AND juror = $2";

/// The cases with called jurors whose panel is not counted.
pub(crate) const CASES_SERVING: &str = "SELECT DISTINCT case_id FROM serving ORDER BY case_id";

/// `$1` fingerprint of a ballot key, `$2` limit. The recorded ones of these cases.
pub(crate) const RECORDED_SERVING: &str = "SELECT DISTINCT case_id FROM serving JOIN cases ON cases.id = case_id \
    WHERE state IN ('decided', 'void') AND key_fingerprint = $1 ORDER BY case_id LIMIT $2";

/// `$1` case.
pub(crate) const SERVING_OF_CASE: &str = "SELECT juror, profile FROM serving WHERE case_id = $1";

/// `$1` case.
pub(crate) const DELETE_OBJECTIONS: &str = "DELETE FROM objections WHERE case_id = $1";

/// `$1` case. Its events are still there.
pub(crate) const DELETE_DELIVERIES: &str =
    "DELETE FROM webhook_waiting WHERE event_id IN (SELECT id FROM outbox WHERE case_id = $1)";

/// `$1` case. An event of a record has the brief.
pub(crate) const DELETE_EVENTS: &str = "DELETE FROM outbox WHERE case_id = $1";

/// `$1` room, `$2` pattern with the case's id. An answer has the brief.
pub(crate) const DELETE_REQUESTS_ABOUT: &str = "DELETE FROM requests WHERE room = $1 AND answer LIKE $2";

/// `$1` room.
pub(crate) const DRAFTS_OF_ROOM: &str = "SELECT count(*) AS drafts FROM cases WHERE room = $1 AND state = 'draft'";

/// `$1` room. `rev` is NULL for a room that the docket does not know.
pub(crate) const REV_OF_ROOM: &str = "SELECT (SELECT id FROM incarnations ORDER BY number DESC LIMIT 1) AS \
    incarnation, (SELECT rev FROM rooms WHERE room = $1) AS rev";

/// `$1` room, `$2` change of the number of live cases, `$3` limit of live cases, `$4` change of the number of those
/// that wait for a lost tally. Changes nothing beyond the limit, which does not count those that wait.
pub(crate) const RAISE_REV: &str = "INSERT INTO rooms (room, rev, live) \
    VALUES ($1, 1, CASE WHEN $2 > 0 THEN $2 ELSE 0 END) \
    ON CONFLICT (room) DO UPDATE SET rev = rooms.rev + 1, live = rooms.live + $2, missing = rooms.missing + $4 \
    WHERE $2 <= 0 OR rooms.live - rooms.missing < $3";

/// `$1` case, then the columns of an audit line.
pub(crate) const INSERT_AUDIT: &str = "INSERT INTO audit (case_id, at_ms, who, who_kind, action, detail, version, \
    epoch, stored) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// `$1` case.
pub(crate) const AUDIT: &str =
    "SELECT at_ms, who, who_kind, action, detail, version, epoch FROM audit WHERE case_id = $1 ORDER BY line";

/// `$1` case, `$2` line after which, `$3` limit.
pub(crate) const AUDIT_AFTER: &str = "SELECT line, at_ms, who, who_kind, action, detail, version, epoch FROM audit \
    WHERE case_id = $1 AND line > $2 ORDER BY line LIMIT $3";

/// `$1` room, `$2` key.
pub(crate) const REQUEST: &str = "SELECT digest, answer FROM requests WHERE room = $1 AND key = $2";

/// The columns of a request; changes nothing if the room has the key.
pub(crate) const INSERT_REQUEST: &str = "INSERT INTO requests (room, key, digest, answer, created_at_ms) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (room, key) DO NOTHING";

/// `$1` case. Nobody reads the ballots of a case that is not recorded, since they may be some of all.
pub(crate) const BALLOTS: &str = "SELECT juror, option, side, marks, change, cast_at_min FROM ballots \
    WHERE case_id = $1 AND EXISTS (SELECT 1 FROM cases WHERE id = $1 AND verdict_seq IS NOT NULL) ORDER BY juror";

/// `$1` case, `$2` first pseudonym, `$3` last pseudonym.
pub(crate) const BALLOTS_IN_RANGE: &str = "SELECT juror, option, side, marks, change, cast_at_min FROM ballots \
    WHERE case_id = $1 AND juror BETWEEN $2 AND $3 ORDER BY juror";

/// The same parameters.
pub(crate) const DELETE_BALLOTS_IN_RANGE: &str = "DELETE FROM ballots WHERE case_id = $1 AND juror BETWEEN $2 AND $3";

/// `$1` case.
pub(crate) const COUNT_BALLOTS: &str =
    "SELECT option, count(*) AS ballots FROM ballots WHERE case_id = $1 GROUP BY option ORDER BY option";

/// `$1` case.
pub(crate) const DELETE_BALLOTS: &str = "DELETE FROM ballots WHERE case_id = $1";

/// `$1` case, `$2` pseudonym after which, `$3` limit.
pub(crate) const BALLOTS_AFTER: &str = "SELECT juror, option, side, marks, change, cast_at_min FROM ballots \
    WHERE case_id = $1 AND juror > $2 ORDER BY juror LIMIT $3";

/// `$1` place after which, `$2` limit.
pub(crate) const EVENTS_AFTER: &str =
    "SELECT seq, id, case_id, kind, payload FROM outbox WHERE seq > $1 ORDER BY seq LIMIT $2";

/// All incarnations, the first one first, each with the last place among the verdicts.
pub(crate) const INCARNATIONS: &str = "SELECT number, id, verdicts_kept, events_kept, \
    (SELECT last FROM verdict_places) AS last_place FROM incarnations ORDER BY number";

/// `$1` number, `$2` id, `$3` place among the verdicts up to which nothing was lost, `$4` time, `$5` id of the
/// incarnation that ends. Changes nothing unless that one is the last. The events up to that verdict's own were not
/// lost either.
pub(crate) const BEGIN_INCARNATION: &str = "INSERT INTO incarnations (number, id, verdicts_kept, events_kept, \
    began_at_ms) SELECT $1, $2, $3, coalesce((SELECT max(seq) FROM outbox WHERE case_id = \
    (SELECT id FROM cases WHERE verdict_seq = $3)), 0), $4 \
    WHERE (SELECT id FROM incarnations ORDER BY number DESC LIMIT 1) = $5 ON CONFLICT (number) DO NOTHING";

/// `$1` place after which, `$2` limit.
pub(crate) const PLACES_AFTER: &str =
    "SELECT verdict_seq, id FROM cases WHERE verdict_seq > $1 ORDER BY verdict_seq LIMIT $2";

/// `$1` room. The room's own policy comes before that of all rooms.
pub(crate) const POLICY_OF_ROOM: &str =
    "SELECT policy FROM policies WHERE scope IN ($1, '*') ORDER BY scope = '*', line DESC LIMIT 1";

/// The columns of a policy.
pub(crate) const INSERT_POLICY: &str = "INSERT INTO policies (scope, at_ms, who, policy) VALUES ($1, $2, $3, $4)";

/// `$1` scope, `$2` line after which, `$3` limit.
pub(crate) const POLICY_CHANGES: &str =
    "SELECT line, at_ms, who, policy FROM policies WHERE scope = $1 AND line > $2 ORDER BY line LIMIT $3";

/// `$1` subject. An appeal judges the same case again, and is no attempt of its own.
pub(crate) const JUDGED_ON_SUBJECT: &str = "SELECT count(*) AS judged FROM cases \
    WHERE subject = $1 AND verdict_seq IS NOT NULL AND appeal_of IS NULL";

/// Gives out the next place of a revocation, and locks the others out.
pub(crate) const RAISE_REVOCATION_PLACE: &str = "UPDATE revocation_places SET last = last + 1";

/// `$1` time before which.
pub(crate) const DELETE_OLD_REVOCATIONS: &str = "DELETE FROM revocations WHERE revoked_at_ms < $1";

/// `$1` hash, `$2` time, `$3` limit. Changes nothing if the table has its limit.
pub(crate) const INSERT_REVOCATION: &str = "INSERT INTO revocations (hash, seq, revoked_at_ms) \
    SELECT $1, last, $2 FROM revocation_places WHERE (SELECT count(*) FROM revocations) < $3 \
    ON CONFLICT (hash) DO UPDATE SET seq = excluded.seq, revoked_at_ms = excluded.revoked_at_ms";

/// `$1` place after which.
pub(crate) const REVOCATIONS_AFTER: &str = "SELECT last, seq, hash, revoked_at_ms FROM revocation_places \
    LEFT JOIN revocations ON seq > $1 ORDER BY seq";

/// Any statement on a table of the docket.
pub(crate) const PING: &str = "SELECT last FROM verdict_places";

/// `$1` number, `$2` origin, `$3` the edge of an empty log. Changes nothing if the log exists.
pub(crate) const INSERT_LOG: &str =
    "INSERT INTO log_head (log, origin, size, frontier) VALUES ($1, $2, 0, $3) ON CONFLICT (log) DO NOTHING";

/// `$1` log, `$2` size, `$3` edge.
pub(crate) const GROW_LOG: &str = "UPDATE log_head SET size = $2, frontier = $3 WHERE log = $1";

/// `$1` log, `$2` public key. Keeps the first one.
pub(crate) const SIGN_LOG_WITH: &str = "UPDATE log_head SET vkey = $2 WHERE log = $1 AND vkey IS NULL";

/// A log's head and edge.
macro_rules! select_log_edge {
    ($lock:literal) => {
        concat!("SELECT log, origin, size, vkey, frontier FROM log_head WHERE log = $1", $lock)
    };
}
pub(crate) use select_log_edge;

/// `$1` log.
pub(crate) const LOG_EDGE: &str = select_log_edge!("");

/// All logs, by number.
pub(crate) const LOG_HEADS: &str = "SELECT log, origin, size, vkey FROM log_head ORDER BY log";

/// `$1` log, `$2` place, `$3` entry.
pub(crate) const INSERT_LOG_ENTRY: &str = "INSERT INTO log_entries (log, idx, entry) VALUES ($1, $2, $3)";

/// The same, then `$4` case, `$5` statement.
pub(crate) const INSERT_CASE_ENTRY: &str =
    "INSERT INTO log_entries (log, idx, entry, case_id, statement) VALUES ($1, $2, $3, $4, $5)";

/// `$1` log, `$2` first place, `$3` limit.
pub(crate) const LOG_ENTRIES: &str = "SELECT entry FROM log_entries WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3";

/// `$1` case.
pub(crate) const ENTRY_OF_CASE: &str =
    "SELECT log, idx, entry, statement FROM log_entries WHERE case_id = $1 ORDER BY log DESC LIMIT 1";

/// `$1` log, `$2` level, `$3` number.
pub(crate) const LOG_TILE: &str = "SELECT hashes FROM log_tiles WHERE log = $1 AND level = $2 AND n = $3";

/// The same, then `$4` hashes.
pub(crate) const INSERT_LOG_TILE: &str = "INSERT INTO log_tiles (log, level, n, hashes) VALUES ($1, $2, $3, $4)";

/// `$1` log.
pub(crate) const LOG_NOTE: &str = "SELECT size, note FROM log_note WHERE log = $1";

/// `$1` log, `$2` size, `$3` note. Changes nothing if the log has a note of this size or a larger one.
pub(crate) const PUT_LOG_NOTE: &str = "INSERT INTO log_note (log, size, note) VALUES ($1, $2, $3) \
    ON CONFLICT (log) DO UPDATE SET size = excluded.size, note = excluded.note WHERE log_note.size < excluded.size";

/// `$1` log.
pub(crate) const LOG_COSIGNED: &str =
    "SELECT cosigned_size, cosigned FROM log_note WHERE log = $1 AND cosigned IS NOT NULL";

/// `$1` log, `$2` size, `$3` note. Changes nothing if the log has such a note of a larger size, or one as long: notes
/// of one size differ in their signatures alone, and the longer one has more.
pub(crate) const PUT_LOG_COSIGNED: &str = "UPDATE log_note SET cosigned_size = $2, cosigned = $3 WHERE log = $1 \
    AND (cosigned IS NULL OR cosigned_size < $2 OR (cosigned_size = $2 AND length(cosigned) < length($3)))";

/// `$1` log, `$2` size, `$3` note. Gives the last note of this size its further signatures.
pub(crate) const EXTEND_LOG_NOTE: &str =
    "UPDATE log_note SET note = $3 WHERE log = $1 AND size = $2 AND length(note) < length($3)";

/// `$1` case, `$2` brief. Keeps the first one.
pub(crate) const STORE_BRIEF: &str = "UPDATE cases SET public_brief = $2 WHERE id = $1 AND public_brief IS NULL";

/// `$1` case, `$2` brief, `$3` key.
pub(crate) const STORE_SEAL_KEY: &str =
    "UPDATE cases SET public_brief = coalesce(public_brief, $2), seal_key = $3 WHERE id = $1";

/// `$1` case.
pub(crate) const ATTESTED_CASE: &str = "SELECT public_brief, seal_key FROM cases WHERE id = $1";

/// `$1` case, `$2` limit.
pub(crate) const HASHED_AUDIT: &str = "SELECT at_ms, who, who_kind, action, detail, version, epoch, stored FROM audit \
    WHERE case_id = $1 ORDER BY line LIMIT $2";

/// `$1` case.
pub(crate) const COUNT_AUDIT: &str = "SELECT count(*) AS lines FROM audit WHERE case_id = $1";

/// Files many rows in one statement: a statement for each of 1,758 rows waits as often for a busy processor.
/// `$1` case, `$2` number of the first row, `$3` the seals of all rows, `$4` number of rows, `$5` bytes of a row.
pub(crate) const PUT_SEALS: &str = "
    WITH RECURSIVE part (i) AS (
        SELECT CAST(0 AS BIGINT)
        UNION ALL
        SELECT i + 1 FROM part WHERE i + 1 < $4
    )
    INSERT INTO case_seals (case_id, n, seals)
    SELECT $1, $2 + i, substr($3, CAST(i * $5 + 1 AS INTEGER), CAST($5 AS INTEGER)) FROM part WHERE true
    ON CONFLICT (case_id, n) DO UPDATE SET seals = excluded.seals";

/// `$1` case, `$2` number from which.
pub(crate) const DELETE_SEALS_FROM: &str = "DELETE FROM case_seals WHERE case_id = $1 AND n >= $2";

/// `$1` case.
pub(crate) const COUNT_SEALS: &str =
    "SELECT CAST(coalesce(sum(length(seals)), 0) AS BIGINT) AS bytes FROM case_seals WHERE case_id = $1";

/// `$1` case, `$2` number of the first row, `$3` limit.
pub(crate) const CASE_SEALS: &str = "SELECT seals FROM case_seals WHERE case_id = $1 AND n >= $2 ORDER BY n LIMIT $3";

/// `$1` case.
pub(crate) const PANEL_OF_CASE: &str =
    "SELECT juror, stratum, ticket FROM panels WHERE case_id = $1 ORDER BY stratum, ticket, juror";

/// `$1` case, then the columns.
pub(crate) const INSERT_PROOFS: &str = "INSERT INTO case_proofs (case_id, seal_firsts, seal_nodes, row_firsts, \
    row_hashes) VALUES ($1, $2, $3, $4, $5)";

/// `$1` case, `$2` juror, `$3` kind. A juror's first objection stays.
pub(crate) const INSERT_OBJECTION: &str =
    "INSERT INTO objections (case_id, juror, kind) VALUES ($1, $2, $3) ON CONFLICT (case_id, juror) DO NOTHING";

/// `$1` case.
pub(crate) const OBJECTIONS_OF_CASE: &str =
    "SELECT kind, count(*) AS jurors FROM objections WHERE case_id = $1 GROUP BY kind";

/// `$1` case, `$2` proofs to add.
pub(crate) const ADD_PROOFS: &str = "INSERT INTO checks (case_id, proofs) VALUES ($1, $2) \
    ON CONFLICT (case_id) DO UPDATE SET proofs = checks.proofs + excluded.proofs";

/// `$1` case.
pub(crate) const PROOFS_OF_CASE: &str = "SELECT proofs FROM checks WHERE case_id = $1";

/// `$1` case.
pub(crate) const CASE_PROOFS: &str =
    "SELECT seal_firsts, seal_nodes, row_firsts, row_hashes FROM case_proofs WHERE case_id = $1";

/// `$1` place, `$2` item. Changes nothing if the place is taken.
pub(crate) const INSERT_PRACTICE_ITEM: &str =
    "INSERT INTO practice (place, item, answers, correct) VALUES ($1, $2, 0, 0) ON CONFLICT (place) DO NOTHING";

/// All items of practice, by place.
pub(crate) const PRACTICE_ITEMS: &str = "SELECT item, answers, correct FROM practice ORDER BY place";

/// `$1` place, `$2` 1 if the answer is right.
pub(crate) const COUNT_PRACTICE_ANSWER: &str =
    "UPDATE practice SET answers = answers + 1, correct = correct + $2 WHERE place = $1";

/// A juror's record.
macro_rules! select_juror {
    ($lock:literal) => {
        concat!("SELECT answered, correct, passed_at_min, served FROM jurors WHERE profile = $1", $lock)
    };
}
pub(crate) use select_juror;

/// `$1` profile. Changes nothing if the juror has a record.
pub(crate) const INSERT_JUROR: &str = "INSERT INTO jurors (profile, answered, correct, served) VALUES ($1, 0, 0, 0) \
    ON CONFLICT (profile) DO NOTHING";

/// `$1` profile, then the columns of practice.
pub(crate) const UPDATE_JUROR: &str =
    "UPDATE jurors SET answered = $2, correct = $3, passed_at_min = $4 WHERE profile = $1";

/// `$1` profile.
pub(crate) const DELETE_JUROR: &str = "DELETE FROM jurors WHERE profile = $1";
