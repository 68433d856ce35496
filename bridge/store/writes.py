"""The SQL of what the way back remembers: writes that are begun, and where texts were written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from bridge.store.inbox import Intent, Placing


def intend(
    connection: sqlite3.Connection,
    intents: Collection[Intent],
    placings: Collection[Placing],
    now: float,
) -> None:
    """Notes writes before they are made."""
    connection.executemany(
        "INSERT OR REPLACE INTO intents (target, path, params, key, at) VALUES (?, ?, ?, ?, ?)",
        [(each.target, each.path, each.params, each.key, now) for each in intents],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO placed (opportunity, target) VALUES (?, ?)", list(placings)
    )


def fulfil(
    connection: sqlite3.Connection, keys: Collection[str], gone: Collection[Placing]
) -> None:
    """Forgets writes that are made, and texts that are no longer there."""
    connection.execute(
        "DELETE FROM intents WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    )
    connection.executemany("DELETE FROM placed WHERE opportunity = ? AND target = ?", list(gone))


def intents(connection: sqlite3.Connection) -> list[Intent]:
    """Writes that are begun and not known to be done, the oldest first."""
    rows = connection.execute("SELECT target, path, params, key, at FROM intents ORDER BY at")
    return [Intent(*row) for row in rows]


def placed(connection: sqlite3.Connection, opportunities: Collection[str]) -> frozenset[Placing]:
    """Where the texts of some Opportunities were written."""
    rows = connection.execute(
        "SELECT opportunity, target FROM placed "
        "WHERE opportunity IN (SELECT value FROM json_each(?))",
        (json.dumps(list(opportunities)),),
    )
    return frozenset(Placing(*row) for row in rows)


def forget_all(connection: sqlite3.Connection) -> None:
    """Of an org or an account that the store no longer belongs to."""
    connection.execute("DELETE FROM intents")
    connection.execute("DELETE FROM placed")
