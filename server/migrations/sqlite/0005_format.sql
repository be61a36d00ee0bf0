-- The format of a stored case. A node does not read a format newer than its own. Version 1 had no number.

ALTER TABLE cases ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
