"""The SQL of what the way back remembers: writes that are begun, and where texts were written."""

from __future__ import annotations

from collections.abc import Collection

from bridge.store.inbox import Intent, Placing
from bridge.store.pg.pool import Connection

_INTEND = """
INSERT INTO stripe_sf.intents (target, path, params, key, at)
SELECT target, path, params, key, stripe_sf.bridge_now()
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS begun (target, path, params, key)
ORDER BY target
ON CONFLICT (target) DO UPDATE
    SET path = excluded.path, params = excluded.params, key = excluded.key, at = excluded.at
"""

_PLACE = """
INSERT INTO stripe_sf.placed (opportunity, target)
SELECT opportunity, target FROM unnest($1::text[], $2::text[]) AS place (opportunity, target)
ORDER BY opportunity, target ON CONFLICT DO NOTHING
"""

_LEAVE = """
DELETE FROM stripe_sf.placed USING unnest($1::text[], $2::text[]) AS gone (opportunity, target)
WHERE placed.opportunity = gone.opportunity AND placed.target = gone.target
"""


async def intend(
    connection: Connection, intents: Collection[Intent], placings: Collection[Placing]
) -> None:
    """Notes writes before they are made."""
    if intents:
        rows = [(each.target, each.path, each.params, each.key) for each in intents]
        await connection.execute(_INTEND, *(list(each) for each in zip(*rows, strict=True)))
    if placings:
        await connection.execute(_PLACE, *(list(each) for each in zip(*placings, strict=True)))


async def fulfil(connection: Connection, keys: Collection[str], gone: Collection[Placing]) -> None:
    """Forgets writes that are made, and texts that are no longer there."""
    if keys:
        await connection.execute(
            "DELETE FROM stripe_sf.intents WHERE key = ANY($1::text[])", list(keys)
        )
    if gone:
        await connection.execute(_LEAVE, *(list(each) for each in zip(*gone, strict=True)))


async def intents(connection: Connection) -> list[Intent]:
    """Writes that are begun and not known to be done, the oldest first."""
    rows = await connection.fetch(
        "SELECT target, path, params, key, at FROM stripe_sf.intents ORDER BY at"
    )
    return [Intent(**row) for row in rows]


async def placed(connection: Connection, opportunities: Collection[str]) -> frozenset[Placing]:
    """Where the texts of some Opportunities were written."""
    rows = await connection.fetch(
        "SELECT opportunity, target FROM stripe_sf.placed WHERE opportunity = ANY($1::text[])",
        list(opportunities),
    )
    return frozenset(Placing(**row) for row in rows)


async def forget_all(connection: Connection) -> None:
    """Of an org or an account that the store no longer belongs to."""
    await connection.execute("DELETE FROM stripe_sf.intents")
    await connection.execute("DELETE FROM stripe_sf.placed")
