"""Which store it is: the URL says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bridge.errors import SettingsError, StoreUnavailable
from bridge.store.inbox import Inbox
from bridge.store.sqlite import SqliteInbox

_WAIT = 30.0
"""Seconds that a bridge waits for a server when it starts: whoever starts both, or again after a
failure, starts them in any order."""

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


async def open_store(
    url: str, *, serving: bool, create: bool = True, patience: float | None = None
) -> Inbox:
    """Opens the store, with ``serving`` as a bridge that serves from it.

    Without ``create``, StoreUnavailable is raised where there is none. ``patience`` is how long a
    lock is waited for, in seconds; by default the store's own. Raises SettingsError where the
    store's driver is not installed, StoreInUse, StoreUnavailable.
    """
    if url.startswith(POSTGRES):
        try:
            from bridge.store.pg.inbox import PostgresInbox
        except ModuleNotFoundError as error:
            if error.name != "asyncpg":
                raise
            raise SettingsError(
                "BRIDGE_STORE__URL: PostgreSQL needs the extra `postgres`: "
                "pip install 'stripe-salesforce-bridge[postgres]'"
            ) from None
        waits = 5.0 if patience is None else patience
        return await PostgresInbox.open(
            url, serving=serving, create=create, patience=waits, wait=_WAIT if serving else 0.0
        )
    path = Path(url.removeprefix(SQLITE))
    if not create and not await asyncio.to_thread(path.is_file):
        raise StoreUnavailable(f"there is no store at {path}: has the bridge served yet?")
    waits = 1.0 if patience is None else patience
    return await SqliteInbox.open(path, serving=serving, busy_timeout=waits)
