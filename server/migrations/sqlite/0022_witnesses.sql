-- Adds: the last checkpoint that witnesses signed, and the erasure of recorded cases. An earlier program reports an
-- erased case as one that cannot be read.

-- Proofs about the entries below its size are given with it. The last checkpoint may have no witness yet.
ALTER TABLE log_note ADD COLUMN cosigned_size INTEGER;
ALTER TABLE log_note ADD COLUMN cosigned TEXT;

-- A recorded case that is erased keeps its row, with the state 'erased' and without its texts. Its ballots, seals and
-- proofs may then be deleted, and those of no other recorded case.
DROP TRIGGER recorded_ballots_stay;
CREATE TRIGGER recorded_ballots_stay BEFORE DELETE ON ballots
WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND verdict_seq IS NOT NULL AND state <> 'erased')
BEGIN
    SELECT RAISE(ABORT, 'the ballots of a recorded case are not deleted');
END;
DROP TRIGGER recorded_seals_stay;
CREATE TRIGGER recorded_seals_stay BEFORE DELETE ON case_seals
WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND verdict_seq IS NOT NULL AND state <> 'erased')
BEGIN
    SELECT RAISE(ABORT, 'the seals of a recorded case are not changed');
END;
CREATE TRIGGER recorded_proofs_stay BEFORE DELETE ON case_proofs
WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND verdict_seq IS NOT NULL AND state <> 'erased')
BEGIN
    SELECT RAISE(ABORT, 'the seals of a recorded case are not changed');
END;
