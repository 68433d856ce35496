"""Lanes among several bridges: whoever changes where a lane stands holds its lock until it commits.

The lock is an advisory one of the transaction, so it ends with it, whatever becomes of its holder.
It is taken in a statement of its own: at READ COMMITTED the next statement sees all that the lane's
last holder has committed, and while it is held no other can change it. So "nothing of this lane is
in flight" is still true when the batch is claimed. Two lanes of one hash share a lock, which costs
a wait and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection

from bridge.store.pg.pool import Connection

# In the order of the locks, so that two that wait for each other's lanes cannot be.
_LOCK = """
SELECT pg_advisory_xact_lock(1599164161, hash) FROM (
    SELECT DISTINCT hashtext(lane) AS hash FROM unnest($1::text[]) AS lane ORDER BY hash) AS ordered
"""

_TRY = """
SELECT lane FROM (SELECT DISTINCT unnest($1::text[]) AS lane OFFSET 0) AS asked
WHERE pg_try_advisory_xact_lock(1599164161, hashtext(lane))
"""


async def lock(connection: Connection, lanes: Collection[str]) -> None:
    """Waits until nobody else is at these lanes."""
    if lanes:
        await connection.fetch(_LOCK, list(lanes))


async def try_lock(connection: Connection, lanes: Collection[str]) -> list[str]:
    """Those of these lanes that nobody else is at."""
    if not lanes:
        return []
    return [row["lane"] for row in await connection.fetch(_TRY, list(lanes))]


_STEP_BACK = """
UPDATE stripe_sf.inbox SET state = 'queued' WHERE state = 'due' AND lane = ANY($1::text[])
"""

_STEP_FORWARD = """
UPDATE stripe_sf.inbox SET state = 'due'
WHERE seq IN (
    SELECT head.seq FROM (SELECT DISTINCT unnest($1::text[]) AS lane) AS asked
    CROSS JOIN LATERAL (
        SELECT seq FROM stripe_sf.inbox AS waiting
        WHERE waiting.lane = asked.lane AND waiting.state IN ('queued', 'due')
        ORDER BY waiting.due_at, waiting.seq LIMIT 1) AS head
    WHERE NOT EXISTS (
        SELECT 1 FROM stripe_sf.inbox AS flying
        WHERE flying.lane = asked.lane AND flying.state IN ('claimed', 'sent')))
"""


async def advance(connection: Connection, lanes: Collection[str]) -> None:
    """Makes the event of each lane due that may go first, unless a batch of it is in flight.

    The caller holds the lanes.
    """
    if lanes:
        await connection.execute(_STEP_BACK, list(lanes))
        await connection.execute(_STEP_FORWARD, list(lanes))
