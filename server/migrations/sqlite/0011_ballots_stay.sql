-- The ballots of a recorded case are final. Those of another case may go: a recording that failed is begun anew.

CREATE TRIGGER recorded_ballots_stay BEFORE DELETE ON ballots
WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND verdict_seq IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the ballots of a recorded case are not deleted');
END;
