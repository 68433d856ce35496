"""Claims are held for as long as their holder is at them, and no longer than it lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from bridge.errors import StoreUnavailable
from bridge.store import Inbox

_log = logging.getLogger(__name__)


@asynccontextmanager
async def kept(inbox: Inbox, claims: Collection[str], lease: float) -> AsyncIterator[None]:
    """Renews the claims every third of their lease, in seconds, while the block runs.

    What is lost all the same (the store was away for longer) may be published by another bridge
    too. That does no harm, and what this one records of it then counts no more.
    """
    task = asyncio.create_task(_renew(inbox, claims, lease))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _renew(inbox: Inbox, claims: Collection[str], lease: float) -> None:
    while True:
        await asyncio.sleep(lease / 3)
        try:
            held = await inbox.renew(claims, lease=lease)
        except StoreUnavailable as error:
            _log.warning("claims were not renewed: %s", error)
            continue
        if not held:
            _log.info("nothing that was claimed is held any more")
            return
