"""Where each fact lives, newest API version first.

An event has the shape of its endpoint's ``api_version`` (an old one from the Events API that of its
creation), a read the shape of the SDK's. The versions that moved things: basil (2025-03-31), clover
(2025-09-30). Source: Stripe, "API changelog".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    expanded,
    first,
    flag,
    members,
    moment,
    reference,
    text,
    whole,
)


def customer(found: Json) -> str | None:
    """The customer of any object."""
    return reference(first(found, "customer"))


def lane(found: Json) -> str | None:
    """What order is kept by: the customer, else its account, else the payment."""
    if found.get("object") == "customer":
        return reference(found)
    return (
        customer(found)
        or text(found, "customer_account")
        or reference(first(found, "payment_intent"))
        or reference(first(found, "charge"))
        or text(found, "id")
    )


# Subscriptions


def item_period(subscription: Json, item: Json) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The current period of a subscription item; before basil all had the subscription's."""
    return (
        moment(item, "current_period_start") or moment(subscription, "current_period_start"),
        moment(item, "current_period_end") or moment(subscription, "current_period_end"),
    )


def discounts(found: Json) -> list[tuple[str, Json | None]]:
    """The discounts of a subscription or an item: id, and the object where it is there."""
    listed: list[tuple[str, Json | None]] = []
    many = first(found, "discounts")
    for entry in many if isinstance(many, list) else []:
        key = reference(entry)
        if key:
            listed.append((key, expanded(entry)))
    only = expanded(first(found, "discount"))
    key = reference(only)
    if only is not None and key:
        if key not in {known for known, _ in listed}:
            listed.append((key, only))
        return [(known, inline or (only if known == key else None)) for known, inline in listed]
    return listed


def coupon(discount: Json) -> Any:
    """A discount's coupon, expanded or not."""
    return first(discount, "source.coupon", "coupon")


# Invoices


def invoice_subscription(invoice: Json) -> str | None:
    """The subscription that an invoice bills; none for a quote's or a one-off invoice."""
    return reference(first(invoice, "parent.subscription_details.subscription", "subscription"))


def invoice_is_of_before_basil(invoice: Json) -> bool:
    """Whether an invoice itself says how it was paid; since basil its payments do."""
    return "paid_out_of_band" in invoice


def invoice_tax(invoice: Json) -> int:
    """The tax in an invoice's total, in minor units."""
    taxes = members(invoice, "total_taxes") or members(invoice, "total_tax_amounts")
    if taxes:
        return sum(amount(tax, "amount") for tax in taxes)
    return whole(invoice, "tax") or 0


def invoice_payment_intents(payments: Sequence[Json]) -> list[Any]:
    """The payment intents of invoice payments, expanded or not."""
    found = (first(payment, "payment.payment_intent") for payment in payments)
    return [intent for intent in found if intent is not None]


def line_price(line: Json) -> Any:
    """The price of an invoice line, expanded or not."""
    return first(line, "pricing.price_details.price", "price")


def line_is_proration(line: Json) -> bool:
    """Whether a line corrects a period that was already billed."""
    return flag(
        line,
        "parent.subscription_item_details.proration",
        "parent.invoice_item_details.proration",
        "proration",
    )


def line_is_recurring(line: Json) -> bool:
    """Whether a line bills a subscription item for a period."""
    kind = text(line, "parent.type")
    if kind is not None:
        return kind == "subscription_item_details"
    return text(line, "type") == "subscription"


def line_inclusive_tax(line: Json) -> int:
    """The tax that is part of a line's amount, in minor units."""
    new = [
        amount(tax, "amount")
        for tax in members(line, "taxes")
        if text(tax, "tax_behavior") == "inclusive"
    ]
    old = [amount(tax, "amount") for tax in members(line, "tax_amounts") if flag(tax, "inclusive")]
    return sum(new or old)


# Charges


def charge_names_invoice(charge: Json) -> bool:
    """Whether a charge says itself which invoice it pays; since basil invoice payments do."""
    return "invoice" in charge
