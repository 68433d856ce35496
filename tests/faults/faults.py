"""What goes wrong on purpose: each fault by its name, and which switches of the clouds it turns.

A fault begins, lasts as long as the dice say, and is over when its function returns; what it left
behind is the bridge's to mend. ``uses`` names the clouds' own switches, so that a test can say
which of them nobody turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rehearsal.stripe import signing
from tests.faults.rig import Bridge, Rig, limit_files

Act = Callable[["Scene"], Awaitable[None]]

RECEIPTS = "/event/Bridge_Receipt__e"
EVENTS = "/event/Bridge_Stripe_Event__e"
TRIGGER = "BridgeStripeEvent"


@dataclass(slots=True)
class Scene:
    """Where a fault happens: the rig, its dice, how long a fault lasts at most, and the notes."""

    rig: Rig
    dice: random.Random
    longest: float = 4.0
    """Seconds."""
    delivery: dict[str, Any] = field(default_factory=dict)
    """How webhooks are delivered when no fault changes it."""
    poison: list[str] = field(default_factory=list)
    """Events that are made to be dead letters."""

    async def last(self) -> None:
        await asyncio.sleep(self.dice.uniform(self.longest / 4, self.longest))

    @contextlib.asynccontextmanager
    async def org_fault(self, **fault: Any) -> AsyncIterator[None]:
        await self.rig.control_org("POST", "faults", fault)
        try:
            yield
        finally:
            await self.rig.control_org("DELETE", "faults")

    @contextlib.asynccontextmanager
    async def deliveries(self, **options: Any) -> AsyncIterator[None]:
        await self.rig.standin("POST", "delivery", {**self.delivery, **options})
        try:
            yield
        finally:
            await self.rig.standin("POST", "delivery", self.delivery)


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault."""

    name: str
    act: Act
    uses: frozenset[str]


FAULTS: dict[str, Fault] = {}
ONLY_POSTGRES = {"the database crashes"}
ONLY_SQLITE = {"the disk is full"}
"""PostgreSQL's own disk is filled in ``tests/bridge/store/test_postgres.py``."""


def fault(*uses: str) -> Callable[[Act], Act]:
    def keep(act: Act) -> Act:
        name = act.__name__.replace("_", " ")
        FAULTS[name] = Fault(name, act, frozenset(uses))
        return act

    return keep


# Salesforce


@fault("org:maintenance")
async def the_org_is_in_maintenance(scene: Scene) -> None:
    async with scene.org_fault(kind="maintenance"):
        await scene.last()


@fault("org:session_expired", "POST /localorg/sessions/expire")
async def tokens_end_again_and_again(scene: Scene) -> None:
    count = scene.dice.randrange(1, 4)
    async with scene.org_fault(kind="session_expired", count=count):
        await scene.rig.control_org("POST", "sessions/expire")
        await scene.last()


@fault("org:request_limit")
async def the_days_api_requests_are_used_up(scene: Scene) -> None:
    async with scene.org_fault(kind="request_limit"):
        await scene.last()


@fault("org:publish_unavailable")
async def publishing_is_unavailable(scene: Scene) -> None:
    count = scene.dice.randrange(50, 500)
    async with scene.org_fault(kind="publish_unavailable", count=count):
        await scene.last()


@fault("org:drop")
async def the_org_ends_connections(scene: Scene) -> None:
    async with scene.org_fault(kind="drop", count=scene.dice.randrange(1, 8)):
        await scene.last()


@fault("org:drop_reply")
async def the_org_does_it_and_does_not_say_so(scene: Scene) -> None:
    async with scene.org_fault(kind="drop_reply", count=scene.dice.randrange(1, 8)):
        await scene.last()


@fault("org:slow")
async def the_org_is_slow(scene: Scene) -> None:
    delay = round(scene.dice.uniform(0.2, 1.0), 2)
    async with scene.org_fault(kind="slow", delay=delay, count=20):
        await scene.last()


@fault("org:lose_events")
async def receipts_are_lost(scene: Scene) -> None:
    count = scene.dice.randrange(1, 6)
    async with scene.org_fault(kind="lose_events", topic=RECEIPTS, count=count):
        await scene.last()


@fault("org:lose_events")
async def published_events_are_lost(scene: Scene) -> None:
    count = scene.dice.randrange(1, 200)
    async with scene.org_fault(kind="lose_events", topic=EVENTS, count=count):
        await scene.last()


@fault("POST /localorg/allocations")
async def the_hours_events_are_used_up(scene: Scene) -> None:
    await scene.rig.control_org("POST", "allocations", {"hourly_published": 0})
    await scene.last()
    await scene.rig.control_org("POST", "allocations", {"hourly_published": 10_000_000})


@fault("POST /localorg/allocations")
async def the_days_deliveries_are_used_up(scene: Scene) -> None:
    await scene.rig.control_org("POST", "allocations", {"daily_delivered": 0})
    await scene.last()
    await scene.rig.control_org("POST", "allocations", {"daily_delivered": 10_000_000})


@fault("POST /localorg/subscribers/{name}/suspend")
async def an_admin_suspends_the_trigger(scene: Scene) -> None:
    """Resumed from the tip: what was published meanwhile the trigger never sees."""
    await scene.rig.control_org("POST", f"subscribers/{TRIGGER}/suspend")
    await scene.last()
    await scene.rig.control_org("POST", f"subscribers/{TRIGGER}/resume")


@fault("POST /localorg/locks")
async def somebody_holds_rows(scene: Scene) -> None:
    rows = await scene.rig.org.query("SELECT Id FROM Bridge_Customer__c LIMIT 50")
    held = [row["Id"] for row in rows if scene.dice.random() < 0.3]
    await scene.rig.control_org("POST", "locks", {"ids": held})
    await scene.last()
    await scene.rig.control_org("POST", "locks", {"ids": []})


# Stripe


async def _stripe(scene: Scene, kind: str, **fault: Any) -> None:
    asked = {"kind": kind, "count": scene.dice.randrange(5, 40), "method": "GET", **fault}
    await scene.rig.standin("POST", "faults", asked)
    await scene.last()
    await scene.rig.standin("DELETE", "faults")


@fault("stripe:error")
async def stripe_answers_500(scene: Scene) -> None:
    await _stripe(scene, "error", status=scene.dice.choice([500, 502, 503]))


@fault("stripe:error")
async def stripe_answers_429(scene: Scene) -> None:
    await _stripe(scene, "error", status=429)


@fault("stripe:slow")
async def stripe_is_slow(scene: Scene) -> None:
    await _stripe(scene, "slow", seconds=round(scene.dice.uniform(0.2, 1.5), 2))


@fault("stripe:drop")
async def stripe_ends_connections(scene: Scene) -> None:
    await _stripe(scene, "drop", after=scene.dice.random() < 0.5)


@fault("setting:rate_limit")
async def stripe_allows_few_reads(scene: Scene) -> None:
    await scene.rig.standin("POST", "settings", {"rate_limit": 15})
    await scene.last()
    await scene.rig.standin("POST", "settings", {"rate_limit": None})


@fault("delivery:hold", "delivery:shuffle", "delivery:duplicate")
async def webhooks_come_much_later(scene: Scene) -> None:
    async with scene.deliveries(hold=True):
        await scene.last()
    async with scene.deliveries(shuffle=100_000, duplicate=3):
        await scene.last()


@fault("delivery:delay", "delivery:concurrency", "delivery:retry_base", "delivery:retry_cap")
async def webhooks_come_late_and_many_at_once(scene: Scene) -> None:
    async with scene.deliveries(delay=1.5, concurrency=32, retry_base=0.01, retry_cap=0.05):
        await scene.last()


@fault("delivery:drop_next")
async def webhooks_are_never_sent(scene: Scene) -> None:
    async with scene.deliveries(drop_next=scene.dice.randrange(1, 20)):
        await scene.last()


@fault("delivery:drop_types")
async def a_type_of_webhook_is_never_sent(scene: Scene) -> None:
    types = scene.dice.sample(["charge.succeeded", "invoice.paid", "charge.refunded"], 1)
    async with scene.deliveries(drop_types=types):
        await scene.last()


@fault("setting:lose_next")
async def stripe_generates_no_event(scene: Scene) -> None:
    count = scene.dice.randrange(1, 8)
    await scene.rig.standin("POST", "settings", {"lose_next": count})
    await scene.last()
    await scene.rig.standin("POST", "settings", {"lose_next": 0})


@fault("POST /_standin/resend")
async def stripe_sends_old_events_again(scene: Scene) -> None:
    listed = await scene.rig.stripe.v1.events.list_async({"limit": 100})
    for event in scene.dice.sample(listed.data, min(len(listed.data), 20)):
        await scene.rig.standin("POST", "resend", {"event": event.id})


@fault("POST /_standin/webhook_endpoints/{id}/rotate")
async def the_signing_secret_is_rotated(scene: Scene) -> None:
    """Both secrets sign, and the bridge knows one of them."""
    (hook,) = (await scene.rig.stripe.v1.webhook_endpoints.list_async()).data
    await scene.rig.standin("POST", f"webhook_endpoints/{hook.id}/rotate")


@fault()
async def an_event_is_poisoned(scene: Scene) -> None:
    """Signed well, and nothing that Stripe would ever send: a dead letter, and no more."""
    number = f"evt_poison{len(scene.poison)}"
    scene.poison.append(number)
    await post_poison(scene.rig, number)


# The ways between


def _way(scene: Scene) -> Any:
    return scene.rig.proxies[scene.dice.choice(sorted(scene.rig.proxies))]


@fault()
async def connections_are_reset(scene: Scene) -> None:
    for _ in range(3):
        for proxy in scene.rig.proxies.values():
            proxy.reset()
        await asyncio.sleep(scene.dice.uniform(0.05, 0.5))


@fault()
async def a_way_is_closed(scene: Scene) -> None:
    proxy = _way(scene)
    proxy.refusing = True
    proxy.reset()
    await scene.last()
    proxy.refusing = False


@fault()
async def all_ways_are_slow(scene: Scene) -> None:
    for proxy in scene.rig.proxies.values():
        proxy.delay = round(scene.dice.uniform(0.02, 0.2), 3)
    await scene.last()
    for proxy in scene.rig.proxies.values():
        proxy.delay = 0.0


@fault()
async def connections_go_dead_unnoticed(scene: Scene) -> None:
    for name, proxy in scene.rig.proxies.items():
        if name != "webhooks" or scene.dice.random() < 0.3:
            proxy.freeze()
    await scene.last()


# The machine


@fault()
async def the_disk_is_full(scene: Scene) -> None:
    """No file of a bridge can grow: its writes fail, as on a full disk, until there is room."""
    bridge = scene.dice.choice(scene.rig.bridges)
    async with bridge.moving:
        if bridge.pid is not None:
            limit_files(bridge.pid, 4096)
            await scene.last()
            if bridge.pid is not None:
                limit_files(bridge.pid, None)


@fault()
async def a_bridge_is_stopped_for_a_while(scene: Scene) -> None:
    """As a machine that swaps or a container that is frozen: it does not know that time passed."""
    bridge = scene.dice.choice(scene.rig.bridges)
    async with bridge.moving:
        if bridge.pid is not None:
            os.kill(bridge.pid, signal.SIGSTOP)
            await scene.last()
            os.kill(bridge.pid, signal.SIGCONT)


@fault()
async def a_bridge_is_restarted_in_order(scene: Scene) -> None:
    bridge = scene.dice.choice(scene.rig.bridges)
    async with bridge.moving:
        await bridge.process.stop()
        await scene.rig.start(bridge, ready=False)


@fault()
async def the_database_crashes(scene: Scene) -> None:
    assert scene.rig.database is not None
    await scene.rig.database.crash(scene.dice.uniform(0, scene.longest))


async def kill(scene: Scene, bridge: Bridge) -> None:
    await scene.rig.kill(bridge, scene.dice.uniform(0, 1))


async def outage(scene: Scene, seconds: float, hours: float = 1.0) -> None:
    """The org is in maintenance for an hour of its own clock and of Stripe's, which go that much
    faster meanwhile."""
    steps = max(int(seconds / 2), 1)
    async with scene.org_fault(kind="maintenance"):
        for _ in range(steps):
            started = time.monotonic()
            step = int(hours * 3600 / steps)
            await scene.rig.advance(advance=step)
            await scene.rig.control_org("POST", "clock", {"advance_seconds": step})
            await asyncio.sleep(max(seconds / steps - (time.monotonic() - started), 0))


async def post_poison(rig: Rig, event_id: str) -> None:
    """A webhook with a good signature that no translation can make sense of."""
    body = json.dumps(
        {
            "id": event_id,
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "livemode": True,
            "type": "charge.succeeded",
            "data": {
                "object": {
                    "id": f"ch_{event_id}",
                    "object": "charge",
                    "amount": "much",
                    "amount_captured": "more",
                    "captured": True,
                    "paid": True,
                    "status": "succeeded",
                    "currency": "usd",
                    "customer": "cus_poisoned",
                }
            },
        }
    ).encode()
    url = f"http://127.0.0.1:{rig.bridge_port}/stripe/webhook"
    while True:
        headers = {"Stripe-Signature": signing.header(body, [rig.secret], int(time.time()))}
        with contextlib.suppress(Exception):
            async with rig.http.post(url, data=body, headers=headers) as response:
                if response.status == 200:
                    return
        await asyncio.sleep(0.2)
