-- Which tally store counts, and which nodes use which one: nodes on two stores must not count side by side.

-- The id of the tally in this file.
CREATE TABLE tally_store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL
) STRICT;

-- The store that the case's epoch was filed with. Cases from before have none.
ALTER TABLE tally_case ADD COLUMN store TEXT;
ALTER TABLE cases ADD COLUMN store TEXT;

-- No row until a node names the first store.
CREATE TABLE current_store (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    store TEXT NOT NULL
) STRICT;

-- A row for the running node, which it renews where its tally is in Redis. It deletes the row when it stops in order.
CREATE TABLE nodes (
    id              BLOB PRIMARY KEY,
    store           TEXT NOT NULL,
    -- By the database's clock.
    seen_at_ms      INTEGER NOT NULL,
    -- 1 or 0: whether the node can write to the store; NULL while it has not tried.
    tally_writable  INTEGER,
    docket_writable INTEGER
) STRICT;
