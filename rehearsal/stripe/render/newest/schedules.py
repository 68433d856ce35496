"""Subscription schedules."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.schedules import SchedulePhase, SubscriptionSchedule
from ...world import World
from . import shapes


def schedule(world: World, subject: SubscriptionSchedule) -> Body:
    now, running = world.now(), subject.status == "active"
    current: Body | None = None
    for phase in subject.phases:
        if running and phase.start <= now < phase.end:
            current = {"end_date": phase.end, "start_date": phase.start}
    return {
        "id": subject.id,
        "object": "subscription_schedule",
        "application": None,
        "billing_mode": {"flexible": None, "type": "flexible", "updated_at": None},
        "canceled_at": subject.canceled_at,
        "completed_at": subject.completed_at,
        "created": subject.created,
        "current_phase": current,
        "customer": subject.customer,
        "customer_account": None,
        "default_settings": {
            "application_fee_percent": None,
            "automatic_tax": dict(shapes.AUTOMATIC_TAX),
            "billing_cycle_anchor": "automatic",
            "billing_thresholds": None,
            "collection_method": "charge_automatically",
            "default_payment_method": None,
            "default_source": None,
            "description": None,
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
            "on_behalf_of": None,
            "transfer_data": None,
        },
        "end_behavior": subject.end_behavior,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "phases": [_phase(world, each) for each in subject.phases],
        "released_at": subject.released_at,
        "released_subscription": subject.released_subscription,
        "renewal_interval": None,
        "status": subject.status,
        "subscription": subject.subscription,
        "test_clock": None,
    }


def _phase(world: World, subject: SchedulePhase) -> Body:
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": world.prices[subject.items[0][0]].currency,
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [
            {"coupon": coupon, "discount": None, "promotion_code": None}
            for coupon in subject.coupons
        ],
        "end_date": subject.end,
        "invoice_settings": None,
        "items": [
            {
                "billing_thresholds": None,
                "discounts": [],
                "metadata": {},
                "plan": price,
                "price": price,
                "quantity": quantity,
                "tax_rates": [],
            }
            for price, quantity in subject.items
        ],
        "metadata": {},
        "on_behalf_of": None,
        "proration_behavior": "create_prorations",
        "start_date": subject.start,
        "transfer_data": None,
        "trial_end": None,
    }
