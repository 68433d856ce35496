"""Invoices, their lines and their payments."""

from __future__ import annotations

from ...engine import invoices, paying, payments
from ...errors import StripeError, invalid_parameter, missing_object, missing_parameter
from ...events import emit
from ...money import currency as known_currency
from ...objects.invoices import Invoice
from ...params import merged
from ...versions import BASIL
from ...world import World
from ..call import Answer, Call, Route, bounds, listed
from . import fields

_STATUSES = ("draft", "open", "paid", "uncollectible", "void")


def create(call: Call) -> Answer:
    """An invoice of pending invoice items, outside any subscription's cycle."""
    world, params = call.world, call.params
    customer = fields.live_customer(world, params.required("customer"))
    method = params.choice(
        "collection_method", ("charge_automatically", "send_invoice"), "charge_automatically"
    )
    days = params.integer("days_until_due", minimum=0)
    pending = params.choice("pending_invoice_items_behavior", ("exclude", "include"), "exclude")
    code = params.optional("currency")
    auto_advance = params.boolean("auto_advance")
    description, metadata = params.optional("description"), merged({}, params.metadata())
    params.done()
    if method == "send_invoice" and days is None:
        raise missing_parameter("days_until_due")
    waiting = [
        item.currency
        for item in world.invoice_items.by("customer", customer.id)
        if item.invoice is None and not item.deleted
    ]
    currency = known_currency(code) if code else next(iter(waiting), None) or customer.currency
    invoice = Invoice(
        id=world.ids.new("in"),
        created=world.now(),
        customer=customer.id,
        currency=currency or world.account.default_currency,
        collection_method=method,
        billing_reason="manual",
        period_start=world.now(),
        period_end=world.now(),
        auto_advance=auto_advance,
        days_until_due=days,
        description=description,
        metadata=metadata,
    )
    if pending == "include":
        invoices.price(world, invoice, starting=world.now())
    if auto_advance:
        invoice.automatically_finalizes_at = world.now() + world.settings.draft_seconds
        world.agenda.at(invoice.automatically_finalizes_at, "draft_due", invoice.id)
    return invoices.open_draft(world, invoice)


def retrieve(call: Call) -> Answer:
    call.params.done()
    return call.world.invoices.need(call.id)


def list_(call: Call) -> Answer:
    params, world = call.params, call.world
    customer, subscription = params.optional("customer"), params.optional("subscription")
    status, method = params.optional("status"), params.optional("collection_method")
    due = bounds(params, "due_date")
    if status is not None and status not in _STATUSES:
        raise invalid_parameter("status", f"Invalid status: must be one of {', '.join(_STATUSES)}")
    if subscription:
        source = world.invoices.by("subscription", subscription)
    elif customer:
        source = world.invoices.by("customer", customer)
    else:
        source = list(world.invoices)
    rows = [
        each
        for each in source
        if customer in (None, each.customer)
        and status in (None, each.status)
        and method in (None, each.collection_method)
        and (not due or _within(each.due_date, due))
    ]
    return listed(params, rows)


def _within(value: int | None, limits: dict[str, int]) -> bool:
    return (
        value is not None
        and value > limits.get("gt", -1)
        and value >= limits.get("gte", 0)
        and value < limits.get("lt", value + 1)
        and value <= limits.get("lte", value)
    )


def update(call: Call) -> Answer:
    params, invoice = call.params, call.world.invoices.need(call.id)
    metadata = merged(invoice.metadata, params.metadata())
    description = params.optional("description")
    auto_advance = params.boolean("auto_advance", invoice.auto_advance)
    method = params.optional("default_payment_method")
    params.done()
    if method is not None:
        owner = payments.payment_method(
            call.world, method, "default_payment_method", customer=invoice.customer
        )
        invoice.default_payment_method = owner.id
    invoice.metadata, invoice.auto_advance = metadata, auto_advance
    invoice.description = description or invoice.description
    emit(call.world, "invoice.updated", invoice)
    return invoice


def delete(call: Call) -> Answer:
    call.params.done()
    world, invoice = call.world, call.world.invoices.need(call.id)
    if invoice.status != "draft" or invoice.subscription is not None:
        raise StripeError("You can only delete draft invoices that no subscription made.")
    invoice.status, invoice.auto_advance = "deleted", False
    for line in invoice.lines:
        if line.invoice_item is not None:
            world.invoice_items[line.invoice_item].invoice = None
    emit(world, "invoice.deleted", invoice)
    world.invoices.remove(invoice.id)
    return {"id": invoice.id, "object": "invoice", "deleted": True}


def lines(call: Call) -> Answer:
    return listed(call.params, list(reversed(call.world.invoices.need(call.id).lines)))


def finalize(call: Call) -> Answer:
    invoice = call.world.invoices.need(call.id)
    auto_advance = call.params.boolean("auto_advance", invoice.auto_advance)
    call.params.done()
    invoice.auto_advance = auto_advance
    return invoices.finalize(call.world, invoice)


def pay(call: Call) -> Answer:
    """Pay now: by a card, or told that it was paid outside Stripe. Not counted as an attempt."""
    world, params = call.world, call.params
    invoice = world.invoices.need(call.id)
    outside = params.boolean("paid_out_of_band")
    ref = params.optional("payment_method")
    params.boolean("off_session")
    params.done()
    if invoice.status == "draft":
        invoices.finalize(world, invoice)
        if invoice.status == "paid":
            return invoice
    if invoice.status != "uncollectible":
        invoices.need_open(invoice)
    if outside:
        _reopen(world, invoice)
        paying.pay_out_of_band(world, invoice)
        return invoice
    method = (
        payments.payment_method(world, ref, customer=invoice.customer)
        if ref
        else paying.payment_method_for(world, invoice)
    )
    if method is None:
        raise StripeError(
            "There is no `default_payment_method` set on this Customer or Invoice. Please set a"
            " `default_payment_method`, or pass one.",
            code="missing_payment_method",
        )
    _reopen(world, invoice)
    charge = paying.attempt(world, invoice, method, automatic=False)
    if charge is None:
        raise StripeError(
            "This payment requires additional user action before it can be completed.",
            status=402,
            kind="card_error",
            code="invoice_payment_intent_requires_action",
        )
    if charge.status != "succeeded":
        paying.failed(world, invoice)
        raise payments.decline_error(world, world.payment_intents[charge.payment_intent], charge)
    return invoice


def _reopen(world: World, invoice: Invoice) -> None:
    if invoice.status == "uncollectible":
        invoices.reopen(world, invoice)


def attach_payment(call: Call) -> Answer:
    world, invoice = call.world, call.world.invoices.need(call.id)
    intent = world.payment_intents.named(call.params.required("payment_intent"), "payment_intent")
    call.params.done()
    paying.attach_payment(world, invoice, intent)
    return invoice


def send(call: Call) -> Answer:
    call.params.done()
    invoice = call.world.invoices.need(call.id)
    if invoice.collection_method != "send_invoice":
        raise StripeError("You can only manually send an invoice if its collection method is"
                          " 'send_invoice'.")  # fmt: skip
    if invoice.status == "draft":
        invoices.finalize(call.world, invoice)
    emit(call.world, "invoice.sent", invoice)
    return invoice


def void(call: Call) -> Answer:
    call.params.done()
    return invoices.void(call.world, call.world.invoices.need(call.id))


def mark_uncollectible(call: Call) -> Answer:
    call.params.done()
    return invoices.mark_uncollectible(call.world, call.world.invoices.need(call.id))


def list_payments(call: Call) -> Answer:
    params, world = call.params, call.world
    invoice, status = params.optional("invoice"), params.optional("status")
    payment = params.child("payment")
    kind = intent = None
    if payment is not None:
        kind = payment.required("type")
        intent = payment.optional("payment_intent")
        payment.optional("charge")
        payment.optional("payment_record")
    if invoice is not None:
        world.invoices.named(invoice, "invoice")
        source = world.invoice_payments.by("invoice", invoice)
    elif intent is not None:
        source = world.invoice_payments.by("payment_intent", intent)
    else:
        source = list(world.invoice_payments)
    rows = [
        each
        for each in source
        if intent in (None, each.payment_intent)
        and kind in (None, "payment_intent" if each.payment_intent else "payment_record")
        and status in (None, each.status)
    ]
    return listed(params, rows)


def retrieve_payment(call: Call) -> Answer:
    call.params.done()
    payment = call.world.invoice_payments.get(call.id)
    if payment is None:
        raise missing_object("invoice_payment", call.id)
    return payment


ROUTES = (
    Route("POST", "/v1/invoices", create),
    Route("GET", "/v1/invoices", list_),
    Route("GET", "/v1/invoices/{id}", retrieve),
    Route("POST", "/v1/invoices/{id}", update),
    Route("DELETE", "/v1/invoices/{id}", delete),
    Route("GET", "/v1/invoices/{id}/lines", lines),
    Route("POST", "/v1/invoices/{id}/finalize", finalize),
    Route("POST", "/v1/invoices/{id}/pay", pay),
    Route("POST", "/v1/invoices/{id}/attach_payment", attach_payment, since=BASIL),
    Route("POST", "/v1/invoices/{id}/send", send),
    Route("POST", "/v1/invoices/{id}/void", void),
    Route("POST", "/v1/invoices/{id}/mark_uncollectible", mark_uncollectible),
    Route("GET", "/v1/invoice_payments", list_payments, since=BASIL),
    Route("GET", "/v1/invoice_payments/{id}", retrieve_payment, since=BASIL),
)
