"""POSTs to Stripe's API, each under an idempotency key that its caller has stored.

Writes have a rate of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.errors import StripeApiError, StripePermissionDenied
from bridge.stripe_api.throttle import Throttle
from bridge.stripe_api.wire import StripeWire


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
        self._wire = StripeWire(
            api_key,
            api_base,
            throttle=Throttle(at_once=at_once, per_second=per_second),
            count=lambda path: count(path.removeprefix("/v1/").split("/")[0]),
            timeout=timeout,
            network_retries=network_retries,
            rate_limit_retries=rate_limit_retries,
        )
        self._breaker = breaker

    async def post(self, path: str, params: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The object after the write, or what Stripe answered this key the first time.

        Raises a ``StripeApiError``. Only StripeNotFound, StripeRequestRefused and
        StripePermissionDenied say that nothing was written.
        """
        self._breaker.check(path)
        try:
            response = await self._wire.send("post", path, params, idempotency_key=key)
            return response.object()
        except StripePermissionDenied:
            raise  # what the key may not write it may still read
        except StripeApiError as error:
            self._breaker.failed(path, {}, error)
            raise

    async def close(self) -> None:
        """Closes the connections."""
        await self._wire.close()
