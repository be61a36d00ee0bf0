-- Adds: reports by viewers, the buckets in which they are merged, and what became of a reporter's earlier reports.

-- Reports of one thing in one live session, merged. A report that comes after a bucket's end begins another one.
CREATE TABLE trust_bucket (
    id           BLOB PRIMARY KEY,
    room         TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('merchant', 'host')),
    party        TEXT NOT NULL,
    policy       TEXT NOT NULL,
    -- The session of the reporters' tokens, or a day.
    session      TEXT NOT NULL,
    -- The things that the first report named besides the party, for the draft. Reports about several products name none.
    merchant     TEXT,
    host         TEXT,
    product      TEXT,
    lang         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'drafted', 'queued', 'upheld', 'not_upheld', 'closed')),
    -- Set before the draft is filed, so that a node that goes on after another one files it once.
    case_id      BLOB,
    opened       INTEGER NOT NULL CHECK (opened IN (0, 1)),
    -- The effect of the end on the records of the reporters. An appeal exchanges it.
    credit       TEXT NOT NULL CHECK (credit IN ('none', 'upheld', 'dismissed')),
    -- The place in the outbox of the last event that was applied.
    settled_seq  INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    reports      INTEGER NOT NULL,
    reporters    INTEGER NOT NULL,
    proven       INTEGER NOT NULL,
    new_accounts INTEGER NOT NULL,
    -- Whether ten reports came within ten seconds.
    fast         INTEGER NOT NULL CHECK (fast IN (0, 1)),
    score        REAL NOT NULL,
    first_ms     INTEGER NOT NULL,
    last_ms      INTEGER NOT NULL,
    ended_ms     INTEGER,
    words        TEXT,
    closed_by    TEXT
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX trust_bucket_of_thing ON trust_bucket (room, kind, party, policy, session) WHERE ended_ms IS NULL;
-- Finds a room's buckets by weight.
CREATE INDEX trust_bucket_of_room ON trust_bucket (room, score) WHERE ended_ms IS NULL;
CREATE UNIQUE INDEX trust_bucket_of_case ON trust_bucket (case_id) WHERE case_id IS NOT NULL;
-- Finds drafts to file.
CREATE INDEX trust_bucket_undrafted ON trust_bucket (id)
    WHERE state IN ('open', 'queued') AND case_id IS NOT NULL;
-- Finds the rows to close and to delete.
CREATE INDEX trust_bucket_by_end ON trust_bucket (ended_ms, last_ms);

-- A report. Its reporter is a keyed hash, as everywhere here.
CREATE TABLE trust_report (
    reporter     BLOB NOT NULL,
    kind         TEXT NOT NULL,
    party        TEXT NOT NULL,
    -- Empty if the report names none.
    product      TEXT NOT NULL,
    policy       TEXT NOT NULL,
    day          INTEGER NOT NULL,
    bucket       BLOB NOT NULL,
    text         TEXT,
    stream_at_ms INTEGER,
    proven       INTEGER NOT NULL CHECK (proven IN (0, 1)),
    new_account  INTEGER NOT NULL CHECK (new_account IN (0, 1)),
    at_ms        INTEGER NOT NULL,
    PRIMARY KEY (reporter, kind, party, product, policy, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX trust_report_of_bucket ON trust_report (bucket, at_ms);
CREATE INDEX trust_report_of_reporter ON trust_report (reporter, at_ms);

-- The outcomes of a reporter's earlier reports.
CREATE TABLE trust_reporter (
    reporter  BLOB PRIMARY KEY,
    upheld    INTEGER NOT NULL,
    dismissed INTEGER NOT NULL,
    last_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds the rows to delete.
CREATE INDEX trust_reporter_by_time ON trust_reporter (last_ms);

-- The place in the outbox up to which the ends of cases were applied to buckets.
CREATE TABLE trust_report_cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;

INSERT INTO trust_report_cursor (one, seq) VALUES (1, 0);
