-- The docket's incarnations. A docket that is put back to an older state begins a new one, since it gives places of
-- verdicts and events out again. The id of the first one names the docket for good.

CREATE TABLE incarnations (
    number        INTEGER PRIMARY KEY,
    id            BLOB NOT NULL CHECK (length(id) = 16),
    -- The place among the verdicts, and the `seq` in the outbox, up to which nothing was lost when it began.
    verdicts_kept INTEGER NOT NULL,
    events_kept   INTEGER NOT NULL,
    began_at_ms   INTEGER NOT NULL
) STRICT;

INSERT INTO incarnations (number, id, verdicts_kept, events_kept, began_at_ms) VALUES (1, randomblob(16), 0, 0, 0);
