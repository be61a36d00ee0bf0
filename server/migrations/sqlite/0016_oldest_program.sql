-- Adds: the oldest program that may use this database, by the number of the last step that it knows. A step that breaks
-- older programs raises it to its own number.

CREATE TABLE oldest_program (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    schema INTEGER NOT NULL
) STRICT;

INSERT INTO oldest_program (one, schema) VALUES (1, 8);
