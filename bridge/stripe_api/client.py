"""One GET of Stripe's API through the official SDK: exact numbers, and as of when they are so.

The SDK retries connection errors, 409 and 5xx; 429 it does not retry, so that is done here. Its own
parsed objects hold floats, so the body is parsed again.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import aiohttp
import msgspec
import stripe

from bridge.clock import Backoff
from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.errors import (
    StripeApiError,
    StripeAuthenticationFailed,
    StripeNotFound,
    StripePermissionDenied,
    StripeRateLimited,
    StripeRequestRefused,
    StripeUnavailable,
)
from bridge.stripe_api.events import parse_json
from bridge.stripe_api.throttle import Throttle

T = TypeVar("T")

_SDK_VERSION = stripe.api_version
_BACKOFF = Backoff(first=0.5, longest=8.0)
_PASSING = frozenset({408, 409, 425})
"""Refusals of a moment, and no verdict on what was asked for."""
LONG = 2.0
"""Seconds: who is asked to stay away for longer does not sit waiting for it."""


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
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout))
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            http_client=self._http,
            max_network_retries=network_retries,
            stripe_version=stripe_version,
        )
        self.version = stripe_version or _SDK_VERSION
        self._retries = rate_limit_retries
        self._throttle = throttle
        self._count = count
        self._breaker = breaker

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """The object at a path. Raises a :class:`StripeApiError`."""
        return await self._unless_stopped(path, params or {}, self.probe)

    async def raw_page(self, path: str, params: Mapping[str, Any]) -> RawPage:
        """One page of a list, its elements as Stripe wrote them. Raises a ``StripeApiError``."""
        raw, as_of = await self._unless_stopped(path, params, self._patiently)
        try:
            found = _decode_list(raw)
        except msgspec.DecodeError as error:
            raise StripeUnavailable(f"GET {path}: an answer that is no list") from error
        return RawPage(tuple(bytes(each) for each in found.data), found.has_more, as_of)

    async def probe(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """The object, whether or not reads are stopped. Raises a :class:`StripeApiError`."""
        raw, as_of = await self._patiently(path, params or {})
        try:
            body = parse_json(raw)
        except msgspec.DecodeError as error:
            raise StripeUnavailable(f"GET {path}: an answer that is no JSON") from error
        if not isinstance(body, dict):
            raise StripeUnavailable(f"GET {path}: an answer that is no object")
        return Answer(body, as_of)

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
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _patiently(self, path: str, params: Mapping[str, Any]) -> tuple[str, dt.datetime]:
        for attempt in range(1, self._retries + 2):
            try:
                return await self._once(path, params)
            except StripeRateLimited as error:
                if attempt > self._retries or error.retry_after > LONG:
                    raise
                self._throttle.hold(max(error.retry_after, _BACKOFF.wait(attempt)))
        raise AssertionError("unreachable")

    async def _once(self, path: str, params: Mapping[str, Any]) -> tuple[str, dt.datetime]:
        async with self._throttle.place():
            self._count(path)
            asked = time.monotonic()
            try:
                response = await self._client.raw_request_async("get", path, **params)
            except stripe.StripeError as error:
                raise translated("GET", path, error, asked) from error
            except (TimeoutError, aiohttp.ClientError) as error:
                raise StripeUnavailable(f"GET {path}: {type(error).__name__}") from error
        as_of = _surely_so(response.headers, asked)
        if as_of is None:
            raise StripeUnavailable(f"GET {path}: an answer without a Date")
        return response.body, as_of


def _surely_so(headers: Mapping[str, str], asked: float) -> dt.datetime | None:
    """When Stripe was asked, by its clock; ``None`` for an answer without a ``Date``.

    ``asked`` is by the monotonic clock. The header has whole seconds, so a part counts as one.
    """
    took = dt.timedelta(seconds=math.ceil(time.monotonic() - asked))
    date = _date(headers)
    return None if date is None else date - took


def _date(headers: Mapping[str, str]) -> dt.datetime | None:
    value = next((text for name, text in headers.items() if name.lower() == "date"), None)
    try:
        return parsedate_to_datetime(value).astimezone(dt.UTC) if value else None
    except ValueError:
        return None


def translated(method: str, path: str, error: stripe.StripeError, asked: float) -> StripeApiError:
    """The bridge's error for the SDK's; ``asked`` is when, by the monotonic clock."""
    headers: Mapping[str, str] = error.headers or {}
    # Without Stripe's own JSON the SDK's message holds the whole body.
    said = f"{method} {path}: {error.user_message if error.json_body else type(error).__name__}"
    if isinstance(error, stripe.RateLimitError) or error.http_status == 429:
        return StripeRateLimited(said, _retry_after(headers))
    if isinstance(error, stripe.AuthenticationError):
        return StripeAuthenticationFailed(f"{method} {path}: Stripe does not take the API key")
    if not isinstance(error.json_body, dict) or error.http_status in _PASSING:
        # No word of Stripe's: something on the way answered.
        return StripeUnavailable(f"{said} (HTTP {error.http_status})")
    if isinstance(error, stripe.PermissionError):
        return StripePermissionDenied(said)
    if error.http_status == 404 or error.code == "resource_missing":
        return StripeNotFound(said, _surely_so(headers, asked))
    if 400 <= (error.http_status or 0) < 500:
        return StripeRequestRefused(said)
    return StripeUnavailable(said)


def _retry_after(headers: Mapping[str, str]) -> float:
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "")
    try:
        return max(0.0, min(float(value), 60.0))
    except ValueError:
        return 0.0
