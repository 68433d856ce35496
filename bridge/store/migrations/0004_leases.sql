-- A claim ends with its lease: of a claimed event, due_at is when anybody may take it again.

ALTER TABLE inbox ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inbox ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;  -- only the id is remembered

CREATE INDEX inbox_leased ON inbox (due_at) WHERE state = 'claimed';
CREATE INDEX inbox_urgent ON inbox (seq) WHERE urgent AND state IN ('new', 'queued', 'due');
CREATE INDEX inbox_unpruned ON inbox (finished_at) WHERE state = 'done' AND NOT pruned;
CREATE INDEX inbox_pruned ON inbox (finished_at) WHERE state = 'done' AND pruned;

-- What one bridge at a time may do. The epoch grows with each change of hands.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch  INTEGER NOT NULL,
    until  REAL NOT NULL
);

-- What the store belongs to: a Stripe account, a mode, an org.
CREATE TABLE bound (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
