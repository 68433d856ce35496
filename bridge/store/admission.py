"""The SQL that admits events: one statement, however many they are.

Outside a transaction it is a transaction of its own, commit included. That is what makes it fast:
the interpreter's lock is let go and taken again several times a statement, each time against the
event loop, so four statements for a batch cost more than the rows that they store.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from functools import cache

from bridge.store.inbox import Arrival, State

_COLUMNS = (
    "event_id, type, created, api_version, livemode, account, lane, state, admitted_at, due_at, "
    "finished_at, outcome, reason, urgent, queue"
)
_WIDTH = _COLUMNS.count(",") + 2
_NEW, _DONE = State.NEW.value, State.DONE.value

AT_ONCE = 200
"""Events that one statement takes."""

# A view takes rows that go into two tables. Both it and the list of those that were there already
# are this connection's own.
_PREPARE = f"""
CREATE TEMP TABLE already (event_id TEXT NOT NULL);
CREATE TEMP VIEW arrival AS SELECT {_COLUMNS}, NULL AS body FROM inbox;
CREATE TEMP TRIGGER admit INSTEAD OF INSERT ON arrival BEGIN
    INSERT INTO already SELECT NEW.event_id
        WHERE EXISTS (SELECT 1 FROM inbox WHERE event_id = NEW.event_id);
    INSERT INTO inbox ({_COLUMNS})
        VALUES ({", ".join(f"NEW.{name}" for name in _COLUMNS.split(", "))})
        ON CONFLICT (event_id) DO NOTHING;
    INSERT INTO payload (seq, body)
        SELECT last_insert_rowid(), NEW.body WHERE changes() = 1 AND NEW.body IS NOT NULL;
END;
"""  # noqa: S608


def prepare(connection: sqlite3.Connection) -> None:
    """Once for each connection that admits; the store is of the newest schema."""
    connection.executescript(_PREPARE)


def admit(connection: sqlite3.Connection, arrivals: Sequence[Arrival], now: float) -> list[bool]:
    """Stores the events that are not there yet; for each, whether it was stored."""
    results: list[bool] = []
    for start in range(0, len(arrivals), AT_ONCE):
        results += _admit_some(connection, arrivals[start : start + AT_ONCE], now)
    return results


def _admit_some(
    connection: sqlite3.Connection, arrivals: Sequence[Arrival], now: float
) -> list[bool]:
    rows: list[object] = []
    for arrival in arrivals:
        state, finished = (_NEW, None) if arrival.outcome is None else (_DONE, now)
        rows += arrival[:7]  # an arrival begins as the columns do
        rows += (state, now, now + arrival.wait, finished, arrival.outcome, arrival.reason)
        rows += (arrival.urgent, arrival.queue.value, arrival.payload)
    before = connection.total_changes
    connection.execute(_sql(len(arrivals)), rows)
    # A row in each table for each event: nothing was there, and nothing needs to be looked up.
    if connection.total_changes - before == 2 * len(arrivals):
        return [True] * len(arrivals)
    found = connection.execute("DELETE FROM already RETURNING event_id").fetchall()
    already = Counter(event_id for (event_id,) in found)
    results: list[bool] = []
    # Of two with one id in a batch the first is stored, so those that were not are the last.
    for arrival in reversed(arrivals):
        results.append(not already[arrival.event_id])
        already[arrival.event_id] -= bool(already[arrival.event_id])
    return results[::-1]


@cache
def _sql(n: int) -> str:
    row = f"({', '.join('?' * _WIDTH)})"
    return f"INSERT INTO arrival ({_COLUMNS}, body) VALUES {', '.join([row] * n)}"  # noqa: S608
