"""What Stripe answered lately: bounded in size and in age."""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from bridge.stripe_api.events import parse_json
from bridge.stripe_api.facts import Fact, Kind, Need

_encode = msgspec.json.Encoder(decimal_format="number").encode

_LASTING = frozenset(
    {
        Kind.PRICE,
        Kind.PRICE_IN_CURRENCIES,
        Kind.COUPON,
        Kind.COUPON_IN_CURRENCIES,
        Kind.BALANCE_TRANSACTION,
        Kind.SUBSCRIPTION_DISCOUNTS,
        Kind.FIRST_INVOICE,
        Kind.CHECKOUT_SESSION,
        Kind.PAYMENT_SESSION,
    }
)
"""Answers that do not change in a way that a row shows."""

Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    body: bytes
    as_of: dt.datetime
    kept_at: float
    asked_at: float
    """When Stripe was asked, or told it by itself."""


class Cache:
    """The latest answer for each question, least recently used ones dropped first.

    Answers are kept as JSON text: a tenth of the memory, and nobody can change them.
    """

    def __init__(
        self,
        *,
        size: int,
        age: float,
        lasting_age: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._age = age
        self._lasting_age = lasting_age
        self._clock = clock
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, need: Need, after: float | None = None) -> Fact | None:
        """An answer that is good enough for a need, asked for since ``after``."""
        key = (need.kind, need.id)
        entry = self._entries.get(key)
        if entry is None:
            return None
        oldest = self._lasting_age if need.kind in _LASTING else self._age
        if self._clock() - entry.kept_at > oldest:
            del self._entries[key]
            return None
        if need.since is not None and entry.as_of < need.since:
            return None
        if after is not None and entry.asked_at < after:
            return None
        self._entries.move_to_end(key)
        return Fact(parse_json(entry.body), entry.as_of)

    def now(self) -> float:
        """By the clock that ``asked`` is by."""
        return self._clock()

    def put(
        self,
        kind: Kind,
        key: str,
        found: dict[str, Any] | None,
        as_of: dt.datetime,
        *,
        asked: float | None = None,
    ) -> None:
        """Keeps an answer, unless a newer one is there.

        Two different ones of the same second cannot be told apart: neither is kept. But what
        Stripe was asked for (``asked``) after it had told of the other is the newer one.
        """
        body = _encode(found)
        known = self._entries.get((kind, key))
        if known is not None and known.as_of > as_of:
            return
        if known is not None and known.as_of == as_of and known.body != body:
            asked_later = asked is not None and asked >= known.kept_at
            if not asked_later:
                self.drop(kind, key)
                return
        now = self._clock()
        self._entries[kind, key] = _Entry(body, as_of, now, now if asked is None else asked)
        self._entries.move_to_end((kind, key))
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, kind: Kind, key: str) -> None:
        """Forgets an answer."""
        self._entries.pop((kind, key), None)
