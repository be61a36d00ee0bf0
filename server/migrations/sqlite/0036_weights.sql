-- Adds: the pairs on which people decided, the probabilities that follow from them, and logos of applicants.

-- The levels of the fields of an application and of the closed party that it met: names of fields and levels, no value.
ALTER TABLE trust_application ADD COLUMN levels TEXT;
-- A moderator's decision whether both are one: 1 refused, 0 released. NULL where none decided, or an appeal was won.
ALTER TABLE trust_application ADD COLUMN is_same INTEGER CHECK (is_same IN (0, 1));

CREATE INDEX trust_application_decided ON trust_application (id) WHERE is_same IS NOT NULL;

-- The probabilities by field that the last night estimated. A field without a row has those of the program's table.
CREATE TABLE trust_weight (
    field TEXT NOT NULL PRIMARY KEY,
    -- The day whose job estimated them.
    day   INTEGER NOT NULL,
    -- Equal, close and different values of one who comes back.
    m2    REAL NOT NULL,
    m1    REAL NOT NULL,
    m0    REAL NOT NULL,
    -- Equal and close values of strangers.
    u2    REAL NOT NULL,
    u1    REAL NOT NULL
) STRICT;

-- Hashes of logos, in hexadecimal digits: PDQ, by which alike pictures are near each other. Everybody sees a logo.
CREATE TABLE trust_logo (
    kind  TEXT NOT NULL,
    party TEXT NOT NULL,
    pdq   TEXT NOT NULL,
    PRIMARY KEY (kind, party)
) STRICT;
