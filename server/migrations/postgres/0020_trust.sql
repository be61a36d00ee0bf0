-- Adds: what the platform tells about merchants and hosts, as sums, and the exposure that follows. No table holds an
-- event, and none names a buyer.

-- Parties, with what is known of them besides their counters. A party exists from its first fact.
CREATE TABLE trust_party (
    kind              TEXT NOT NULL CHECK (kind IN ('merchant', 'host')),
    id                TEXT NOT NULL,
    -- The earliest time of a fact about it, or of its registration.
    since_ms          BIGINT NOT NULL,
    category          TEXT,
    completed         BIGINT NOT NULL,
    -- The orders placed on the last day with one.
    placed_day        BIGINT NOT NULL,
    placed            BIGINT NOT NULL,
    licences_needed   BIGINT NOT NULL,
    licences_verified BIGINT NOT NULL,
    -- 0 until the platform has told, like the next times.
    licences_at_ms    BIGINT NOT NULL,
    deposit_asked     BIGINT NOT NULL,
    deposit_paid      BIGINT NOT NULL,
    deposit_at_ms     BIGINT NOT NULL,
    finding_at_ms     BIGINT NOT NULL,
    -- The last change, and the last computation of the exposure.
    touched_ms        BIGINT NOT NULL,
    computed_ms       BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Ids of events, for 30 days: a repeat counts nothing.
CREATE TABLE trust_fact_seen (
    id  TEXT PRIMARY KEY,
    day BIGINT NOT NULL
);

-- Finds the rows to delete.
CREATE INDEX trust_fact_seen_by_day ON trust_fact_seen (day);

-- Forward-decayed sums. A signal's second counter, with a half-life of 7 days, is named like q01+7.
CREATE TABLE trust_counter (
    kind   TEXT NOT NULL,
    party  TEXT NOT NULL,
    signal TEXT NOT NULL,
    n      DOUBLE PRECISION NOT NULL,
    k      DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (kind, party, signal)
);

-- Sums that count from a later day on.
CREATE TABLE trust_later (
    merchant TEXT NOT NULL,
    signal   TEXT NOT NULL,
    day      BIGINT NOT NULL,
    n        DOUBLE PRECISION NOT NULL,
    k        DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (merchant, signal, day)
);

-- Sums of a day that the platform made itself. A later one replaces the former, so each is kept.
CREATE TABLE trust_tally (
    merchant TEXT NOT NULL,
    signal   TEXT NOT NULL,
    day      BIGINT NOT NULL,
    n        DOUBLE PRECISION NOT NULL,
    k        DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (merchant, signal, day)
);

-- Exposures by day. The next day's fall starts from `kept`.
CREATE TABLE trust_exposure (
    merchant TEXT NOT NULL,
    day      BIGINT NOT NULL,
    points   DOUBLE PRECISION NOT NULL,
    sd       DOUBLE PRECISION NOT NULL,
    kept     DOUBLE PRECISION NOT NULL,
    signals  DOUBLE PRECISION NOT NULL,
    turn     BIGINT NOT NULL CHECK (turn IN (0, 1)),
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (merchant, day)
);
