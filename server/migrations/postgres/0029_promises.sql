-- Adds: promises to buyers with their versions, covered orders, claims, and the clocks of remedies.

-- The present state of each promise of a merchant.
CREATE TABLE trust_programme (
    merchant     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    version      BIGINT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('applied', 'active', 'suspended', 'ended')),
    -- The limits that are promised now, as JSON.
    limits       TEXT NOT NULL,
    applied_ms   BIGINT NOT NULL,
    -- The time of the last change of the state.
    changed_ms   BIGINT NOT NULL,
    -- Notice was given, and the promise ends then. NULL without notice.
    notice_ms    BIGINT,
    ends_ms      BIGINT,
    PRIMARY KEY (merchant, kind)
);

-- Finds what may move by itself.
CREATE INDEX trust_programme_open ON trust_programme (merchant, kind) WHERE state <> 'ended';

-- The versions of promises that were or are in force. A row never changes but for its end, which is never in the past.
CREATE TABLE trust_promise (
    merchant TEXT NOT NULL,
    kind     TEXT NOT NULL,
    from_ms  BIGINT NOT NULL,
    -- NULL while it is in force without an end.
    until_ms BIGINT,
    limits   TEXT NOT NULL,
    PRIMARY KEY (merchant, kind, from_ms)
);

-- Orders of merchants that have or had a promise.
CREATE TABLE trust_order (
    merchant     TEXT NOT NULL,
    order_id     TEXT NOT NULL,
    product      TEXT,
    -- NULL until it is known. Facts may come in any order.
    placed_ms    BIGINT,
    -- Whether a promise was in force at placing.
    covered      BIGINT NOT NULL DEFAULT 0 CHECK (covered IN (0, 1)),
    shipped_ms   BIGINT,
    completed_ms BIGINT,
    PRIMARY KEY (merchant, order_id)
);

CREATE INDEX trust_order_old ON trust_order ((coalesce(placed_ms, shipped_ms, completed_ms)));
CREATE INDEX trust_order_placed ON trust_order (placed_ms) WHERE covered = 1;
CREATE INDEX trust_order_completed ON trust_order (completed_ms) WHERE covered = 1 AND completed_ms IS NOT NULL;

-- Covered orders, and claims that were granted, of a category and a day.
CREATE TABLE trust_cover (
    category TEXT NOT NULL,
    day      BIGINT NOT NULL,
    covered  BIGINT NOT NULL,
    granted  BIGINT NOT NULL,
    PRIMARY KEY (category, day)
);

-- Claims of buyers on a promise. Each state keeps the time at which it was reached.
CREATE TABLE trust_claim (
    id            UUID PRIMARY KEY,
    version       BIGINT NOT NULL,
    -- The platform's id. The same one is filed once.
    claim         TEXT NOT NULL,
    merchant      TEXT NOT NULL,
    order_id      TEXT NOT NULL,
    placed_ms     BIGINT NOT NULL,
    -- A keyed name.
    buyer         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    about         TEXT NOT NULL CHECK (about IN ('quality', 'batch', 'other')),
    amount_minor  BIGINT NOT NULL,
    currency      TEXT NOT NULL,
    room          TEXT,
    reason        TEXT NOT NULL,
    evidence      TEXT NOT NULL,
    -- The version of the promise that covers the order.
    from_ms       BIGINT NOT NULL,
    limits        TEXT NOT NULL,
    opened_ms     BIGINT NOT NULL,
    -- The place of its first event in the outbox, until every target that wants it has it.
    told_seq      BIGINT,
    state         TEXT NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'escalated', 'in_court', 'in_review',
                  'denied', 'closed', 'fulfilled', 'breached', 'fulfilled_by_platform', 'withdrawn')),
    -- The time at which it moves by itself, or at which a person should have decided.
    due_ms        BIGINT,
    -- What granted it: terms, silence, merchant, jury, moderator.
    granted_by    TEXT,
    answered_ms   BIGINT,
    answer        TEXT,
    answer_evidence TEXT,
    refused_ms    BIGINT,
    escalated_ms  BIGINT,
    -- The case that a jury is to judge.
    case_id       UUID,
    drafted_ms    BIGINT,
    in_court_ms   BIGINT,
    in_review_ms  BIGINT,
    review_reason TEXT,
    granted_ms    BIGINT,
    denied_ms     BIGINT,
    closed_ms     BIGINT,
    breached_ms   BIGINT,
    withdrawn_ms  BIGINT,
    -- The platform's word that the buyer has what the promise gives; it may come before the claim is granted.
    fulfilled_ms  BIGINT,
    decided_by    TEXT,
    words         TEXT
);

CREATE UNIQUE INDEX trust_claim_of_platform ON trust_claim (claim);
CREATE INDEX trust_claim_by_state ON trust_claim (state, id);
CREATE INDEX trust_claim_by_merchant ON trust_claim (merchant, id);
CREATE INDEX trust_claim_by_order ON trust_claim (merchant, order_id);
CREATE INDEX trust_claim_by_case ON trust_claim (case_id) WHERE case_id IS NOT NULL;
-- Finds what is due, what waits for its event's delivery, and what the public report counts.
CREATE INDEX trust_claim_due ON trust_claim (due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX trust_claim_untold ON trust_claim (told_seq) WHERE told_seq IS NOT NULL;
CREATE INDEX trust_claim_opened ON trust_claim (opened_ms);
CREATE INDEX trust_claim_breached ON trust_claim (merchant, breached_ms) WHERE breached_ms IS NOT NULL;
CREATE INDEX trust_claim_escalated ON trust_claim (escalated_ms) WHERE escalated_ms IS NOT NULL;

-- The claims of a buyer at all merchants.
CREATE TABLE trust_buyer_claim (
    buyer      TEXT NOT NULL,
    claim_id   UUID NOT NULL,
    kind       TEXT NOT NULL,
    at_ms      BIGINT NOT NULL,
    granted    BIGINT NOT NULL CHECK (granted IN (0, 1)),
    PRIMARY KEY (buyer, at_ms, claim_id)
);

CREATE INDEX trust_buyer_claim_old ON trust_buyer_claim (at_ms);

-- The clocks of remedies that verdicts ordered.
CREATE TABLE case_remedies (
    case_id  UUID PRIMARY KEY,
    kind     TEXT NOT NULL,
    merchant TEXT,
    host     TEXT,
    state    TEXT NOT NULL CHECK (state IN ('owed', 'done', 'late', 'waived')),
    due_ms   BIGINT NOT NULL,
    set_ms   BIGINT NOT NULL,
    done_ms  BIGINT,
    -- Whether it counts as late in the sums of signals, and whether the buyer accepted it.
    was_late BIGINT NOT NULL DEFAULT 0 CHECK (was_late IN (0, 1)),
    accepted BIGINT CHECK (accepted IN (0, 1)),
    -- What the docket shows of it, as JSON, and the state that this is of. NULL until it shows it.
    clock    TEXT,
    shown    TEXT
);

CREATE INDEX case_remedies_due ON case_remedies (due_ms) WHERE state = 'owed';
CREATE INDEX case_remedies_unshown ON case_remedies (case_id) WHERE shown IS NULL OR shown <> state;
