-- Which tally store counts, and which nodes use which one: nodes on two stores must not count side by side.

-- The store that took the ballots of the case's epoch. Cases from before have none.
ALTER TABLE cases ADD COLUMN store TEXT;

-- No row until a node names the first store.
CREATE TABLE current_store (
    one   BIGINT PRIMARY KEY CHECK (one = 1),
    store TEXT NOT NULL
);

-- One row for each running node, which it renews. A node that stops in order deletes its own.
CREATE TABLE nodes (
    id              UUID PRIMARY KEY,
    store           TEXT NOT NULL,
    -- By the database's clock, since those of nodes differ.
    seen_at_ms      BIGINT NOT NULL,
    -- 1 or 0: whether the node can write to the store; NULL while it has not tried.
    tally_writable  BIGINT,
    docket_writable BIGINT
);
