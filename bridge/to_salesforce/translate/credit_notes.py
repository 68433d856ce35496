"""``credit_note`` → ``Bridge_Entry__c``: what a credit note gave back outside Stripe.

Only ``out_of_band_amount`` is cash of its own: what a credit note refunds arrives as a refund, what
it puts on the customer's balance is no cash, and what it takes off before payment is the invoice's.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.contract import LedgerRow
from bridge.money import allocate_back
from bridge.to_salesforce.translate import entries, paths
from bridge.to_salesforce.translate.entries import Movement, Place
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    happened,
    required,
    text,
    whole,
)


def outside(notes: Sequence[Json]) -> list[Json]:
    """The credit notes that gave money back outside Stripe, void ones too, in their order."""
    found = [note for note in notes if (whole(note, "out_of_band_amount") or 0) > 0]
    return sorted(found, key=lambda each: (happened(each, "created"), required(each, "id")))


def rows(ctx: Context, invoice: Snapshot, notes: Sequence[Json], place: Place) -> list[LedgerRow]:
    """The entries of an invoice's credit notes; a void one keeps its row with amounts of 0."""
    tax, total = paths.invoice_tax(invoice.object), amount(invoice.object, "total")
    found: list[LedgerRow] = []
    given = 0
    for note in outside(notes):
        key, void = required(note, "id"), text(note, "status") == "void"
        gross = 0 if void else amount(note, "out_of_band_amount")
        share = allocate_back(given + gross, tax, total) - allocate_back(given, tax, total)
        given += gross
        moved = Movement(
            key=f"{key}:oob",
            kind="Credit Note",
            status=text(note, "status") or "issued",
            customer=required(invoice.object, "customer", "customer.id"),
            occurred=happened(note, "created"),
            currency=currency_code(note, "currency"),
            gross=-gross,
            tax=-share,
            settled=entries.NOT_AT_STRIPE,
            description=text(note, "memo"),
            reason=text(note, "reason"),
        )
        at = Snapshot(note, invoice.as_of)
        found.append(entries.row(ctx, at, ctx.link("credit_notes", key), moved, place))
    return found
