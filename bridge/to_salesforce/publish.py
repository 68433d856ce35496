"""The worker: claims what is due, prepares it, publishes it, records what became of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bridge.clock import Backoff
from bridge.contract import STRIPE_EVENT_TOPIC, StripeEventMessage
from bridge.errors import (
    AllocationSpent,
    OrgFault,
    OrgUnavailable,
    PermissionDenied,
    RequestRefused,
    StoreUnavailable,
)
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import PublishOutcome, PublishStatus, PubSub
from bridge.store import CLAIM_LEASE, Claimed, Inbox, Move, State
from bridge.stripe_api import StripeApiError, StripeEvent, StripeNotFound, StripeRequestRefused
from bridge.to_salesforce.budget import Budget
from bridge.to_salesforce.chase import put_back
from bridge.to_salesforce.filling import Filling
from bridge.to_salesforce.joining import join_gently
from bridge.to_salesforce.outcomes import Expanded, Nothing
from bridge.to_salesforce.prepare import Prepared, Preparer, TooSoon
from bridge.to_salesforce.turn import Turn
from bridge.to_salesforce.window import Window
from bridge.working.gate import Gate
from bridge.working.keeping import Kept, kept
from bridge.working.patience import Patience

_log = logging.getLogger(__name__)

_IDLE = 0.5
_SPENT = frozenset({PublishStatus.PUBLISHED, PublishStatus.UNKNOWN})
_MOST_LINGERS = 5
"""How many times to gather for, while more and more comes."""
_DOUBTED = 3
"""Refusals after which an event is to blame, if others were published meanwhile."""
_MOST_TIES = 20


@dataclass(frozen=True, slots=True)
class Tuning:
    """How much at a time, and how long to wait; seconds."""

    batch_size: int
    linger: float
    """How long nothing must come before what has come is published."""
    receipt_timeout: float
    backoff: Backoff
    preparing: int = 8
    """Events that may ask Stripe at the same time."""
    lease: float = CLAIM_LEASE
    """Until claims are anybody's, unless they are renewed."""


class Publisher:
    """Runs until it is told to stop, then finishes the batch in hand."""

    def __init__(
        self,
        inbox: Inbox,
        preparer: Preparer,
        pubsub: PubSub,
        gate: Gate,
        budget: Budget,
        health: Health,
        metrics: Metrics,
        tuning: Tuning,
        window: Window,
        zone: ZoneInfo,
    ) -> None:
        """``zone`` is the booking zone."""
        self._inbox = inbox
        self._preparer = preparer
        self._pubsub = pubsub
        self._gate = gate
        self._budget = budget
        self._zone = zone
        self._patience = Patience(tuning.backoff)
        self._health = health
        self._metrics = metrics
        self._tuning = tuning
        self._window = window
        self._turn = Turn(inbox, window, tuning.lease)
        self._filling = Filling(tuning.batch_size)
        self._backlog = False
        self._published = 0
        self._doubted: dict[str, int] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Claims nothing more."""
        self._stopping.set()

    async def run(self) -> None:
        """Claims and publishes until stopped."""
        while await self._unless_stopped(self._gate.passed()):
            if not self._backlog and not await self._unless_stopped(self._gather()):
                break
            try:
                await self.once()
            except StoreUnavailable as error:
                self._health.bad(Part.STORE, error)
        with suppress(StoreUnavailable):
            await self._turn.ends()

    async def _gather(self) -> None:
        """Waits for something to do, and then for the rest of what comes with it.

        What one customer does comes as many events; in one batch their versions of one second can
        be told apart, and in two they are a tie.
        """
        if not await self._inbox.wait(_IDLE):
            return
        half = self._budget.linger(self._tuning.linger) / 2
        for _ in range(_MOST_LINGERS):
            await asyncio.sleep(half)
            if not await self._inbox.wait(half):
                break

    async def _unless_stopped(self, waiting: Coroutine[Any, Any, None]) -> bool:
        """Waits, but not beyond the stop; whether to go on."""
        waiter = asyncio.ensure_future(waiting)
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({waiter, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()
            stop.cancel()
        await asyncio.gather(waiter, stop, return_exceptions=True)
        if not waiter.cancelled():
            waiter.result()
        return not self._stopping.is_set()

    async def once(self) -> int:
        """Claims one batch and sees it through; gives its size. Raises StoreUnavailable."""
        self._backlog = False
        if not await self._turn.comes():
            return 0
        allowed = self._budget.allowance()
        if allowed.events == 0:
            self._gate.shut(self._budget.refused())
            return 0
        in_flight = await self._inbox.in_flight()
        room = self._window.room(in_flight)
        if room <= 0:
            return 0
        limit = self._filling.claim(min(room, allowed.events or room))
        since = time.monotonic()
        batch = await self._inbox.claim(
            limit, lease=self._tuning.lease, urgent_only=allowed.urgent_only
        )
        self._backlog = len(batch) == limit
        if batch:
            claims = {each.claim for each in batch}
            async with kept(self._inbox, claims, self._tuning.lease, since) as held:
                await self._settle(batch, in_flight, held)
        return len(batch)

    async def _settle(self, batch: Sequence[Claimed], in_flight: int, held: Kept) -> None:
        back = self._window.put_back([claimed.event_id for claimed in batch], in_flight)
        moves = [put_back(claimed) for claimed in batch if claimed.event_id in back]
        if ready := [claimed for claimed in batch if claimed.event_id not in back]:
            moves += await self._see_through(ready, held)
        if moves:
            await self._record(moves)

    async def _see_through(self, batch: Sequence[Claimed], held: Kept) -> list[Move]:
        joined = await join_gently(batch, self._zone)
        older = {each.older.seq for each in joined}
        results = await self._prepare_all(batch, older)
        if held.ended:
            _log.warning("%d events are left to whoever claims them next: it took long", len(batch))
            return []
        moves = [each for each in results if isinstance(each, Move)]
        ready = [each for each in results if not isinstance(each, Move)]
        self._filling.saw(len(batch), len(ready))
        if ready:
            self._window.publishes([claimed.event_id for claimed, _ in ready])
            outcomes = await self._publish([each.message.to_payload() for _, each in ready])
            for (claimed, prepared), outcome in zip(ready, outcomes, strict=True):
                self._metrics.published.labels(outcome.status.value).inc()
                moves.append(self._after_publish(claimed, prepared, outcome))
            self._budget.spend(sum(outcome.status in _SPENT for outcome in outcomes))
            # Of what may not have arrived at the bus, no loss says anything either.
            self._window.not_published(
                move.of.event_id for move in moves if move.to is not State.SENT or move.reason
            )
        of = {move.of.seq: move for move in moves}
        stood_for = [each.move(of[each.newest.seq]) for each in joined]
        self._metrics.joined.inc(sum(move.to is State.DONE for move in stood_for))
        moves += stood_for
        self._metrics.dead.inc(sum(move.to is State.DEAD for move in moves))
        return moves

    async def _publish(self, payloads: Sequence[Mapping[str, Any]]) -> list[PublishOutcome]:
        """After a pause one event goes ahead of the others."""
        ahead: list[PublishOutcome] = []
        if self._gate.is_doubted and len(payloads) > 1:
            ahead = await self._pubsub.publish(STRIPE_EVENT_TOPIC, payloads[:1])
            if (fault := ahead[0].fault) is not None:
                rest = PublishOutcome(PublishStatus.NOT_SENT, fault=fault)
                return [*ahead, *[rest] * (len(payloads) - 1)]
        return ahead + await self._pubsub.publish(STRIPE_EVENT_TOPIC, payloads[len(ahead) :])

    async def _prepare_all(
        self, batch: Sequence[Claimed], but: Collection[int]
    ) -> list[Move | tuple[Claimed, Prepared]]:
        """In the order of the batch; a few at a time, and between any two the loop may admit.

        ``but`` some, by their ``seq``.
        """
        readings = await self._preparer.look_over(batch)
        results: dict[int, Move | tuple[Claimed, Prepared]] = {}
        waiting = iter(enumerate(each for each in batch if each.seq not in but))

        async def work() -> None:
            for place, claimed in waiting:
                results[place] = await self._prepare(claimed, readings)
                await asyncio.sleep(0)

        await asyncio.gather(*(work() for _ in range(self._tuning.preparing)))
        return [results[place] for place in range(len(results))]

    async def _prepare(
        self, claimed: Claimed, readings: Mapping[str, StripeEvent]
    ) -> Move | tuple[Claimed, Prepared]:
        try:
            prepared = await self._preparer.prepare(claimed, readings)
        except (StripeNotFound, StripeRequestRefused) as error:
            return Move(claimed, State.DEAD, outcome="failed", reason=str(error))
        except OrgFault as error:
            # Of an errand that asks Salesforce something.
            return self._patience.wait(claimed, error)
        except StripeApiError as error:
            # Stripe's trouble or the key's: this lane waits, lanes that ask nothing go on.
            return self._patience.wait_for_stripe(claimed, error)
        except TooSoon as error:
            if claimed.attempts >= _MOST_TIES:
                return Move(claimed, State.DEAD, outcome="tie", reason=str(error))
            return Move(claimed, State.DUE, wait=1.0, outcome="tie", reason=str(error))
        except Exception as error:
            reason = _reason(error)
            _log.error(
                "%s (%s) cannot be translated: %s",
                claimed.event_id,
                claimed.type,
                type(error).__name__,
            )
            return Move(claimed, State.DEAD, outcome="failed", reason=reason)
        self._patience.prepared(claimed)
        if isinstance(prepared, Nothing):
            return Move(claimed, State.DONE, outcome="ignored", reason=prepared.reason)
        if isinstance(prepared, Expanded):
            await self._insist(lambda: self._inbox.ask(prepared.arrivals))
            return Move(claimed, State.DONE, outcome="expanded", reason=prepared.reason)
        return claimed, prepared

    def _after_publish(self, claimed: Claimed, prepared: Prepared, outcome: PublishOutcome) -> Move:
        if isinstance(outcome.fault, AllocationSpent):
            self._gate.shut(self._budget.refused())
        elif outcome.fault is not None:
            self._gate.shut(outcome.fault)
        match outcome.status:
            case PublishStatus.PUBLISHED | PublishStatus.UNKNOWN:
                if outcome.status is PublishStatus.PUBLISHED:
                    self._gate.worked()
                    self._published += 1
                self._doubted.pop(claimed.event_id, None)
                return Move(
                    claimed,
                    State.SENT,
                    wait=self._tuning.receipt_timeout,
                    reason="" if outcome.fault is None else f"may have arrived: {outcome.fault}",
                    as_of=prepared.newest.timestamp(),
                    sent_rows=prepared.sent_rows,
                )
            case PublishStatus.NOT_SENT:
                return Move(claimed, State.DUE, reason=str(outcome.fault), counted=False)
            case PublishStatus.REFUSED:
                if self._to_blame(claimed, outcome):
                    return Move(claimed, State.DEAD, outcome="failed", reason=outcome.reason)
                wait = self._tuning.backoff.wait(claimed.attempts)
                return Move(claimed, State.DUE, wait=wait, reason=outcome.reason)

    def _to_blame(self, claimed: Claimed, outcome: PublishOutcome) -> bool:
        if outcome.certain:
            return True
        published = self._doubted.setdefault(claimed.event_id, self._published)
        if claimed.attempts >= _DOUBTED and self._published > published:
            del self._doubted[claimed.event_id]
            return True
        return False

    async def _record(self, moves: Sequence[Move]) -> None:
        await self._insist(lambda: self._inbox.record(moves))

    async def _insist(self, write: Callable[[], Awaitable[object]]) -> None:
        """Writes, however long the store takes: the claims are this process's own."""
        while True:
            try:
                await write()
            except StoreUnavailable as error:
                self._health.bad(Part.STORE, error)
                await asyncio.sleep(1.0)
            else:
                return


def _reason(error: Exception) -> str:
    """A reason without the values: they are somebody's."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        return "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults
        )
    return f"{type(error).__name__}: {error}"


async def probe(pubsub: PubSub) -> None:
    """Whether events can be published, with all that is in them. Raises OrgFault."""
    try:
        topic = await pubsub.topic(STRIPE_EVENT_TOPIC, fresh=True)
        codec = await pubsub.codec(STRIPE_EVENT_TOPIC, topic.schema_id)
    except RequestRefused as error:
        raise OrgUnavailable(str(error)) from error
    if not topic.can_publish:
        raise PermissionDenied(
            f"{STRIPE_EVENT_TOPIC}: the user may not publish. "
            "Assign the permission set Bridge_Integration"
        )
    codec.require(field.alias or name for name, field in StripeEventMessage.model_fields.items())
