"""``Bridge_Entry__c``: one movement of money, whatever moved it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bridge.contract import EntryRow
from bridge.money import to_major
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code, cut, day
from bridge.to_salesforce.translate.parents import Rows
from bridge.to_salesforce.translate.shape import Json, amount, required, whole


@dataclass(frozen=True, slots=True)
class Settled:
    """What Stripe's balance says of a movement; minor units of ``currency``."""

    transaction: str | None
    amount: int | None
    fee: int | None
    currency: str | None
    pending: bool
    """Stripe has not made the balance transaction yet: up to an hour later."""


NOT_AT_STRIPE = Settled(None, None, None, None, pending=False)


def settled(transaction: Json | None, key: str | None = None) -> Settled:
    """What a balance transaction says; ``None`` where there is none yet, with its id at most."""
    if transaction is None:
        return Settled(key, None, None, None, pending=True)
    return Settled(
        required(transaction, "id"),
        amount(transaction, "amount"),
        whole(transaction, "fee") or 0,
        currency_code(transaction, "currency"),
        pending=False,
    )


def nothing(of: Settled) -> Settled:
    """Of money that did not move after all."""
    known = of.currency is not None
    return Settled(
        of.transaction, 0 if known else None, 0 if known else None, of.currency, pending=False
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the ledger an entry stands."""

    parents: Rows
    """The invoice's row and its subscription's, where they can be written."""
    opportunity: str | None
    """What a payment without a subscription names."""

    def key(self, sobject: str) -> str | None:
        """The key of a parent."""
        return next((row.key for row in self.parents if row.sobject == sobject), None)


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved, in minor units of ``currency``; negative when it left."""

    key: str
    kind: str
    status: str
    customer: str
    occurred: dt.datetime
    currency: str
    """The ISO code in capitals."""
    gross: int
    tax: int
    settled: Settled
    charge: str | None = None
    description: str | None = None
    reason: str | None = None


def row(ctx: Context, at: Snapshot, link: str | None, moved: Movement, place: Place) -> EntryRow:
    """The entry of a movement, as of its snapshot."""
    home, currency = moved.settled.currency, moved.currency
    return ctx.row(
        EntryRow,
        at,
        link,
        stripe_key=moved.key,
        customer=moved.customer,
        subscription=place.key("Bridge_Subscription__c"),
        renewal=place.key("Bridge_Renewal__c"),
        kind=moved.kind,
        status=cut(moved.status, 40),
        occurred_at=moved.occurred,
        date=day(moved.occurred, ctx.rules.time_zone),
        currency=currency,
        gross=to_major(moved.gross, currency),
        tax=to_major(moved.tax, currency),
        net=to_major(moved.gross - moved.tax, currency),
        balance_transaction=moved.settled.transaction,
        settled_gross=_major(moved.settled.amount, home),
        settled_currency=home,
        fee=_major(moved.settled.fee, home),
        settlement_pending=moved.settled.pending,
        description=cut(moved.description, 255),
        charge=moved.charge,
        reason=cut(moved.reason, 255),
        opportunity_ref=place.opportunity,
    )


def _major(minor: int | None, currency: str | None) -> object:
    return None if minor is None or currency is None else to_major(minor, currency)
