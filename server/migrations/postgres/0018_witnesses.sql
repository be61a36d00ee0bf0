-- Adds: the last checkpoint that witnesses signed, and the erasure of recorded cases. An earlier program reports an
-- erased case as one that cannot be read.

-- Proofs about the entries below its size are given with it. The last checkpoint may have no witness yet.
ALTER TABLE log_note ADD COLUMN cosigned_size BIGINT;
ALTER TABLE log_note ADD COLUMN cosigned TEXT;

-- A recorded case that is erased keeps its row, with the state 'erased' and without its texts. Its ballots, seals and
-- proofs may then be deleted, and those of no other recorded case.
CREATE OR REPLACE FUNCTION refuse_loss_of_ballots() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_recorded BOOLEAN;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM (SELECT DISTINCT case_id FROM gone) AS gone_cases JOIN %I.cases
         ON cases.id = gone_cases.case_id WHERE cases.verdict_seq IS NOT NULL AND cases.state <> ''erased'')',
        TG_TABLE_SCHEMA
    ) INTO is_recorded;
    IF is_recorded THEN
        RAISE EXCEPTION 'the ballots of a recorded case are not deleted';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION refuse_loss_of_seals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_recorded BOOLEAN;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM (SELECT DISTINCT case_id FROM gone) AS gone_cases JOIN %I.cases
         ON cases.id = gone_cases.case_id WHERE cases.verdict_seq IS NOT NULL AND cases.state <> ''erased'')',
        TG_TABLE_SCHEMA
    ) INTO is_recorded;
    IF is_recorded THEN
        RAISE EXCEPTION 'the seals of a recorded case are not changed';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER recorded_proofs_stay AFTER DELETE ON case_proofs
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_seals();

-- A server's own role may update cases. It must not make a recorded one deletable.
CREATE FUNCTION refuse_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RAISE EXCEPTION 'only the owner of the tables erases a case';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER an_owner_erases BEFORE UPDATE ON cases
    FOR EACH ROW WHEN (NEW.state = 'erased' AND OLD.state <> 'erased') EXECUTE FUNCTION refuse_erasure();
