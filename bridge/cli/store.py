"""Opening the store beside a serving bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bridge.errors import StoreUnavailable
from bridge.settings import load_store
from bridge.store import SqliteInbox

T = TypeVar("T")


def with_store(env_file: Path, action: Callable[[SqliteInbox], Awaitable[T]]) -> T:
    """Runs an action on the store. Raises SettingsError, StoreUnavailable."""
    path = load_store(env_file).path

    async def run() -> T:
        inbox = await SqliteInbox.open(path, serving=False, busy_timeout=5.0)
        try:
            return await action(inbox)
        finally:
            await inbox.close()

    if not path.is_file():
        raise StoreUnavailable(f"there is no store at {path}: has the bridge served yet?")
    return asyncio.run(run())
