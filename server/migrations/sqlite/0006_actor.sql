-- The kind of actor that wrote a line: a moderator's own id may be 'server'. Older lines have none.

ALTER TABLE audit ADD COLUMN who_kind TEXT;
