-- Adds: the drafts that name a merchant, so that the merchant's page lists them.

-- A row follows the events of its draft, and is deleted once the case is opened or discarded. An older node makes none.
CREATE TABLE trust_draft (
    case_id  UUID PRIMARY KEY,
    merchant TEXT NOT NULL
);

CREATE INDEX trust_draft_of_merchant ON trust_draft (merchant, case_id);
