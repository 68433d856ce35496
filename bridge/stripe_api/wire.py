"""One request to Stripe's API through the official SDK, whatever it asks.

The SDK repeats a request after a connection error, a 409 and a 5xx (a POST under its key); after a
429 it does not, so that is done here. Its own parsed objects hold floats, so the body is given as
Stripe wrote it.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import msgspec
import stripe

from bridge.clock import Backoff
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

_BACKOFF = Backoff(first=0.5, longest=8.0)
_PASSING = frozenset({408, 409, 425})
"""Refusals of a moment, and no verdict on what was asked for."""
_LONG = 2.0
"""Seconds: who is asked to stay away for longer does not sit waiting for it."""


@dataclass(frozen=True, slots=True)
class Response:
    """What Stripe answered, and when it was surely asked, by its own clock."""

    request: str
    """The method and the path, for what is said of it."""
    body: str
    as_of: dt.datetime | None
    """None for an answer without a ``Date``."""

    def object(self) -> dict[str, Any]:
        """The body. Raises StripeUnavailable where it is no JSON object."""
        try:
            found = parse_json(self.body)
        except msgspec.DecodeError as error:
            raise StripeUnavailable(f"{self.request}: an answer that is no JSON") from error
        if not isinstance(found, dict):
            raise StripeUnavailable(f"{self.request}: an answer that is no object")
        return found


class StripeWire:
    """Requests of one key, throttled."""

    def __init__(
        self,
        api_key: str,
        api_base: str,
        *,
        throttle: Throttle,
        count: Callable[[str], None],
        timeout: float,
        network_retries: int,
        rate_limit_retries: int,
        stripe_version: str | None = None,
    ) -> None:
        """``count`` is told of the path of every request made; ``timeout`` is seconds."""
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout))
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            http_client=self._http,
            max_network_retries=network_retries,
            stripe_version=stripe_version,
        )
        self._retries = rate_limit_retries
        self._throttle = throttle
        self._count = count

    async def send(
        self, method: str, path: str, params: Mapping[str, Any], **options: Any
    ) -> Response:
        """Stripe's answer; ``options`` are the SDK's. Raises a ``StripeApiError``."""
        for attempt in range(1, self._retries + 2):
            try:
                return await self._once(method, path, params, options)
            except StripeRateLimited as error:
                if attempt > self._retries or error.retry_after > _LONG:
                    raise
                self._throttle.hold(max(error.retry_after, _BACKOFF.wait(attempt)))
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _once(
        self, method: str, path: str, params: Mapping[str, Any], options: Mapping[str, Any]
    ) -> Response:
        request = f"{method.upper()} {path}"
        async with self._throttle.place():
            self._count(path)
            asked = time.monotonic()
            try:
                response = await self._client.raw_request_async(method, path, **params, **options)
            except stripe.StripeError as error:
                raise _translated(request, error, asked) from error
            except (TimeoutError, aiohttp.ClientError) as error:
                raise StripeUnavailable(f"{request}: {type(error).__name__}") from error
        return Response(request, response.body, _surely_so(response.headers, asked))


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


def _translated(request: str, error: stripe.StripeError, asked: float) -> StripeApiError:
    """The bridge's error for the SDK's; ``asked`` is when, by the monotonic clock."""
    headers: Mapping[str, str] = error.headers or {}
    # Without Stripe's own JSON the SDK's message holds the whole body.
    said = f"{request}: {error.user_message if error.json_body else type(error).__name__}"
    if isinstance(error, stripe.RateLimitError) or error.http_status == 429:
        return StripeRateLimited(said, _retry_after(headers))
    if isinstance(error, stripe.AuthenticationError):
        return StripeAuthenticationFailed(f"{request}: Stripe does not take the API key")
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
