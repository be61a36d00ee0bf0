-- When a case is deleted with its ballots, whoever released it or did not. Cases from before get what they had: ten
-- minutes after their release, else a week after their deadline.

ALTER TABLE tally_case ADD COLUMN expires_at_ms INTEGER NOT NULL DEFAULT 0;

UPDATE tally_case SET expires_at_ms = coalesce(released_at_ms + 600000, closes_at_ms + 604800000);
