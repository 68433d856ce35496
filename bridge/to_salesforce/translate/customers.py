"""``customer`` → ``Bridge_Customer__c``."""

from __future__ import annotations

import datetime as dt

from bridge.contract import CustomerRow
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate.fields import Context, Snapshot, cut, whole_or_none
from bridge.to_salesforce.translate.metadata import opportunity
from bridge.to_salesforce.translate.shape import Json, flag, required, text

NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Older than all: a row of this moment is written only where there is none."""


def row(ctx: Context, at: Snapshot) -> CustomerRow:
    """The customer as a snapshot shows it."""
    found = at.object
    key = required(found, "id")
    currency = text(found, "currency")
    return ctx.row(
        CustomerRow,
        at,
        ctx.link("customers", key),
        stripe_id=key,
        name=_name(found, key),
        email=whole_or_none(text(found, "email"), 80),
        currency=currency.upper() if currency else None,
        opportunity_ref=opportunity(ctx.rules, found),
        deleted=flag(found, "deleted"),
    )


def parent(ctx: Context, key: str) -> CustomerRow:
    """The customer as it was read last: the parent of another object's rows.

    Of a deleted customer Stripe keeps only the id. Such an answer knows less than the ledger does,
    so its row counts as older than any other; ``customer.deleted`` brings the deletion itself.
    """
    fact = ctx.look.one(Need(Kind.CUSTOMER, key))
    if fact.object is None:
        return row(ctx, Snapshot({"object": "customer", "id": key, "deleted": True}, NEVER))
    if flag(fact.object, "deleted") and text(fact.object, "name", "email") is None:
        return row(ctx, Snapshot(fact.object, NEVER))
    return row(ctx, Snapshot(fact.object, fact.as_of))


def _name(found: Json, key: str) -> str:
    return cut(text(found, "name", "business_name", "description", "email") or key, 80) or key[:80]
