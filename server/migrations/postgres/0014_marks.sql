-- Breaks: programs that know no marks. A ballot in Redis grows from 10 to 11 bytes, which they misread. So this step
-- fails while a node runs: stop all nodes first. Open cases go on.

-- By the database's clock, as the rows are. A node renews its row within 10 s, and deletes it when it stops in order.
DO $$
BEGIN
    IF EXISTS (SELECT FROM nodes WHERE seen_at_ms > EXTRACT(EPOCH FROM clock_timestamp()) * 1000 - 10000) THEN
        RAISE EXCEPTION 'a node of an earlier version ran within the last 10 s; stop all nodes before this step';
    END IF;
END
$$;

-- What the jury's cohorts are made of, as one byte. Earlier ballots have none of it, which is 0.
ALTER TABLE ballots ADD COLUMN marks BIGINT NOT NULL DEFAULT 0;

UPDATE oldest_program SET schema = 14;
