-- The outbox: one row for each step of a case, filed with the step. Its readers deliver the steps to others.

CREATE TABLE outbox (
    -- Never reused. There is one writer, so its order is the order of commits.
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      BLOB NOT NULL UNIQUE,
    kind    TEXT NOT NULL,
    -- No foreign key: a discarded draft leaves its steps here.
    case_id BLOB NOT NULL,
    room    TEXT NOT NULL,
    version INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    -- JSON with a format number.
    payload TEXT NOT NULL
) STRICT;

-- Finds the rows to delete.
CREATE INDEX outbox_by_age ON outbox (at_ms);
