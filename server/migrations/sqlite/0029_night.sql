-- Adds: what becomes of violations whose points are over, by a step of its own.

-- The time at which the standing without its points was told. NULL while they count.
ALTER TABLE trust_violation ADD COLUMN expired_ms INTEGER;

-- Finds the violations whose points are over.
CREATE INDEX trust_violation_to_expire ON trust_violation (decided_at_ms) WHERE expired_ms IS NULL;
