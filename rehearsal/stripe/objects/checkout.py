"""Checkout sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SessionLine:
    id: str
    price: str
    quantity: int | None


@dataclass(slots=True, kw_only=True)
class CheckoutSession:
    object: ClassVar[str] = "checkout.session"
    id: str
    created: int
    mode: str
    expires_at: int
    lines: list[SessionLine]
    currency: str
    success_url: str | None = None
    cancel_url: str | None = None
    status: str = "open"
    payment_status: str = "unpaid"
    customer: str | None = None
    customer_email: str | None = None
    customer_name: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    subscription_metadata: dict[str, str] = field(default_factory=dict)
    subscription_description: str | None = None
    trial_period_days: int | None = None
    payment_metadata: dict[str, str] = field(default_factory=dict)
    coupons: list[str] = field(default_factory=list)
    subscription: str | None = None
    invoice: str | None = None
    payment_intent: str | None = None
