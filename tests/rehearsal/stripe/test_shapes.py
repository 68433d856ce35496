"""Every key that is rendered in the newest version is one that the official SDK's types know."""

from __future__ import annotations

import importlib
import inspect
import types
import typing
from typing import Any

import pytest
import stripe
from stripe import StripeClient, StripeObject

CLASSES: dict[str, type[StripeObject]] = {
    "account": stripe.Account,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "coupon": stripe.Coupon,
    "credit_note": stripe.CreditNote,
    "customer": stripe.Customer,
    "customer_balance_transaction": stripe.CustomerBalanceTransaction,
    "discount": stripe.Discount,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "invoiceitem": stripe.InvoiceItem,
    "item": stripe.LineItem,
    "line_item": stripe.InvoiceLineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "plan": stripe.Plan,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "tax_rate": stripe.TaxRate,
    "webhook_endpoint": stripe.WebhookEndpoint,
}


def hints(cls: type) -> dict[str, Any]:
    """The annotations of an SDK class, its nested classes and lazy imports resolved."""
    module = importlib.import_module(cls.__module__)
    names: dict[str, Any] = {**vars(stripe), **vars(module)}
    outer = cls.__qualname__.split(".")
    scope: Any = module
    for part in outer:
        scope = getattr(scope, part)
        names |= {k: v for k, v in vars(scope).items() if inspect.isclass(v)}
    found: dict[str, Any] = {}
    for name, text in cls.__annotations__.items():
        try:
            found[name] = eval(text, names) if isinstance(text, str) else text
        except NameError:
            found[name] = Any
    return found


def object_class(annotation: Any) -> type[StripeObject] | None:
    """The SDK class of a nested object, through ``Optional``."""
    if inspect.isclass(annotation) and issubclass(annotation, StripeObject):
        return annotation
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, list):
        nested = [object_class(each) for each in typing.get_args(annotation)]
        return next((each for each in nested if each), None)
    return None


def unknown_keys(body: Any, cls: type[StripeObject] | None, path: str) -> list[str]:
    if isinstance(body, list):
        return [fault for each in body for fault in unknown_keys(each, cls, f"{path}[]")]
    if not isinstance(body, dict):
        return []
    if body.get("object") == "list":
        return unknown_keys(body["data"], None, f"{path}.data")
    cls = CLASSES.get(str(body.get("object")), cls)
    if cls is None:
        return []
    known = hints(cls)
    faults: list[str] = []
    for key, value in body.items():
        if key not in known:
            faults.append(f"{path}.{key} is not in {cls.__qualname__}")
        elif key not in ("metadata", "previous_attributes"):
            faults += unknown_keys(value, object_class(known[key]), f"{path}.{key}")
    return faults


def missing_keys(body: dict[str, Any]) -> list[str]:
    """What the SDK's types say is always there, and is not."""
    cls = CLASSES[body["object"]]
    return [
        f"{cls.__qualname__}.{name}"
        for name, annotation in hints(cls).items()
        if name not in ("OBJECT_NAME", "deleted")
        and type(None) not in typing.get_args(annotation)
        and name not in body
    ]


@pytest.fixture
async def everything(rig, api: StripeClient, sale) -> list[dict[str, Any]]:
    """One of each object that the stand-in renders."""
    rate = await api.v1.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 20, "inclusive": False}
    )
    coupon = await api.v1.coupons.create_async({"percent_off": 12.5, "duration": "forever"})
    one_time = await api.v1.prices.create_async(
        {"product": sale.product.id, "currency": "usd", "unit_amount": 5000}
    )
    tiered = await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [{"up_to": 5, "unit_amount": 100}, {"up_to": "inf", "unit_amount": 50}],
            "recurring": {"interval": "month"},
        }
    )
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}, {"price": tiered.id, "quantity": 7}],
            "discounts": [{"coupon": coupon.id}],
            "default_tax_rates": [rate.id],
            "add_invoice_items": [{"price": one_time.id}],
        }
    )
    await rig.advance(600)
    await api.v1.customers.update_async(sale.customer.id, {"balance": -500})
    invoice_id = str(subscription.latest_invoice)
    charge = (await api.v1.charges.list_async({"customer": sale.customer.id})).data[0]
    refund = await api.v1.refunds.create_async({"charge": charge.id, "amount": 100})
    failed = await api.v1.refunds.create_async({"charge": charge.id, "amount": 100})
    await rig.control("POST", f"/refunds/{failed.id}/fail")
    await rig.control("POST", "/disputes", {"charge": charge.id, "amount": 700})
    note = await api.v1.credit_notes.create_async(
        {"invoice": invoice_id, "amount": 300, "out_of_band_amount": 300}
    )
    session = await api.v1.checkout.sessions.create_async(
        {"mode": "payment", "line_items": [{"price": one_time.id, "quantity": 1}]}
    )
    await rig.control("POST", f"/checkout/{session.id}/complete", {"email": "bo@x.example"})
    await api.v1.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/x", "enabled_events": ["charge.expired"]}
    )
    intent = str(charge.payment_intent)
    paths = [
        "/v1/account",
        f"/v1/customers/{sale.customer.id}",
        f"/v1/products/{sale.product.id}",
        f"/v1/prices/{tiered.id}?expand[]=tiers",
        f"/v1/tax_rates/{rate.id}",
        f"/v1/coupons/{coupon.id}",
        f"/v1/subscriptions/{subscription.id}?expand[]=discounts",
        f"/v1/invoices/{invoice_id}?expand[]=payments&expand[]=discounts",
        f"/v1/payment_intents/{intent}",
        f"/v1/charges/{charge.id}?expand[]=balance_transaction&expand[]=refunds",
        f"/v1/refunds/{refund.id}",
        f"/v1/refunds/{failed.id}",
        f"/v1/credit_notes/{note.id}",
        f"/v1/checkout/sessions/{session.id}?expand[]=line_items",
        "/v1/disputes",
        "/v1/webhook_endpoints",
        "/v1/invoiceitems",
        "/v1/payment_methods",
        "/v1/invoice_payments",
        "/v1/balance_transactions",
        f"/v1/customers/{sale.customer.id}/balance_transactions",
        f"/v1/subscription_items?subscription={subscription.id}",
        "/v1/events?limit=100",
    ]
    bodies = [await rig.raw(path, "2026-10-28.endive") for path in paths]
    return [row for body in bodies for row in body.get("data", [body])]


async def test_each_key_is_one_that_the_sdk_knows(everything):
    faults = [fault for body in everything for fault in unknown_keys(body, None, body["object"])]
    assert sorted(set(faults)) == []


async def test_each_key_that_the_sdk_promises_is_there(everything):
    faults = [fault for body in everything for fault in missing_keys(body)]
    assert sorted(set(faults)) == []


async def test_every_kind_of_object_was_looked_at(everything):
    seen = {body["object"] for body in everything} | {"discount", "line_item", "item", "plan"}
    assert seen | {"plan"} == CLASSES.keys()
