-- Adds: what becomes of a listing that a jury judges, and listings as targets of appeals.

-- The case of the question, the room whose viewers judge it, and the moderator who asked.
ALTER TABLE trust_listing ADD COLUMN jury_case BLOB;
ALTER TABLE trust_listing ADD COLUMN jury_room TEXT;
ALTER TABLE trust_listing ADD COLUMN jury_by TEXT;
ALTER TABLE trust_listing ADD COLUMN jury_ms INTEGER;
-- The time at which the draft was filed. NULL until then.
ALTER TABLE trust_listing ADD COLUMN jury_drafted_ms INTEGER;
-- What came of it. NULL until then.
ALTER TABLE trust_listing ADD COLUMN jury_result TEXT;

-- Finds the listing that a case is about.
CREATE UNIQUE INDEX trust_listing_by_jury ON trust_listing (jury_case) WHERE jury_case IS NOT NULL;
-- Finds the listings whose draft is to be filed.
CREATE INDEX trust_listing_to_draft ON trust_listing (screening)
    WHERE jury_case IS NOT NULL AND jury_drafted_ms IS NULL AND jury_result IS NULL;

-- SQLite changes no check of a table, so the table is made anew.
CREATE TABLE trust_appeal_of_all (
    id            BLOB PRIMARY KEY,
    version       INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    party         TEXT NOT NULL,
    target_kind   TEXT NOT NULL CHECK (target_kind IN ('violation', 'measure', 'listing')),
    -- Each target is appealed once.
    target        BLOB NOT NULL UNIQUE,
    text          TEXT NOT NULL,
    evidence      TEXT NOT NULL,
    state         TEXT NOT NULL,
    -- The case whose verdict is appealed, and the case before the second jury.
    appealed_case BLOB,
    case_id       BLOB,
    review_reason TEXT,
    filed_at_ms   INTEGER NOT NULL,
    due_ms        INTEGER NOT NULL,
    drafted_at_ms INTEGER,
    opened_at_ms  INTEGER,
    decided_at_ms INTEGER,
    words         TEXT,
    decided_by    TEXT
) STRICT;

INSERT INTO trust_appeal_of_all (id, version, kind, party, target_kind, target, text, evidence, state, appealed_case,
    case_id, review_reason, filed_at_ms, due_ms, drafted_at_ms, opened_at_ms, decided_at_ms, words, decided_by)
SELECT id, version, kind, party, target_kind, target, text, evidence, state, appealed_case, case_id, review_reason,
    filed_at_ms, due_ms, drafted_at_ms, opened_at_ms, decided_at_ms, words, decided_by FROM trust_appeal;
DROP TABLE trust_appeal;
ALTER TABLE trust_appeal_of_all RENAME TO trust_appeal;

CREATE INDEX trust_appeal_by_party ON trust_appeal (kind, party);
CREATE INDEX trust_appeal_open ON trust_appeal (due_ms) WHERE state IN ('filed', 'in_court', 'in_review');
