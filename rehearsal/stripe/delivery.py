"""Webhooks on their way: in order and until acknowledged, unless told to misbehave."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from . import signing
from .encoding import encode
from .events import envelope
from .objects.webhooks import Event, WebhookEndpoint
from .world import World

TIMEOUT = aiohttp.ClientTimeout(total=20)


@dataclass(slots=True)
class Options:
    """How deliveries misbehave.

    ``hold``: nothing leaves. ``delay``: seconds before an event may leave. ``duplicate``: extra
    copies of each. ``shuffle``: each next one is picked from the first so many. ``drop_types`` and
    ``drop_next``: never sent. ``concurrency``: senders an endpoint (more than one keeps no order).
    ``rate``: sendings a second, at most; 0 for as fast as can be. ``retry_base`` and ``retry_cap``:
    seconds between attempts, doubling.
    """

    hold: bool = False
    delay: float = 0.0
    duplicate: int = 0
    shuffle: int = 0
    drop_types: list[str] = field(default_factory=list)
    drop_next: int = 0
    concurrency: int = 1
    rate: float = 0.0
    retry_base: float = 0.1
    retry_cap: float = 5.0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending: the answer's status, or why there was none. ``at`` is wall-clock time."""

    event: str
    type: str
    endpoint: str
    number: int
    at: float
    status: int | None
    error: str | None

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class _Parcel:
    event: Event
    endpoint: WebhookEndpoint
    not_before: float


class Courier:
    """Sends events to endpoints from background tasks; ``start`` it in a running loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.options = Options()
        self.attempts: list[Attempt] = []
        self.dropped: list[str] = []
        self.acknowledged: Counter[str] = Counter()
        self._queues: dict[str, list[_Parcel]] = {}
        self._senders: dict[str, list[asyncio.Task[None]]] = {}
        self._in_flight = 0
        self._next_turn = 0.0
        self._changed = asyncio.Condition()
        self._session: aiohttp.ClientSession | None = None
        self._random = random.Random(0)  # noqa: S311 (a rehearsal's disorder)
        self._woken: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        self._world.listeners.append(self.post)

    async def stop(self) -> None:
        tasks = [task for senders in self._senders.values() for task in senders]
        for task in (*tasks, *self._woken):
            task.cancel()
        await asyncio.gather(*tasks, *self._woken, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def post(self, event: Event) -> None:
        """Queue an event for each endpoint that wants it."""
        for ref in sorted(event.pending):
            if event.type in self.options.drop_types or self.options.drop_next > 0:
                self.options.drop_next = max(self.options.drop_next - 1, 0)
                self.dropped.append(event.id)
                continue
            self._enqueue(event, self._world.endpoints[ref])

    def resend(self, event: Event) -> None:
        """Send an event again, as an operator does in the Dashboard."""
        for endpoint in self._world.endpoints:
            if endpoint.wants(event.type):
                event.pending.add(endpoint.id)
                self._enqueue(event, endpoint)

    def configure(self, options: Options) -> None:
        if options.seed is not None:
            self._random.seed(options.seed)
        self.options = options
        self._wake()

    @property
    def waiting(self) -> int:
        """Parcels not acknowledged yet, those in flight included."""
        return sum(map(len, self._queues.values())) + self._in_flight

    async def flush(self, timeout: float) -> bool:
        """Wait until nothing is left to send (held parcels do not count); whether it came so."""

        def done() -> bool:
            return not self._in_flight and (self.options.hold or not any(self._queues.values()))

        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(done)
        except TimeoutError:
            return False
        return True

    def _enqueue(self, event: Event, endpoint: WebhookEndpoint) -> None:
        queue = self._queues.setdefault(endpoint.id, [])
        due = time.monotonic() + self.options.delay
        for _ in range(1 + self.options.duplicate):
            queue.append(_Parcel(event, endpoint, due))
        senders = self._senders.setdefault(endpoint.id, [])
        while len(senders) < self.options.concurrency:
            senders.append(asyncio.create_task(self._send_from(endpoint.id, len(senders))))
        self._wake()

    def _wake(self) -> None:
        task = asyncio.ensure_future(self._notify())
        self._woken.add(task)
        task.add_done_callback(self._woken.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _take(self, endpoint: str, number: int) -> _Parcel | None:
        queue = self._queues[endpoint]
        if self.options.hold or not queue or number >= self.options.concurrency:
            return None
        reach = min(max(self.options.shuffle, 1), len(queue))
        index = self._random.randrange(reach) if reach > 1 else 0
        now = time.monotonic()
        if max(queue[index].not_before, self._next_turn) > now:
            return None
        if self.options.rate:
            # Senders that wake late make good for a moment, and not for a long silence.
            self._next_turn = max(self._next_turn, now - 0.1) + 1 / self.options.rate
        self._in_flight += 1
        return queue.pop(index)

    async def _send_from(self, endpoint: str, number: int) -> None:
        while True:
            async with self._changed:
                parcel = self._take(endpoint, number)
                if parcel is None:
                    try:
                        async with asyncio.timeout(self._patience(endpoint)):
                            await self._changed.wait()
                    except TimeoutError:
                        pass
                    continue
            try:
                await self._deliver(parcel)
            finally:
                self._in_flight -= 1
            await self._notify()

    def _patience(self, endpoint: str) -> float | None:
        """Until the first delayed parcel may leave."""
        queue = self._queues[endpoint]
        if self.options.hold or not queue:
            return None
        reach = queue[: max(self.options.shuffle, 1)]
        first = max(min(parcel.not_before for parcel in reach), self._next_turn)
        return max(first - time.monotonic(), 0.001)

    async def _deliver(self, parcel: _Parcel) -> None:
        event, endpoint = parcel.event, parcel.endpoint
        version = endpoint.api_version or event.api_version
        number = 0
        while endpoint.wants(event.type):
            number += 1
            attempt = await self._attempt(event, endpoint, version, number)
            self.attempts.append(attempt)
            if attempt.acknowledged:
                self.acknowledged[event.id] += 1
                break
            pause = self.options.retry_base * 2 ** min(number - 1, 16)
            await asyncio.sleep(min(pause, self.options.retry_cap))
        event.pending.discard(endpoint.id)

    async def _attempt(
        self, event: Event, endpoint: WebhookEndpoint, version: str, number: int
    ) -> Attempt:
        if self._session is None:
            raise RuntimeError("the courier is not started")
        body = encode(envelope(self._world, event, version))
        now = time.time()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signing.header(body, endpoint.secrets, int(now)),
        }
        status: int | None = None
        error: str | None = None
        try:
            async with self._session.post(
                endpoint.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
                await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            error = f"{type(fault).__name__}: {fault}"
        return Attempt(event.id, event.type, endpoint.id, number, now, status, error)
