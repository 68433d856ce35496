-- Two workers take from one inbox, each its own queue; and what the way back has to remember.

ALTER TABLE inbox ADD COLUMN queue TEXT NOT NULL DEFAULT 'salesforce';

DROP INDEX inbox_due;
CREATE INDEX inbox_due ON inbox (queue, due_at, seq) WHERE state = 'due';

-- Writes to Stripe that are begun and not known to be done.
CREATE TABLE intents (
    target TEXT PRIMARY KEY,
    path   TEXT NOT NULL,
    params TEXT NOT NULL,      -- JSON
    key    TEXT NOT NULL,      -- the idempotency key
    at     REAL NOT NULL
);

-- The Stripe objects that an Opportunity's text was written to.
CREATE TABLE placed (
    opportunity TEXT NOT NULL,
    target      TEXT NOT NULL,
    PRIMARY KEY (opportunity, target)
) WITHOUT ROWID;
