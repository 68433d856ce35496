"""Which events the reserve is kept for: money that is failing, and has a deadline."""

from __future__ import annotations

_URGENT = frozenset(
    {
        "charge.failed",
        "customer.subscription.deleted",
        "invoice.finalization_failed",
        "invoice.marked_uncollectible",
        "invoice.overdue",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "refund.failed",
    }
)
_DISPUTE = "charge.dispute."


def is_urgent(event_type: str) -> bool:
    """Whether events of Stripe's type are published from the reserve too.

    Failed payments, disputes and what comes of them: somebody has to act on them within days, and
    sales hears of them from Salesforce alone.
    """
    return event_type in _URGENT or event_type.startswith(_DISPUTE)
