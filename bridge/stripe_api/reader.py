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
    "subscription_schedule": Kind.SCHEDULE,
    "invoice": Kind.INVOICE,
    "product": Kind.PRODUCT,
}


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
        self._reading: dict[Need, asyncio.Task[Fact]] = {}
        self._get = StripeGet(
            api_key,
            api_base,
            stripe_version=stripe_version,
            timeout=timeout,
            network_retries=network_retries,
            rate_limit_retries=rate_limit_retries,
            throttle=Throttle(at_once=at_once, per_second=per_second),
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
        elif kind == "price":
            self._cache.drop(Kind.PRICE, key)
            self._cache.drop(Kind.PRICE_IN_CURRENCIES, key)
        elif kind == "coupon":
            self._cache.drop(Kind.COUPON, key)
            self._cache.drop(Kind.COUPON_IN_CURRENCIES, key)
        elif kind == "discount" and isinstance(found.get("subscription"), str):
            self._cache.drop(Kind.SUBSCRIPTION_DISCOUNTS, found["subscription"])
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
        remembered = self._cache.get(need)
        if remembered is not None:
            return remembered
        task = self._reading.get(need)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._read(need))
            self._reading[need] = task
            task.add_done_callback(lambda done: self._forget(need, done))
        # Others may wait for the same read: one that gives up must not end it for them.
        return await asyncio.shield(task)

    async def _read(self, need: Need) -> Fact:
        try:
            answer = await ask(self._get, need)
        except StripeNotFound as error:
            if error.as_of is None:
                raise
            if need.kind is Kind.CHECKOUT_SESSION:
                self._cache.put(need.kind, need.id, None, error.as_of)
            return Fact(None, error.as_of)
        as_of = await self._moment(answer)
        if answer.object.get("data") != []:
            self._cache.put(need.kind, need.id, answer.object, as_of)
        return Fact(answer.object, as_of)

    async def _moment(self, answer: Answer) -> dt.datetime:
        """When the answer was so: for an object of a test clock, the clock's own time."""
        clock = answer.object.get("test_clock")
        if not isinstance(clock, str):
            return answer.as_of
        found = await self._get.get(f"/v1/test_helpers/test_clocks/{clock}")
        frozen = found.object.get("frozen_time")
        return instant(frozen) if isinstance(frozen, int) else answer.as_of

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

    def _forget(self, need: Need, done: asyncio.Task[Fact]) -> None:
        self._reading.pop(need, None)
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
