-- What was published last, so that the ledger can be asked for it when no receipt comes.

ALTER TABLE inbox ADD COLUMN sent_rows TEXT NOT NULL DEFAULT '';
