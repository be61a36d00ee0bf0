-- Adds: the profiles of called jurors until their case is recorded, so that any node can count the panels served.

-- A row is deleted when its case is recorded and the panel is counted, in the transaction that counts it.
CREATE TABLE serving (
    case_id BLOB NOT NULL REFERENCES cases (id),
    juror   BLOB NOT NULL,
    -- The key of the juror's row in `jurors`, masked under the ballot secret: nothing else joins both names.
    profile BLOB NOT NULL,
    PRIMARY KEY (case_id, juror)
) STRICT, WITHOUT ROWID;
