"""Open invoices that change without an event of their own.

- A due date passes. ``invoice.overdue`` is sent only where the company has set up an automation
  (Stripe, "Billing automations"); always told are the subscription, which becomes ``past_due``, and
  the customer, who becomes ``delinquent`` (API reference, "Customer").
- A new card is set on the subscription or the customer: retries that did not run will run.
- A subscription ends or goes ``unpaid``: nobody retries any more.

So an event of such a subscription or customer also reads the invoices that are in trouble.
"""

from __future__ import annotations

from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import attempts, paths
from bridge.to_salesforce.translate.dunning import is_due
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.shape import flag, members, reference, required, text, whole

_TELLING = frozenset({"past_due", "unpaid", "canceled"})
_MOST = 25
"""More rows than that would not fit one message; the newest are of interest."""


def of_subscription(ctx: Context, at: Snapshot) -> list[Snapshot]:
    """The invoices in trouble of a subscription that an event is of."""
    if text(at.object, "status") not in _TELLING:
        return []
    customer, key = paths.customer(at.object), required(at.object, "id")
    if customer is None:
        return []
    return [
        each
        for each in _in_trouble(ctx, at, customer)
        if paths.invoice_subscription(each.object) == key
    ][:_MOST]


def of_customer(ctx: Context, at: Snapshot) -> list[Snapshot]:
    """The invoices in trouble of a customer that an event is of."""
    key = reference(at.object)
    if key is None or not flag(at.object, "delinquent"):
        return []
    return _in_trouble(ctx, at, key)[:_MOST]


def _in_trouble(ctx: Context, at: Snapshot, customer: str) -> list[Snapshot]:
    fact = ctx.look.one(Need(Kind.OPEN_INVOICES, customer, since=at.as_of))
    found = [Snapshot(each, fact.as_of) for each in members(fact.object or {}, "data")]
    found = [each for each in found if attempts.is_tried(each.object) or is_due(each)]
    return sorted(
        found,
        key=lambda each: (-(whole(each.object, "created") or 0), required(each.object, "id")),
    )
