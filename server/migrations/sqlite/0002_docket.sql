-- The docket: cases, what was done to them, and the ballots that their verdicts are made of.

CREATE TABLE rooms (
    room TEXT PRIMARY KEY,
    -- Grows with every change that the room's public can see.
    rev  INTEGER NOT NULL,
    -- How many cases are open or sealed.
    live INTEGER NOT NULL CHECK (live >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX rooms_live ON rooms (room) WHERE live > 0;

CREATE TABLE cases (
    id              BLOB PRIMARY KEY,
    room            TEXT NOT NULL,
    state           TEXT NOT NULL,
    version         INTEGER NOT NULL,
    brief           TEXT NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    -- Since it was opened.
    epoch           INTEGER,
    opened_at_ms    INTEGER,
    closes_at_ms    INTEGER,
    extended_s      INTEGER,
    key_fingerprint TEXT,
    -- Since it was sealed.
    sealed_by       TEXT,
    sealed_at_ms    INTEGER,
    -- Since it was recorded.
    verdict         TEXT,
    verdict_seq     INTEGER UNIQUE
) STRICT;

CREATE INDEX cases_of_room ON cases (room, id);
CREATE INDEX cases_live ON cases (room, id) WHERE state IN ('open', 'sealed');
CREATE INDEX cases_recorded ON cases (room, verdict_seq) WHERE verdict_seq IS NOT NULL;

-- Given out at the end of a recording transaction: a place is taken in order of commit.
CREATE TABLE verdict_places (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;

INSERT INTO verdict_places (one, last) VALUES (1, 0);

-- No foreign key: a million rows are written at once, in the transaction that writes their case.
CREATE TABLE ballots (
    case_id     BLOB NOT NULL,
    juror       BLOB NOT NULL CHECK (length(juror) = 16),
    option      INTEGER NOT NULL,
    side        TEXT,
    change      INTEGER NOT NULL,
    cast_at_min INTEGER NOT NULL,
    PRIMARY KEY (case_id, juror)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    line    INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BLOB NOT NULL REFERENCES cases (id),
    at_ms   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    detail  TEXT,
    version INTEGER NOT NULL,
    epoch   INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_of_case ON audit (case_id, line);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TABLE requests (
    room          TEXT NOT NULL,
    key           TEXT NOT NULL,
    digest        TEXT NOT NULL,
    answer        TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (room, key)
) STRICT;
