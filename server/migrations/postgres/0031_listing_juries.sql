-- Adds: what becomes of a listing that a jury judges, and listings as targets of appeals.

-- The case of the question, the room whose viewers judge it, and the moderator who asked.
ALTER TABLE trust_listing ADD COLUMN jury_case UUID;
ALTER TABLE trust_listing ADD COLUMN jury_room TEXT;
ALTER TABLE trust_listing ADD COLUMN jury_by TEXT;
ALTER TABLE trust_listing ADD COLUMN jury_ms BIGINT;
-- The time at which the draft was filed. NULL until then.
ALTER TABLE trust_listing ADD COLUMN jury_drafted_ms BIGINT;
-- What came of it. NULL until then.
ALTER TABLE trust_listing ADD COLUMN jury_result TEXT;

-- Finds the listing that a case is about.
CREATE UNIQUE INDEX trust_listing_by_jury ON trust_listing (jury_case) WHERE jury_case IS NOT NULL;
-- Finds the listings whose draft is to be filed.
CREATE INDEX trust_listing_to_draft ON trust_listing (screening)
    WHERE jury_case IS NOT NULL AND jury_drafted_ms IS NULL AND jury_result IS NULL;

-- A listing can be appealed, too.
ALTER TABLE trust_appeal DROP CONSTRAINT trust_appeal_target_kind_check;
ALTER TABLE trust_appeal ADD CONSTRAINT trust_appeal_target_kind_check
    CHECK (target_kind IN ('violation', 'measure', 'listing'));
