-- The extension that made the deadline, so that a docket that lacks it gets its moderator's name. NULL: none did.

ALTER TABLE tally_case ADD COLUMN extended_by TEXT;
ALTER TABLE tally_case ADD COLUMN extended_from_ms INTEGER;
