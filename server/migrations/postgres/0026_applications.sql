-- Adds: applications of those who want to sell, and keyed tokens of their identities. No table holds a value.

-- One row for each application, and one for each later look at a party's identity that a person must see.
CREATE TABLE trust_application (
    id            UUID PRIMARY KEY,
    version       BIGINT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('merchant', 'host')),
    party         TEXT NOT NULL,
    -- 1 for a later look at a known party.
    again         BIGINT NOT NULL CHECK (again IN (0, 1)),
    category      TEXT,
    -- A keyed digest of the fields, so that a repeat with other fields is refused.
    digest        BYTEA NOT NULL,
    -- The answer: its outcome, whether refusal is proposed, weight, groups, reasons with dates, measure of a refusal.
    outcome       TEXT NOT NULL,
    proposed      BIGINT NOT NULL CHECK (proposed IN (0, 1)),
    weight        DOUBLE PRECISION NOT NULL,
    groups        TEXT NOT NULL,
    reasons       TEXT NOT NULL,
    answered      UUID,
    at_ms         BIGINT NOT NULL,
    -- The present state, and the last measure that it led to.
    state         TEXT NOT NULL CHECK (state IN ('passed', 'held', 'probation', 'refused')),
    measure       UUID,
    -- The time at which a hold becomes probation, or at which a probation ends. NULL where a person must decide.
    due_ms        BIGINT,
    decided_at_ms BIGINT,
    decided_by    TEXT,
    words         TEXT
);

CREATE UNIQUE INDEX trust_application_of_party ON trust_application (kind, party) WHERE again = 0;
CREATE INDEX trust_application_by_state ON trust_application (state, id);
-- Finds what is due.
CREATE INDEX trust_application_due ON trust_application (due_ms) WHERE due_ms IS NOT NULL;
-- Finds the application of a measure that is lifted.
CREATE INDEX trust_application_by_measure ON trust_application (measure) WHERE measure IS NOT NULL;

-- Parties whose tokens are kept.
CREATE TABLE trust_identity (
    kind         TEXT NOT NULL,
    party        TEXT NOT NULL,
    at_ms        BIGINT NOT NULL,
    -- The time of the ban; NULL for a party that is not banned.
    banned_at_ms BIGINT,
    -- The time until which the tokens are kept; NULL while the party is banned.
    kept_until_ms BIGINT,
    PRIMARY KEY (kind, party)
);

CREATE INDEX trust_identity_kept ON trust_identity (kept_until_ms) WHERE kept_until_ms IS NOT NULL;

-- Keyed hashes of forms of values. The key is in no table.
CREATE TABLE trust_token (
    token  BYTEA NOT NULL,
    kind   TEXT NOT NULL,
    party  TEXT NOT NULL,
    -- Empty for a token that only finds.
    field  TEXT NOT NULL,
    -- Whether it is that of a whole value.
    whole  BIGINT NOT NULL CHECK (whole IN (0, 1)),
    -- The id of the key.
    key_id BYTEA NOT NULL,
    PRIMARY KEY (token, kind, party, field)
);

CREATE INDEX trust_token_by_party ON trust_token (kind, party);

-- A measure at the entry. Programs that do not know it read what it does to an exposure.
ALTER TABLE trust_measure ADD COLUMN act TEXT;
