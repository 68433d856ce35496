-- Times are seconds since the epoch, UTC.

CREATE TABLE inbox (
    seq         INTEGER PRIMARY KEY,   -- the order of admission
    event_id    TEXT NOT NULL UNIQUE,
    type        TEXT NOT NULL,
    created     REAL NOT NULL,         -- Stripe's
    api_version TEXT,
    livemode    INTEGER NOT NULL,
    account     TEXT,
    lane        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (
        state IN ('new', 'queued', 'due', 'claimed', 'sent', 'done', 'dead')
    ),
    admitted_at REAL NOT NULL,
    due_at      REAL NOT NULL,         -- due: not before; sent: the receipt's deadline
    attempts    INTEGER NOT NULL DEFAULT 0,
    claim       TEXT,
    sent_at     REAL,
    sent_as_of  REAL,                  -- the As_Of__c that was published last
    finished_at REAL,
    outcome     TEXT,
    reason      TEXT NOT NULL DEFAULT '',
    read_keys   TEXT NOT NULL DEFAULT '[]'  -- a tie's keys: publish a read of these instead
);

CREATE INDEX inbox_lane ON inbox (lane, state, seq);
CREATE INDEX inbox_new ON inbox (seq) WHERE state = 'new';
CREATE INDEX inbox_queued ON inbox (lane, seq) WHERE state = 'queued';
CREATE INDEX inbox_due ON inbox (due_at, seq) WHERE state = 'due';
CREATE INDEX inbox_claimed ON inbox (claim) WHERE state = 'claimed';
CREATE INDEX inbox_sent ON inbox (due_at, seq) WHERE state = 'sent';
CREATE INDEX inbox_dead ON inbox (seq) WHERE state = 'dead';
CREATE INDEX inbox_done ON inbox (finished_at) WHERE state = 'done';

-- Apart from inbox, so that a change of state does not rewrite the body.
CREATE TABLE payload (
    seq  INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

CREATE TABLE timeline (
    seq    INTEGER NOT NULL,
    at     REAL NOT NULL,
    what   TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX timeline_seq ON timeline (seq);

CREATE TABLE cursors (
    topic     TEXT PRIMARY KEY,
    replay_id BLOB NOT NULL,
    at        REAL NOT NULL
);

CREATE TABLE refused (
    cause TEXT PRIMARY KEY,
    count INTEGER NOT NULL
);

CREATE TABLE heartbeat (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  REAL NOT NULL
);
