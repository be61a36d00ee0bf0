-- The docket's incarnations. A docket that is put back to an older state begins a new one, since it gives places of
-- verdicts and events out again. The id of the first one names the docket for good.

CREATE TABLE incarnations (
    number        BIGINT PRIMARY KEY,
    id            UUID NOT NULL,
    -- The place among the verdicts, and the `seq` in the outbox, up to which nothing was lost when it began.
    verdicts_kept BIGINT NOT NULL,
    events_kept   BIGINT NOT NULL,
    began_at_ms   BIGINT NOT NULL
);

INSERT INTO incarnations (number, id, verdicts_kept, events_kept, began_at_ms) VALUES (1, gen_random_uuid(), 0, 0, 0);
