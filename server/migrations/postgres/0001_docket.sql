-- The docket: cases, what was done to them, and the ballots that their verdicts are made of.

CREATE TABLE rooms (
    room TEXT PRIMARY KEY,
    -- Grows with every change that the room's public can see.
    rev  BIGINT NOT NULL,
    -- How many cases are open or sealed.
    live BIGINT NOT NULL CHECK (live >= 0)
);

CREATE INDEX rooms_live ON rooms (room) WHERE live > 0;

CREATE TABLE cases (
    id              UUID PRIMARY KEY,
    room            TEXT NOT NULL,
    state           TEXT NOT NULL,
    version         BIGINT NOT NULL,
    brief           TEXT NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    -- Since it was opened.
    epoch           BIGINT,
    opened_at_ms    BIGINT,
    closes_at_ms    BIGINT,
    extended_s      BIGINT,
    key_fingerprint TEXT,
    -- Since it was sealed.
    sealed_by       TEXT,
    sealed_at_ms    BIGINT,
    -- Since it was recorded.
    verdict         TEXT,
    verdict_seq     BIGINT UNIQUE
);

CREATE INDEX cases_of_room ON cases (room, id);
CREATE INDEX cases_live ON cases (room, id) WHERE state IN ('open', 'sealed');
CREATE INDEX cases_recorded ON cases (room, verdict_seq) WHERE verdict_seq IS NOT NULL;

-- Given out at the end of a recording transaction: its row lock makes the order of places the order of commits.
CREATE TABLE verdict_places (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    last BIGINT NOT NULL
);

INSERT INTO verdict_places (one, last) VALUES (1, 0);

-- No foreign key: it would be looked up a million times, in the transaction that writes the case itself.
CREATE TABLE ballots (
    case_id     UUID NOT NULL,
    juror       BYTEA NOT NULL CHECK (octet_length(juror) = 16),
    option      BIGINT NOT NULL,
    side        TEXT,
    change      BIGINT NOT NULL,
    cast_at_min BIGINT NOT NULL,
    PRIMARY KEY (case_id, juror)
);

CREATE TABLE audit (
    line    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES cases (id),
    at_ms   BIGINT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    detail  TEXT,
    version BIGINT NOT NULL,
    epoch   BIGINT NOT NULL
);

CREATE INDEX audit_of_case ON audit (case_id, line);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END
$$;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE requests (
    room          TEXT NOT NULL,
    key           TEXT NOT NULL,
    digest        TEXT NOT NULL,
    answer        TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (room, key)
);
