"""Reads of Stripe: few, remembered for a while, never two of the same thing at once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.cache import Cache
from bridge.stripe_api.client import Answer, RawPage, StripeGet
from bridge.stripe_api.errors import StripeNotFound
from bridge.stripe_api.events import StripeEvent, instant
from bridge.stripe_api.facts import Fact, Facts, Kind, Need
from bridge.stripe_api.questions import ask
from bridge.stripe_api.throttle import Throttle

_BASIL = "2025-03-31"

_BY_PREFIX = {
    "cus_": Kind.CUSTOMER,
    "sub_sched_": Kind.SCHEDULE,
    "sub_": Kind.SUBSCRIPTION,
    "in_": Kind.INVOICE,
    "inpay_": Kind.INVOICE_PAYMENT,
    "ch_": Kind.CHARGE,
    "py_": Kind.CHARGE,
    "pi_": Kind.PAYMENT_CHARGE,
    "re_": Kind.REFUND,
    "pyr_": Kind.REFUND,
    "dp_": Kind.DISPUTE,
    "du_": Kind.DISPUTE,
    "cn_": Kind.CREDIT_NOTE,
    "txn_": Kind.BALANCE_TRANSACTION,
}
"""What an id names. A payment intent stands for its charge, a balance transaction for its source:
those are what the ledger holds."""

_OUTSIDE = "oob:"
"""Begins the key of what was paid outside Stripe before basil; the invoice's id follows."""

_NOTICED = {
    "customer": Kind.CUSTOMER,
    "subscription": Kind.SUBSCRIPTION,
    "invoice": Kind.INVOICE,
    "product": Kind.PRODUCT,
}

_TELLS_OF: dict[str, tuple[tuple[str, Kind], ...]] = {
    "refund": (("charge", Kind.CHARGE_REFUNDS),),
    "charge": (("id", Kind.CHARGE_REFUNDS), ("id", Kind.CHARGE_DISPUTES)),
    "dispute": (("charge", Kind.CHARGE_DISPUTES),),
    "credit_note": (("invoice", Kind.INVOICE_CREDIT_NOTES),),
    "invoice_payment": (("invoice", Kind.INVOICE_PAYMENTS),),
    "invoice": (("id", Kind.INVOICE_PAYMENTS),),
}
"""By object: the lists that an event of it may have made longer, and where it names their key."""

_LISTS = {kind for told in _TELLS_OF.values() for _, kind in told} | {Kind.PAYMENT_INVOICES}

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
        breaker: Breaker | None = None,
    ) -> None:
        if stripe_version is not None and stripe_version[:10] < _BASIL:
            raise ValueError(f"reads need Stripe's API {_BASIL} or later, not {stripe_version}")
        self.requests: Counter[str] = Counter()
        self._tell = count
        self._cache = Cache(size=cache_size, age=cache_age, lasting_age=lasting_cache_age)
        self._reading: dict[_Question, asyncio.Task[Fact]] = {}
        self._under_way: set[asyncio.Task[Fact]] = set()
        self._get = StripeGet(
            api_key,
            api_base,
            stripe_version=stripe_version,
            timeout=timeout,
            network_retries=network_retries,
            rate_limit_retries=rate_limit_retries,
            throttle=Throttle(at_once=at_once, per_second=per_second, burst=burst),
            count=self._count,
            breaker=breaker,
        )

    def now(self) -> float:
        """A moment for :meth:`resolve`."""
        return self._cache.now()

    async def resolve(
        self, needs: Iterable[Need], facts: Facts, *, after: float | None = None
    ) -> Facts:
        """The facts with these needs answered; with ``after``, by what was asked for since then.

        A thing that Stripe does not know is a fact too (``object`` is ``None``). Raises a
        ``StripeApiError`` when any other need cannot be answered.
        """
        wanted = list(dict.fromkeys(needs))
        found = await asyncio.gather(*(self._answer(need, after) for need in wanted))
        return facts.grow(dict(zip(wanted, found, strict=True)))

    async def read(self, key: str) -> tuple[dict[str, Any], dt.datetime]:
        """What the Stripe object of a ledger key is now, and as of when; never a remembered one.

        Raises ``ValueError`` for a key that names no Stripe object, else a ``StripeApiError``.
        """
        kind, stripe_id = ledger_key(key)
        fact = await self._read(Need(kind, stripe_id))
        if fact.object is None:
            raise StripeNotFound(f"Stripe knows no {kind} {stripe_id}", fact.as_of)
        if kind is Kind.BALANCE_TRANSACTION:
            return await self.read(str(fact.object.get("source")))
        return fact.object, fact.as_of

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """One request that is remembered nowhere. Raises a ``StripeApiError``."""
        return await self._get.get(path, params)

    async def pages(self, path: str, params: Mapping[str, Any]) -> Answer:
        """A whole list, remembered nowhere. Raises a ``StripeApiError``."""
        return await self._get.pages(path, params)

    async def raw_page(self, path: str, params: Mapping[str, Any]) -> RawPage:
        """One page of a list in Stripe's own JSON, remembered nowhere. Raises as :meth:`get`."""
        return await self._get.raw_page(path, params)

    async def latest(self, key: str, since: dt.datetime) -> Fact:
        """The Stripe object of a ledger key, read now, of which Stripe told several at ``since``.

        It is remembered instead of those. Raises as :meth:`read`.
        """
        kind, stripe_id = ledger_key(key)
        return await self._read(Need(kind, stripe_id, since=since))

    def notice(self, event: StripeEvent) -> None:
        """Keeps what an event says, so that it need not be read; forgets what it outdates."""
        found, kind = event.object, event.object.get("object")
        key = found.get("id")
        if not isinstance(key, str):
            return
        for field, listed in _TELLS_OF.get(kind, ()) if isinstance(kind, str) else ():
            self._doubt(listed, found.get(field))
        if kind == "invoice_payment":
            self._doubt(Kind.PAYMENT_INVOICES, (found.get("payment") or {}).get("payment_intent"))
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
        elif kind == "checkout.session" and isinstance(found.get("payment_intent"), str):
            self._cache.put(Kind.PAYMENT_SESSION, found["payment_intent"], found, event.created)

    async def account(self) -> dict[str, Any]:
        """The account that the API key is of."""
        return (await self._get.probe("/v1/account")).object

    async def probe(self, path: str, params: Mapping[str, Any]) -> None:
        """Whether Stripe answers, asked although reads are stopped. Raises a StripeApiError."""
        await self._get.probe(path, params)

    async def close(self) -> None:
        """Ends reads under way and closes the connections."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._get.close()

    async def _answer(self, need: Need, after: float | None) -> Fact:
        question = (need.kind, need.id, need.until)
        while True:
            remembered = self._cache.get(need, after)
            if remembered is not None:
                return remembered
            task = self._reading.get(question)
            if task is not None and task.done():
                # It is forgotten in the loop's next round, which waiting for it would not let come.
                task = None
            own = task is None
            if task is None:
                task = asyncio.get_running_loop().create_task(self._read(need))
                self._reading[question] = task
                self._under_way.add(task)
                task.add_done_callback(lambda done: self._forget(question, done))
            # Others may wait for the same read: one that gives up must not end it for them.
            fact = await asyncio.shield(task)
            late_enough = need.since is None or fact.as_of >= need.since
            if own or (after is None and late_enough):
                return fact

    async def _read(self, need: Need) -> Fact:
        asked = self._cache.now()
        try:
            answer = await ask(self._get, need)
        except StripeNotFound as error:
            if error.as_of is None:
                raise
            if need.kind in {Kind.CHECKOUT_SESSION, Kind.PAYMENT_SESSION}:
                self._cache.put(need.kind, need.id, None, error.as_of)
            return Fact(None, error.as_of)
        answer = await self._by_its_clock(need, answer)
        # Who asks since a moment has heard of it from Stripe, and asked afterwards.
        as_of = answer.as_of if need.since is None else max(answer.as_of, need.since)
        task = self._reading.get((need.kind, need.id, need.until))
        outdated = need.kind in _LISTS and task is not asyncio.current_task()
        if answer.object.get("data") != [] and not outdated:
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

    def _doubt(self, kind: Kind, key: Any) -> None:
        """An event has told of what an answer that was asked for before may lack.

        The moments alone do not show it: the answer may be of the event's very second.
        """
        if isinstance(key, dict):
            key = key.get("id")
        if isinstance(key, str):
            self._cache.drop(kind, key)
            self._reading.pop((kind, key, None), None)

    def _forget(self, question: _Question, done: asyncio.Task[Fact]) -> None:
        self._under_way.discard(done)
        if self._reading.get(question) is done:
            del self._reading[question]
        if not done.cancelled():
            done.exception()

    def _count(self, path: str) -> None:
        resource = path.removeprefix("/v1/").split("/")[0]
        self.requests[resource] += 1
        if self._tell is not None:
            self._tell(resource)


def ledger_key(key: str) -> tuple[Kind, str]:
    """The Stripe object that owns a ledger key: its kind and id. Raises ``ValueError``.

    A key is an id, or one with words before or behind it: ``next:sub_1:month``, ``cn_1:oob``.
    """
    if key.startswith(_OUTSIDE):
        return Kind.INVOICE_PAID_OUTSIDE, key.removeprefix(_OUTSIDE)
    for part in key.split(":"):
        for prefix, kind in _BY_PREFIX.items():
            if part.startswith(prefix) and part != prefix:
                return kind, part
    raise ValueError(f"{key} is the key of no Stripe object that the bridge reads")
