-- Adds: what a juror has practised and served, how passed jurors answer each item of practice, and appeals.

-- A row names nobody, and nothing joins it with ballots: its key is no pseudonym.
CREATE TABLE jurors (
    profile       BLOB PRIMARY KEY CHECK (length(profile) = 16),
    -- A bit is an item's place. The integer is signed, and the last place is its sign.
    answered      INTEGER NOT NULL,
    correct       INTEGER NOT NULL,
    -- The minute in which practice was passed. Later answers change nothing.
    passed_at_min INTEGER,
    -- The panels in which a ballot of the juror was counted.
    served        INTEGER NOT NULL
) STRICT;

CREATE TABLE practice (
    -- The item's place in the list, 0 to 63. It is never another item's.
    place   INTEGER PRIMARY KEY,
    item    TEXT NOT NULL,
    -- Answers of jurors who have passed.
    answers INTEGER NOT NULL,
    correct INTEGER NOT NULL
) STRICT;

-- The case whose verdict this one is an appeal against.
ALTER TABLE cases ADD COLUMN appeal_of BLOB REFERENCES cases (id);

-- A verdict is appealed once. An appeal that was discarded or is void decides nothing, and makes room for another.
CREATE UNIQUE INDEX cases_appealed ON cases (appeal_of)
    WHERE appeal_of IS NOT NULL AND state <> 'discarded' AND state <> 'void';
