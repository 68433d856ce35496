"""The SQL of what serving bridges say of themselves."""

from __future__ import annotations

import sqlite3

from bridge.store.inbox import Report

_KEPT = 24 * 3600.0
"""Of a bridge that says no more: its last word may tell why."""


def tell(connection: sqlite3.Connection, bridge: str, body: str | None, now: float) -> None:
    """Takes the place of what the bridge said before; None takes it back."""
    connection.execute("DELETE FROM reports WHERE bridge = ? OR at < ?", (bridge, now - _KEPT))
    if body is not None:
        connection.execute("INSERT INTO reports VALUES (?, ?, ?)", (bridge, now, body))


def told(connection: sqlite3.Connection) -> list[Report]:
    """The newest first."""
    rows = connection.execute("SELECT bridge, at, body FROM reports ORDER BY at DESC, bridge")
    return [Report(*row) for row in rows]
