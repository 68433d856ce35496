"""The stand-in's own clock and the work that falls due on it."""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass, field


class Clock:
    """Unix seconds that run with the wall clock from a chosen start, or stand still when frozen."""

    def __init__(self, start: int | None = None, *, frozen: bool = False) -> None:
        self._base = float(start if start is not None else int(time.time()))
        self._since = None if frozen else time.monotonic()
        self._moment: int | None = None

    def now(self) -> int:
        """The moment being played while due work runs, else the clock's time."""
        return self._moment if self._moment is not None else int(self._elapsed())

    @property
    def frozen(self) -> bool:
        return self._since is None

    def set(self, to: int) -> None:
        """Move to ``to``; it runs on from there unless frozen. Never back."""
        self._base = max(float(to), self._elapsed())
        self._since = None if self.frozen else time.monotonic()

    def freeze(self, frozen: bool) -> None:
        self._base = self._elapsed()
        self._since = None if frozen else time.monotonic()

    def play(self, moment: int | None) -> None:
        """Pretend that it is ``moment`` until told ``None``."""
        self._moment = moment

    def _elapsed(self) -> float:
        return self._base + (0.0 if self._since is None else time.monotonic() - self._since)


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """Work that falls due: ``kind`` names the handler, ``ref`` the object."""

    due: int
    number: int
    kind: str = field(compare=False)
    ref: str = field(compare=False)


class Agenda:
    """Jobs by due time, then in the order in which they were made."""

    def __init__(self) -> None:
        self._heap: list[Job] = []
        self._numbers = itertools.count()

    def at(self, due: int, kind: str, ref: str) -> None:
        heapq.heappush(self._heap, Job(due, next(self._numbers), kind, ref))

    def next_due(self, until: int) -> Job | None:
        """Take the first job due at ``until`` or before."""
        if self._heap and self._heap[0].due <= until:
            return heapq.heappop(self._heap)
        return None

    def __len__(self) -> int:
        return len(self._heap)
