-- Adds: drawn panels. An older program leaves cases with a panel alone, by their format.

-- The jurors who were called to a case's panel, by the pseudonyms of their ballots.
CREATE TABLE panels (
    case_id UUID NOT NULL REFERENCES cases (id),
    juror   BYTEA NOT NULL,
    -- `buyer`, `merchant` or `other`.
    stratum TEXT NOT NULL,
    -- 8 bytes, big-endian: an unsigned number is beyond BIGINT.
    ticket  BYTEA NOT NULL,
    PRIMARY KEY (case_id, juror)
);

-- The random number behind the draw, as hexadecimal digits. It is secret until the call.
ALTER TABLE cases ADD COLUMN draw_nonce TEXT;
-- The numbers of called jurors by stratum, as JSON, once there was a call.
ALTER TABLE cases ADD COLUMN called TEXT;
