-- What is bounded is counted, and what is old is found, without reading the rest.

CREATE INDEX cases_drafts ON cases (room) WHERE state = 'draft';
CREATE INDEX requests_by_age ON requests (created_at_ms);
