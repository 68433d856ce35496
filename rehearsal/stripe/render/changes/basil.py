"""2025-03-31.basil: parents for owners, invoice payments, periods on items, new lines."""

from __future__ import annotations

from ...jsontypes import Body, Json
from ...objects.credit_notes import CreditNote
from ...objects.discounts import Discount
from ...objects.invoices import Invoice, InvoiceItem, Line, LineTax
from ...objects.payments import Charge, PaymentIntent
from ...objects.subscriptions import Subscription, SubscriptionItem
from ...world import World
from ..newest import Renderable, catalog, discounts
from ..newest.invoices import line as newest_line
from ..newest.invoices import total_taxes
from ..newest.shapes import decimal_string, whole
from ..newest.subscriptions import item as newest_item
from .clover import before_sources


def undo(world: World, subject: Renderable, body: Body) -> None:
    if isinstance(subject, Invoice):
        _invoice(world, subject, body)
    elif isinstance(subject, Line):
        _line(world, subject, body)
    elif isinstance(subject, InvoiceItem):
        _invoice_item(world, subject, body)
    elif isinstance(subject, Subscription):
        _subscription(world, subject, body)
    elif isinstance(subject, SubscriptionItem):
        _item(body)
    elif isinstance(subject, (Charge, PaymentIntent)):
        body["invoice"] = subject.invoice
    elif isinstance(subject, CreditNote):
        del body["refunds"], body["total_taxes"], body["pretax_credit_amounts"]
        body["refund"] = subject.refund
        body["tax_amounts"] = []


def _invoice(world: World, subject: Invoice, body: Body) -> None:
    for name in ("parent", "total_taxes", "amount_overpaid", "total_pretax_credit_amounts"):
        del body[name]
    body["application_fee_amount"] = None
    body["charge"] = subject.charge
    body["discount"] = _first_discount(world, subject.discounts)
    body["paid"] = subject.status == "paid"
    body["paid_out_of_band"] = subject.paid_out_of_band
    body["payment_intent"] = subject.payment_intent
    body["quote"] = None
    body["subscription"] = subject.subscription
    body["subscription_details"] = {
        "metadata": dict(subject.subscription_metadata) if subject.subscription else None
    }
    body["tax"] = subject.tax if any(line.taxes for line in subject.lines) else None
    body["total_tax_amounts"] = [_tax(tax) for tax in total_taxes(subject)]
    body["transfer_data"] = None
    lines = body["lines"]
    if isinstance(lines, dict):
        shown: list[Body] = []
        for line in subject.lines[:10]:
            shown.append(newest_line(world, line, subject.id))
            _line(world, line, shown[-1])
        body["lines"] = {**lines, "data": shown}


def _tax(tax: LineTax) -> Body:
    return {
        "amount": tax.amount,
        "inclusive": tax.inclusive,
        "tax_rate": tax.rate,
        "taxability_reason": None,
        "taxable_amount": tax.taxable_amount,
    }


def _line(world: World, subject: Line, body: Body) -> None:
    for name in ("parent", "pricing", "taxes", "subtotal", "pretax_credit_amounts"):
        del body[name]
    price = world.prices.get(subject.price) if subject.price else None
    inclusive = sum(tax.amount for tax in subject.taxes if tax.inclusive)
    body["amount_excluding_tax"] = subject.amount - inclusive
    body["plan"] = catalog.plan(world, price) if price and price.recurring else None
    body["price"] = catalog.price(world, price) if price else None
    body["proration"] = subject.proration
    body["proration_details"] = {"credited_items": None}
    body["subscription"] = subject.subscription
    body["tax_amounts"] = [_tax(tax) for tax in subject.taxes]
    body["tax_rates"] = [
        catalog.tax_rate(world, world.tax_rates[tax.rate]) for tax in subject.taxes
    ]
    body["type"] = "subscription" if subject.subscription_item else "invoiceitem"
    if subject.subscription_item is not None:
        body["subscription_item"] = subject.subscription_item
    if subject.invoice_item is not None:
        body["invoice_item"] = subject.invoice_item


def _invoice_item(world: World, subject: InvoiceItem, body: Body) -> None:
    if subject.deleted:
        return
    for name in ("parent", "pricing", "net_amount"):
        del body[name]
    price = world.prices.get(subject.price) if subject.price else None
    unit_amount = whole(subject.unit_amount)
    body["plan"] = catalog.plan(world, price) if price and price.recurring else None
    body["price"] = catalog.price(world, price) if price else None
    body["subscription"] = subject.subscription
    body["unit_amount"] = unit_amount if price else subject.amount
    body["unit_amount_decimal"] = (
        decimal_string(subject.unit_amount) if price else str(subject.amount)
    )
    if subject.subscription_item is not None:
        body["subscription_item"] = subject.subscription_item


def _subscription(world: World, subject: Subscription, body: Body) -> None:
    for name in ("billing_mode", "billing_schedules"):
        del body[name]
    body["current_period_end"] = subject.current_period_end
    body["current_period_start"] = subject.current_period_start
    body["discount"] = _first_discount(world, subject.discounts)
    first = world.prices[subject.items[0].price]
    single = len(subject.items) == 1
    body["plan"] = catalog.plan(world, first) if single else None
    body["quantity"] = subject.items[0].quantity if single else None
    listed = body["items"]
    if isinstance(listed, dict):
        shown: list[Json] = []
        for each in subject.items:
            rendered = newest_item(world, each)
            _item(rendered)
            shown.append(rendered)
        body["items"] = {**listed, "data": shown}


def _item(body: Body) -> None:
    del body["current_period_end"], body["current_period_start"]


def _first_discount(world: World, ids: list[str]) -> Body | None:
    """The single discount of before, with its whole coupon."""
    subject: Discount | None = world.discounts[ids[0]] if ids else None
    if subject is None:
        return None
    body = discounts.discount(world, subject)
    before_sources(world, subject, body)
    return body
