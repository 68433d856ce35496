"""Reads of Stripe's API: exact numbers, and as of when they are so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import stripe

from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.errors import StripeApiError, StripeUnavailable
from bridge.stripe_api.throttle import Throttle
from bridge.stripe_api.wire import Response, StripeWire

T = TypeVar("T")

_SDK_VERSION = stripe.api_version


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object from Stripe, and a moment of which it is surely so.

    That is when Stripe was asked, by Stripe's own clock: the ``Date`` header less the whole seconds
    that the answer may have taken. The header itself is too late: what changed between Stripe's
    reading and its answering would be older than an answer that does not know it, and be lost.
    """

    object: dict[str, Any]
    as_of: dt.datetime


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page of a list, each element in Stripe's own JSON, and a moment as :class:`Answer`'s."""

    elements: tuple[bytes, ...]
    has_more: bool
    as_of: dt.datetime


class _RawList(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool = False


_decode_list = msgspec.json.Decoder(_RawList).decode


class StripeGet:
    """Reads of Stripe's API, throttled."""

    def __init__(
        self,
        api_key: str,
        api_base: str,
        *,
        stripe_version: str | None,
        timeout: float,
        network_retries: int,
        rate_limit_retries: int,
        throttle: Throttle,
        count: Callable[[str], None],
        breaker: Breaker | None = None,
    ) -> None:
        self._wire = StripeWire(
            api_key,
            api_base,
            throttle=throttle,
            count=count,
            timeout=timeout,
            network_retries=network_retries,
            rate_limit_retries=rate_limit_retries,
            stripe_version=stripe_version,
        )
        self.version = stripe_version or _SDK_VERSION
        self._breaker = breaker

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """The object at a path. Raises a :class:`StripeApiError`."""
        return await self._unless_stopped(path, params or {}, self.probe)

    async def raw_page(self, path: str, params: Mapping[str, Any]) -> RawPage:
        """One page of a list, its elements as Stripe wrote them. Raises a ``StripeApiError``."""
        response, as_of = await self._unless_stopped(path, params, self._ask)
        try:
            found = _decode_list(response.body)
        except msgspec.DecodeError as error:
            raise StripeUnavailable(f"GET {path}: an answer that is no list") from error
        return RawPage(tuple(bytes(each) for each in found.data), found.has_more, as_of)

    async def probe(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """The object, whether or not reads are stopped. Raises a :class:`StripeApiError`."""
        response, as_of = await self._ask(path, params or {})
        return Answer(response.object(), as_of)

    async def _unless_stopped(
        self,
        path: str,
        params: Mapping[str, Any],
        ask: Callable[[str, Mapping[str, Any]], Awaitable[T]],
    ) -> T:
        if self._breaker is None:
            return await ask(path, params)
        self._breaker.check(path)
        try:
            return await ask(path, params)
        except StripeApiError as error:
            self._breaker.failed(path, params, error)
            raise

    async def pages(self, path: str, params: Mapping[str, Any]) -> Answer:
        """A whole list, page after page, as one list object of the first page's moment."""
        first = await self.get(path, {"limit": 100, **params})
        data = list(first.object.get("data") or [])
        page = first
        while page.object.get("has_more") and data:
            page = await self.get(path, {"limit": 100, **params, "starting_after": data[-1]["id"]})
            data += page.object.get("data") or []
        return Answer({**first.object, "data": data, "has_more": False}, first.as_of)

    async def close(self) -> None:
        """Closes the connections."""
        await self._wire.close()

    async def _ask(self, path: str, params: Mapping[str, Any]) -> tuple[Response, dt.datetime]:
        response = await self._wire.send("get", path, params)
        if response.as_of is None:
            raise StripeUnavailable(f"GET {path}: an answer without a Date")
        return response, response.as_of
