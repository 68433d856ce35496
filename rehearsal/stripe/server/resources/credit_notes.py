"""Credit notes."""

from __future__ import annotations

from ...engine import credit_notes
from ...errors import missing_parameter
from ...params import merged
from ..call import Answer, Call, Route, listed

_REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")


def create(call: Call) -> Answer:
    world, params = call.world, call.params
    invoice = world.invoices.named(params.required("invoice"), "invoice")
    amount = params.integer("amount", minimum=1)
    parts = {
        name: params.integer(name, minimum=0)
        for name in ("refund_amount", "credit_amount", "out_of_band_amount")
    }
    reason = params.optional("reason")
    if reason is not None:
        params.choice("reason", _REASONS, reason)
    memo, metadata = params.optional("memo"), merged({}, params.metadata())
    params.done()
    if amount is None:
        raise missing_parameter("amount")
    return credit_notes.create(
        world,
        invoice,
        amount,
        refund_amount=parts["refund_amount"],
        credit_amount=parts["credit_amount"],
        out_of_band_amount=parts["out_of_band_amount"],
        reason=reason,
        memo=memo,
        metadata=metadata,
    )


def retrieve(call: Call) -> Answer:
    call.params.done()
    return call.world.credit_notes.need(call.id)


def void(call: Call) -> Answer:
    call.params.done()
    return credit_notes.void(call.world, call.world.credit_notes.need(call.id))


def list_(call: Call) -> Answer:
    params, rows = call.params, call.world.credit_notes
    invoice, customer = params.optional("invoice"), params.optional("customer")
    if invoice:
        source = rows.by("invoice", invoice)
    elif customer:
        source = rows.by("customer", customer)
    else:
        source = list(rows)
    return listed(params, source)


ROUTES = (
    Route("POST", "/v1/credit_notes", create),
    Route("GET", "/v1/credit_notes", list_),
    Route("GET", "/v1/credit_notes/{id}", retrieve),
    Route("POST", "/v1/credit_notes/{id}/void", void),
)
