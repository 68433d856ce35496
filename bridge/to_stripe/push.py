"""The worker of the way back: claims changed Opportunities, and makes Stripe say what they say.

It works under a lease, so of several bridges one writes: what an object is to show is worked out
from the records as they are now, object by object, and two that did so at once could write an older
word after a newer one. It also makes the rate of writes the account's.

A write is stored before it is made. One that may or may not have been made is repeated, word by
word and under its key, before anything else is done: if it is still on its way it can then not
arrive later, after a newer one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bridge.clock import Backoff, system_clock
from bridge.errors import OrgFault, RequestRefused, StoreUnavailable
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.store import CLAIM_LEASE, Claimed, Inbox, Intent, Lease, Move, Placing, Queue, State
from bridge.stripe_api import (
    StripeApiError,
    StripeNotFound,
    StripePermissionDenied,
    StripeReader,
    StripeRequestRefused,
)
from bridge.stripe_api.writer import StripeWriter
from bridge.to_stripe.changed import hint_of, opportunity_of
from bridge.to_stripe.exceptions import Exceptions, Trouble
from bridge.to_stripe.linking import Linking, is_creation
from bridge.to_stripe.opportunities import Links, Opportunities, Shown, fault_behind
from bridge.to_stripe.plan import Plan, Standing, plan
from bridge.working.gate import Gate
from bridge.working.holding import holding, until_stored
from bridge.working.keeping import Kept, kept
from bridge.working.patience import Patience
from bridge.working.per_minute import PerMinute

T = TypeVar("T")

LEASE = "push"
_IDLE = 0.5
_DAY = 86_400.0
"""Seconds that Stripe remembers an idempotency key, at least."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tuning:
    """How much at a time, and how long to wait; seconds."""

    backoff: Backoff
    batch_size: int = 200
    at_once: int = 8
    """Objects that are read or written at the same time."""
    lease: float = CLAIM_LEASE


class Pusher:
    """Runs until cancelled, which may be in the middle of anything."""

    def __init__(
        self,
        inbox: Inbox,
        opportunities: Opportunities,
        reader: StripeReader,
        writer: StripeWriter,
        gate: Gate,
        budget: PerMinute,
        health: Health,
        metrics: Metrics,
        tuning: Tuning,
        *,
        linking: Linking,
        exceptions: Exceptions,
        reserved: str,
    ) -> None:
        """``reserved`` is the metadata key that holds the Opportunity's id."""
        self._inbox = inbox
        self._opportunities = opportunities
        self._reader = reader
        self._writer = writer
        self._gate = gate
        self._budget = budget
        self._health = health
        self._metrics = metrics
        self._tuning = tuning
        self._linking = linking
        self._exceptions = exceptions
        self._reserved = reserved
        self._patience = Patience(tuning.backoff)

    async def run(self) -> None:
        """Pushes while this bridge has the lease."""
        await holding(
            LEASE,
            self._work,
            inbox=self._inbox,
            health=self._health,
            part=Part.METADATA,
            seconds=self._tuning.lease,
        )

    async def _work(self, _: Lease) -> None:
        self._health.good(Part.METADATA)
        backlog = False
        while True:
            await self._gate.passed()
            if not backlog:
                await self._inbox.wait(_IDLE, Queue.STRIPE)
            try:
                backlog = await self.once() == self._tuning.batch_size
            except StoreUnavailable as error:
                self._health.bad(Part.STORE, error)
                backlog = False
                await asyncio.sleep(1.0)

    async def once(self) -> int:
        """Claims one batch and sees it through; gives its size. Raises StoreUnavailable."""
        since = time.monotonic()
        batch = await self._inbox.claim(
            self._tuning.batch_size, lease=self._tuning.lease, queue=Queue.STRIPE
        )
        if not batch:
            return 0
        claims = {each.claim for each in batch}
        async with kept(self._inbox, claims, self._tuning.lease, since) as held:
            moves = await self._see_through(batch, held)
            if moves:
                await until_stored(lambda: self._inbox.record(moves), self._health)
        return len(batch)

    async def _see_through(self, batch: Sequence[Claimed], held: Kept) -> list[Move]:
        if not self._budget.take():
            return [Move(each, State.DUE, wait=1.0, counted=False) for each in batch]
        try:
            return await self._push(batch, await self._repeat(), held)
        except OrgFault as error:
            fault = error
        except RequestRefused as error:
            fault = fault_behind(error)
        self._gate.shut(fault)
        return [self._patience.wait(each, fault) for each in batch]

    async def _repeat(self) -> _Begun:
        """Makes sure of what was begun, but for creations."""
        begun = _Begun()
        for each in await self._inbox.intents():
            if is_creation(each):
                begun.creations.append(each)
                continue
            if system_clock() - each.at < _DAY:
                try:
                    await self._write(each)
                except _CERTAIN as error:
                    _log.info("%s: %s", each.target, error)
                except StripeApiError as error:
                    begun.unsure[each.target] = error
                    continue
            await self._inbox.fulfil([each.key], [])
        return begun

    async def _push(self, batch: Sequence[Claimed], begun: _Begun, held: Kept) -> list[Move]:
        rows = {opportunity_of(each) for each in batch}
        links = await self._opportunities.links(rows)
        asking = {each for each, found in links.items() if found.asks_for_customer}
        linked = await self._linking.link(asking, begun.creations) if asking else {}
        await self._linking.forget(rows - asking, begun.creations)
        failed: dict[str, Exception] = dict(begun.unsure)
        notes: dict[str, str] = {}
        for opportunity, each in linked.items():
            if isinstance(each, StripeApiError):
                failed[opportunity] = each
                continue
            if each.customer is not None:
                links[opportunity].targets.add(each.customer)
            if each.trouble:
                notes[opportunity] = each.trouble
        placed = await self._inbox.placed(rows)
        targets = {target for each in links.values() for target in each.targets}
        targets |= {placing.target for placing in placed}
        targets |= {hint for row in batch if (hint := hint_of(row))}
        shown = await self._opportunities.shown(targets)
        plans = await self._each(
            sorted(targets - begun.unsure.keys()),
            lambda each: plan(each, shown.get(each), self._reader, self._reserved),
        )
        failed |= {target: error for target, error in plans.items() if isinstance(error, Exception)}
        good = {target: each for target, each in plans.items() if isinstance(each, Plan)}
        if held.ended:
            return []  # another bridge may be at them, with a newer word
        written = await self._carry_out(good, placed)
        failed |= {
            target: error for target, error in written.items() if isinstance(error, Exception)
        }
        self._tell(failed)
        await self._leave(placed, good, failed)
        return await self._moves(batch, links, placed, _Outcome(good, failed, notes))

    async def _carry_out(
        self, plans: Mapping[str, Plan], placed: Collection[Placing]
    ) -> Mapping[str, Exception | None]:
        intents = {target: each.intent for target, each in plans.items() if each.intent is not None}
        placings = {
            Placing(each.shown.opportunity, target)
            for target, each in plans.items()
            if each.shown is not None and each.standing is not Standing.GONE
        } - set(placed)
        if intents or placings:
            await self._inbox.intend(list(intents.values()), placings)
        written = await self._each(list(intents), lambda target: self._write(intents[target]))
        # What is not known to be refused may have been written, and is repeated.
        known = [
            intents[target].key
            for target, error in written.items()
            if error is None or isinstance(error, _CERTAIN)
        ]
        if known:
            await self._inbox.fulfil(known, [])
        return written

    def _tell(self, failed: Mapping[str, Exception]) -> None:
        for error in failed.values():
            if isinstance(error, StripePermissionDenied):
                self._health.bad(Part.METADATA, error)
                return
        self._gate.worked()

    async def _write(self, begun: Intent) -> None:
        await self._writer.post(begun.path, json.loads(begun.params), begun.key)

    async def _leave(
        self,
        placed: Collection[Placing],
        plans: Mapping[str, Plan],
        failed: Mapping[str, Exception],
    ) -> None:
        """Forgets where texts are no longer."""
        gone = [
            placing
            for placing in placed
            if placing.target not in failed
            and _has_left(placing.opportunity, plans[placing.target])
        ]
        if gone:
            await self._inbox.fulfil([], gone)

    async def _each(
        self, targets: Sequence[str], do: Callable[[str], Awaitable[T]]
    ) -> dict[str, T | Exception]:
        """A few at a time; what raises a ``StripeApiError`` keeps no other back."""
        results: dict[str, T | Exception] = {}
        waiting = iter(targets)

        async def work() -> None:
            for target in waiting:
                try:
                    results[target] = await do(target)
                except StripeApiError as error:
                    results[target] = error

        await asyncio.gather(*(work() for _ in range(self._tuning.at_once)))
        return results

    async def _moves(
        self,
        batch: Sequence[Claimed],
        links: Mapping[str, Links],
        placed: Collection[Placing],
        outcome: _Outcome,
    ) -> list[Move]:
        touched: dict[str, set[str]] = {each: set(found.targets) for each, found in links.items()}
        for placing in placed:
            touched[placing.opportunity].add(placing.target)
        for row in batch:
            if hint := hint_of(row):
                touched[opportunity_of(row)].add(hint)
        moves: list[Move] = []
        settled: dict[str, Trouble | None] = {}
        results: dict[str, str] = {}
        for opportunity, targets in touched.items():
            error = outcome.waits_for({*targets, opportunity})
            if error is not None:
                moves += [
                    self._patience.wait_for_stripe(each, error)
                    for each in batch
                    if opportunity_of(each) == opportunity
                ]
                continue
            settled[opportunity] = outcome.trouble_of(opportunity, links[opportunity].targets)
            results[opportunity] = outcome.result(targets)
        known = {each: found.exception for each, found in links.items() if found.exception}
        refused = await self._exceptions.settle(settled, known)
        for each in batch:
            opportunity = opportunity_of(each)
            if opportunity in settled:
                self._patience.prepared(each)
                trouble = settled[opportunity]
                result = "exception" if trouble else results[opportunity]
                moves.append(_done(each, result, trouble, refused.get(opportunity)))
                self._metrics.pushed.labels(result).inc()
        return moves


@dataclass(slots=True)
class _Begun:
    """What was begun earlier."""

    creations: list[Intent] = field(default_factory=list)
    unsure: dict[str, StripeApiError] = field(default_factory=dict)
    """Objects of which it is not known yet what they say."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of the objects of a batch."""

    plans: Mapping[str, Plan]
    failed: Mapping[str, Exception]
    """By object; by Opportunity, where its customer could not be asked for."""
    notes: Mapping[str, str]
    """What kept an Opportunity from its customer."""

    def waits_for(self, targets: Collection[str]) -> StripeApiError | None:
        """Why these are to be tried again, if they are."""
        for target in sorted(targets):
            error = self.failed.get(target)
            if isinstance(error, StripeApiError) and not isinstance(error, _REFUSED):
                return error
        return None

    def trouble_of(self, opportunity: str, targets: Collection[str]) -> Trouble | None:
        """What keeps this Opportunity's text from these objects; what keeps another's is not its
        trouble."""
        reasons = [self.notes[opportunity]] if opportunity in self.notes else []
        about: list[str] = []
        for target in sorted(targets):
            found = self.plans.get(target)
            if found is None or found.shown is None or found.shown.opportunity != opportunity:
                continue
            if reason := str(self.failed.get(target) or found.trouble):
                about.append(target)
                reasons += [reason] if reason not in reasons else []
        return Trouble("\n".join(reasons), next(iter(about), None)) if reasons else None

    def result(self, targets: Collection[str]) -> str:
        """``pushed`` where anything was written, else ``gone`` where anything was deleted."""
        standings = {self.plans[each].standing for each in targets if each in self.plans}
        if Standing.DIFFERENT in standings:
            return "pushed"
        return "gone" if Standing.GONE in standings else "unchanged"


def _done(claimed: Claimed, result: str, trouble: Trouble | None, refused: str | None) -> Move:
    if trouble is None:
        return Move(claimed, State.DONE, outcome=result, reason=refused or "")
    if refused is None:
        return Move(claimed, State.DONE, outcome=result, reason=trouble.reason)
    # Nobody in Salesforce sees it, so an operator must.
    said = f"{trouble.reason}; and Salesforce refused the exception: {refused}"
    return Move(claimed, State.DEAD, outcome="failed", reason=said)


_REFUSED = (StripeNotFound, StripeRequestRefused)
"""Stripe's word on this very write, which it would give again."""
_CERTAIN = (*_REFUSED, StripePermissionDenied)
"""Nothing was written."""


def _has_left(opportunity: str, found: Plan) -> bool:
    shown: Shown | None = found.shown
    if found.standing is Standing.GONE:
        return True
    return found.standing is not Standing.REFUSED and (
        shown is None or shown.opportunity != opportunity
    )
