"""How many events to claim, so that those that are to be published fill one call and no second.

Much of what Stripe sends is not published: it is ignored, or another event of the batch says the
same. A call takes a fixed number of events, so claiming that number would send calls half empty.
"""

from __future__ import annotations

_FULL = 0.92
"""How full a call is meant to be: what comes is never just what was expected, and an event too many
costs a call of its own."""
_WEIGHT = 0.2
"""Of the latest batch in the share that is expected."""
_MOST = 4
"""How many times a call's events are claimed at most."""


class Filling:
    """Learns from each batch what share of it was published."""

    def __init__(self, whole: int) -> None:
        """``whole`` is how many events a call takes."""
        self._whole = whole
        self._share = 1.0

    def claim(self, room: int) -> int:
        """How many to claim where so many may be published; where they fill no call, just those."""
        if room < self._whole:
            return room
        wanted = int(self._whole * _FULL / self._share)
        return max(self._whole, min(wanted, _MOST * self._whole, room))

    def saw(self, claimed: int, published: int) -> None:
        """Of a batch that was claimed so many were published."""
        weight = _WEIGHT * min(1.0, claimed / self._whole)
        share = (1 - weight) * self._share + weight * published / claimed
        self._share = max(share, 1 / _MOST)
