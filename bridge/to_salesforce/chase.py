"""What becomes of events whose receipt does not come: asked for, and only then published again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from bridge.clock import Backoff, Clock, system_clock
from bridge.contract import Outcome
from bridge.errors import (
    LimitExceeded,
    OrgFault,
    PermissionDenied,
    RequestRefused,
    StoreUnavailable,
)
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.store import Claimed, Inbox, InFlight, Lease, Move, Settlement, State
from bridge.to_salesforce.ledger import Found, Ledger
from bridge.to_salesforce.trigger import Trigger, TriggerWatch
from bridge.to_salesforce.window import Lost, Window
from bridge.working.holding import LEASE

_log = logging.getLogger(__name__)

CHASE = "chase"
_ROWS = 500
"""Overdue events looked at together."""
_FIRST = -1e9
"""Before all that wait, of whatever age: decades, in seconds."""
_TO_BLAME = "published alone three times and never applied, while others that went alone were"


class Chase:
    """Looks for overdue receipts, again and again.

    What the ledger holds is done. The rest is lost, and goes again as the window allows. Nothing
    is published while the trigger stands, and nobody is blamed for it.
    """

    def __init__(
        self,
        inbox: Inbox,
        ledger: Ledger,
        trigger: TriggerWatch,
        window: Window,
        health: Health,
        metrics: Metrics,
        *,
        republish: Backoff,
        heard_since: Callable[[], float],
        hears: Callable[[], bool] = lambda: True,
        lease: float = LEASE,
        clock: Clock = system_clock,
    ) -> None:
        """``republish`` is how long an event waits that was lost alone. ``heard_since`` gives since
        when the receipts have been heard without a break, or not been heard; ``hears``, whether it
        is this bridge that hears them, and so knows. ``lease`` is after how many seconds another
        looks when this bridge is dead."""
        self._inbox = inbox
        self._ledger = ledger
        self._trigger = trigger
        self._window = window
        self._health = health
        self._metrics = metrics
        self._republish = republish
        self._heard_since = heard_since
        self._hears = hears
        self._seconds = lease
        self._lease: Lease | None = None
        self._clock = clock

    async def run(self, every: float) -> None:
        """Looks every so many seconds, until cancelled."""
        await self._look_at_trigger()
        while True:
            await asyncio.sleep(every)
            try:
                if await self._is_its_turn(every):
                    await self.once(settled_for=every)
                    continue
                if not self._health.works(Part.TRIGGER):
                    await self._look_at_trigger()
                self._window.forget()
            except StoreUnavailable as error:
                self._health.bad(Part.STORE, error)

    async def _is_its_turn(self, every: float) -> bool:
        """One bridge of several, the one that hears the receipts: it alone is told what is lost."""
        if self._hears():
            self._lease = await self._inbox.acquire(CHASE, max(self._seconds, 3 * every))
        elif self._lease is not None:
            lease, self._lease = self._lease, None
            await self._inbox.release(lease)
        return self._lease is not None

    async def once(self, settled_for: float = 0.0) -> int:
        """Looks once; gives how many events it settled or sent back. Raises StoreUnavailable.

        ``settled_for``: seconds for which the receipts must have been heard, or not been heard. A
        receipt that is late may be among the first that come.
        """
        waits = self._window.is_paused or not self._health.works(Part.TRIGGER)
        if waits and await self._look_at_trigger() is Trigger.STOPPED:
            return 0
        if self._clock() - self._heard_since() < settled_for:
            return 0
        late = await self._inbox.overdue(_ROWS)
        return await self._settle(late) if late else 0

    async def _settle(self, late: Sequence[InFlight]) -> int:
        asked = self._ledger.requests
        try:
            found = await self._ledger.ask(late)
            lacking = "no receipt came, and the ledger lacks it"
            proven = True
        except (LimitExceeded, PermissionDenied, RequestRefused) as error:
            # That may last for a day; to publish again costs no API request and does no harm.
            _log.warning("the ledger cannot be asked: %s", error)
            found = {event.event_id: Found(is_there=False) for event in late}
            lacking = f"no receipt came, and the ledger cannot be asked: {error}"
            proven = False
        except OrgFault as error:
            _log.warning("the ledger does not answer: %s", error)
            return 0
        finally:
            self._metrics.ledger_requests.inc(self._ledger.requests - asked)
        there = {event_id: each for event_id, each in found.items() if each.is_there}
        if there:
            moved = await self._inbox.complete([_proven(*each) for each in there.items()])
            self._metrics.proven.inc(len(moved))
            self._window.heard(there.keys())
        lost = [event for event in late if event.event_id in found.keys() - there.keys()]
        if lost and await self._look_at_trigger() is not Trigger.STOPPED:
            await self._send_back(lost, lacking, proven)
        self._tell()
        return len(found)

    async def _send_back(self, lost: Sequence[InFlight], reason: str, proven: bool) -> None:
        verdicts = self._window.lost([event.event_id for event in lost], proven=proven)
        moves = [self._move(event, verdicts, reason) for event in lost]
        await self._inbox.record(moves)
        self._metrics.republished.inc(sum(move.to is State.DUE for move in moves))
        self._metrics.dead.inc(sum(move.to is State.DEAD for move in moves))

    def _move(self, event: InFlight, verdicts: Mapping[str, Lost], reason: str) -> Move:
        match verdicts[event.event_id]:
            case Lost.DEAD:
                return Move(event, State.DEAD, outcome=Outcome.FAILED.value, reason=_TO_BLAME)
            case Lost.LATER:
                wait = self._republish.wait(max(1, self._window.times_alone(event.event_id)))
                return Move(event, State.DUE, wait=wait, reason=f"{reason}; it went alone")
            case Lost.FIRST:
                return Move(event, State.DUE, wait=_FIRST, reason=reason)

    async def _look_at_trigger(self) -> Trigger:
        state = await self._trigger.look()
        self._window.is_paused = state is Trigger.STOPPED
        self._tell()
        return state

    def _tell(self) -> None:
        self._metrics.window.set(self._window.limit)


def put_back(claimed: Claimed) -> Move:
    """Of an event that may go only alone, and was claimed with others."""
    reason = "it was lost alone before: it goes alone"
    return Move(claimed, State.DUE, wait=_FIRST, reason=reason, counted=False)


def _proven(event_id: str, found: Found) -> Settlement:
    if found.is_held:
        reason = "no receipt came; the ledger holds it, on Automation Hold"
        return Settlement(event_id, State.DONE, Outcome.APPLIED_WITH_EXCEPTION.value, reason)
    reason = "no receipt came; the ledger holds it"
    return Settlement(event_id, State.DONE, Outcome.APPLIED.value, reason)
