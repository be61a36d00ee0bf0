-- Adds: policies of rooms. A row is never changed: the last one of a scope is its policy, and all of them are its
-- history.

CREATE TABLE policies (
    line   INTEGER PRIMARY KEY AUTOINCREMENT,
    -- A room, or `*`.
    scope  TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    who    TEXT NOT NULL,
    policy TEXT NOT NULL
) STRICT;

CREATE INDEX policies_of_scope ON policies (scope, line);

CREATE TRIGGER policies_are_not_changed BEFORE UPDATE ON policies
BEGIN
    SELECT RAISE(ABORT, 'the history of policies is append-only');
END;

CREATE TRIGGER policies_are_not_deleted BEFORE DELETE ON policies
BEGIN
    SELECT RAISE(ABORT, 'the history of policies is append-only');
END;

-- The policy at the opening, the case's place among those on its subject, and a step that waits for a second moderator.
-- Cases that were opened before have none.
ALTER TABLE cases ADD COLUMN terms TEXT;
-- The matter of a case, to count the cases about it. Cases of before are not counted.
ALTER TABLE cases ADD COLUMN subject TEXT;

CREATE INDEX cases_on_subject ON cases (subject) WHERE subject IS NOT NULL AND verdict_seq IS NOT NULL;
