"""The org's clock: real time, plus what tests and demos have advanced it by."""

from __future__ import annotations

import datetime as dt
import threading


class Clock:
    """UTC time that runs on, or stands still when `start` is given, and can be advanced."""

    def __init__(self, start: dt.datetime | None = None) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("the clock needs an aware datetime")
        self._start = start
        self._ahead = dt.timedelta()
        self._lock = threading.Lock()

    @classmethod
    def running_from(cls, moment: dt.datetime) -> Clock:
        """A clock that is at the aware `moment` now, and runs on."""
        clock = cls()
        clock._ahead = moment - dt.datetime.now(dt.UTC)
        return clock

    def now(self) -> dt.datetime:
        """The time, aware, in UTC."""
        base = self._start if self._start is not None else dt.datetime.now(dt.UTC)
        return (base + self._ahead).astimezone(dt.UTC)

    def advance(self, by: dt.timedelta) -> None:
        """Moves the clock forward; raises ValueError for a step back."""
        if by < dt.timedelta():
            raise ValueError("the clock never goes back")
        with self._lock:
            self._ahead += by
