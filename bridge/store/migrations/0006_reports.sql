-- What each serving bridge says of itself, for whoever looks at the store from another process.

CREATE TABLE reports (
    bridge TEXT PRIMARY KEY,
    at     REAL NOT NULL,
    body   TEXT NOT NULL       -- JSON
);
