-- Times are seconds since the epoch, UTC, by this server's clock: of several bridges none is asked.

CREATE FUNCTION stripe_sf.bridge_now() RETURNS double precision LANGUAGE sql STABLE
    AS $$ SELECT extract(epoch FROM clock_timestamp())::double precision $$;

CREATE SEQUENCE stripe_sf.inbox_seq;

CREATE TABLE stripe_sf.inbox (
    seq         bigint PRIMARY KEY,    -- the order of admission
    event_id    text NOT NULL UNIQUE,
    type        text NOT NULL,
    created     double precision NOT NULL,  -- Stripe's
    api_version text,
    livemode    boolean NOT NULL,
    account     text,
    lane        text NOT NULL,
    state       text NOT NULL CHECK (
        state IN ('new', 'queued', 'due', 'claimed', 'sent', 'done', 'dead')
    ),
    urgent      boolean NOT NULL,
    pruned      boolean NOT NULL DEFAULT false,  -- only the id is remembered
    admitted_at double precision NOT NULL,
    due_at      double precision NOT NULL,  -- claimed: the claim's end; sent: the receipt's deadline
    attempts    integer NOT NULL DEFAULT 0,
    silences    integer NOT NULL DEFAULT 0,
    claim       text,
    sent_at     double precision,
    sent_as_of  double precision,      -- the As_Of__c that was published last
    sent_rows   text NOT NULL DEFAULT '',
    finished_at double precision,
    outcome     text,
    reason      text NOT NULL DEFAULT '',
    read_keys   text[] NOT NULL DEFAULT '{}'  -- a tie's keys: publish a read of these instead
);

CREATE INDEX inbox_lane ON stripe_sf.inbox (lane, seq);
CREATE INDEX inbox_flying ON stripe_sf.inbox (lane) WHERE state IN ('claimed', 'sent');
CREATE INDEX inbox_waiting ON stripe_sf.inbox (lane, due_at, seq)
    WHERE state IN ('new', 'queued', 'due');
CREATE INDEX inbox_head ON stripe_sf.inbox (lane) WHERE state = 'due';
CREATE INDEX inbox_urgent ON stripe_sf.inbox (seq)
    WHERE urgent AND state IN ('new', 'queued', 'due');
CREATE INDEX inbox_new ON stripe_sf.inbox (seq) WHERE state = 'new';
CREATE INDEX inbox_queued ON stripe_sf.inbox (seq) WHERE state = 'queued';
CREATE INDEX inbox_due ON stripe_sf.inbox (due_at, seq) WHERE state = 'due';
CREATE INDEX inbox_claimed ON stripe_sf.inbox (due_at) WHERE state = 'claimed';
CREATE INDEX inbox_sent ON stripe_sf.inbox (due_at, seq) WHERE state = 'sent';
CREATE INDEX inbox_dead ON stripe_sf.inbox (seq) WHERE state = 'dead';
CREATE INDEX inbox_unpruned ON stripe_sf.inbox (finished_at) WHERE state = 'done' AND NOT pruned;
CREATE INDEX inbox_pruned ON stripe_sf.inbox (finished_at) WHERE state = 'done' AND pruned;
-- The ids of rows that are asked for are looked up by their beginnings, whatever the collation.
CREATE INDEX inbox_subject ON stripe_sf.inbox (event_id COLLATE "C")
    WHERE state IN ('new', 'queued', 'due');

-- Apart from inbox, so that a change of state does not copy the body.
CREATE TABLE stripe_sf.payload (
    seq  bigint PRIMARY KEY,
    body bytea NOT NULL
);
-- The default costs more processor time than all else about an admission. Not every build has lz4.
DO $$ BEGIN
    ALTER TABLE stripe_sf.payload ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this PostgreSQL was built without lz4: bodies are compressed by pglz';
END $$;

CREATE TABLE stripe_sf.timeline (
    id     bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    seq    bigint NOT NULL,
    at     double precision NOT NULL,
    what   text NOT NULL,
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX timeline_seq ON stripe_sf.timeline (seq);

CREATE TABLE stripe_sf.cursors (
    topic     text PRIMARY KEY,
    replay_id bytea NOT NULL,
    at        double precision NOT NULL
);

CREATE TABLE stripe_sf.refused (
    cause text PRIMARY KEY,
    count bigint NOT NULL
);

-- The bridges that serve from this store.
CREATE TABLE stripe_sf.heartbeat (
    holder text PRIMARY KEY,
    at     double precision NOT NULL
);

-- What one bridge at a time may do. The epoch grows with each change of hands.
CREATE TABLE stripe_sf.leases (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    epoch  bigint NOT NULL,
    until  double precision NOT NULL
);

-- What the store belongs to: a Stripe account, a mode, an org.
CREATE TABLE stripe_sf.bound (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- What each serving bridge says of itself, for whoever looks at the store from another process.
CREATE TABLE stripe_sf.reports (
    bridge text PRIMARY KEY,
    at     double precision NOT NULL,
    body   text NOT NULL
);
