"""What is in the inbox, read from the store itself and not through the bridge."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass

_ROWS = "SELECT event_id, type, state, outcome, reason, attempts FROM "


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the inbox."""

    event_id: str
    type: str
    state: str
    outcome: str | None
    reason: str
    attempts: int


Rows = dict[str, Row]
"""By event id."""


async def open_inbox(url: str) -> Rows:
    """Every row. ``url`` is the bridge's own ``BRIDGE_STORE__URL``."""
    if url.startswith("sqlite:///"):
        return await asyncio.to_thread(_sqlite, url.removeprefix("sqlite:///"))
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        return _keyed(
            [tuple(row.values()) for row in await connection.fetch(_ROWS + "stripe_sf.inbox")]
        )
    finally:
        await connection.close()


def _sqlite(path: str) -> Rows:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        return _keyed(connection.execute(_ROWS + "inbox").fetchall())


def _keyed(rows: list[tuple[object, ...]]) -> Rows:
    found = [Row(*row) for row in rows]  # type: ignore[arg-type]
    return {row.event_id: row for row in found}
