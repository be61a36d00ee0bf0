-- Adds: what a juror has practised and served, how passed jurors answer each item of practice, and appeals.

-- A row names nobody, and nothing joins it with ballots: its key is no pseudonym.
CREATE TABLE jurors (
    profile       BYTEA PRIMARY KEY,
    -- A bit is an item's place. The integer is signed, and the last place is its sign.
    answered      BIGINT NOT NULL,
    correct       BIGINT NOT NULL,
    -- The minute in which practice was passed. Later answers change nothing.
    passed_at_min BIGINT,
    -- The panels in which a ballot of the juror was counted.
    served        BIGINT NOT NULL
);

CREATE TABLE practice (
    -- The item's place in the list, 0 to 63. It is never another item's.
    place   BIGINT PRIMARY KEY,
    item    TEXT NOT NULL,
    -- Answers of jurors who have passed.
    answers BIGINT NOT NULL,
    correct BIGINT NOT NULL
);

-- The case whose verdict this one is an appeal against.
ALTER TABLE cases ADD COLUMN appeal_of UUID REFERENCES cases (id);

-- A verdict is appealed once. An appeal that was discarded or is void decides nothing, and makes room for another.
CREATE UNIQUE INDEX cases_appealed ON cases (appeal_of)
    WHERE appeal_of IS NOT NULL AND state <> 'discarded' AND state <> 'void';
