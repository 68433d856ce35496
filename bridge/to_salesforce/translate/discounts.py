"""The discounts of a subscription and of its items, with their coupons' terms.

A subscription without discounts of its own has its customer's (Stripe, "Coupons": a discount on the
subscription overrides it).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.money import Discount, Duration
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.lookup import gather_two
from bridge.to_salesforce.translate.outcome import Untranslatable
from bridge.to_salesforce.translate.shape import (
    Json,
    decimal,
    expanded,
    happened,
    moment,
    name_of,
    reference,
    references,
    required,
    text,
    whole,
)

_DAY = dt.timedelta(days=1)
_ENDED = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class Discounts:
    """What comes off a subscription."""

    by_id: Mapping[str, Discount]
    whole: tuple[Discount, ...]
    """Off the subscription as a whole."""


def discounts_of(ctx: Context, at: Snapshot, items: list[Json]) -> Discounts:
    """The discounts of a subscription and its items."""
    terms, general = gather_two(lambda: _terms(ctx, at, items), lambda: _of_customer(ctx, at))
    terms = general | terms
    coupons = _coupons(ctx, at.object, terms)
    found = {
        key: discount
        for key, each in terms.items()
        if key in coupons and (discount := _discount(at.object, each, coupons[key]))
    }
    of_all = tuple(found[key] for key in general if key in found)
    return Discounts(found, chosen(found, at.object) or of_all)


def takes_the_customers(subscription: Json) -> bool:
    """Whether a subscription has no discount of its own, so that its customer's counts.

    Of one that has ended it does not: the customer's may come and go, and nobody asks it any more.
    """
    return not paths.discounts(subscription) and text(subscription, "status") not in _ENDED


def _of_customer(ctx: Context, at: Snapshot) -> dict[str, Json]:
    """The customer's own discount by id, where it counts; as the customer was read last."""
    customer = paths.customer(at.object)
    if customer is None or not takes_the_customers(at.object):
        return {}
    found = ctx.look.one(Need(Kind.CUSTOMER, customer)).object or {}
    return {key: inline for key, inline in paths.discounts(found) if inline is not None}


def chosen(listed: Mapping[str, Discount], holder: Json) -> tuple[Discount, ...]:
    """Those that a subscription or an item names, in its order."""
    return tuple(listed[key] for key, _ in paths.discounts(holder) if key in listed)


def _terms(ctx: Context, at: Snapshot, items: list[Json]) -> dict[str, Json]:
    """The discount objects by id.

    A discount never changes, so one that is known is known for good. One that Stripe does not know
    any more was taken off since, and a later event says so.
    """
    shown = {
        key: inline for holder in (at.object, *items) for key, inline in paths.discounts(holder)
    }
    found = {key: inline for key, inline in shown.items() if inline is not None}
    if len(found) < len(shown):
        subscription = required(at.object, "id")
        fact = ctx.look.one(Need(Kind.SUBSCRIPTION_DISCOUNTS, subscription))
        if not shown.keys() <= {*found, *(fact.object or {})} and fact.as_of < at.as_of:
            fact = ctx.look.one(Need(Kind.SUBSCRIPTION_DISCOUNTS, subscription, since=at.as_of))
        known = fact.object or {}
        found |= {key: known[key] for key in shown if key not in found and key in known}
    return found


def _coupons(ctx: Context, subscription: Json, terms: Mapping[str, Json]) -> dict[str, Json]:
    """The coupon of each discount, by the discount's id.

    A deleted coupon still counts, as far as its discounts hold it.
    """
    named = {key: paths.coupon(each) for key, each in terms.items()}
    ids = sorted({each for coupon in named.values() if (each := reference(coupon))})
    facts = dict(zip(ids, ctx.look.all(Need(Kind.COUPON, key) for key in ids), strict=True))
    currency = required(subscription, "currency").lower()
    foreign = [
        key
        for key, fact in facts.items()
        if fact.object
        and whole(fact.object, "amount_off") is not None
        and (text(fact.object, "currency") or "").lower() != currency
    ]
    wanted = [Need(Kind.COUPON_IN_CURRENCIES, key) for key in foreign]
    facts |= dict(zip(foreign, ctx.look.all(wanted), strict=True))
    found: dict[str, Json] = {}
    for key, coupon in named.items():
        fact = facts.get(reference(coupon) or "")
        terms_of_it = (fact.object if fact else None) or expanded(coupon)
        if terms_of_it is not None:
            found[key] = terms_of_it
    return found


def _discount(subscription: Json, terms: Json, coupon: Json) -> Discount | None:
    """A discount as it counts; ``None`` for an amount in currencies that are not its own."""
    duration = required(coupon, "duration")
    if duration not in set(Duration):
        raise Untranslatable(f"{name_of(coupon)}: unknown duration {duration}")
    percent = decimal(coupon, "percent_off")
    taken = None if percent is not None else _amount_off(coupon, required(subscription, "currency"))
    if percent is None and taken is None:
        return None
    start, end = moment(terms, "start"), moment(terms, "end")
    created = happened(subscription, "created")
    if start is not None and start - created < _DAY:
        # There from the beginning, if some seconds later; its window is counted from there too.
        end = end - (start - created) if end is not None and start > created else end
        start = None
    products = references(coupon, "applies_to.products")
    return Discount(
        duration=Duration(duration),
        percent_off=percent,
        amount_off=taken,
        start=start,
        end=end,
        products=frozenset(products) or None,
    )


def _amount_off(coupon: Json, currency: str) -> int | None:
    if (text(coupon, "currency") or "").lower() == currency.lower():
        return whole(coupon, "amount_off")
    return whole(coupon, f"currency_options.{currency.lower()}.amount_off")
