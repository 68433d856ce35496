"""Brings a PostgreSQL store to the newest schema by its numbered files."""

from __future__ import annotations

from importlib import resources

from bridge.errors import StoreUnavailable
from bridge.store.pg.pool import Connection, Pool

_LOCK = 0x5F5F_0001
"""Of two bridges that start, one migrates and the other waits for it."""


async def migrate(pool: Pool, upto: int | None = None) -> None:
    """Runs each migration that the store lacks, all in one transaction.

    Raises StoreUnavailable for a store that a newer bridge has made. ``upto`` stops at an older
    schema.
    """
    scripts = _scripts()
    newest = max(scripts)
    if await pool.run(_version) == newest:
        return

    async def job(connection: Connection) -> None:
        await connection.fetchval("SELECT pg_advisory_xact_lock($1)", _LOCK)
        at = await _version(connection)
        if at > newest:
            raise StoreUnavailable(
                f"the store has schema {at}, and this version knows only up to {newest}: "
                "use the version of the bridge that made it, or a newer one"
            )
        if at == 0:
            await connection.execute(
                "CREATE SCHEMA stripe_sf; CREATE TABLE stripe_sf.schema_version ("
                "one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);"
                "INSERT INTO stripe_sf.schema_version VALUES (1, 0)"
            )
        for number in sorted(scripts):
            if at < number <= (upto or newest):
                await connection.execute(scripts[number])
                await connection.execute("UPDATE stripe_sf.schema_version SET version = $1", number)

    await pool.run(job)


# Asked of the catalog as of any table: name lookups (to_regclass) answer from a cache that may hold
# for the whole transaction that there is no such schema.
_IS_THERE = """
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace AS space
    ON space.oid = relnamespace WHERE nspname = 'stripe_sf' AND relname = 'schema_version')
"""


async def is_there(connection: Connection) -> bool:
    """Whether a bridge has made the store."""
    return bool(await connection.fetchval(_IS_THERE))


async def _version(connection: Connection) -> int:
    """0 where there is no store yet."""
    if not await is_there(connection):
        return 0
    return int(await connection.fetchval("SELECT version FROM stripe_sf.schema_version"))


def _scripts() -> dict[int, str]:
    folder = resources.files("bridge.store.pg") / "migrations"
    return {
        int(file.name.split("_")[0]): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }
