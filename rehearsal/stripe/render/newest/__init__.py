"""Renderers of the newest API version, one module a family of objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ...jsontypes import Body
from ...objects.catalog import Price, Product, TaxRate
from ...objects.checkout import CheckoutSession
from ...objects.credit_notes import CreditNote
from ...objects.customers import Customer, CustomerBalanceTransaction, PaymentMethod
from ...objects.discounts import Coupon, Discount
from ...objects.invoices import Invoice, InvoiceItem, InvoicePayment, Line
from ...objects.payments import BalanceTransaction, Charge, Dispute, PaymentIntent, Refund
from ...objects.schedules import SubscriptionSchedule
from ...objects.subscriptions import Subscription, SubscriptionItem
from ...objects.webhooks import WebhookEndpoint
from ...world import World
from . import (
    catalog,
    checkout,
    customers,
    discounts,
    invoices,
    payments,
    schedules,
    subscriptions,
    webhooks,
)

Renderable: TypeAlias = (
    Customer
    | PaymentMethod
    | CustomerBalanceTransaction
    | Product
    | Price
    | TaxRate
    | Coupon
    | Discount
    | Subscription
    | SubscriptionItem
    | SubscriptionSchedule
    | Invoice
    | Line
    | InvoiceItem
    | InvoicePayment
    | PaymentIntent
    | Charge
    | Refund
    | Dispute
    | BalanceTransaction
    | CreditNote
    | CheckoutSession
    | WebhookEndpoint
)

# The value's type matches its key; the checker cannot say so of a dict.
_RENDERERS: dict[type, Callable[[World, Any], Body]] = {
    Customer: customers.customer,
    PaymentMethod: customers.payment_method,
    CustomerBalanceTransaction: customers.balance_change,
    Product: catalog.product,
    Price: catalog.price,
    TaxRate: catalog.tax_rate,
    Coupon: discounts.coupon,
    Discount: discounts.discount,
    Subscription: subscriptions.subscription,
    SubscriptionItem: subscriptions.item,
    SubscriptionSchedule: schedules.schedule,
    Invoice: invoices.invoice,
    Line: invoices.line,
    InvoiceItem: invoices.invoice_item,
    InvoicePayment: invoices.invoice_payment,
    PaymentIntent: payments.payment_intent,
    Charge: payments.charge,
    Refund: payments.refund,
    Dispute: payments.dispute,
    BalanceTransaction: payments.balance_transaction,
    CreditNote: invoices.credit_note,
    CheckoutSession: checkout.session,
    WebhookEndpoint: webhooks.endpoint,
}


def newest(world: World, subject: Renderable) -> Body:
    return _RENDERERS[type(subject)](world, subject)
