"""How a story is told: step by step, what Stripe sent and what Salesforce says afterwards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import Change, Snapshot, changes


@dataclass(frozen=True, slots=True)
class Told:
    """One step: what Stripe sent, and which records changed."""

    title: str
    why: str
    stripe_events: list[dict[str, str]]
    changes: list[Change]
    note: str = ""
    """What else there is to say of it."""

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "why": self.why,
            "note": self.note,
            "stripe_events": self.stripe_events,
            "changes": [change.to_json() for change in self.changes],
        }


Step = tuple[str, str, Callable[[], Awaitable[str | None]]]
"""Title, why, and what is done; that may give a note."""


class Telling(ABC):
    """Plays the steps one by one; each waits until Salesforce has done its part."""

    def __init__(self, clouds: Clouds) -> None:
        self.clouds = clouds
        self.snapshot: Snapshot = {}
        self._seen: set[str] = set()

    @abstractmethod
    def steps(self) -> list[Step]:
        """Title, why, and what is done."""

    async def play(self) -> AsyncIterator[Told]:
        """Tells each step when all that it caused is in Salesforce."""
        self.snapshot = await self.clouds.org.snapshot()
        await self._new_events()
        for title, why, act in self.steps():
            note = await act() or ""
            await self.clouds.settle()
            after = await self.clouds.org.snapshot()
            told = Told(title, why, await self._new_events(), changes(self.snapshot, after), note)
            self.snapshot = after
            yield told

    async def _new_events(self) -> list[dict[str, str]]:
        fresh: list[dict[str, str]] = []
        listed = await self.clouds.stripe.v1.events.list_async({"limit": 100})
        async for event in listed.auto_paging_iter():
            if event.id in self._seen:
                break
            fresh.append({"id": event.id, "type": event.type})
        self._seen.update(event["id"] for event in fresh)
        return fresh[::-1]
