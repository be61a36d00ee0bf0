-- The ledger: how many ballots each node has answered as counted. A tally with fewer is not the one that counted them.

CREATE TABLE ledger (
    case_id     UUID NOT NULL,
    epoch       BIGINT NOT NULL,
    node        UUID NOT NULL,
    -- Grows only, and counts what was sent in this epoch.
    ballots     BIGINT NOT NULL,
    -- 1 once the node has seen the seal and waits for no answer of the store.
    is_final    BIGINT NOT NULL,
    -- By the database's clock. Rows go a day after the record.
    filed_at_ms BIGINT NOT NULL,
    PRIMARY KEY (case_id, epoch, node)
);
