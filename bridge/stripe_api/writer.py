"""POSTs to Stripe's API, each under an idempotency key that its caller has stored.

The SDK repeats a POST under the same key after a connection error, a 409 and a 5xx; after a 429 it
does not, so that is done here. Writes have a rate of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import msgspec
import stripe

from bridge.clock import Backoff
from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.client import LONG, translated
from bridge.stripe_api.errors import (
    StripeApiError,
    StripePermissionDenied,
    StripeRateLimited,
    StripeUnavailable,
)
from bridge.stripe_api.events import parse_json
from bridge.stripe_api.throttle import Throttle

_BACKOFF = Backoff(first=0.5, longest=8.0)


class StripeWriter:
    """Writes of Stripe's API, throttled."""

    def __init__(
        self,
        api_key: str,
        api_base: str,
        *,
        per_second: float,
        count: Callable[[str], None],
        breaker: Breaker,
        timeout: float = 20.0,
        network_retries: int = 2,
        rate_limit_retries: int = 4,
        at_once: int = 10,
    ) -> None:
        """``count`` is told of every request made, by its path's first part."""
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout))
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            http_client=self._http,
            max_network_retries=network_retries,
        )
        self._retries = rate_limit_retries
        self._throttle = Throttle(at_once=at_once, per_second=per_second)
        self._count = count
        self._breaker = breaker

    async def post(self, path: str, params: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The object after the write, or what Stripe answered this key the first time.

        Raises a ``StripeApiError``. Only StripeNotFound, StripeRequestRefused and
        StripePermissionDenied say that nothing was written.
        """
        self._breaker.check(path)
        try:
            return await self._patiently(path, params, key)
        except StripePermissionDenied:
            raise  # what the key may not write it may still read
        except StripeApiError as error:
            self._breaker.failed(path, {}, error)
            raise

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _patiently(self, path: str, params: Mapping[str, Any], key: str) -> dict[str, Any]:
        for attempt in range(1, self._retries + 2):
            try:
                return await self._once(path, params, key)
            except StripeRateLimited as error:
                if attempt > self._retries or error.retry_after > LONG:
                    raise
                self._throttle.hold(max(error.retry_after, _BACKOFF.wait(attempt)))
        raise AssertionError("unreachable")

    async def _once(self, path: str, params: Mapping[str, Any], key: str) -> dict[str, Any]:
        async with self._throttle.place():
            self._count(path.removeprefix("/v1/").split("/")[0])
            asked = time.monotonic()
            try:
                response = await self._client.raw_request_async(
                    "post", path, **params, idempotency_key=key
                )
            except stripe.StripeError as error:
                raise translated("POST", path, error, asked) from error
            except (TimeoutError, aiohttp.ClientError) as error:
                raise StripeUnavailable(f"POST {path}: {type(error).__name__}") from error
        try:
            body = parse_json(response.body)
        except msgspec.DecodeError as error:
            raise StripeUnavailable(f"POST {path}: an answer that is no JSON") from error
        if not isinstance(body, dict):
            raise StripeUnavailable(f"POST {path}: an answer that is no object")
        return body
