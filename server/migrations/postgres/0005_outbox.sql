-- The outbox: one row for each step of a case, filed with the step. Its readers deliver the steps to others.

-- Given out as the last lock of a transaction: its row lock makes the order of `seq` the order of commits, so that a
-- reader who follows `seq` misses none.
CREATE TABLE outbox_places (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    last BIGINT NOT NULL
);

INSERT INTO outbox_places (one, last) VALUES (1, 0);

CREATE TABLE outbox (
    seq     BIGINT PRIMARY KEY,
    id      UUID NOT NULL UNIQUE,
    kind    TEXT NOT NULL,
    -- No foreign key: a discarded draft leaves its steps here.
    case_id UUID NOT NULL,
    room    TEXT NOT NULL,
    version BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    -- JSON with a format number.
    payload TEXT NOT NULL
);

-- Finds the rows to delete.
CREATE INDEX outbox_by_age ON outbox (at_ms);
