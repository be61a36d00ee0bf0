-- Adds: how a party finds the remedies that it owes.

CREATE INDEX case_remedies_merchant ON case_remedies (merchant, due_ms) WHERE state IN ('owed', 'late');
CREATE INDEX case_remedies_host ON case_remedies (host, due_ms) WHERE state IN ('owed', 'late');
