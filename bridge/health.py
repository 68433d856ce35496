"""Whether each part of the service works, and if not, why."""

from __future__ import annotations

import logging
from enum import StrEnum

_log = logging.getLogger(__name__)


class Part(StrEnum):
    """What the service depends on."""

    STORE = "store"
    STRIPE = "stripe"
    PUBLISHING = "salesforce publishing"
    RECEIPTS = "salesforce receipts"
    REQUESTS = "salesforce requests"
    TRIGGER = "salesforce trigger"
    SWEEP = "stripe events"


class Health:
    """The last word on each part; nothing works until it has been seen to."""

    def __init__(self) -> None:
        self._faults: dict[Part, str | None] = dict.fromkeys(Part, "not tried yet")

    def good(self, part: Part) -> None:
        """The part works."""
        if self._faults[part] is not None:
            _log.info("%s: works", part)
        self._faults[part] = None

    def bad(self, part: Part, reason: object) -> None:
        """The part does not work."""
        if self._faults[part] != str(reason):
            _log.warning("%s: %s", part, reason)
        self._faults[part] = str(reason)

    def works(self, part: Part) -> bool:
        """Whether the part worked when last seen."""
        return self._faults[part] is None

    @property
    def ready(self) -> bool:
        """Whether every part works."""
        return not any(self._faults.values())

    def report(self) -> dict[str, str | None]:
        """Each part's fault, or None."""
        return {str(part): fault for part, fault in self._faults.items()}
