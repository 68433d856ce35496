"""``subscription`` → ``Bridge_Subscription__c``.

Every field is a function of the subscription as it is at the row's moment, so that the order in
which events arrive cannot matter. ACV and TCV value what is sold, whatever the status: a canceled
subscription keeps the worth of its items (Salesforce counts live ones alone), and MRR goes to 0.

ARR is twelve times the exact MRR, not the rounded one: 1,000 a year is an ARR of 1,000.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from bridge.contract import LedgerRow, MovementRow, SubscriptionRow
from bridge.money import first_invoice, monthly, round_major, value
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.fields import (
    Context,
    Snapshot,
    currency_code,
    cut,
    day,
)
from bridge.to_salesforce.translate.plan import (
    began_with_trial,
    interval_label,
    interval_of,
    metered,
    price_of,
)
from bridge.to_salesforce.translate.shape import (
    Json,
    flag,
    happened,
    moment,
    required,
    text,
    whole,
)
from bridge.to_salesforce.translate.sold import Sold, sold_of

_PAYING = frozenset({"active", "past_due"})
_NEVER_ACTIVE = frozenset({"incomplete", "incomplete_expired"})


def row(ctx: Context, at: Snapshot, sold: Sold) -> SubscriptionRow:
    """The subscription as a snapshot shows it."""
    found, items = at.object, sold.items
    key, currency, status = (
        required(found, "id"),
        currency_code(found, "currency"),
        required(found, "status"),
    )
    mrr = Fraction(0)
    if status in _PAYING:
        mrr = monthly(sold.plan, at.as_of, count_repeating=ctx.rules.count_repeating_discounts)
    tcv = None if sold.term is None else value(sold.plan, sold.term) + sold.one_off
    begins, ends = current_period(found, items)
    return ctx.row(
        SubscriptionRow,
        at,
        ctx.link("subscriptions", key),
        stripe_id=key,
        customer=required(found, "customer", "customer.id"),
        opportunity_ref=sold.opportunity,
        status=cut(status, 40),
        plan_name=sold.plan_name,
        quantity=_quantity(items),
        interval=_interval(items),
        collection_method=cut(text(found, "collection_method"), 40),
        collection_paused=cut(text(found, "pause_collection.behavior"), 40),
        currency=currency,
        mrr=round_major(mrr, currency),
        arr=round_major(mrr * 12, currency),
        acv=round_major(value(sold.plan, 12), currency),
        tcv=None if tcv is None else round_major(tcv, currency),
        first_invoice=round_major(first_invoice(sold.plan) + sold.one_off, currency),
        term_months=sold.term,
        start_date=day(happened(found, "start_date", "created"), ctx.rules.time_zone),
        active_date=ctx.day(active_since(found)),
        trial_end=ctx.day(moment(found, "trial_end")),
        current_period_start=ctx.day(begins),
        current_period_end=ctx.day(ends),
        cancel_at=ctx.day(moment(found, "cancel_at")),
        cancel_at_period_end=flag(found, "cancel_at_period_end"),
        canceled_date=ctx.day(moment(found, "canceled_at")),
        ended_date=ctx.day(moment(found, "ended_at")),
        cancellation_reason=_reason(found),
    )


def movement(ctx: Context, at: Snapshot, subscription: SubscriptionRow) -> MovementRow:
    """What the subscription's MRR was on the snapshot's day."""
    on = day(at.as_of, ctx.rules.time_zone)
    return ctx.row(
        MovementRow,
        at,
        subscription.stripe_link,
        stripe_key=f"{subscription.stripe_id}:{on.isoformat()}",
        customer=subscription.customer,
        subscription=subscription.stripe_id,
        date=on,
        currency=subscription.currency,
        mrr_after=subscription.mrr,
    )


def parent(ctx: Context, key: str) -> list[LedgerRow]:
    """The subscription as it was read last, and its MRR; nothing if Stripe knows none such."""
    fact = ctx.look.one(Need(Kind.SUBSCRIPTION, key))
    if fact.object is None:
        return []
    at = Snapshot(fact.object, fact.as_of)
    found = row(ctx, at, sold_of(ctx, at))
    return [found, movement(ctx, at, found)]


def active_since(subscription: Json) -> dt.datetime | None:
    """When the subscription was first ``active``; ``None`` while it never was.

    It is when it was created, or when the trial that it began with had passed. Stripe keeps no
    record of a payment that came up to 23 hours later, nor of a resumption after a trial that
    ended without a card.
    """
    status = required(subscription, "status")
    created, trial_end = happened(subscription, "created"), moment(subscription, "trial_end")
    if status in _NEVER_ACTIVE:
        return None
    if trial_end is None or not began_with_trial(subscription):
        return created
    if status in {"trialing", "paused"}:
        return None
    ended = moment(subscription, "ended_at")
    if ended is not None and ended <= trial_end:
        return None
    return max(created, trial_end)


def current_period(
    subscription: Json, items: list[Json]
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The period that ends soonest, where items differ."""
    periods = [paths.item_period(subscription, item) for item in items]
    ending = sorted((end, begin) for begin, end in periods if begin is not None and end is not None)
    if not ending:
        return None, None
    end, begin = ending[0]
    return begin, end


def _quantity(items: list[Json]) -> Decimal | None:
    """How many units are licensed; ``None`` where all is billed by use."""
    licensed = [item for item in items if not metered(price_of(item))]
    return Decimal(sum(whole(item, "quantity") or 0 for item in licensed)) if licensed else None


def _interval(items: list[Json]) -> str | None:
    intervals = {each for item in items if (each := interval_of(price_of(item)))}
    return cut(", ".join(sorted(map(interval_label, intervals))), 40) or None


def _reason(subscription: Json) -> str | None:
    """Why it was canceled, in Stripe's words and then the customer's."""
    details = [
        text(subscription, f"cancellation_details.{part}")
        for part in ("reason", "feedback", "comment")
    ]
    return cut(": ".join(part for part in details if part), 255) or None
