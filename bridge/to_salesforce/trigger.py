"""The trigger that takes our events: whether it runs, as far as the org tells.

Object Reference, "EventBusSubscriber". A trigger that stopped gets none of the events that are
published meanwhile, and most of them never: so nothing is published until it runs again.
"""

from __future__ import annotations

from enum import StrEnum

from bridge.clock import Clock
from bridge.contract import STRIPE_EVENT_TOPIC
from bridge.errors import BridgeError, OrgFault, PermissionDenied, RequestRefused
from bridge.health import Health, Part
from bridge.salesforce_api import Rest

_NAME = "BridgeStripeEvent"
_EVENT = STRIPE_EVENT_TOPIC.rpartition("/")[2]
_RUNS = frozenset({"Running", "Idle"})
_ASK = (
    "SELECT Name, Status, Retries, LastError FROM EventBusSubscriber "  # noqa: S608
    f"WHERE Topic = '{_EVENT}' AND Type = 'ApexTrigger' AND Name = '{_NAME}'"
)


class Trigger(StrEnum):
    """What is known of it."""

    RUNS = "runs"
    STOPPED = "stopped"
    """In the error state or suspended: it gets nothing."""
    MISSING = "missing"
    """The org shows none; the user may also not be allowed to see it."""
    UNKNOWN = "unknown"
    """The org does not say."""


class TriggerWatch:
    """Looks when it is asked to, but not more often than once in a while."""

    def __init__(self, rest: Rest, health: Health, clock: Clock, at_most_every: float) -> None:
        """``at_most_every``: seconds for which an answer holds."""
        self._rest = rest
        self._health = health
        self._clock = clock
        self._every = at_most_every
        self._looked_at: float | None = None
        self._proven = False
        self.state = Trigger.UNKNOWN

    async def look(self) -> Trigger:
        """What is so now, or was a moment ago; tells the health. Raises nothing of the org's."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= self._every:
            self._looked_at = now
            self.state = await self._ask()
        return self.state

    def works(self) -> None:
        """A receipt came: it is there, even where the org does not show it to this user."""
        self._proven = True
        if self.state in (Trigger.MISSING, Trigger.UNKNOWN):
            self.state = Trigger.UNKNOWN
            self._health.good(Part.TRIGGER)

    async def _ask(self) -> Trigger:
        try:
            rows = await self._rest.query(_ASK)
        except (PermissionDenied, RequestRefused):
            # Whoever may not see it is no worse off than before.
            self._health.good(Part.TRIGGER)
            return Trigger.UNKNOWN
        except OrgFault as fault:
            return self._unanswered(fault)
        if not rows and self._proven:
            self._health.good(Part.TRIGGER)
            return Trigger.UNKNOWN
        if not rows:
            self._health.bad(
                Part.TRIGGER,
                f"the org shows no trigger {_NAME} on {_EVENT}: no event is applied. Deploy "
                "salesforce/core, and look in Setup, Platform Events, at the subscriptions",
            )
            return Trigger.MISSING
        (row, *_) = rows
        if row["Status"] in _RUNS:
            self._health.good(Part.TRIGGER)
            return Trigger.RUNS
        self._health.bad(
            Part.TRIGGER,
            f"the trigger {_NAME} is in state {row['Status']} after {int(row['Retries'] or 0)} "
            f"retries ({row['LastError'] or 'no error is told'}): nothing is published until it "
            f"runs. Resume it in Setup, Platform Events, {_EVENT}, Subscriptions",
        )
        return Trigger.STOPPED

    def _unanswered(self, fault: BridgeError) -> Trigger:
        if not self._health.works(Part.TRIGGER) and self.state is Trigger.UNKNOWN:
            self._health.bad(Part.TRIGGER, fault)
        self._looked_at = None
        return self.state
