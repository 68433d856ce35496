"""Whether each part of the service works, and if not, why and since when."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum

from bridge.clock import Clock, system_clock
from bridge.errors import BridgeError

_log = logging.getLogger(__name__)

_SAME_TROUBLE = 120.0
"""Seconds: a fault that comes back within that was not over."""

NOT_TRIED = "not_tried"
"""The kind of a part that has not been seen to yet."""


class Part(StrEnum):
    """What the service depends on."""

    STORE = "store"
    STRIPE = "stripe"
    PUBLISHING = "salesforce publishing"
    RECEIPTS = "salesforce receipts"
    REQUESTS = "salesforce requests"
    TRIGGER = "salesforce trigger"
    SWEEP = "stripe events"
    METADATA = "stripe metadata"
    """What is written to Stripe of what Opportunities say."""
    OPPORTUNITIES = "salesforce opportunities"
    """The sweep of what was changed."""
    REST = "salesforce rest"
    """Asked now and then, and not before there is something to ask."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a part."""

    kind: str
    """:attr:`bridge.errors.BridgeError.kind`."""
    reason: str
    since: float
    """Seconds since the epoch, of the trouble's beginning: it may have been of another kind."""


class Health:
    """The last word on each part; nothing works until it has been seen to."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        begun = clock()
        self._faults: dict[Part, Fault | None] = dict.fromkeys(
            Part, Fault(NOT_TRIED, "not tried yet", begun)
        )
        for part in (Part.REST, Part.METADATA, Part.OPPORTUNITIES):
            self._faults[part] = None
        self._past: dict[Part, tuple[Fault, float]] = {}
        self._standing_by: set[Part] = set()
        self.changed = asyncio.Event()
        """Set at each change; whoever waits for it clears it."""

    def good(self, part: Part) -> None:
        """The part works."""
        self._stand(part, False)
        fault = self._faults[part]
        if fault is not None:
            _log.info("%s: works", part)
            self._past[part] = (fault, self._clock())
            self._faults[part] = None
            self.changed.set()

    def stand_by(self, part: Part) -> None:
        """The part works, and another bridge sees to it."""
        self.good(part)
        self._stand(part, True)

    def bad(self, part: Part, reason: object) -> None:
        """The part does not work; the reason is a BridgeError, or says it in words."""
        self._stand(part, False)
        kind = reason.kind if isinstance(reason, BridgeError) else BridgeError.kind
        before = self._faults[part]
        if before is not None and (before.kind, before.reason) == (kind, str(reason)):
            return
        _log.warning("%s: %s", part, reason)
        self._faults[part] = Fault(kind, str(reason), self._since(part, kind))
        self.changed.set()

    def works(self, part: Part) -> bool:
        """Whether the part worked when last seen."""
        return self._faults[part] is None

    @property
    def ready(self) -> bool:
        """Whether every part works."""
        return not any(self._faults.values())

    @property
    def standing_by(self) -> list[str]:
        """The parts that another bridge sees to."""
        return sorted(map(str, self._standing_by))

    def report(self) -> dict[str, Fault | None]:
        """Each part's fault, or None."""
        return {str(part): fault for part, fault in self._faults.items()}

    def _stand(self, part: Part, by: bool) -> None:
        if by is not (part in self._standing_by):
            (self._standing_by.add if by else self._standing_by.discard)(part)
            self.changed.set()

    def _since(self, part: Part, kind: str) -> float:
        now, before = self._clock(), self._faults[part]
        if before is not None:
            return now if before.kind == NOT_TRIED else before.since
        past, ended = self._past.get(part, (None, 0.0))
        if past is not None and past.kind == kind and now - ended < _SAME_TROUBLE:
            return past.since
        return now
