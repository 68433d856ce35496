"""Time: what it is, and how long to wait before trying again."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
"""Seconds since the epoch; ``time.time`` but in tests."""

system_clock: Clock = time.time


def utc(seconds: float) -> dt.datetime:
    """Seconds since the epoch as an aware datetime."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


@dataclass(frozen=True)
class Backoff:
    """Exponential waiting with jitter, in seconds.

    Half of each wait is certain and half is random, so that many that failed together do not
    come back together, and none comes back at once.
    """

    first: float
    longest: float

    def wait(self, attempt: int) -> float:
        """How long to wait after the ``attempt``-th failure, counted from 1."""
        ceiling = min(self.longest, self.first * 2.0 ** min(attempt - 1, 32))
        return ceiling / 2 + random.uniform(0, ceiling / 2)  # noqa: S311
