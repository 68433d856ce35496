"""Customers."""

from __future__ import annotations

from collections.abc import Callable

from ...engine import balance, discounting, payments, standing
from ...errors import StripeError, missing_object
from ...events import emit
from ...money import currency as known_currency
from ...objects.customers import Customer
from ...params import merged
from ...versions import BASIL, before
from ..call import Answer, Call, Route, listed
from . import fields

_TEXTS = ("email", "name", "description", "phone")


def create(call: Call) -> Answer:
    world = call.world
    customer = Customer(
        id=world.ids.new("cus", 14),
        created=world.now(),
        invoice_prefix=world.ids.new("", 8)[1:].upper(),
    )
    change = _change(call, customer)
    world.customers.add(customer)
    change()
    emit(world, "customer.created", customer)
    return customer


def update(call: Call) -> Answer:
    customer = live(call)
    _change(call, customer)()
    emit(call.world, "customer.updated", customer)
    return customer


def _change(call: Call, customer: Customer) -> Callable[[], None]:
    """Read every parameter, refuse what is wrong, and give back what is to be done."""
    world, params = call.world, call.params
    texts = {name: params.optional(name) for name in _TEXTS if params.has(name)}
    address = fields.address(params, "address")
    shipping = params.child("shipping")
    shipping_address = fields.address(shipping, "address") if shipping else None
    shipping_name = shipping.required("name") if shipping else None
    if shipping:
        shipping.optional("phone")
    locales = params.texts("preferred_locales") if params.has("preferred_locales") else None
    exempt = params.choice("tax_exempt", ("none", "exempt", "reverse"), customer.tax_exempt)
    new_balance = params.integer("balance")
    prefix, sequence = params.optional("invoice_prefix"), params.integer("next_invoice_sequence")
    metadata = merged(customer.metadata, params.metadata())
    invoicing = params.child("invoice_settings")
    default = invoicing.text("default_payment_method") if invoicing else None
    new_method = params.optional("payment_method")
    coupon = params.optional("coupon") if before(call.version, BASIL) else None
    params.done()
    method = payments.payment_method(world, new_method) if new_method else None
    chosen = customer.default_payment_method
    if default is not None:
        chosen = default or None
    if chosen and chosen == new_method and method is not None:
        chosen = method.id
    elif default:
        held = payments.payment_method(
            world, default, "invoice_settings[default_payment_method]", customer=customer.id
        )
        if held.customer != customer.id:
            raise missing_object(
                "PaymentMethod", default, "invoice_settings[default_payment_method]", status=400
            )

    def apply() -> None:
        if method is not None:
            payments.attach(world, method, customer.id)
        for name, value in texts.items():
            setattr(customer, name, value)
        customer.address = address if address is not None else customer.address
        if shipping is not None:
            customer.shipping_address, customer.shipping_name = shipping_address, shipping_name
        customer.preferred_locales = locales if locales is not None else customer.preferred_locales
        customer.tax_exempt, customer.metadata = exempt, metadata
        customer.invoice_prefix = prefix or customer.invoice_prefix
        customer.next_invoice_sequence = sequence or customer.next_invoice_sequence
        customer.default_payment_method = chosen
        if coupon is not None:
            discount = discounting.redeem(world, coupon, "coupon", customer=customer.id)
            customer.discount = discount.id
            emit(world, "customer.discount.created", discount)
        if new_balance is not None and new_balance != customer.balance:
            balance.change(
                world,
                customer,
                new_balance - customer.balance,
                customer.currency or world.account.default_currency,
                "adjustment",
            )

    return apply


def retrieve(call: Call) -> Answer:
    call.params.done()
    return call.world.customers.need(call.id)


def list_(call: Call) -> Answer:
    email = call.params.optional("email")
    rows = [
        each
        for each in call.world.customers
        if not each.deleted and (email is None or each.email == email)
    ]
    return listed(call.params, rows)


def delete(call: Call) -> Answer:
    """Delete a customer, which cancels its subscriptions at once."""
    call.params.done()
    world, customer = call.world, live(call)
    for subscription in world.subscriptions.by("customer", customer.id):
        if not subscription.ended:
            standing.end(world, subscription, None)
    emit(world, "customer.deleted", customer)
    customer.deleted = True
    return customer


def delete_discount(call: Call) -> Answer:
    call.params.done()
    world, customer = call.world, live(call)
    if customer.discount is None:
        raise missing_object("discount", customer.id)
    discount = world.discounts[customer.discount]
    customer.discount = None
    emit(world, "customer.discount.deleted", discount)
    return {"id": discount.id, "object": "discount", "deleted": True}


def create_balance_change(call: Call) -> Answer:
    params, customer = call.params, live(call)
    amount, code = params.required_integer("amount"), known_currency(params.required("currency"))
    description, metadata = params.optional("description"), params.metadata() or {}
    params.done()
    if customer.currency not in (None, code):
        raise StripeError(
            f"The customer's currency is {customer.currency}, not {code}.", param="currency"
        )
    row = balance.change(call.world, customer, amount, code, "adjustment", description=description)
    row.metadata = metadata
    emit(call.world, "customer.updated", customer)
    return row


def list_balance_changes(call: Call) -> Answer:
    return listed(call.params, call.world.balance_changes.by("customer", live(call).id))


def live(call: Call) -> Customer:
    customer = call.world.customers.need(call.id)
    if customer.deleted:
        raise missing_object("customer", call.id)
    return customer


ROUTES = (
    Route("POST", "/v1/customers", create),
    Route("GET", "/v1/customers", list_),
    Route("GET", "/v1/customers/{id}", retrieve),
    Route("POST", "/v1/customers/{id}", update),
    Route("DELETE", "/v1/customers/{id}", delete),
    Route("DELETE", "/v1/customers/{id}/discount", delete_discount),
    Route("POST", "/v1/customers/{id}/balance_transactions", create_balance_change),
    Route("GET", "/v1/customers/{id}/balance_transactions", list_balance_changes),
)
