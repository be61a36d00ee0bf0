-- Tokens that were revoked before their end. Each is a keyed hash of `jti` or `sub`: the table names nobody.

-- The last `seq` that was given out. A node that follows `seq` misses none.
CREATE TABLE revocation_places (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;

INSERT INTO revocation_places (one, last) VALUES (1, 0);

CREATE TABLE revocations (
    hash          BLOB PRIMARY KEY CHECK (length(hash) = 16),
    seq           INTEGER NOT NULL UNIQUE,
    revoked_at_ms INTEGER NOT NULL
) STRICT;

-- Finds the rows to delete.
CREATE INDEX revocations_by_age ON revocations (revoked_at_ms);
