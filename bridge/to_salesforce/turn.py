"""Which of several bridges may publish while one of them is careful.

"Alone" means alone in the org. So a bridge whose window is not closed publishes under a lease, and
the others wait for as long as it holds it.
"""

from __future__ import annotations

from bridge.store import Inbox, Lease
from bridge.to_salesforce.window import Window

CAREFUL = "careful"


class Turn:
    """Of one bridge."""

    def __init__(self, inbox: Inbox, window: Window, seconds: float) -> None:
        """``seconds``: for which the others wait for this bridge when it is dead."""
        self._inbox = inbox
        self._window = window
        self._seconds = seconds
        self._lease: Lease | None = None

    async def comes(self) -> bool:
        """Whether this bridge may publish now. Raises StoreUnavailable."""
        if self._window.is_careful:
            self._lease = await self._inbox.acquire(CAREFUL, self._seconds)
            return self._lease is not None
        await self.ends()
        return not await self._inbox.is_held_elsewhere(CAREFUL)

    async def ends(self) -> None:
        """The others need not wait. Raises StoreUnavailable."""
        if self._lease is not None:
            lease, self._lease = self._lease, None
            await self._inbox.release(lease)
