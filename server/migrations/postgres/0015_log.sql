-- Breaks: each recorded case becomes one entry of a log that only grows. An older program would record some without.

-- The logs of this database, by their number. A server writes to one of them.
CREATE TABLE log_head (
    log      BIGINT PRIMARY KEY,
    -- The log's name and address, `HOST/log/N`, as it was at its first use.
    origin   TEXT NOT NULL,
    -- The number of entries.
    size     BIGINT NOT NULL,
    -- The size and the hashes of the partial tiles, from which the root follows.
    frontier BYTEA NOT NULL,
    -- The public key of its signatures, since the first one.
    vkey     TEXT
);

CREATE TABLE log_entries (
    log       BIGINT NOT NULL,
    -- The entry's number, from 0.
    idx       BIGINT NOT NULL,
    -- None for an entry that continues an earlier log.
    case_id   UUID REFERENCES cases (id),
    entry     TEXT NOT NULL,
    -- The text whose hash the entry has.
    statement TEXT,
    PRIMARY KEY (log, idx)
);

CREATE UNIQUE INDEX log_entries_case ON log_entries (log, case_id);

-- The tree's full tiles, of 256 hashes each.
CREATE TABLE log_tiles (
    log    BIGINT NOT NULL,
    level  BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (log, level, n)
);

-- The last signed checkpoint of each log.
CREATE TABLE log_note (
    log  BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    note TEXT NOT NULL
);

-- The seals of a case's ballots in ascending order, 256 in a row. Their order says nothing of that of the ballots.
CREATE TABLE case_seals (
    case_id UUID NOT NULL REFERENCES cases (id),
    n       BIGINT NOT NULL,
    -- 32 bytes for each seal.
    seals   BYTEA NOT NULL,
    PRIMARY KEY (case_id, n)
);

-- The seals of a recorded case are final, as its ballots are.
CREATE FUNCTION refuse_loss_of_seals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_recorded BOOLEAN;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM (SELECT DISTINCT case_id FROM gone) AS gone_cases JOIN %I.cases
         ON cases.id = gone_cases.case_id WHERE cases.verdict_seq IS NOT NULL)', TG_TABLE_SCHEMA
    ) INTO is_recorded;
    IF is_recorded THEN
        RAISE EXCEPTION 'the seals of a recorded case are not changed';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER recorded_seals_stay AFTER DELETE ON case_seals
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_seals();
CREATE TRIGGER recorded_seals_are_not_changed AFTER UPDATE ON case_seals
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_seals();

-- What a proof about one ballot needs of all others, so that it reads two rows.
CREATE TABLE case_proofs (
    case_id     UUID PRIMARY KEY REFERENCES cases (id),
    -- The first seal of each row of `case_seals`, and the hash of the subtree over it, 32 bytes each.
    seal_firsts BYTEA NOT NULL,
    seal_nodes  BYTEA NOT NULL,
    -- The first pseudonym of each leaf of the tree of rows, 16 bytes each, and the leaf's hash, 32 bytes each.
    row_firsts  BYTEA NOT NULL,
    row_hashes  BYTEA NOT NULL
);

-- The brief as the public reads it, in the bytes whose hash the statement has. It is stored at the opening.
ALTER TABLE cases ADD COLUMN public_brief TEXT;
-- The key of the case's seals, 32 bytes. It is stored at the record.
ALTER TABLE cases ADD COLUMN seal_key BYTEA;

-- The line as JSON, in the bytes whose hash the statement has. Lines of older programs have none.
ALTER TABLE audit ADD COLUMN stored TEXT;

UPDATE oldest_program SET schema = 15;
