-- The head of a lane is now the event that may go first, and not the oldest one.

DROP INDEX inbox_queued;
CREATE INDEX inbox_queued ON inbox (lane, due_at, seq) WHERE state = 'queued';
