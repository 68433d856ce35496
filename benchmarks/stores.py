"""Empty stores: SQLite files, and databases of a PostgreSQL server of our own."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from tests.faults.postgres import programs, server

Stores = dict[str, Callable[[], Awaitable[str]]]
"""By name, what gives the URL of a new one."""

NAMES = ("SQLite", "PostgreSQL")


@contextlib.asynccontextmanager
async def stores(*names: str) -> AsyncIterator[Stores]:
    """Those that are named (all), as far as there are any here: without PostgreSQL, SQLite alone.

    The server runs as it is installed, but listens on loopback alone; a commit waits for the disk.
    """
    wanted = names or NAMES
    numbers = itertools.count()
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stripe-sf-bench-")))
        found: Stores = {}

        async def file() -> str:
            return f"sqlite:///{folder}/store-{next(numbers)}.db"

        if "SQLite" in wanted:
            found["SQLite"] = file
        if "PostgreSQL" in wanted and programs() is not None:
            running = await stack.enter_async_context(server())

            async def database() -> str:
                return await new_database(running.url, f"store_{next(numbers)}")

            found["PostgreSQL"] = database
        yield found


async def new_database(url: str, name: str) -> str:
    """Makes a database beside the one that the URL names."""
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return f"{url.rpartition('/')[0]}/{name}"
