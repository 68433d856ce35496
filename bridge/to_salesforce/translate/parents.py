"""What stands above an object in the ledger: its customer, its invoice, its subscription."""

from __future__ import annotations

from collections.abc import Callable

from bridge.contract import LedgerRow
from bridge.to_salesforce.translate import customers, invoices, paths, subscriptions
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.lookup import gather_two
from bridge.to_salesforce.translate.outcome import Ignored, Untranslatable
from bridge.to_salesforce.translate.shape import text

Rows = list[LedgerRow]


def of_customer(ctx: Context, at: Snapshot, rest: Callable[[], Rows]) -> Rows | Ignored:
    """The rows of an object under its customer."""
    key = paths.customer(at.object)
    if key is None:
        if text(at.object, "customer_account"):
            return Ignored("not booked yet: an account without a customer")
        return Ignored("unmatched: a guest, no Stripe customer")

    parent, rows = gather_two(lambda: customers.parent(ctx, key), rest)
    return [parent, *rows]


def renewal(ctx: Context, at: Snapshot) -> Rows:
    """An invoice's row after its parent's."""
    parents, seen = gather_two(
        lambda: if_it_can_be(lambda: _billed(ctx, at)), lambda: invoices.picture(ctx, at)
    )
    key = parents[0].key if parents else None
    return [*parents, invoices.row(ctx, at, seen, key)]


def if_it_can_be(parents: Callable[[], Rows]) -> Rows:
    """Parents, or none where they cannot be written: money is booked without them.

    The parent's own event is the one that fails, and says why.
    """
    try:
        return parents()
    except Untranslatable:
        return []


def once(rows: Rows) -> Rows:
    """The newest row of each key."""
    kept = {(row.sobject, row.key): row for row in sorted(rows, key=lambda row: row.as_of)}
    return list(kept.values())


def _billed(ctx: Context, at: Snapshot) -> Rows:
    """The subscription that an invoice bills."""
    key = paths.invoice_subscription(at.object)
    return [] if key is None else subscriptions.parent(ctx, key)
