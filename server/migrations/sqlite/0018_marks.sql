-- Breaks: programs that know no marks. A ballot in Redis grows from 10 to 11 bytes, which they misread. A file serves
-- one node, so none runs beside this step. Open cases go on.

-- What the jury's cohorts are made of, as one byte. Earlier ballots have none of it, which is 0.
ALTER TABLE tally_ballot ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ballots ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;

UPDATE oldest_program SET schema = 18;
