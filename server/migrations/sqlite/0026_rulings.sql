-- Adds: rulings on verdicts, violations, measures with their statements of reasons, appeals, and the trail of what was
-- done about them. No table names a reporter or a buyer.

-- One row for each case with a policy. It is made at the opening, with the policy as it was then, and ruled on once the
-- case is recorded. The row of the first case holds what is in force after appeals.
CREATE TABLE trust_ruling (
    case_id  BLOB PRIMARY KEY,
    -- The case that the first jury judged; the case itself, if it is no appeal.
    root_id  BLOB NOT NULL,
    policy   TEXT NOT NULL,
    merchant TEXT,
    host     TEXT,
    -- NULL where no jury has decided.
    finding  TEXT,
    -- The counts that are in force, as JSON: signal, n, k.
    facts    TEXT,
    -- The date of those counts.
    at_ms    INTEGER,
    ruled_ms INTEGER
) STRICT;

CREATE TABLE trust_violation (
    id             BLOB PRIMARY KEY,
    version        INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    party          TEXT NOT NULL,
    policy         TEXT NOT NULL,
    source         TEXT NOT NULL,
    -- The case whose verdict made it, and the case that the first jury judged.
    case_id        BLOB,
    root_id        BLOB,
    room           TEXT,
    -- The merchant that the case names: some signals of a host's violation are its, too.
    merchant       TEXT,
    facts          TEXT NOT NULL,
    -- The part that counters have of it: its points in x03, and 1 if its policy's signal has it.
    counted_points INTEGER NOT NULL,
    counted_signal INTEGER NOT NULL,
    decided_at_ms  INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('proposed', 'active', 'appealed', 'void')),
    appealed_at_ms INTEGER,
    reason         TEXT,
    words          TEXT,
    -- The moderator who filed or confirmed it.
    decided_by     TEXT,
    -- Sender and key of the request, so that a repeat files nothing.
    request        TEXT UNIQUE
) STRICT;

CREATE INDEX trust_violation_by_party ON trust_violation (kind, party);
CREATE INDEX trust_violation_by_case ON trust_violation (root_id);

CREATE TABLE trust_measure (
    id              BLOB PRIMARY KEY,
    kind            TEXT NOT NULL,
    party           TEXT NOT NULL,
    measure         TEXT NOT NULL CHECK (measure IN ('no_boost', 'limit', 'suspend', 'ban')),
    -- NULL for a ban, which people decide on.
    violation       BLOB,
    points          INTEGER NOT NULL,
    from_ms         INTEGER NOT NULL,
    until_ms        INTEGER,
    account_ends_ms INTEGER,
    lifted_at_ms    INTEGER,
    reason          TEXT,
    words           TEXT,
    decided_by      TEXT
) STRICT;

CREATE INDEX trust_measure_by_party ON trust_measure (kind, party);

CREATE TABLE trust_statement (
    -- Grows in the order of commits: it is given out behind the lock on the places of events.
    seq       INTEGER PRIMARY KEY,
    measure   BLOB NOT NULL UNIQUE,
    kind      TEXT NOT NULL,
    party     TEXT NOT NULL,
    at_ms     INTEGER NOT NULL,
    statement TEXT NOT NULL
) STRICT;

CREATE INDEX trust_statement_by_party ON trust_statement (kind, party);

CREATE TABLE trust_appeal (
    id            BLOB PRIMARY KEY,
    version       INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    party         TEXT NOT NULL,
    target_kind   TEXT NOT NULL CHECK (target_kind IN ('violation', 'measure')),
    -- Each target is appealed once.
    target        BLOB NOT NULL UNIQUE,
    text          TEXT NOT NULL,
    evidence      TEXT NOT NULL,
    state         TEXT NOT NULL,
    -- The case whose verdict is appealed, and the case before the second jury.
    appealed_case BLOB,
    case_id       BLOB,
    review_reason TEXT,
    filed_at_ms   INTEGER NOT NULL,
    due_ms        INTEGER NOT NULL,
    drafted_at_ms INTEGER,
    opened_at_ms  INTEGER,
    decided_at_ms INTEGER,
    words         TEXT,
    decided_by    TEXT
) STRICT;

CREATE INDEX trust_appeal_by_party ON trust_appeal (kind, party);
CREATE INDEX trust_appeal_open ON trust_appeal (due_ms) WHERE state IN ('filed', 'in_court', 'in_review');

CREATE TABLE trust_audit (
    line    INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms   INTEGER NOT NULL,
    by_kind TEXT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    party   TEXT NOT NULL,
    target  BLOB NOT NULL,
    detail  TEXT
) STRICT;

-- The last event of the outbox that was ruled on. Its row is locked for each step.
CREATE TABLE trust_cursor (
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL
) STRICT;

INSERT INTO trust_cursor (name, seq) VALUES ('rulings', 0);

-- The last exposure told of a party.
ALTER TABLE trust_party ADD COLUMN told_m REAL;
ALTER TABLE trust_party ADD COLUMN told_points INTEGER;
ALTER TABLE trust_party ADD COLUMN told_tier TEXT;
-- The day of the last reversal, and the value before what was reversed. The next fall may start from it.
ALTER TABLE trust_party ADD COLUMN reversal_day INTEGER;
ALTER TABLE trust_party ADD COLUMN before_reversal REAL;

CREATE TRIGGER trust_audit_is_not_changed BEFORE UPDATE ON trust_audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER trust_audit_is_not_deleted BEFORE DELETE ON trust_audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
