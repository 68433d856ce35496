"""Subscriptions and their items."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.subscriptions import Subscription, SubscriptionItem
from ...world import World
from . import catalog, shapes


def subscription(world: World, subject: Subscription) -> Body:
    pause: Body | None = None
    if subject.pause_collection is not None:
        pause = {
            "behavior": subject.pause_collection.behavior,
            "resumes_at": subject.pause_collection.resumes_at,
        }
    return {
        "id": subject.id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": dict(shapes.AUTOMATIC_TAX),
        "billing_cycle_anchor": subject.billing_cycle_anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": {
            "flexible": (
                {"proration_discounts": "included"} if subject.billing_mode == "flexible" else None
            ),
            "type": subject.billing_mode,
            "updated_at": None,
        },
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": subject.cancel_at,
        "cancel_at_period_end": subject.cancel_at_period_end,
        "canceled_at": subject.canceled_at,
        "cancellation_details": {
            "comment": subject.cancellation_comment,
            "feedback": subject.cancellation_feedback,
            "reason": subject.cancellation_reason,
        },
        "collection_method": subject.collection_method,
        "created": subject.created,
        "currency": subject.currency,
        "customer": subject.customer,
        "customer_account": None,
        "days_until_due": subject.days_until_due,
        "default_payment_method": subject.default_payment_method,
        "default_source": None,
        "default_tax_rates": [
            catalog.tax_rate(world, world.tax_rates[rate]) for rate in subject.default_tax_rates
        ],
        "description": subject.description,
        "discounts": list(subject.discounts),
        "ended_at": subject.ended_at,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            **shapes.listing(
                f"/v1/subscription_items?subscription={subject.id}",
                [item(world, each) for each in subject.items],
            ),
            "total_count": len(subject.items),
        },
        "latest_invoice": subject.latest_invoice,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": pause,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": subject.schedule,
        "start_date": subject.start_date,
        "status": subject.status,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": subject.trial_end,
        "trial_settings": {
            "end_behavior": {"missing_payment_method": subject.missing_payment_method}
        },
        "trial_start": subject.trial_start,
    }


def item(world: World, subject: SubscriptionItem) -> Body:
    price = world.prices[subject.price]
    body: Body = {
        "id": subject.id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": subject.created,
        "current_period_end": subject.current_period_end,
        "current_period_start": subject.current_period_start,
        "discounts": list(subject.discounts),
        "metadata": dict(subject.metadata),
        "plan": catalog.plan(world, price),
        "price": catalog.price(world, price),
        "subscription": subject.subscription,
        "tax_rates": [],
    }
    if not price.metered:
        body["quantity"] = subject.quantity
    return body
