-- Losses of the tally: what a case had before, and whether it waits for what was lost. Older cases have none.

ALTER TABLE cases ADD COLUMN loss TEXT;

-- How many of `live` wait for a lost tally. They are not counted against the limit of a room.
ALTER TABLE rooms ADD COLUMN missing BIGINT NOT NULL DEFAULT 0;
