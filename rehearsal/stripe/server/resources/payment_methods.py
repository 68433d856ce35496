"""Payment methods: cards made from Stripe's test tokens."""

from __future__ import annotations

from ...engine import payments
from ...errors import unsupported
from ...events import emit
from ...params import merged
from ..call import Answer, Call, Route, listed
from . import fields

_TOKENS = {
    "tok_visa": "pm_card_visa",
    "tok_mastercard": "pm_card_mastercard",
    "tok_amex": "pm_card_amex",
    "tok_chargeCustomerFail": "pm_card_chargeCustomerFail",
    "tok_chargeDeclined": "pm_card_chargeDeclined",
}


def create(call: Call) -> Answer:
    params = call.params
    kind, card = params.required("type"), params.child("card")
    token = card.required("token") if card else ""
    metadata = params.metadata() or {}
    billing = params.child("billing_details")
    address = fields.address(billing, "address") if billing else None
    named = {key: billing.optional(key) if billing else None for key in ("email", "name", "phone")}
    params.done()
    if kind != "card" or token not in _TOKENS:
        raise unsupported("payment methods other than cards from a known test token", "card")
    method = payments.payment_method(call.world, _TOKENS[token])
    method.metadata, method.billing_address = metadata, address
    method.billing_email, method.billing_name = named["email"], named["name"]
    method.billing_phone = named["phone"]
    return method


def retrieve(call: Call) -> Answer:
    call.params.done()
    return call.world.payment_methods.need(call.id)


def update(call: Call) -> Answer:
    method = call.world.payment_methods.need(call.id)
    change = call.params.metadata()
    call.params.done()
    method.metadata = merged(method.metadata, change)
    emit(call.world, "payment_method.updated", method)
    return method


def attach(call: Call) -> Answer:
    customer = fields.live_customer(call.world, call.params.required("customer"))
    call.params.done()
    method = payments.payment_method(call.world, call.id)
    return payments.attach(call.world, method, customer.id)


def detach(call: Call) -> Answer:
    call.params.done()
    world, method = call.world, call.world.payment_methods.need(call.id)
    customer = world.customers.get(method.customer) if method.customer else None
    method.customer = None
    if customer is not None and customer.default_payment_method == method.id:
        customer.default_payment_method = None
        emit(world, "customer.updated", customer)
    emit(world, "payment_method.detached", method)
    return method


def list_(call: Call) -> Answer:
    customer, kind = call.params.optional("customer"), call.params.optional("type")
    rows = [
        each
        for each in call.world.payment_methods
        if each.customer is not None
        and customer in (None, each.customer)
        and kind in (None, "card")
    ]
    return listed(call.params, rows)


ROUTES = (
    Route("POST", "/v1/payment_methods", create),
    Route("GET", "/v1/payment_methods", list_),
    Route("GET", "/v1/payment_methods/{id}", retrieve),
    Route("POST", "/v1/payment_methods/{id}", update),
    Route("POST", "/v1/payment_methods/{id}/attach", attach),
    Route("POST", "/v1/payment_methods/{id}/detach", detach),
)
