"""Each kind of need as the read of Stripe that answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bridge.stripe_api.client import Answer, StripeGet
from bridge.stripe_api.errors import StripeNotFound
from bridge.stripe_api.facts import Kind, Need

_PATHS = {
    Kind.CUSTOMER: "/v1/customers/{}",
    Kind.SCHEDULE: "/v1/subscription_schedules/{}",
    Kind.PRODUCT: "/v1/products/{}",
    Kind.PRICE: "/v1/prices/{}",
    Kind.PRICE_IN_CURRENCIES: "/v1/prices/{}",
    Kind.COUPON: "/v1/coupons/{}",
    Kind.COUPON_IN_CURRENCIES: "/v1/coupons/{}",
    Kind.INVOICE: "/v1/invoices/{}",
    Kind.PAYMENT_INTENT: "/v1/payment_intents/{}",
    Kind.INVOICE_PAYMENT: "/v1/invoice_payments/{}",
    Kind.CHARGE: "/v1/charges/{}",
    Kind.REFUND: "/v1/refunds/{}",
    Kind.DISPUTE: "/v1/disputes/{}",
    Kind.CREDIT_NOTE: "/v1/credit_notes/{}",
    Kind.INVOICE_PAYMENT: "/v1/invoice_payments/{}",
    Kind.BALANCE_TRANSACTION: "/v1/balance_transactions/{}",
}
_EXPAND = {
    Kind.PAYMENT_INTENT: ["latest_charge"],
    Kind.PRICE: ["tiers"],
    Kind.PRICE_IN_CURRENCIES: ["tiers", "currency_options"],
    Kind.COUPON: ["applies_to"],
    Kind.COUPON_IN_CURRENCIES: ["applies_to", "currency_options"],
}
_CLOVER = "2025-09-30"

Ask = Callable[[StripeGet, Need], Awaitable[Answer]]


async def ask(get: StripeGet, need: Need) -> Answer:
    """Stripe's answer to a need. Raises a ``StripeApiError``."""
    special = _SPECIAL.get(need.kind)
    if special is not None:
        return await special(get, need)
    expand = _EXPAND.get(need.kind)
    return await get.get(_PATHS[need.kind].format(need.id), {"expand": expand} if expand else None)


async def _subscriptions(get: StripeGet, need: Need) -> Answer:
    return await get.pages("/v1/subscriptions", {"customer": need.id})


async def _items(get: StripeGet, need: Need) -> Answer:
    return await get.pages("/v1/subscription_items", {"subscription": need.id})


async def _lines(get: StripeGet, need: Need) -> Answer:
    return await get.pages(f"/v1/invoices/{need.id}/lines", {})


async def _invoice_payments(get: StripeGet, need: Need) -> Answer:
    expand = ["data.payment.payment_intent.latest_charge"]
    return await get.pages("/v1/invoice_payments", {"invoice": need.id, "expand": expand})


async def _payment_invoices(get: StripeGet, need: Need) -> Answer:
    payment = {"type": "payment_intent", "payment_intent": need.id}
    params = {"payment": payment, "expand": ["data.invoice"]}
    return await get.pages("/v1/invoice_payments", params)


async def _payment_charge(get: StripeGet, need: Need) -> Answer:
    answer = await get.get(f"/v1/payment_intents/{need.id}", {"expand": ["latest_charge"]})
    charge = answer.object.get("latest_charge")
    if isinstance(charge, str):
        return await get.get(f"/v1/charges/{charge}")
    if not isinstance(charge, dict):
        raise StripeNotFound(f"payment intent {need.id} has no charge", answer.as_of)
    return Answer(charge, answer.as_of)


async def _open_invoices(get: StripeGet, need: Need) -> Answer:
    return await get.pages("/v1/invoices", {"customer": need.id, "status": "open"})


async def _first_invoice(get: StripeGet, need: Need) -> Answer:
    """Lists are newest first, so the first invoice is the last of those that were made by then."""
    params: dict[str, Any] = {"subscription": need.id}
    if need.until is not None:
        params["created"] = {"lte": int(need.until.timestamp())}
    return _last(await get.pages("/v1/invoices", params), f"subscription {need.id} has no invoice")


async def _checkout_session(get: StripeGet, need: Need) -> Answer:
    params = {"subscription": need.id}
    answer = await get.get("/v1/checkout/sessions", params)
    return _last(answer, f"subscription {need.id} did not come from Checkout")


async def _subscription(get: StripeGet, need: Need) -> Answer:
    """With its discounts, so that they are not a question of their own.

    The coupon inside a discount lacks what it applies to, which is a need of its own; but it is all
    that Stripe still tells of a deleted coupon. Expansion ends at four levels: an item's is an id.
    """
    inner = "discounts.source.coupon" if get.version[:10] >= _CLOVER else "discounts"
    expand = [inner, "items.data.discounts"]
    return await get.get(f"/v1/subscriptions/{need.id}", {"expand": expand})


async def _subscription_discounts(get: StripeGet, need: Need) -> Answer:
    answer = await _subscription(get, need)
    items = (answer.object.get("items") or {}).get("data") or []
    found = {
        discount["id"]: discount
        for holder in (answer.object, *items)
        for discount in holder.get("discounts") or []
        if isinstance(discount, dict)
    }
    return Answer(found, answer.as_of)


async def _payment_session(get: StripeGet, need: Need) -> Answer:
    answer = await get.get("/v1/checkout/sessions", {"payment_intent": need.id})
    return _last(answer, f"payment intent {need.id} did not come from Checkout")


async def _charge_refunds(get: StripeGet, need: Need) -> Answer:
    expand = ["data.charge", "data.balance_transaction"]
    return await get.pages("/v1/refunds", {"charge": need.id, "expand": expand})


async def _charge_disputes(get: StripeGet, need: Need) -> Answer:
    return await get.pages("/v1/disputes", {"charge": need.id, "expand": ["data.charge"]})


async def _invoice_credit_notes(get: StripeGet, need: Need) -> Answer:
    return await get.pages("/v1/credit_notes", {"invoice": need.id, "expand": ["data.invoice"]})


async def _invoice_paid_outside(get: StripeGet, need: Need) -> Answer:
    answer = await get.get(f"/v1/invoices/{need.id}")
    return Answer({**answer.object, "paid_out_of_band": True}, answer.as_of)


def _last(answer: Answer, otherwise: str) -> Answer:
    data = answer.object.get("data") or []
    if not data:
        raise StripeNotFound(otherwise, answer.as_of)
    return Answer(data[-1], answer.as_of)


_SPECIAL: dict[Kind, Ask] = {
    Kind.SUBSCRIPTION: _subscription,
    Kind.SUBSCRIPTIONS: _subscriptions,
    Kind.SUBSCRIPTION_ITEMS: _items,
    Kind.SUBSCRIPTION_DISCOUNTS: _subscription_discounts,
    Kind.INVOICE_LINES: _lines,
    Kind.INVOICE_PAYMENTS: _invoice_payments,
    Kind.PAYMENT_INVOICES: _payment_invoices,
    Kind.PAYMENT_CHARGE: _payment_charge,
    Kind.OPEN_INVOICES: _open_invoices,
    Kind.FIRST_INVOICE: _first_invoice,
    Kind.CHECKOUT_SESSION: _checkout_session,
    Kind.PAYMENT_SESSION: _payment_session,
    Kind.CHARGE_REFUNDS: _charge_refunds,
    Kind.CHARGE_DISPUTES: _charge_disputes,
    Kind.INVOICE_CREDIT_NOTES: _invoice_credit_notes,
    Kind.INVOICE_PAID_OUTSIDE: _invoice_paid_outside,
}
