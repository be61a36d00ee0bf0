-- Adds: a faster form of the sums of facts, what each night computes of them, and the end of points.

-- The time at which the standing without its points was told. NULL while they count.
ALTER TABLE trust_violation ADD COLUMN expired_ms INTEGER;

-- Finds the violations whose points are over.
CREATE INDEX trust_violation_to_expire ON trust_violation (decided_at_ms) WHERE expired_ms IS NULL;

-- The sums of a party's facts in bytes, one row a party. Sums of rulings stay rows of trust_counter, and so do sums of
-- facts of an older program. A reader adds both.
CREATE TABLE trust_sums (
    kind  TEXT NOT NULL,
    party TEXT NOT NULL,
    sums  BLOB NOT NULL,
    PRIMARY KEY (kind, party)
) STRICT, WITHOUT ROWID;

-- Deliveries and returns of a merchant's product on a day, for 60 days.
CREATE TABLE trust_product (
    merchant TEXT NOT NULL,
    product  TEXT NOT NULL,
    day      INTEGER NOT NULL,
    sold     INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    PRIMARY KEY (merchant, product, day)
) STRICT, WITHOUT ROWID;

-- Finds the rows to delete.
CREATE INDEX trust_product_by_day ON trust_product (day);

-- The hosts who sold for a merchant, with the last time, for 180 days.
CREATE TABLE trust_host (
    merchant TEXT NOT NULL,
    host     TEXT NOT NULL,
    last_ms  INTEGER NOT NULL,
    PRIMARY KEY (merchant, host)
) STRICT, WITHOUT ROWID;

-- Finds the rows to delete.
CREATE INDEX trust_host_by_time ON trust_host (last_ms);

-- The typical value of a signal among the shops of a category on a day, and the spread. The category is empty for shops
-- without one. The signal `returned` is the rate of returns of all products of the category.
CREATE TABLE trust_prior (
    day      INTEGER NOT NULL,
    category TEXT NOT NULL,
    signal   TEXT NOT NULL,
    typical  REAL NOT NULL,
    sigma    REAL NOT NULL,
    PRIMARY KEY (day, category, signal)
) STRICT, WITHOUT ROWID;

-- A job of a day. The node that claimed it has until the end of its lease to move it; then another one goes on from the
-- same place.
CREATE TABLE trust_job (
    name     TEXT NOT NULL,
    day      INTEGER NOT NULL,
    step     TEXT NOT NULL,
    place    TEXT NOT NULL,
    owner    BLOB NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (name, day)
) STRICT, WITHOUT ROWID;

-- Events one by one, where an operator keeps them for a recount, by the day on which they came. A buyer has a keyed
-- name.
CREATE TABLE trust_fact (
    day      INTEGER NOT NULL,
    id       TEXT NOT NULL,
    merchant TEXT,
    host     TEXT,
    buyer    TEXT,
    line     TEXT NOT NULL,
    PRIMARY KEY (day, id)
) STRICT, WITHOUT ROWID;
