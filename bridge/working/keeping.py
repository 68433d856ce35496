"""Claims are held for as long as their holder is at them, and no longer than it lives."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from bridge.errors import StoreUnavailable
from bridge.store import Inbox

_log = logging.getLogger(__name__)

_AGAIN = 1.0
"""Seconds after which a store is asked again that did not renew."""


class Kept:
    """Claims that are renewed while their holder is at them."""

    def __init__(self, inbox: Inbox, claims: Collection[str], lease: float, since: float) -> None:
        self._inbox = inbox
        self._claims = claims
        self._lease = lease
        self._since = since

    @property
    def ended(self) -> bool:
        """Whether the claims were not renewed in time, so that others may have them."""
        return time.monotonic() - self._since >= self._lease

    async def renew(self) -> None:
        """Renews them every third of their lease, for as long as any is held."""
        wait = self._lease / 3
        while True:
            await asyncio.sleep(wait)
            now = time.monotonic()
            try:
                held = await self._inbox.renew(self._claims, lease=self._lease)
            except StoreUnavailable as error:
                _log.warning("claims were not renewed: %s", error)
                wait = min(_AGAIN, self._lease / 3)
                continue
            if not held:
                return
            self._since, wait = now, self._lease / 3


@asynccontextmanager
async def kept(
    inbox: Inbox, claims: Collection[str], lease: float, since: float
) -> AsyncIterator[Kept]:
    """Renews the claims while the block runs; ``lease`` in seconds, ``since`` by the monotonic
    clock, before they were claimed.

    What is lost all the same (the store was away for longer) may be published by another bridge
    too. That does no harm, and what this one records of it then counts no more.
    """
    claimed = Kept(inbox, claims, lease, since)
    task = asyncio.create_task(claimed.renew())
    try:
        yield claimed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
