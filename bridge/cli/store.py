"""Opening the store beside a serving bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

from bridge import store
from bridge.settings import load_store
from bridge.store import Inbox

T = TypeVar("T")


def with_store(env_file: Path, action: Callable[[Inbox], Awaitable[T]]) -> T:
    """Runs an action on the store. Raises SettingsError, StoreUnavailable."""

    async def run() -> T:
        async with AsyncExitStack() as stack:
            return await action(await open_store(env_file, stack))

    return asyncio.run(run())


async def open_store(env_file: Path, stack: AsyncExitStack) -> Inbox:
    """The store, closed by the stack. Raises SettingsError, StoreUnavailable if there is none."""
    url = load_store(env_file).url.get_secret_value()
    inbox = await store.open_store(url, serving=False, create=False, patience=5.0)
    stack.push_async_callback(inbox.close)
    return inbox
