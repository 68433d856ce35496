"""One stand-in: a world with its courier, its faults and what it remembers of requests."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import Counter

from ..delivery import Courier
from ..engine import due
from ..errors import StripeError
from ..faults import Faults
from ..world import World
from .idempotency import Keys

TICK = 0.25


class StandIn:
    """What the handlers share."""

    def __init__(self, world: World, api_key: str) -> None:
        self.world = world
        self.api_key = api_key
        self.courier = Courier(world)
        self.faults = Faults()
        self.keys = Keys(world.now)
        self.requests: Counter[tuple[str, str]] = Counter()
        self.rate_limit: int | None = None
        self._second, self._in_second = 0, 0
        self._ticker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.courier.start()
        self._ticker = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        await self.courier.stop()

    def catch_up(self) -> int:
        """Run what is due by now."""
        return due.run(self.world, self.world.now())

    def authorize(self, header: str | None) -> None:
        """Refuse a request whose key is missing or wrong (bearer or basic)."""
        if not header:
            raise StripeError(
                "You did not provide an API key. You need to provide your API key in the"
                " Authorization header, using Bearer auth (e.g. 'Authorization: Bearer"
                " YOUR_SECRET_KEY').",
                status=401,
            )
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                value = ""
        if value.strip() != self.api_key:
            shown = f"{value[:8]}{'*' * 8}{value[-4:]}"
            raise StripeError(f"Invalid API Key provided: {shown}", status=401)

    def check_rate(self, wall_second: int) -> None:
        """Refuse what goes beyond ``rate_limit`` requests in a wall-clock second."""
        if wall_second != self._second:
            self._second, self._in_second = wall_second, 0
        self._in_second += 1
        if self.rate_limit is not None and self._in_second > self.rate_limit:
            raise rate_limited()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            if not self.world.clock.frozen:
                self.catch_up()


def rate_limited() -> StripeError:
    return StripeError(
        "Request rate limit exceeded. You can learn more about rate limits here"
        " https://stripe.com/docs/rate-limits.",
        status=429,
        code="rate_limit",
    )
