-- Adds: the census of viewers who judge, plain counts of each day, and the editions of the public report.

-- How many different viewers had an acknowledged ballot on a day: the registers of a sketch. No table holds a viewer's
-- mark, and none can be read out of a sketch.
CREATE TABLE trust_sketch (
    day       BIGINT PRIMARY KEY,
    registers BYTEA NOT NULL
);

-- Counts that no half-life weakens. A name has several rows a day, so that requests which count at once do not wait for
-- each other: a reader adds them up.
CREATE TABLE trust_daily (
    day   BIGINT NOT NULL,
    name  TEXT NOT NULL,
    shard BIGINT NOT NULL,
    n     BIGINT NOT NULL,
    k     BIGINT NOT NULL,
    PRIMARY KEY (day, name, shard)
);

-- Impressions of a day with the badge of a promise and without it, and the orders that came of them. A later sum
-- replaces the former.
CREATE TABLE trust_badge (
    day BIGINT NOT NULL,
    arm TEXT NOT NULL CHECK (arm IN ('with', 'without')),
    n   DOUBLE PRECISION NOT NULL,
    k   DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (day, arm)
);

-- Editions, which never change.
CREATE TABLE trust_edition (
    id           UUID PRIMARY KEY,
    title        TEXT NOT NULL,
    -- The first and the last day.
    from_day     BIGINT NOT NULL,
    to_day       BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    -- The form of `report` and `parts`.
    format       BIGINT NOT NULL,
    -- Figures with their definitions, as everybody reads them, in JSON.
    report       TEXT NOT NULL,
    -- The rows of the parts of a transparency report, in JSON.
    parts        TEXT NOT NULL,
    -- Sender and key of the request, so that a repeat publishes nothing.
    request      TEXT UNIQUE
);

-- Finds the edition before a period.
CREATE INDEX trust_edition_by_day ON trust_edition (to_day);

CREATE TRIGGER trust_edition_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON trust_edition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
