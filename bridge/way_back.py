"""The way back put together: what takes Salesforce's word, what writes to Stripe, what sweeps."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.clock import Backoff, system_clock
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import Rest
from bridge.settings import Settings
from bridge.store import Inbox
from bridge.stripe_api import StripeReader
from bridge.stripe_api.writer import StripeWriter
from bridge.to_stripe import changed
from bridge.to_stripe.exceptions import Exceptions
from bridge.to_stripe.linking import Linking
from bridge.to_stripe.opportunities import Opportunities
from bridge.to_stripe.push import Pusher, Tuning
from bridge.to_stripe.sweep import OpportunitySweep
from bridge.working.gate import Gate
from bridge.working.per_minute import PerMinute
from bridge.working.requests import Taker


@dataclass(frozen=True, slots=True)
class WayBack:
    """Its parts; where the settings switch it off, nothing takes, and none is to run."""

    takers: dict[str, Taker]
    """By kind of request."""
    pusher: Pusher
    sweep: OpportunitySweep


def way_back(
    settings: Settings,
    inbox: Inbox,
    rest: Rest,
    reader: StripeReader,
    writer: StripeWriter,
    health: Health,
    metrics: Metrics,
    *,
    reconnect: Backoff,
    retry: Backoff,
) -> WayBack:
    """One way back between an org and a Stripe account."""
    push, lease = settings.push, settings.store.lease
    reserved = settings.booking.opportunity_key
    changes = changed.Changes(livemode=settings.stripe.mode, linger=push.linger)
    opportunities = Opportunities(rest)
    gate = Gate(opportunities.probe, reconnect, health, Part.METADATA)
    budget = PerMinute(push.requests, system_clock)
    pusher = Pusher(
        inbox,
        opportunities,
        reader,
        writer,
        gate,
        budget,
        health,
        metrics,
        Tuning(backoff=retry, lease=lease),
        linking=Linking(rest, reader, writer, inbox, reserved=reserved),
        exceptions=Exceptions(rest),
        reserved=reserved,
    )
    sweep = OpportunitySweep(
        inbox,
        opportunities,
        changes,
        gate,
        budget,
        health,
        metrics,
        every=push.sweep_every,
        overlap=push.sweep_overlap,
        backoff=reconnect,
        lease=lease,
    )
    takers: dict[str, Taker] = {changed.KIND: changes} if push.enabled else {}
    return WayBack(takers, pusher, sweep)
