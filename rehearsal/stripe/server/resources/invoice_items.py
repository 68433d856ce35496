"""Invoice items: one-off lines for the next invoice, or for a draft."""

from __future__ import annotations

from ...engine import invoices
from ...errors import StripeError, invalid_parameter, missing_object, missing_parameter
from ...events import emit
from ...money import currency as known_currency
from ...objects.invoices import InvoiceItem
from ...params import merged
from ...pricing import price_amount
from ..call import Answer, Call, Route, listed
from . import fields


def create(call: Call) -> Answer:
    world, params = call.world, call.params
    customer = fields.live_customer(world, params.required("customer"))
    pricing = params.child("pricing")
    price_id = pricing.required("price") if pricing else params.optional("price")
    price = world.prices.named(price_id, "price") if price_id else None
    amount, quantity = params.integer("amount"), params.integer("quantity", minimum=0)
    code = params.optional("currency")
    period = params.child("period")
    start = period.required_integer("start") if period else world.now()
    end = period.required_integer("end") if period else world.now()
    draft = params.optional("invoice")
    subscription = params.optional("subscription")
    rates = [world.tax_rates.named(ref, "tax_rates").id for ref in params.texts("tax_rates")]
    description, metadata = params.optional("description"), merged({}, params.metadata())
    discountable = params.boolean("discountable", amount is None or amount >= 0)
    params.done()
    if price is None and (amount is None or code is None):
        raise missing_parameter("amount" if amount is None else "currency")
    if price is not None and price.recurring is not None:
        raise invalid_parameter("price", "The price is recurring, not one_time.")
    count = 1 if quantity is None else quantity
    item = InvoiceItem(
        id=world.ids.new("ii"),
        created=world.now(),
        customer=customer.id,
        currency=price.currency if price else known_currency(code or ""),
        amount=price_amount(price, count) if price else amount or 0,
        description=description or (world.products[price.product].name if price else None),
        period_start=start,
        period_end=end,
        quantity=count,
        unit_amount=price.unit_amount if price else None,
        price=price.id if price else None,
        product=price.product if price else None,
        subscription=world.subscriptions.named(subscription, "subscription").id
        if subscription
        else None,
        discountable=discountable,
        tax_rates=rates,
        metadata=metadata,
    )
    target = world.invoices.named(draft, "invoice") if draft else None
    if target is not None and target.status != "draft":
        raise StripeError("This invoice is no longer editable", code="invoice_not_editable")
    world.invoice_items.add(item)
    emit(world, "invoiceitem.created", item)
    if target is not None:
        invoices.add_to_draft(world, target, item)
    return item


def retrieve(call: Call) -> Answer:
    call.params.done()
    return _live(call)


def list_(call: Call) -> Answer:
    params = call.params
    customer, invoice = params.optional("customer"), params.optional("invoice")
    pending = params.optional("pending")
    rows = [
        each
        for each in call.world.invoice_items
        if not each.deleted
        and customer in (None, each.customer)
        and invoice in (None, each.invoice)
        and (pending is None or (each.invoice is None) == (pending == "true"))
    ]
    return listed(params, rows)


def delete(call: Call) -> Answer:
    call.params.done()
    item = _live(call)
    if item.invoice is not None:
        raise StripeError("The invoice item is on an invoice already.", code="invoice_not_editable")
    emit(call.world, "invoiceitem.deleted", item)
    item.deleted = True
    return item


def _live(call: Call) -> InvoiceItem:
    item = call.world.invoice_items.need(call.id)
    if item.deleted:
        raise missing_object("invoiceitem", call.id)
    return item


ROUTES = (
    Route("POST", "/v1/invoiceitems", create),
    Route("GET", "/v1/invoiceitems", list_),
    Route("GET", "/v1/invoiceitems/{id}", retrieve),
    Route("DELETE", "/v1/invoiceitems/{id}", delete),
)
