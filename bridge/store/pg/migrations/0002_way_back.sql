-- Two workers take from one inbox, each its own queue; and what the way back has to remember.

ALTER TABLE stripe_sf.inbox ADD COLUMN queue text NOT NULL DEFAULT 'salesforce';

DROP INDEX stripe_sf.inbox_due;
CREATE INDEX inbox_due ON stripe_sf.inbox (queue, due_at, seq) WHERE state = 'due';

-- Writes to Stripe that are begun and not known to be done.
CREATE TABLE stripe_sf.intents (
    target text PRIMARY KEY,
    path   text NOT NULL,
    params text NOT NULL,      -- JSON
    key    text NOT NULL,      -- the idempotency key
    at     double precision NOT NULL
);

-- The Stripe objects that an Opportunity's text was written to.
CREATE TABLE stripe_sf.placed (
    opportunity text NOT NULL,
    target      text NOT NULL,
    PRIMARY KEY (opportunity, target)
);
