"""Subscription schedules: what a subscription will sell, phase after phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(slots=True, kw_only=True)
class SchedulePhase:
    """``items``: price and quantity; ``coupons`` become discounts when the phase begins."""

    start: int
    end: int
    items: Sequence[tuple[str, int | None]]
    coupons: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class SubscriptionSchedule:
    object: ClassVar[str] = "subscription_schedule"
    id: str
    created: int
    customer: str
    subscription: str | None
    phases: list[SchedulePhase]
    end_behavior: str = "release"
    status: str = "active"
    released_subscription: str | None = None
    released_at: int | None = None
    canceled_at: int | None = None
    completed_at: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
