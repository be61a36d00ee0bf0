-- Adds: an index from which the tokens of a party are read in one run, and the number of parties.

-- With token and field alone, each token of a candidate was looked up in the table once more, at a place of its own.
DROP INDEX trust_token_by_party;
CREATE INDEX trust_token_by_party ON trust_token (kind, party, field, whole, token, key_id);

-- The number of rows of trust_identity: a count of many parties takes milliseconds, and each application needs it.
CREATE TABLE trust_identities (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    parties INTEGER NOT NULL
) STRICT;

INSERT INTO trust_identities (id, parties) SELECT 1, count(*) FROM trust_identity;

CREATE TRIGGER trust_identity_is_counted AFTER INSERT ON trust_identity
BEGIN
    UPDATE trust_identities SET parties = parties + 1;
END;

CREATE TRIGGER trust_identity_is_counted_off AFTER DELETE ON trust_identity
BEGIN
    UPDATE trust_identities SET parties = parties - 1;
END;
