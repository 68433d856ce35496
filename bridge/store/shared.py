"""The SQL of what several bridges share: cursors, leases, and what the store is bound to."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bridge.errors import LeaseLost
from bridge.store.inbox import Cursor, Lease


def get_cursor(connection: sqlite3.Connection, topic: str) -> bytes | None:
    """A topic's replay id."""
    row = connection.execute("SELECT replay_id FROM cursors WHERE topic = ?", (topic,)).fetchone()
    return None if row is None else bytes(row[0])


def set_cursor(connection: sqlite3.Connection, cursor: Cursor, now: float) -> None:
    """Stores a topic's replay id. Raises LeaseLost."""
    if cursor.lease is not None:
        _check(connection, cursor.lease)
    connection.execute(
        "INSERT INTO cursors (topic, replay_id, at) VALUES (?, ?, ?) "
        "ON CONFLICT (topic) DO UPDATE SET replay_id = excluded.replay_id, at = excluded.at",
        (cursor.topic, cursor.replay_id, now),
    )


def _check(connection: sqlite3.Connection, lease: Lease) -> None:
    held = connection.execute(
        "SELECT 1 FROM leases WHERE name = ? AND epoch = ?", (lease.name, lease.epoch)
    ).fetchone()
    if held is None:
        raise LeaseLost(f"another bridge has taken over: {lease.name}")


def acquire(
    connection: sqlite3.Connection, name: str, holder: str, now: float, seconds: float
) -> Lease | None:
    """Takes or prolongs a lease, unless another holds it."""
    row = connection.execute(
        "INSERT INTO leases (name, holder, epoch, until) VALUES (:name, :holder, 1, :until) "
        "ON CONFLICT (name) DO UPDATE SET epoch = epoch + (leases.holder <> excluded.holder), "
        "holder = excluded.holder, until = excluded.until "
        "WHERE leases.holder = excluded.holder OR leases.until <= :now RETURNING epoch",
        {"name": name, "holder": holder, "until": now + seconds, "now": now},
    ).fetchone()
    return None if row is None else Lease(name, row[0])


def is_held_elsewhere(connection: sqlite3.Connection, name: str, holder: str, now: float) -> bool:
    """Whether another than this holder has it."""
    held = connection.execute(
        "SELECT 1 FROM leases WHERE name = ? AND holder <> ? AND until > ?", (name, holder, now)
    ).fetchone()
    return held is not None


def release(connection: sqlite3.Connection, lease: Lease) -> None:
    """Ends a lease that is held still."""
    connection.execute(
        "UPDATE leases SET until = 0 WHERE name = ? AND epoch = ?", (lease.name, lease.epoch)
    )


def release_all(connection: sqlite3.Connection) -> None:
    """Ends the leases of processes that have ended."""
    connection.execute("UPDATE leases SET until = 0")


def bind(connection: sqlite3.Connection, name: str, value: str) -> str:
    """What the store is bound to, from now on if it was to nothing."""
    connection.execute(
        "INSERT INTO bound (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        (name, value),
    )
    (bound,) = connection.execute("SELECT value FROM bound WHERE name = ?", (name,)).fetchone()
    return str(bound)


def bound(connection: sqlite3.Connection) -> dict[str, str]:
    """All that the store is bound to."""
    return dict(connection.execute("SELECT name, value FROM bound"))


def rebind(connection: sqlite3.Connection, name: str, value: str, forget: Sequence[str]) -> None:
    """Binds the store to something else, and forgets the cursors that lead nowhere there."""
    connection.execute(
        "INSERT INTO bound (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
    connection.executemany("DELETE FROM cursors WHERE topic = ?", [(topic,) for topic in forget])
