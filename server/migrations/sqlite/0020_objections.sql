-- Adds: objections of jurors to verdicts, and the number of proofs that nodes have served. A verdict is not changed by
-- them.

-- One of a juror in a case. The row tells that the juror voted, which the case's rows tell, too, and not when.
CREATE TABLE objections (
    case_id BLOB NOT NULL REFERENCES cases (id),
    -- The juror's pseudonym in this case.
    juror   BLOB NOT NULL,
    kind    TEXT NOT NULL,
    PRIMARY KEY (case_id, juror)
) STRICT, WITHOUT ROWID;

-- Each node adds what it has served, every ten seconds.
CREATE TABLE checks (
    case_id BLOB PRIMARY KEY REFERENCES cases (id),
    proofs  INTEGER NOT NULL
) STRICT;
