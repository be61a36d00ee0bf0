-- Adds: listings that were screened before their first sale, and the lists that they are compared with.

-- One row for each version of a listing. No picture is stored, only its hash.
CREATE TABLE trust_listing (
    -- The platform's id and version.
    id            TEXT NOT NULL,
    version       INTEGER NOT NULL,
    -- The id under which people decide, and the number of the last step.
    screening     BLOB NOT NULL UNIQUE,
    step          INTEGER NOT NULL,
    merchant      TEXT NOT NULL,
    title         TEXT NOT NULL,
    description   TEXT NOT NULL,
    category      TEXT NOT NULL,
    brand         TEXT,
    -- The form of the brand by which prices are compared. NULL without a brand.
    brand_form    TEXT,
    gtin          TEXT,
    price_minor   INTEGER NOT NULL,
    currency      TEXT NOT NULL,
    -- JSON: hash and quality of each picture, or why it has none.
    images        TEXT NOT NULL,
    -- A hash of the request, so that a repeat with other fields is refused.
    digest        BLOB NOT NULL,
    -- The answer: its outcome and the version of the screening.
    outcome       TEXT NOT NULL CHECK (outcome IN ('pass', 'review', 'hold', 'block')),
    model         TEXT NOT NULL,
    at_ms         INTEGER NOT NULL,
    -- 1 if the listing had not sold anything then.
    before_sale   INTEGER NOT NULL CHECK (before_sale IN (0, 1)),
    -- The present state.
    state         TEXT NOT NULL CHECK (state IN ('passed', 'review', 'held', 'blocked', 'released', 'removed')),
    -- The time of the first hold or block. NULL for a listing that was neither held nor blocked.
    stopped_ms    INTEGER,
    -- The time by which a person is to decide. NULL where nobody needs to.
    due_ms        INTEGER,
    -- The decision of a person: confirmed or overturned. An appeal that is won turns the first into the second.
    decision      TEXT CHECK (decision IN ('confirmed', 'overturned')),
    decided_at_ms INTEGER,
    decided_by    TEXT,
    words         TEXT,
    -- The violation that a confirmation made.
    violation     BLOB,
    PRIMARY KEY (id, version)
) STRICT;

-- Finds what waits for people, and the newest of a state.
CREATE INDEX trust_listing_by_state ON trust_listing (state, screening);
-- Finds the newest prices of a brand, and of a category.
CREATE INDEX trust_listing_by_brand ON trust_listing (brand_form, currency, screening) WHERE brand_form IS NOT NULL;
CREATE INDEX trust_listing_by_category ON trust_listing (category, currency, screening);
-- Finds a merchant's listings.
CREATE INDEX trust_listing_by_merchant ON trust_listing (merchant, screening);
-- Finds what was stopped in a period, and what was decided in one.
CREATE INDEX trust_listing_stopped ON trust_listing (stopped_ms) WHERE stopped_ms IS NOT NULL;
CREATE INDEX trust_listing_decided ON trust_listing (decided_at_ms) WHERE decided_at_ms IS NOT NULL;
-- Finds the listing of a violation that is void.
CREATE INDEX trust_listing_by_violation ON trust_listing (violation) WHERE violation IS NOT NULL;

-- What was found in a listing, in the order of the answer.
CREATE TABLE trust_hit (
    screening BLOB NOT NULL,
    place     INTEGER NOT NULL,
    check_of  TEXT NOT NULL,
    -- The list and its entry: terms, brands, images or rules. NULL where no list has it.
    list      TEXT,
    entry     TEXT,
    -- 1 if the entry is a rule in shadow, which is counted alone.
    shadow    INTEGER NOT NULL CHECK (shadow IN (0, 1)),
    outcome   TEXT NOT NULL,
    -- JSON: the hit as it is shown.
    hit       TEXT NOT NULL,
    PRIMARY KEY (screening, place)
) STRICT;

-- Finds the hits of an entry in the order of time.
CREATE INDEX trust_hit_by_entry ON trust_hit (list, entry, screening) WHERE entry IS NOT NULL;

-- Each list has entries in JSON with the number of listings that they hit, and how people decided on those.
CREATE TABLE trust_term (
    id         TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    entry      TEXT NOT NULL,
    hits       INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL,
    overturned INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

CREATE TABLE trust_brand (
    id         TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    entry      TEXT NOT NULL,
    hits       INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL,
    overturned INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

CREATE TABLE trust_bank (
    id         TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    entry      TEXT NOT NULL,
    hits       INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL,
    overturned INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

CREATE TABLE trust_rule (
    id         TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    entry      TEXT NOT NULL,
    hits       INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL,
    overturned INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

-- The number of changes of each list. A node reads a list again when its number has grown.
CREATE TABLE trust_list (
    list TEXT PRIMARY KEY,
    rev  INTEGER NOT NULL
) STRICT;

INSERT INTO trust_list (list, rev) VALUES ('terms', 0), ('brands', 0), ('images', 0), ('rules', 0);
