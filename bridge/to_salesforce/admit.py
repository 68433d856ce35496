"""``POST /stripe/webhook`` and ``/stripe/thin``: 200 only for what is safe in the inbox."""

from __future__ import annotations

import time

from aiohttp import web

from bridge.clock import Clock, system_clock
from bridge.errors import StoreUnavailable
from bridge.metrics import Metrics
from bridge.settings import StripeSettings
from bridge.store import Arrival, Inbox
from bridge.to_salesforce.envelope import Envelope, NotAnEvent, read_envelope
from bridge.to_salesforce.health_event import TYPE as HEALTH_EVENT
from bridge.to_salesforce.signature import Refused, verify
from bridge.to_salesforce.urgent import is_urgent

FOREIGN = "foreign"
"""The outcome of an event of another mode or account."""

_WHY = {
    "too_large": "the body is larger than BRIDGE_HTTP__BODY_LIMIT",
    "no_signature": "there is no Stripe-Signature header",
    "malformed_signature": "the Stripe-Signature header or the body cannot be read",
    "wrong_signature": "it matches none of BRIDGE_STRIPE__WEBHOOK_SECRETS (or __THIN_SECRETS)",
    "old_timestamp": "it was signed too long ago; is this machine's clock right?",
    "future_timestamp": "it was signed in the future; is this machine's clock right?",
    "not_an_event": "the body is not a Stripe event",
}
"""What an operator needs who looks at a refused delivery in Stripe's Dashboard."""


class Admission:
    """Checks, sorts and stores webhooks.

    A good signature is answered 200 or 503, never 4xx but for a body that is no event: Stripe
    disables an endpoint that keeps refusing what it sends.
    """

    def __init__(
        self,
        inbox: Inbox,
        settings: StripeSettings,
        metrics: Metrics,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._inbox = inbox
        self._secrets = settings.secrets
        self._thin_secrets = settings.secrets_of_thin
        self._tolerance = settings.signature_tolerance
        self._livemode = settings.mode
        self._metrics = metrics
        self._clock = clock
        self._admitted = metrics.webhooks.labels("admitted")
        self._duplicate = metrics.webhooks.labels("duplicate")
        self._foreign = metrics.webhooks.labels("foreign")
        self._unavailable = metrics.webhooks.labels("unavailable")
        self.account = settings.account
        """The account whose events are applied; None until it is known."""
        self.doubt = ""
        """Why it is not sure that webhooks are of the store's account: Stripe is asked to come
        again."""
        self.stopping = False
        """Set before the service ends: Stripe is asked to come again."""

    @property
    def takes_thin(self) -> bool:
        """Whether there is a destination for thin events."""
        return bool(self._thin_secrets)

    async def handle(self, request: web.Request) -> web.Response:
        """The webhook's handler; the application's ``client_max_size`` is the body limit."""
        return await self._handle(request, self._secrets)

    async def handle_thin(self, request: web.Request) -> web.Response:
        """The handler of the destination for thin events."""
        return await self._handle(request, self._thin_secrets)

    async def _handle(self, request: web.Request, secrets: tuple[str, ...]) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._refuse("too_large", 413)
        started = time.perf_counter()
        try:
            verify(
                body,
                request.headers.get("Stripe-Signature"),
                secrets,
                self._tolerance,
                self._clock,
            )
            envelope = read_envelope(body)
        except Refused as refused:
            return self._refuse(refused.cause, 400)
        except NotAnEvent:
            return self._refuse("not_an_event", 400)
        response = await self._store(envelope, body)
        self._metrics.admit_seconds.observe(time.perf_counter() - started)
        return response

    def arrival(self, envelope: Envelope, body: bytes) -> Arrival:
        """What of an event is stored, however Stripe told of it; :attr:`account` must be known."""
        reason = self._why_foreign(envelope)
        unheard = envelope.thin and envelope.type != HEALTH_EVENT
        return Arrival(
            event_id=envelope.id,
            type=envelope.type,
            created=envelope.created,
            api_version=envelope.api_version,
            livemode=envelope.livemode,
            account=envelope.account,
            lane=envelope.lane,
            payload=None if reason else body,
            outcome=FOREIGN if reason else "ignored" if unheard else None,
            reason=reason or ("a thin event" if unheard else ""),
            urgent=is_urgent(envelope.type),
        )

    async def _store(self, envelope: Envelope, body: bytes) -> web.Response:
        if self.stopping:
            return self._try_again("the bridge is stopping")
        if self.doubt:
            return self._try_again(self.doubt)
        if envelope.account is not None and self.account is None:
            return self._try_again("the bridge does not know its own Stripe account yet")
        arrival = self.arrival(envelope, body)
        try:
            admitted = await self._inbox.admit(arrival)
        except StoreUnavailable:
            return self._try_again("the inbox cannot store the event now")
        foreign = arrival.outcome == FOREIGN
        counter = self._foreign if foreign else self._admitted if admitted else self._duplicate
        counter.inc()
        return web.Response(status=200)

    def _why_foreign(self, envelope: Envelope) -> str:
        if envelope.livemode != self._livemode:
            return f"a {'live' if envelope.livemode else 'test'} mode event"
        if envelope.account is not None and envelope.account != self.account:
            return f"an event of account {envelope.account}"
        return ""

    def _refuse(self, cause: str, status: int) -> web.Response:
        self._metrics.refuse(cause)
        return web.Response(status=status, text=f"{cause}: {_WHY[cause]}; nothing was stored\n")

    def _try_again(self, reason: str) -> web.Response:
        self._unavailable.inc()
        return web.Response(status=503, text=reason, headers={"Retry-After": "5"})
