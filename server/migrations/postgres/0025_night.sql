-- Adds: a faster form of the sums of facts, what each night computes of them, and the end of points.

-- The time at which the standing without its points was told. NULL while they count.
ALTER TABLE trust_violation ADD COLUMN expired_ms BIGINT;

-- Finds the violations whose points are over.
CREATE INDEX trust_violation_to_expire ON trust_violation (decided_at_ms) WHERE expired_ms IS NULL;

-- The sums of a party's facts in bytes, one row a party. Sums of rulings stay rows of trust_counter, and so do sums of
-- facts of an older program. A reader adds both.
-- A page has room for the next form of its rows, so that no index changes.
CREATE TABLE trust_sums (
    kind  TEXT NOT NULL,
    party TEXT NOT NULL,
    sums  BYTEA NOT NULL,
    PRIMARY KEY (kind, party)
) WITH (fillfactor = 50);

-- Deliveries and returns of a merchant's product on a day, for 60 days.
CREATE TABLE trust_product (
    merchant TEXT NOT NULL,
    product  TEXT NOT NULL,
    day      BIGINT NOT NULL,
    sold     BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    PRIMARY KEY (merchant, product, day)
);

-- Finds the rows to delete.
CREATE INDEX trust_product_by_day ON trust_product (day);

-- The hosts who sold for a merchant, with the last time, for 180 days.
CREATE TABLE trust_host (
    merchant TEXT NOT NULL,
    host     TEXT NOT NULL,
    last_ms  BIGINT NOT NULL,
    PRIMARY KEY (merchant, host)
);

-- Finds the rows to delete.
CREATE INDEX trust_host_by_time ON trust_host (last_ms);

-- The typical value of a signal among the shops of a category on a day, and the spread. The category is empty for shops
-- without one. The signal `returned` is the rate of returns of all products of the category.
CREATE TABLE trust_prior (
    day      BIGINT NOT NULL,
    category TEXT NOT NULL,
    signal   TEXT NOT NULL,
    typical  DOUBLE PRECISION NOT NULL,
    sigma    DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (day, category, signal)
);

-- A job of a day. The node that claimed it has until the end of its lease to move it; then another one goes on from the
-- same place.
CREATE TABLE trust_job (
    name     TEXT NOT NULL,
    day      BIGINT NOT NULL,
    step     TEXT NOT NULL,
    place    TEXT NOT NULL,
    owner    UUID NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (name, day)
);

-- Events one by one, where an operator keeps them for a recount, by the day on which they came. A buyer has a keyed
-- name.
CREATE TABLE trust_fact (
    day      BIGINT NOT NULL,
    id       TEXT NOT NULL,
    merchant TEXT,
    host     TEXT,
    buyer    TEXT,
    line     TEXT NOT NULL,
    PRIMARY KEY (day, id)
);
