"""Reads of Stripe: few, remembered for a while, never two of the same thing at once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from bridge.stripe_api.cache import Cache
from bridge.stripe_api.client import Answer, StripeGet
from bridge.stripe_api.errors import StripeNotFound
from bridge.stripe_api.events import StripeEvent, instant
from bridge.stripe_api.facts import Fact, Facts, Kind, Need
from bridge.stripe_api.questions import ask
from bridge.stripe_api.throttle import Throttle

_BASIL = "2025-03-31"

_BY_PREFIX = {
    "cus_": Kind.CUSTOMER,
    "sub_": Kind.SUBSCRIPTION,
    "in_": Kind.INVOICE,
    "ch_": Kind.CHARGE,
    "py_": Kind.CHARGE,
}

_NOTICED = {
    "customer": Kind.CUSTOMER,
    "subscription": Kind.SUBSCRIPTION,
    "invoice": Kind.INVOICE,
    "product": Kind.PRODUCT,
}

_Question = tuple[Kind, str, dt.datetime | None]
"""What a need asks Stripe for, whatever it wants it for."""


class StripeReader:
    """Answers needs, and reads ledger keys anew.

    ``stripe_version`` is that of the reads: the SDK's own, or any since basil (2025-03-31), which
    brought invoice payments. ``count`` is told of every request made, by its path's first part
    (``customers``, ``invoices`` …); :attr:`requests` holds the same.
    """

    def __init__(
        self,
        api_key: str,
        api_base: str = "https://api.stripe.com",
        stripe_version: str | None = None,
        *,
        timeout: float = 20.0,
        network_retries: int = 2,
        rate_limit_retries: int = 4,
        at_once: int = 10,
        per_second: float = 20.0,
        burst: int = 5,
        cache_size: int = 10_000,
        cache_age: float = 900.0,
        lasting_cache_age: float = 86_400.0,
        count: Callable[[str], None] | None = None,
    ) -> None:
        if stripe_version is not None and stripe_version[:10] < _BASIL:
            raise ValueError(f"reads need Stripe's API {_BASIL} or later, not {stripe_version}")
        self.requests: Counter[str] = Counter()
        self._tell = count
        self._cache = Cache(size=cache_size, age=cache_age, lasting_age=lasting_cache_age)
        self._reading: dict[_Question, asyncio.Task[Fact]] = {}
        self._get = StripeGet(
            api_key,
            api_base,
            stripe_version=stripe_version,
            timeout=timeout,
            network_retries=network_retries,
            rate_limit_retries=rate_limit_retries,
            throttle=Throttle(at_once=at_once, per_second=per_second, burst=burst),
            count=self._count,
        )

    async def resolve(self, needs: Iterable[Need], facts: Facts) -> Facts:
        """The facts with these needs answered.

        A thing that Stripe does not know is a fact too (``object`` is ``None``). Raises a
        ``StripeApiError`` when any other need cannot be answered.
        """
        wanted = list(dict.fromkeys(needs))
        found = await asyncio.gather(*map(self._answer, wanted))
        return facts.grow(dict(zip(wanted, found, strict=True)))

    async def read(self, key: str) -> tuple[dict[str, Any], dt.datetime]:
        """What the Stripe object of a ledger key is now, and as of when; never a remembered one.

        Raises ``ValueError`` for a key that names no Stripe object, else a ``StripeApiError``.
        """
        kind, stripe_id = ledger_key(key)
        fact = await self._read(Need(kind, stripe_id))
        if fact.object is None:
            raise StripeNotFound(f"Stripe knows no {kind} {stripe_id}", fact.as_of)
        return fact.object, fact.as_of

    async def latest(self, key: str, since: dt.datetime) -> Fact:
        """The Stripe object of a ledger key, read now, of which Stripe told several at ``since``.

        It is remembered instead of those. Raises as :meth:`read`.
        """
        kind, stripe_id = ledger_key(key)
        return await self._read(Need(kind, stripe_id, since=since))

    def notice(self, event: StripeEvent) -> None:
        """Keeps what an event says anyway, so that it need not be read."""
        found, kind = event.object, event.object.get("object")
        key = found.get("id")
        if not isinstance(key, str):
            return
        if event.type.endswith(".deleted") and kind in {"customer", "product", "invoice"}:
            found = {**found, "deleted": True}
        if isinstance(kind, str) and kind in _NOTICED:
            self._cache.put(_NOTICED[kind], key, found, event.created)
            if kind == "subscription":
                self._doubt_discounts(key, found)
        elif kind == "subscription_schedule":
            self._cache.drop(Kind.SCHEDULE, key)
        elif kind == "price":
            self._cache.drop(Kind.PRICE, key)
            self._cache.drop(Kind.PRICE_IN_CURRENCIES, key)
        elif kind == "coupon":
            self._cache.drop(Kind.COUPON, key)
            self._cache.drop(Kind.COUPON_IN_CURRENCIES, key)
        elif kind == "discount" and isinstance(found.get("subscription"), str):
            self._cache.drop(Kind.SUBSCRIPTION_DISCOUNTS, found["subscription"])
        elif kind == "discount" and isinstance(found.get("customer"), str):
            self._cache.drop(Kind.CUSTOMER, found["customer"])
        elif kind == "charge" and isinstance(found.get("payment_intent"), str):
            self._cache.put(Kind.PAYMENT_CHARGE, found["payment_intent"], found, event.created)
        elif kind == "checkout.session" and isinstance(found.get("subscription"), str):
            self._cache.put(Kind.CHECKOUT_SESSION, found["subscription"], found, event.created)

    async def account(self) -> dict[str, Any]:
        """The account that the API key is of."""
        return (await self._get.get("/v1/account")).object

    async def close(self) -> None:
        """Ends reads under way and closes the connections."""
        for task in list(self._reading.values()):
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
        await self._get.close()

    async def _answer(self, need: Need) -> Fact:
        question = (need.kind, need.id, need.until)
        while True:
            remembered = self._cache.get(need)
            if remembered is not None:
                return remembered
            task = self._reading.get(question)
            own = task is None
            if task is None:
                task = asyncio.get_running_loop().create_task(self._read(need))
                self._reading[question] = task
                task.add_done_callback(lambda done: self._forget(question, done))
            # Others may wait for the same read: one that gives up must not end it for them.
            fact = await asyncio.shield(task)
            if own or need.since is None or fact.as_of >= need.since:
                return fact

    async def _read(self, need: Need) -> Fact:
        asked = self._cache.now()
        try:
            answer = await ask(self._get, need)
        except StripeNotFound as error:
            if error.as_of is None:
                raise
            if need.kind is Kind.CHECKOUT_SESSION:
                self._cache.put(need.kind, need.id, None, error.as_of)
            return Fact(None, error.as_of)
        answer = await self._by_its_clock(need, answer)
        # Who asks since a moment has heard of it from Stripe, and asked afterwards.
        as_of = answer.as_of if need.since is None else max(answer.as_of, need.since)
        if answer.object.get("data") != []:
            self._cache.put(need.kind, need.id, answer.object, as_of, asked=asked)
        payment = answer.object.get("payment_intent")
        if need.kind is Kind.CHARGE and isinstance(payment, str):
            self._cache.put(Kind.PAYMENT_CHARGE, payment, answer.object, as_of, asked=asked)
        return Fact(answer.object, as_of)

    async def _by_its_clock(self, need: Need, answer: Answer) -> Answer:
        """An object of a test clock as of the clock's own time.

        The clock may be advanced between two reads, so the object is asked for after it. A list is
        of one customer, and so of one clock.
        """
        clock = answer.object.get("test_clock")
        for member in answer.object.get("data") or []:
            clock = clock or member.get("test_clock")
        if not isinstance(clock, str):
            return answer
        found = await self._get.get(f"/v1/test_helpers/test_clocks/{clock}")
        frozen = found.object.get("frozen_time")
        if not isinstance(frozen, int):
            return answer
        return Answer((await ask(self._get, need)).object, instant(frozen))

    def _doubt_discounts(self, key: str, subscription: dict[str, Any]) -> None:
        """A subscription that names a discount which is not remembered has them read anew."""
        remembered = self._cache.get(Need(Kind.SUBSCRIPTION_DISCOUNTS, key))
        known = (remembered.object if remembered else None) or {}
        items = (subscription.get("items") or {}).get("data") or []
        named = [
            entry for holder in (subscription, *items) for entry in holder.get("discounts") or []
        ]
        if any(isinstance(entry, str) and entry not in known for entry in named):
            self._cache.drop(Kind.SUBSCRIPTION_DISCOUNTS, key)

    def _forget(self, question: _Question, done: asyncio.Task[Fact]) -> None:
        self._reading.pop(question, None)
        if not done.cancelled():
            done.exception()

    def _count(self, path: str) -> None:
        resource = path.removeprefix("/v1/").split("/")[0]
        self.requests[resource] += 1
        if self._tell is not None:
            self._tell(resource)


def ledger_key(key: str) -> tuple[Kind, str]:
    """The Stripe object that owns a ledger key: its kind and id. Raises ``ValueError``."""
    if key.startswith("next:"):
        return Kind.SUBSCRIPTION, key.split(":")[1]
    for prefix, kind in _BY_PREFIX.items():
        if key.startswith(prefix):
            return kind, key
    raise ValueError(f"{key} is the key of no Stripe object that the bridge reads")
