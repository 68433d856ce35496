"""Following a topic behind a stored cursor: one bridge of those that share a store.

Each receipt is applied once however many read it, but each reader counts against the org's day. So
a topic is read under a lease. Whoever does not get it stands by, which is as healthy; a bridge that
dies is followed by another when the lease ends, one that stops within a second. One that lives and
does not reach Salesforce gives way to one that stands by.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.clock import Backoff
from bridge.errors import AuthFailed, BridgeError, LeaseLost, OrgUnavailable
from bridge.health import Health, Part
from bridge.salesforce_api import Delivery, EventSource, position_name, subscribe
from bridge.store import Cursor, Inbox, Lease
from bridge.working.holding import LEASE, first_of, let_go, look, renew, take, until_stored

T = TypeVar("T")
Apply = Callable[[Delivery, Cursor | None], Awaitable[None]]

_log = logging.getLogger(__name__)


class Follower:
    """Hands each delivery of a topic on, while this bridge holds it."""

    def __init__(
        self,
        topic: str,
        part: Part,
        apply: Apply,
        *,
        source: EventSource,
        inbox: Inbox,
        health: Health,
        reconnect: Backoff,
        lease: float = LEASE,
        on_state: Callable[[BridgeError | None], None] = lambda _: None,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        """``apply`` stores what a delivery says with the cursor that it is given, and knows again
        what it has stored already; it raises LeaseLost where another bridge has taken over.

        ``lease`` is for how long the topic is held unless that is renewed, in seconds.
        ``on_state`` is told of each fault, and None when the stream stands; ``on_rest``, whenever
        this bridge does not read the topic, or no more.
        """
        self._topic = topic
        self._part = part
        self._apply = apply
        self._source = source
        self._position = position_name(source, topic)
        self._inbox = inbox
        self._health = health
        self._reconnect = reconnect
        self._lease = lease
        self._on_state = on_state
        self._on_rest = on_rest
        self._cut_off_since: float | None = None
        self._told = 0.0

    async def run(self) -> None:
        """Reads or stands by, until cancelled.

        Begins behind the cursor in the store; without one, or when Salesforce refuses it, with the
        earliest event that the org keeps.
        """
        while True:
            self._told = 0.0
            held = await take(
                self._topic,
                self._standby,
                inbox=self._inbox,
                health=self._health,
                seconds=self._lease,
            )
            self._cut_off_since = None
            try:
                await first_of(self._read(held), self._keep(held))
            except LeaseLost as error:
                _log.warning("standing by: %s", error)
            finally:
                self._on_rest()
                await let_go(held, self._inbox)
            # Another that stands by looks more often than this.
            await asyncio.sleep(3 * look(self._lease))

    async def _standby(self) -> None:
        self._on_rest()
        self._health.stand_by(self._part)
        if _now() - self._told > self._lease / 3:
            self._told = _now()
            await self._stored(lambda: self._inbox.acquire(_next(self._topic), self._lease))

    async def _read(self, lease: Lease) -> None:
        """Reads until another has the lease. Raises LeaseLost."""
        replay = await self._stored(lambda: self._inbox.get_cursor(self._position))
        stream = subscribe(
            self._source, self._topic, replay, on_state=self._noted, backoff=self._reconnect
        )
        try:
            async for delivery in stream:
                at = delivery.replay_id
                await self._apply(delivery, Cursor(self._position, at, lease) if at else None)
        finally:
            await stream.aclose()

    async def _keep(self, lease: Lease) -> None:
        """Renews the lease. Raises LeaseLost."""
        while True:
            await asyncio.sleep(self._lease / 3)
            await renew(lease, self._inbox, self._health, self._lease)
            if self._is_cut_off() and await self._stored(
                lambda: self._inbox.is_held_elsewhere(_next(self._topic))
            ):
                raise LeaseLost(f"Salesforce is not reached from here: {lease.name}")

    def _is_cut_off(self) -> bool:
        since = self._cut_off_since
        return since is not None and _now() - since >= self._lease

    def _noted(self, fault: BridgeError | None) -> None:
        if not isinstance(fault, OrgUnavailable | AuthFailed):
            # Whatever else Salesforce says it says to every bridge.
            self._cut_off_since = None
        elif self._cut_off_since is None:
            self._cut_off_since = _now()
        self._on_state(fault)
        if fault is None:
            self._health.good(self._part)
        else:
            self._health.bad(self._part, fault)

    async def _stored(self, action: Callable[[], Awaitable[T]]) -> T:
        return await until_stored(action, self._health)


def _next(topic: str) -> str:
    """The lease of a bridge that stands by."""
    return f"{topic} next"


def _now() -> float:
    return asyncio.get_running_loop().time()
