"""Time for tests."""

from __future__ import annotations

from collections.abc import Callable


class ManualClock:
    """Time that moves when it is told to."""

    def __init__(self, tell: Callable[[float], None] | None = None) -> None:
        """``tell`` hears of each time, the first one too: another clock that goes along."""
        self._tell = tell
        self.now = 1_000_000.0

    @property
    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return self._now

    @now.setter
    def now(self, at: float) -> None:
        self._now = at
        if self._tell is not None:
            self._tell(at)

    def __call__(self) -> float:
        return self._now
