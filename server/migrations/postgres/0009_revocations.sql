-- Tokens that were revoked before their end. Each is a keyed hash of `jti` or `sub`: the table names nobody.

-- Given out at the end of a revoking transaction: its row lock makes the order of `seq` the order of commits, so that a
-- node that follows `seq` misses none.
CREATE TABLE revocation_places (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    last BIGINT NOT NULL
);

INSERT INTO revocation_places (one, last) VALUES (1, 0);

CREATE TABLE revocations (
    hash          BYTEA PRIMARY KEY CHECK (octet_length(hash) = 16),
    seq           BIGINT NOT NULL UNIQUE,
    revoked_at_ms BIGINT NOT NULL
);

-- Finds the rows to delete.
CREATE INDEX revocations_by_age ON revocations (revoked_at_ms);
