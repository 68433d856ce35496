"""The service put together: what ``stripe-sf serve`` runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web

from bridge.binding import Binding
from bridge.clock import Backoff, system_clock
from bridge.errors import (
    BridgeError,
    OrgFault,
    SettingsError,
    StoreUnavailable,
    WrongOrg,
    WrongStore,
)
from bridge.health import Health, Part
from bridge.housekeeping import Housekeeping
from bridge.metrics import Metrics
from bridge.reporting import Reporter
from bridge.salesforce_api import open_salesforce
from bridge.salesforce_api.limits import read_limits
from bridge.settings import BookingSettings, Settings
from bridge.store import open_store
from bridge.stripe_api import StripeApiError, StripeRateLimited, StripeReader
from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.writer import StripeWriter
from bridge.to_salesforce import health_event, requests, resync
from bridge.to_salesforce.admit import Admission
from bridge.to_salesforce.budget import Budget
from bridge.to_salesforce.chase import Chase
from bridge.to_salesforce.ledger import Ledger
from bridge.to_salesforce.outcomes import Errand
from bridge.to_salesforce.prepare import Preparer
from bridge.to_salesforce.publish import Publisher, Tuning, probe
from bridge.to_salesforce.receipts import Receipts
from bridge.to_salesforce.requests import Records, Resyncs
from bridge.to_salesforce.sweep import Sweep
from bridge.to_salesforce.translate import BookingRules
from bridge.to_salesforce.trigger import TriggerWatch
from bridge.to_salesforce.window import Window
from bridge.way_back import way_back
from bridge.web import Pages, application
from bridge.working.gate import Gate, guarded
from bridge.working.per_minute import PerMinute
from bridge.working.requests import Requests

_log = logging.getLogger(__name__)

T = TypeVar("T")

RECONNECT = Backoff(first=1.0, longest=60.0)
RETRY = Backoff(first=2.0, longest=300.0)

_LONGEST_SILENCE = 3600.0
"""Until an event without a receipt is published again, at most."""
_LONGEST_PAUSE = 300.0
"""Between two attempts to publish anything, while everything is lost."""


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
        self._account_known = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Self:
        settings = self._settings
        try:
            self.inbox = await open_store(settings.store.url.get_secret_value(), serving=True)
            self._stack.push_async_callback(self.inbox.close)
            self._housekeeping = Housekeeping(
                self.inbox, self.health, self.metrics, keep_days=settings.store.keep_days
            )
            self._binding = await Binding.of(self.inbox)
            await self._binding.settings(settings)
            self._breaker = Breaker(self._reconnect, self._note_stripe)
            self._reader = StripeReader(
                settings.stripe.api_key.get_secret_value(),
                settings.stripe.api_base,
                per_second=settings.stripe.reads_per_second,
                count=self.metrics.count_stripe_read,
                breaker=self._breaker,
            )
            self._stack.push_async_callback(self._reader.close)
            self._salesforce = await open_salesforce(
                settings.salesforce, self._stack, self.metrics.publish_calls.inc
            )
            self._binding.hold(self._salesforce.authenticator)
            self._pubsub = self._salesforce.pubsub
            cometd = settings.salesforce.subscribe_with == "cometd"
            source = self._salesforce.cometd if cometd else self._pubsub
            rest = self._salesforce.rest
            self._budget = Budget(
                lambda: read_limits(rest), self.metrics, reserve=settings.salesforce.reserve
            )
            rest.on_usage = self._budget.used
            self._gate = Gate(self._probe, self._reconnect, self.health)
            self._rest_gate = Gate(self._budget.look, self._reconnect, self.health, Part.REST)
            self._reporter = Reporter(self.inbox, self.health, self._budget.report)
            self._stack.push_async_callback(self._reporter.end)
            self._window = Window(
                max(2, min(settings.salesforce.batch_size, settings.salesforce.max_in_flight)),
                settings.salesforce.max_in_flight,
                Backoff(settings.salesforce.receipt_timeout / 8, _LONGEST_PAUSE),
                system_clock,
            )
            self._receipts = Receipts(
                self.inbox,
                source,
                self.health,
                self.metrics,
                retry=self._retry,
                reconnect=self._reconnect,
                on_heard=self._heard,
                gate=self._gate,
                lease=settings.store.lease,
            )
            self._chase = self._make_chase()
            writer = StripeWriter(
                settings.stripe.api_key.get_secret_value(),
                settings.stripe.api_base,
                per_second=settings.push.writes_per_second,
                count=self.metrics.count_stripe_write,
                breaker=self._breaker,
            )
            self._stack.push_async_callback(writer.close)
            self._way_back = way_back(
                settings,
                self.inbox,
                rest,
                self._reader,
                writer,
                self.health,
                self.metrics,
                reconnect=self._reconnect,
                retry=self._retry,
            )
            self._requests = Requests(
                self.inbox,
                source,
                self.health,
                self.metrics,
                {
                    requests.RESYNC: Resyncs(livemode=settings.stripe.mode),
                    **self._way_back.takers,
                },
                reconnect=self._reconnect,
                lease=settings.store.lease,
                on_gap=self._way_back.sweep.soon,
            )
            self._admission = Admission(self.inbox, settings.stripe, self.metrics)
            self._admission.doubt = await self._binding.doubt(settings.stripe)
            self._sweep = Sweep(
                self.inbox,
                self._reader,
                self._admission,
                self.health,
                self.metrics,
                every=settings.stripe.sweep_every,
                overlap=settings.stripe.sweep_overlap,
                backoff=self._reconnect,
            )
            self.url = await self._listen()
        except BaseException:
            await self._stack.aclose()
            raise
        self._ready = asyncio.get_running_loop().create_future()
        self._start("connect", self._connect)
        self._start("receipts", self._receipts.run)
        self._start("requests", self._requests.run)
        self._start(
            "chase", lambda: self._chase.run(min(5.0, settings.salesforce.receipt_timeout / 4))
        )
        self._start("housekeeping", self._housekeeping.run)
        self._start("sweep", self._sweep_once_known)
        self._start("stripe probe", lambda: self._breaker.run(self._reader.probe))
        self._start("rest probe", self._rest_gate.keep)
        self._start("budget", lambda: self._budget.run(self._rest_gate.shut))
        self._start("report", self._reporter.run)
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
        """Returns when both ends have answered. Raises WrongOrg, WrongStore, SettingsError."""
        assert self._ready is not None
        return await asyncio.shield(self._ready)

    async def _listen(self) -> str:
        pages = Pages(self.inbox, self.health, self.metrics, self._budget)
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
            account_id = str(account["id"])
            expected = self._settings.stripe.account
            if expected is not None and account_id != expected:
                raise SettingsError(
                    f"the API key is of {account_id}, but BRIDGE_STRIPE__ACCOUNT is {expected}"
                )
            await self._binding.account(self._settings.stripe, account_id)
            self._admission.account, self._admission.doubt = account_id, ""
            self._account_known.set()
            session = await self._insist(Part.PUBLISHING, self._salesforce.authenticator.session)
            rules = booking_rules(self._settings.booking, account)
            await self._binding.org(session.org_id, self._salesforce.authenticator)
        except (WrongOrg, WrongStore, SettingsError) as error:
            self._admission.doubt = "the bridge refuses to start"
            self._ready.set_exception(error)
            return
        await self._insist(Part.PUBLISHING, self._probe)
        salesforce = self._settings.salesforce
        tuning = Tuning(
            batch_size=salesforce.batch_size,
            linger=salesforce.linger,
            receipt_timeout=salesforce.receipt_timeout,
            backoff=self._retry,
            lease=2 * self._settings.store.lease,
        )
        self._publisher = Publisher(
            self.inbox,
            Preparer(self._reader, rules, account_id, self._errands()),
            self._pubsub,
            self._gate,
            self._budget,
            self.health,
            self.metrics,
            tuning,
            self._window,
            rules.time_zone,
        )
        self._start("publish", self._publisher.run)
        if self._settings.push.enabled:
            self._start("push", self._way_back.pusher.run)
            self._start("opportunities", self._way_back.sweep.run)
        self._ready.set_result(Ready(self.url, session.org_id, account_id))

    def _make_chase(self) -> Chase:
        salesforce = self._settings.salesforce
        rest = self._salesforce.rest
        timeout = salesforce.receipt_timeout
        self._trigger = TriggerWatch(rest, self.health, system_clock, min(30.0, timeout))
        return Chase(
            self.inbox,
            Ledger(rest, PerMinute(salesforce.ledger_requests, system_clock)),
            self._trigger,
            self._window,
            self.health,
            self.metrics,
            republish=Backoff(timeout, _LONGEST_SILENCE),
            heard_since=lambda: self._receipts.since,
            hears=lambda: self._receipts.held,
            lease=self._settings.store.lease,
        )

    def _heard(self, event_ids: Collection[str]) -> None:
        self._window.heard(event_ids)
        self._trigger.works()

    async def _sweep_once_known(self) -> None:
        await self._account_known.wait()
        await self._sweep.run()

    def _errands(self) -> dict[str, Errand]:
        return {
            resync.LIST: lambda claimed: resync.expand(claimed, self._reader, system_clock()),
            requests.RECORD: guarded(self._rest_gate, Records(self._salesforce.rest).expand),
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
                asked = error.retry_after if isinstance(error, StripeRateLimited) else 0.0
                await asyncio.sleep(max(asked, self._reconnect.wait(failures)))
            else:
                self.health.good(part)
                return answer

    async def _probe(self) -> None:
        await probe(self._pubsub)
        await self._budget.confirm()

    def _note_stripe(self, fault: StripeApiError | None) -> None:
        if fault is None:
            self.health.good(Part.STRIPE)
        else:
            self.health.bad(Part.STRIPE, fault)

    async def _drain(self) -> None:
        """Lets the batch in hand be recorded, and its receipts come if they are quick."""
        publishing = [task for task in self._tasks if task.get_name() == "publish"]
        if publishing:
            await asyncio.wait(publishing, timeout=self._grace)
        await self._housekeeping.tell_refused()
        deadline = system_clock() + min(2.0, self._grace)
        try:
            while self.health.works(Part.RECEIPTS) and system_clock() < deadline:
                if not await self.inbox.in_flight():
                    break
                await self.inbox.wait(0.1)
        except StoreUnavailable as error:
            _log.warning("the store did not take part in the stop: %s", error)


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
