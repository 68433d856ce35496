"""Events that wait in a store, put there by the store's own way of admitting, without the wire."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from bridge.store import Arrival, admission, open_store
from bridge.store.opening import SQLITE

_BATCH = 500
_COMMIT = 20_000


async def fill(url: str, arrivals: Iterable[Arrival]) -> None:
    """Stores them all."""
    store = await open_store(url, serving=False)
    try:
        if not url.startswith(SQLITE):
            waiting = iter(arrivals)
            while batch := list(itertools.islice(waiting, _BATCH)):
                await asyncio.gather(*(store.admit(arrival) for arrival in batch))
    finally:
        await store.close()
    if url.startswith(SQLITE):
        await asyncio.to_thread(_fill_file, Path(url.removeprefix(SQLITE)), arrivals)


def _fill_file(path: Path, arrivals: Iterable[Arrival]) -> None:
    """Without waiting for the disk at each commit; at the end all is on it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    admission.prepare(connection)
    waiting = iter(arrivals)
    while batch := list(itertools.islice(waiting, _COMMIT)):
        connection.execute("BEGIN")
        admission.admit(connection, batch, time.time())
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
