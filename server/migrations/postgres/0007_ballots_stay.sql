-- The ballots of a recorded case are final. Those of another case may go: a recording that failed is begun anew.

-- The names are qualified, so that no temporary table of a session stands in for `cases`.
CREATE FUNCTION refuse_loss_of_ballots() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_recorded BOOLEAN;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM (SELECT DISTINCT case_id FROM gone) AS gone_cases JOIN %I.cases
         ON cases.id = gone_cases.case_id WHERE cases.verdict_seq IS NOT NULL)', TG_TABLE_SCHEMA
    ) INTO is_recorded;
    IF is_recorded THEN
        RAISE EXCEPTION 'the ballots of a recorded case are not deleted';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER recorded_ballots_stay AFTER DELETE ON ballots
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_ballots();
