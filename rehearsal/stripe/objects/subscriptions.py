"""Subscriptions and their items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

ENDED = ("canceled", "incomplete_expired")


@dataclass(slots=True, kw_only=True)
class SubscriptionItem:
    object: ClassVar[str] = "subscription_item"
    id: str
    created: int
    subscription: str
    price: str
    quantity: int | None
    current_period_start: int
    current_period_end: int
    discounts: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PauseCollection:
    behavior: str
    resumes_at: int | None


@dataclass(slots=True, kw_only=True)
class Subscription:
    object: ClassVar[str] = "subscription"
    id: str
    created: int
    customer: str
    currency: str
    status: str
    collection_method: str
    billing_cycle_anchor: int
    start_date: int
    billing_mode: str = "flexible"
    items: list[SubscriptionItem] = field(default_factory=list)
    days_until_due: int | None = None
    default_payment_method: str | None = None
    default_tax_rates: list[str] = field(default_factory=list)
    description: str | None = None
    discounts: list[str] = field(default_factory=list)
    latest_invoice: str | None = None
    schedule: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    pause_collection: PauseCollection | None = None
    trial_start: int | None = None
    trial_end: int | None = None
    missing_payment_method: str = "create_invoice"
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    canceled_at: int | None = None
    ended_at: int | None = None
    cancellation_reason: str | None = None
    cancellation_comment: str | None = None
    cancellation_feedback: str | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def current_period_start(self) -> int:
        return max(item.current_period_start for item in self.items)

    @property
    def current_period_end(self) -> int:
        """When the first of the items is due."""
        return min(item.current_period_end for item in self.items)
