-- The ledger: how many ballots each node has answered as counted. A tally with fewer is not the one that counted them.
-- It has no rows where the tally is in this file, too.

CREATE TABLE ledger (
    case_id     BLOB NOT NULL,
    epoch       INTEGER NOT NULL,
    node        BLOB NOT NULL,
    -- Grows only, and counts what was sent in this epoch.
    ballots     INTEGER NOT NULL,
    -- 1 once the node has seen the seal and waits for no answer of the store.
    is_final    INTEGER NOT NULL,
    -- By the database's clock. Rows go a day after the record.
    filed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (case_id, epoch, node)
) STRICT, WITHOUT ROWID;
