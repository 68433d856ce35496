"""The SQL of what several bridges share: cursors, leases, heartbeats, what they are bound to."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import LeaseLost
from bridge.store.inbox import Cursor, Lease, Report
from bridge.store.pg.pool import Connection

_SILENT = 40.0
"""Seconds after which a bridge that says no more is taken for dead; it beats every ten."""
_DAY = 24 * 3600.0


async def get_cursor(connection: Connection, topic: str) -> bytes | None:
    """A topic's replay id."""
    found = await connection.fetchval(
        "SELECT replay_id FROM stripe_sf.cursors WHERE topic = $1", topic
    )
    return None if found is None else bytes(found)


async def set_cursor(connection: Connection, cursor: Cursor) -> None:
    """Stores a topic's replay id. Raises LeaseLost.

    The lease's row stays locked until the commit: nobody takes over in between.
    """
    if (lease := cursor.lease) is not None:
        held = await connection.fetchval(
            "SELECT 1 FROM stripe_sf.leases WHERE name = $1 AND epoch = $2 FOR SHARE",
            lease.name,
            lease.epoch,
        )
        if held is None:
            raise LeaseLost(f"another bridge has taken over: {lease.name}")
    await connection.execute(
        "INSERT INTO stripe_sf.cursors VALUES ($1, $2, stripe_sf.bridge_now()) "
        "ON CONFLICT (topic) DO UPDATE SET replay_id = excluded.replay_id, at = excluded.at",
        cursor.topic,
        cursor.replay_id,
    )


async def acquire(connection: Connection, name: str, holder: str, seconds: float) -> Lease | None:
    """Takes or prolongs a lease, unless another holds it."""
    epoch = await connection.fetchval(
        "INSERT INTO stripe_sf.leases AS held (name, holder, epoch, until) "
        "VALUES ($1, $2, 1, stripe_sf.bridge_now() + $3) ON CONFLICT (name) DO UPDATE SET "
        "epoch = held.epoch + (held.holder <> excluded.holder)::integer, "
        "holder = excluded.holder, until = excluded.until "
        "WHERE held.holder = excluded.holder OR held.until <= stripe_sf.bridge_now() "
        "RETURNING epoch",
        name,
        holder,
        float(seconds),
    )
    return None if epoch is None else Lease(name, epoch)


async def is_held_elsewhere(connection: Connection, name: str, holder: str) -> bool:
    """Whether another than this holder has it."""
    held = await connection.fetchval(
        "SELECT 1 FROM stripe_sf.leases "
        "WHERE name = $1 AND holder <> $2 AND until > stripe_sf.bridge_now()",
        name,
        holder,
    )
    return held is not None


async def release(connection: Connection, lease: Lease) -> None:
    """Ends a lease that is held still."""
    await connection.execute(
        "UPDATE stripe_sf.leases SET until = 0 WHERE name = $1 AND epoch = $2",
        lease.name,
        lease.epoch,
    )


async def bind(connection: Connection, name: str, value: str) -> str:
    """What the store is bound to, from now on if it was to nothing."""
    await connection.execute(
        "INSERT INTO stripe_sf.bound VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value
    )
    return str(await connection.fetchval("SELECT value FROM stripe_sf.bound WHERE name = $1", name))


async def bound(connection: Connection) -> dict[str, str]:
    """All that the store is bound to."""
    rows = await connection.fetch("SELECT name, value FROM stripe_sf.bound")
    return {row["name"]: row["value"] for row in rows}


async def rebind(connection: Connection, name: str, value: str, forget: Sequence[str]) -> None:
    """Binds the store to something else, and forgets the cursors that lead nowhere there."""
    await connection.execute(
        "INSERT INTO stripe_sf.bound VALUES ($1, $2) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )
    await connection.execute(
        "DELETE FROM stripe_sf.cursors WHERE topic = ANY($1::text[])", list(forget)
    )


async def beat(connection: Connection, holder: str) -> None:
    """A bridge serves. Also the smallest write."""
    await connection.execute(
        "INSERT INTO stripe_sf.heartbeat VALUES ($1, stripe_sf.bridge_now()) "
        "ON CONFLICT (holder) DO UPDATE SET at = excluded.at",
        holder,
    )
    await connection.execute(
        "DELETE FROM stripe_sf.heartbeat WHERE at < stripe_sf.bridge_now() - $1", _DAY
    )


async def is_served(connection: Connection) -> bool:
    """Whether any bridge serves."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT 1 FROM stripe_sf.heartbeat "
            "WHERE at > stripe_sf.bridge_now() - $1)",
            _SILENT,
        )
    )


async def leave(connection: Connection, holder: str) -> None:
    """The bridge ends: its leases are the others' at once."""
    await connection.execute("DELETE FROM stripe_sf.heartbeat WHERE holder = $1", holder)
    await connection.execute("UPDATE stripe_sf.leases SET until = 0 WHERE holder = $1", holder)


async def tell(connection: Connection, bridge: str, body: str | None) -> None:
    """Takes the place of what the bridge said before; None takes it back."""
    await connection.execute(
        "DELETE FROM stripe_sf.reports WHERE at < stripe_sf.bridge_now() - $1", _DAY
    )
    if body is None:
        await connection.execute("DELETE FROM stripe_sf.reports WHERE bridge = $1", bridge)
        return
    await connection.execute(
        "INSERT INTO stripe_sf.reports VALUES ($1, stripe_sf.bridge_now(), $2) "
        "ON CONFLICT (bridge) DO UPDATE SET at = excluded.at, body = excluded.body",
        bridge,
        body,
    )


async def told(connection: Connection) -> list[Report]:
    """The newest first."""
    rows = await connection.fetch(
        "SELECT bridge, at, body FROM stripe_sf.reports ORDER BY at DESC, bridge"
    )
    return [Report(**row) for row in rows]
