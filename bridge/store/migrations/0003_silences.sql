-- How often in a row no receipt came; attempts also count Stripe's outages and ties.

ALTER TABLE inbox ADD COLUMN silences INTEGER NOT NULL DEFAULT 0;
