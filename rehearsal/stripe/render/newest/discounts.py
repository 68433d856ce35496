"""Coupons and discounts."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.discounts import Coupon, Discount
from ...world import World


def coupon(world: World, subject: Coupon) -> Body:
    if subject.deleted:
        return {"id": subject.id, "object": "coupon", "deleted": True}
    redeemed = subject.max_redemptions is not None and (
        subject.times_redeemed >= subject.max_redemptions
    )
    expired = subject.redeem_by is not None and world.now() > subject.redeem_by
    return {
        "id": subject.id,
        "object": "coupon",
        "amount_off": subject.amount_off,
        "created": subject.created,
        "currency": subject.currency,
        "duration": subject.duration,
        "duration_in_months": subject.duration_in_months,
        "livemode": world.livemode,
        "max_redemptions": subject.max_redemptions,
        "metadata": dict(subject.metadata),
        "name": subject.name,
        "percent_off": subject.percent_off,
        "redeem_by": subject.redeem_by,
        "times_redeemed": subject.times_redeemed,
        "valid": not (redeemed or expired),
    }


def discount(world: World, subject: Discount) -> Body:
    return {
        "id": subject.id,
        "object": "discount",
        "checkout_session": None,
        "customer": subject.customer,
        "customer_account": None,
        "end": subject.end,
        "invoice": subject.invoice,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": subject.coupon, "type": "coupon"},
        "start": subject.start,
        "subscription": subject.subscription,
        "subscription_item": subject.subscription_item,
    }
