"""The service put together: what ``stripe-sf serve`` runs."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiohttp
from aiohttp import web

from bridge.clock import Backoff, system_clock
from bridge.errors import BridgeError, OrgFault, SettingsError, StoreUnavailable, WrongOrg
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import Authenticator, PubSub, Rest
from bridge.settings import BookingSettings, SalesforceSettings, Settings
from bridge.store import SqliteInbox
from bridge.stripe_api import StripeApiError, StripeReader
from bridge.to_salesforce import health_event, requests, resync
from bridge.to_salesforce.admit import Admission
from bridge.to_salesforce.gate import Gate
from bridge.to_salesforce.outcomes import Errand
from bridge.to_salesforce.prepare import Preparer
from bridge.to_salesforce.publish import Publisher, Tuning, probe
from bridge.to_salesforce.receipts import Receipts
from bridge.to_salesforce.requests import Records, Requests
from bridge.to_salesforce.translate import BookingRules
from bridge.web import Pages, application

_log = logging.getLogger(__name__)

T = TypeVar("T")

RECONNECT = Backoff(first=1.0, longest=60.0)
RETRY = Backoff(first=2.0, longest=300.0)

_LONGEST_SILENCE = 3600.0
"""Until an event without a receipt is published again, at most."""
_HOUSEKEEPING = 10.0
_AT_A_TIME = 20
"""Rounds of forgetting in one of housekeeping."""
_DAY = 24 * 3600.0
_REMEMBERED = 35 * _DAY
"""Longer than Stripe's Events API reaches back, so that no event is admitted twice."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What the service found when both ends answered."""

    url: str
    org_id: str
    account: str


class Service:
    """One bridge: ``async with Service(settings) as service: await service.until_ready()``.

    It admits from the moment it is entered, whether or not Stripe and Salesforce answer. Leaving
    stops admitting, finishes the batch in hand, waits a moment for receipts, and closes.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        grace: float = 10.0,
        reconnect: Backoff = RECONNECT,
        retry: Backoff = RETRY,
    ) -> None:
        """``grace`` is how long leaving may take, in seconds."""
        self._settings = settings
        self._grace = grace
        self._reconnect = reconnect
        self._retry = retry
        self.health = Health()
        self.metrics = Metrics()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._publisher: Publisher | None = None
        self._ready: asyncio.Future[Ready] | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        settings = self._settings
        try:
            self.inbox = await SqliteInbox.open(settings.store.path, serving=True)
            self._stack.push_async_callback(self.inbox.close)
            self._reader = StripeReader(
                settings.stripe.api_key.get_secret_value(),
                settings.stripe.api_base,
                per_second=settings.stripe.reads_per_second,
                count=self.metrics.count_stripe_read,
            )
            self._stack.push_async_callback(self._reader.close)
            self._salesforce = await open_salesforce(settings.salesforce, self._stack)
            self._pubsub = self._salesforce.pubsub
            self._gate = Gate(lambda: probe(self._pubsub), self._reconnect, self.health)
            self._receipts = Receipts(
                self.inbox,
                self._pubsub,
                self.health,
                self.metrics,
                retry=self._retry,
                republish=Backoff(settings.salesforce.receipt_timeout, _LONGEST_SILENCE),
                reconnect=self._reconnect,
            )
            self._requests = Requests(
                self.inbox,
                self._pubsub,
                self.health,
                self.metrics,
                livemode=settings.stripe.mode,
                reconnect=self._reconnect,
            )
            self._admission = Admission(self.inbox, settings.stripe, self.metrics)
            self.url = await self._listen()
        except BaseException:
            await self._stack.aclose()
            raise
        self._ready = asyncio.get_running_loop().create_future()
        self._start("connect", self._connect)
        self._start("receipts", self._receipts.run)
        self._start("requests", self._requests.run)
        self._start(
            "chase", lambda: self._receipts.chase(min(5.0, settings.salesforce.receipt_timeout / 4))
        )
        self._start("housekeeping", self._keep_house)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._admission.stopping = True
        if self._publisher is not None:
            self._publisher.stop()
        await self._drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._ready is not None and not self._ready.cancel():
            self._ready.exception()  # whoever waited has it; nobody need have
        await self._stack.aclose()

    async def until_ready(self) -> Ready:
        """Returns when both ends have answered. Raises WrongOrg, SettingsError."""
        assert self._ready is not None
        return await asyncio.shield(self._ready)

    async def _listen(self) -> str:
        pages = Pages(self.inbox, self.health, self.metrics)
        http = self._settings.http
        runner = web.AppRunner(
            application(self._admission, pages, http.body_limit), access_log=None
        )
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, http.host, http.port).start()
        except OSError as error:
            raise BridgeError(f"cannot listen on {http.host}:{http.port}: {error}") from error
        host, port = runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _start(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._tasks.append(asyncio.create_task(self._supervise(name, run), name=name))

    async def _supervise(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Starts a loop again that fell over: one fault must not silence the service."""
        failures = 0
        while True:
            try:
                await run()
            except Exception:
                failures += 1
                _log.exception("%s fell over and is started again", name)
                await asyncio.sleep(self._reconnect.wait(failures))
            else:
                return

    async def _connect(self) -> None:
        """Learns who is at both ends, then starts to publish."""
        assert self._ready is not None
        try:
            account = await self._insist(Part.STRIPE, self._reader.account)
            session = await self._insist(Part.PUBLISHING, self._salesforce.authenticator.session)
            account_id = str(account["id"])
            expected = self._settings.stripe.account
            if expected is not None and account_id != expected:
                raise SettingsError(
                    f"the API key is of {account_id}, but BRIDGE_STRIPE__ACCOUNT is {expected}"
                )
            rules = booking_rules(self._settings.booking, account)
        except (WrongOrg, SettingsError) as error:
            self._ready.set_exception(error)
            return
        self._admission.account = account_id
        await self._insist(Part.PUBLISHING, lambda: probe(self._pubsub))
        salesforce = self._settings.salesforce
        tuning = Tuning(
            batch_size=salesforce.batch_size,
            linger=salesforce.linger,
            max_in_flight=salesforce.max_in_flight,
            receipt_timeout=salesforce.receipt_timeout,
            backoff=self._retry,
        )
        self._publisher = Publisher(
            self.inbox,
            Preparer(self._reader, rules, account_id, self._errands()),
            self._pubsub,
            self._gate,
            self.health,
            self.metrics,
            tuning,
        )
        self._start("publish", self._publisher.run)
        self._ready.set_result(Ready(self.url, session.org_id, account_id))

    def _errands(self) -> dict[str, Errand]:
        return {
            resync.LIST: lambda claimed: resync.expand(claimed, self._reader, system_clock()),
            requests.RECORD: Records(self._salesforce.rest).expand,
            health_event.TYPE: lambda claimed: health_event.expand(
                claimed, self._reader, system_clock()
            ),
        }

    async def _insist(self, part: Part, ask: Callable[[], Awaitable[T]]) -> T:
        failures = 0
        while True:
            try:
                answer = await ask()
            except WrongOrg:
                raise
            except (StripeApiError, OrgFault) as error:
                self.health.bad(part, error)
                failures += 1
                await asyncio.sleep(self._reconnect.wait(failures))
            else:
                self.health.good(part)
                return answer

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            await self._flush_refused()
            try:
                await self.inbox.check()
                self.health.good(Part.STORE)
                await self._forget()
            except StoreUnavailable as error:
                self.health.bad(Part.STORE, error)
            if not self.health.works(Part.STRIPE):
                await self._look_at_stripe()

    async def _forget(self) -> None:
        """Drops what is kept no longer, a little at a time: admissions go between."""
        pruned = system_clock() - self._settings.store.keep_days * _DAY
        for _ in range(_AT_A_TIME):
            if not await self.inbox.prune(pruned):
                break
        for _ in range(_AT_A_TIME):
            if not await self.inbox.forget(pruned - _REMEMBERED):
                break

    async def _look_at_stripe(self) -> None:
        try:
            await self._reader.account()
        except StripeApiError as error:
            self.health.bad(Part.STRIPE, error)
        else:
            self.health.good(Part.STRIPE)

    async def _flush_refused(self) -> None:
        if causes := self.metrics.take_refused():
            try:
                await self.inbox.count_refused(causes)
            except StoreUnavailable as error:
                self.health.bad(Part.STORE, error)

    async def _drain(self) -> None:
        """Lets the batch in hand be recorded, and its receipts come if they are quick."""
        publishing = [task for task in self._tasks if task.get_name() == "publish"]
        if publishing:
            await asyncio.wait(publishing, timeout=self._grace)
        await self._flush_refused()
        deadline = system_clock() + min(2.0, self._grace)
        try:
            while self.health.works(Part.RECEIPTS) and system_clock() < deadline:
                if not await self.inbox.in_flight():
                    break
                await self.inbox.wait(0.1)
        except StoreUnavailable as error:
            _log.warning("the store did not take part in the stop: %s", error)


@dataclass(frozen=True, slots=True)
class Salesforce:
    """Clients of one org that share its token."""

    authenticator: Authenticator
    pubsub: PubSub
    rest: Rest


async def open_salesforce(settings: SalesforceSettings, stack: AsyncExitStack) -> Salesforce:
    """Clients of the org, closed by the stack. Raises SettingsError for an unusable CA file."""
    http = await open_http(settings.ca_file, stack)
    ca = None if settings.ca_file is None else await asyncio.to_thread(settings.ca_file.read_bytes)
    authenticator = Authenticator(settings, http)
    pubsub = PubSub(settings.pubsub_target, authenticator, ca=ca)
    stack.push_async_callback(pubsub.close)
    return Salesforce(authenticator, pubsub, Rest(authenticator, http))


async def open_http(ca_file: Path | None, stack: AsyncExitStack) -> aiohttp.ClientSession:
    """A client that trusts those authorities. Raises SettingsError for an unusable file."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"BRIDGE_SALESFORCE__CA_FILE: {ca_file}: {error}") from error
    return await stack.enter_async_context(
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))
    )


def booking_rules(settings: BookingSettings, account: dict[str, Any]) -> BookingRules:
    """The company's rules; the zone is the Stripe account's unless the settings name one.

    Raises SettingsError if neither names a zone that is known.
    """
    name = settings.time_zone
    if name is None:
        dashboard = (account.get("settings") or {}).get("dashboard") or {}
        name = str(dashboard.get("timezone") or "Etc/UTC")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"the Stripe account's time zone {name!r} is not known: set BRIDGE_BOOKING__TIME_ZONE"
        ) from None
    return BookingRules(
        time_zone=zone,
        count_repeating_discounts=settings.count_repeating_discounts,
        opportunity_key=settings.opportunity_key,
        term_key=settings.term_key,
    )
