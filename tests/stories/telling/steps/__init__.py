"""What the sentences mean, by subject; importing this makes them known."""

from tests.stories.telling.steps import (
    cards,
    expected_lists,
    expected_records,
    invoices,
    people,
    plans,
    refunds,
    subscribing,
    subscriptions,
    time,
)

__all__ = [
    "cards",
    "expected_lists",
    "expected_records",
    "invoices",
    "people",
    "plans",
    "refunds",
    "subscribing",
    "subscriptions",
    "time",
]
