-- The embedded tally: cases that take ballots, and the ballots. What the verdict is made of goes to the docket's tables.

CREATE TABLE tally_case (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    epoch INTEGER NOT NULL CHECK (epoch >= 1),
    rev INTEGER NOT NULL CHECK (rev >= 0),
    -- A JSON array: ballots by option.
    counts TEXT NOT NULL,
    allow_change INTEGER NOT NULL CHECK (allow_change IN (0, 1)),
    closes_at_ms INTEGER NOT NULL,
    -- JSON: who sealed it, so that a server that starts again finishes it the same way.
    sealed_by TEXT,
    sealed_at_ms INTEGER,
    released_at_ms INTEGER,
    CHECK ((sealed_by IS NULL) = (sealed_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- WITHOUT ROWID also for the secret's sake: row numbers would tell in which order the jurors cast.
CREATE TABLE tally_ballot (
    case_id BLOB NOT NULL,
    juror BLOB NOT NULL CHECK (length(juror) = 16),
    option INTEGER NOT NULL CHECK (option >= 0),
    side TEXT CHECK (side IN ('buyer', 'merchant')),
    change INTEGER NOT NULL CHECK (change >= 0),
    cast_at_min INTEGER NOT NULL,
    PRIMARY KEY (case_id, juror)
) STRICT, WITHOUT ROWID;
