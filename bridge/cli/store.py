"""Opening the store beside a serving bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

from bridge.errors import StoreUnavailable
from bridge.settings import load_store
from bridge.store import SqliteInbox

T = TypeVar("T")


def with_store(env_file: Path, action: Callable[[SqliteInbox], Awaitable[T]]) -> T:
    """Runs an action on the store. Raises SettingsError, StoreUnavailable."""

    async def run() -> T:
        async with AsyncExitStack() as stack:
            return await action(await open_store(env_file, stack))

    return asyncio.run(run())


async def open_store(env_file: Path, stack: AsyncExitStack) -> SqliteInbox:
    """The store, closed by the stack. Raises SettingsError, StoreUnavailable if there is none."""
    path = load_store(env_file).path
    if not path.is_file():
        raise StoreUnavailable(f"there is no store at {path}: has the bridge served yet?")
    inbox = await SqliteInbox.open(path, serving=False, busy_timeout=5.0)
    stack.push_async_callback(inbox.close)
    return inbox
