-- Adds: the violations for which a moderator banned a party, so that whoever had a hand in one decides no appeal.

-- Their ids as a JSON array. NULL for other measures, and for a ban by an earlier program.
ALTER TABLE trust_measure ADD COLUMN named TEXT;
