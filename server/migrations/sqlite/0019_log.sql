-- Breaks: each recorded case becomes one entry of a log that only grows. An older program would record some without.

-- The logs of this database, by their number. A server writes to one of them.
CREATE TABLE log_head (
    log      INTEGER PRIMARY KEY,
    -- The log's name and address, `HOST/log/N`, as it was at its first use.
    origin   TEXT NOT NULL,
    -- The number of entries.
    size     INTEGER NOT NULL,
    -- The size and the hashes of the partial tiles, from which the root follows.
    frontier BLOB NOT NULL,
    -- The public key of its signatures, since the first one.
    vkey     TEXT
) STRICT;

CREATE TABLE log_entries (
    log       INTEGER NOT NULL,
    -- The entry's number, from 0.
    idx       INTEGER NOT NULL,
    -- None for an entry that continues an earlier log.
    case_id   BLOB REFERENCES cases (id),
    entry     TEXT NOT NULL,
    -- The text whose hash the entry has.
    statement TEXT,
    PRIMARY KEY (log, idx)
) STRICT;

CREATE UNIQUE INDEX log_entries_case ON log_entries (log, case_id);

-- The tree's full tiles, of 256 hashes each.
CREATE TABLE log_tiles (
    log    INTEGER NOT NULL,
    level  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (log, level, n)
) STRICT;

-- The last signed checkpoint of each log.
CREATE TABLE log_note (
    log  INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;

-- The seals of a case's ballots in ascending order, 256 in a row. Their order says nothing of that of the ballots.
CREATE TABLE case_seals (
    case_id BLOB NOT NULL REFERENCES cases (id),
    n       INTEGER NOT NULL,
    -- 32 bytes for each seal.
    seals   BLOB NOT NULL,
    PRIMARY KEY (case_id, n)
) STRICT;

-- The seals of a recorded case are final, as its ballots are.
CREATE TRIGGER recorded_seals_stay BEFORE DELETE ON case_seals
WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND verdict_seq IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the seals of a recorded case are not changed');
END;
CREATE TRIGGER recorded_seals_are_not_changed BEFORE UPDATE ON case_seals
WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND verdict_seq IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the seals of a recorded case are not changed');
END;

-- What a proof about one ballot needs of all others, so that it reads two rows.
CREATE TABLE case_proofs (
    case_id     BLOB PRIMARY KEY REFERENCES cases (id),
    -- The first seal of each row of `case_seals`, and the hash of the subtree over it, 32 bytes each.
    seal_firsts BLOB NOT NULL,
    seal_nodes  BLOB NOT NULL,
    -- The first pseudonym of each leaf of the tree of rows, 16 bytes each, and the leaf's hash, 32 bytes each.
    row_firsts  BLOB NOT NULL,
    row_hashes  BLOB NOT NULL
) STRICT;

-- The brief as the public reads it, in the bytes whose hash the statement has. It is stored at the opening.
ALTER TABLE cases ADD COLUMN public_brief TEXT;
-- The key of the case's seals, 32 bytes. It is stored at the record.
ALTER TABLE cases ADD COLUMN seal_key BLOB;

-- The line as JSON, in the bytes whose hash the statement has. Lines of older programs have none.
ALTER TABLE audit ADD COLUMN stored TEXT;

UPDATE oldest_program SET schema = 19;
