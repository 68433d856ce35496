"""What an org may publish in an hour and deliver in a day.

Platform Events Developer Guide, "Platform Event Allocations". The defaults are those of
Enterprise Edition.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque

from rehearsal.org.errors import OrgError

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


class AllocationExceeded(OrgError):
    """An allocation is used up; `name` is its name in the `limits` resource."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is used up")


class Allocation:
    """A rolling count: at most `maximum` within the last `window`. Thread-safe."""

    def __init__(self, name: str, maximum: int, window: dt.timedelta) -> None:
        self.name, self.maximum, self.window = name, maximum, window
        self._lock = threading.RLock()
        self._used = 0
        self._spent: deque[tuple[dt.datetime, int]] = deque()

    def remaining(self, now: dt.datetime) -> int:
        """What is left; never negative."""
        with self._lock:
            while self._spent and self._spent[0][0] <= now - self.window:
                self._used -= self._spent.popleft()[1]
            return max(0, self.maximum - self._used)

    def use(self, amount: int, now: dt.datetime) -> None:
        """Raises AllocationExceeded, and then uses nothing."""
        with self._lock:
            if amount > self.remaining(now):
                raise AllocationExceeded(self.name)
            self.book(amount, now)

    def book(self, amount: int, now: dt.datetime) -> None:
        """Counts what was promised before, even where it goes beyond the maximum."""
        with self._lock:
            minute = now.replace(second=0, microsecond=0)
            before = self._spent.pop()[1] if self._newest() == minute else 0
            self._spent.append((minute, before + amount))
            self._used += amount

    def _newest(self) -> dt.datetime | None:
        return self._spent[-1][0] if self._spent else None


class Allocations:
    """The event allocations of one org."""

    def __init__(self, *, hourly_published: int = 250_000, daily_delivered: int = 25_000) -> None:
        self.published = Allocation("HourlyPublishedPlatformEvents", hourly_published, HOUR)
        self.delivered = Allocation("DailyDeliveredPlatformEvents", daily_delivered, DAY)
