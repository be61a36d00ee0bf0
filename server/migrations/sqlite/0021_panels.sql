-- Adds: drawn panels. An older program leaves cases with a panel alone, by their format.

-- The jurors who were called to a case's panel, by the pseudonyms of their ballots.
CREATE TABLE panels (
    case_id BLOB NOT NULL REFERENCES cases (id),
    juror   BLOB NOT NULL,
    -- `buyer`, `merchant` or `other`.
    stratum TEXT NOT NULL,
    -- 8 bytes, big-endian: an unsigned number is beyond INTEGER.
    ticket  BLOB NOT NULL,
    PRIMARY KEY (case_id, juror)
) STRICT, WITHOUT ROWID;

-- The random number behind the draw, as hexadecimal digits. It is secret until the call.
ALTER TABLE cases ADD COLUMN draw_nonce TEXT;
-- The numbers of called jurors by stratum, as JSON, once there was a call.
ALTER TABLE cases ADD COLUMN called TEXT;

-- The lists from which panels are drawn: ticket and pseudonym, 24 bytes. They go with their case.
CREATE TABLE tally_offer (
    case_id BLOB NOT NULL,
    stratum TEXT NOT NULL,
    offer   BLOB NOT NULL,
    PRIMARY KEY (case_id, stratum, offer)
) STRICT, WITHOUT ROWID;

-- 1 once the case's panel is drawn; its lists then change no more.
ALTER TABLE tally_case ADD COLUMN drawn INTEGER NOT NULL DEFAULT 0;
