"""Coupons and the discounts that they give."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar


@dataclass(slots=True, kw_only=True)
class Coupon:
    object: ClassVar[str] = "coupon"
    id: str
    created: int
    duration: str
    percent_off: Decimal | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration_in_months: int | None = None
    name: str | None = None
    max_redemptions: int | None = None
    redeem_by: int | None = None
    times_redeemed: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class Discount:
    """A coupon at work from ``start`` until ``end``; ``used``: a ``once`` one has worked."""

    object: ClassVar[str] = "discount"
    id: str
    created: int
    coupon: str
    start: int
    end: int | None = None
    customer: str | None = None
    subscription: str | None = None
    subscription_item: str | None = None
    invoice: str | None = None
    used: bool = False
