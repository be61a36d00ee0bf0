-- Adds: a faster form of the sums of facts, products and hosts of merchants, and the end of points.

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
