-- Which draft a case was opened from: an opening that comes late undoes nothing of a later one.

ALTER TABLE tally_case ADD COLUMN draft INTEGER NOT NULL DEFAULT 0 CHECK (draft >= 0);
