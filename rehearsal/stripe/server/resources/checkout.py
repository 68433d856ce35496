"""Checkout sessions."""

from __future__ import annotations

from ...engine import checkout
from ...errors import invalid_parameter, missing_parameter, unsupported
from ...objects.catalog import Price
from ...objects.checkout import CheckoutSession, SessionLine
from ...params import Params, merged
from ...periods import DAY
from ...render.newest.checkout import line_items
from ...world import World
from ..call import Answer, Call, Route, listed
from . import catalog, fields


def create(call: Call) -> Answer:
    world, params = call.world, call.params
    mode = params.choice("mode", ("subscription", "payment", "setup"), params.required("mode"))
    if mode == "setup":
        raise unsupported("checkout sessions with mode=setup", "mode")
    lines = [_line(world, child) for child in params.children("line_items")]
    if not lines:
        raise missing_parameter("line_items")
    prices = [world.prices[line.price] for line in lines]
    if mode == "subscription" and not any(price.recurring for price in prices):
        raise invalid_parameter(
            "line_items", "You must provide at least one recurring price in `subscription` mode."
        )
    if mode == "payment" and any(price.recurring for price in prices):
        raise invalid_parameter(
            "line_items", "You specified `payment` mode but passed a recurring price."
        )
    customer = params.optional("customer")
    if customer is not None:
        fields.live_customer(world, customer)
    data, payment = params.child("subscription_data"), params.child("payment_intent_data")
    session = CheckoutSession(
        id=world.ids.new("cs_live" if world.livemode else "cs_test", 58),
        created=world.now(),
        mode=mode,
        expires_at=params.integer("expires_at") or world.now() + DAY,
        lines=lines,
        currency=prices[0].currency,
        success_url=params.optional("success_url"),
        cancel_url=params.optional("cancel_url"),
        customer=customer,
        customer_email=params.optional("customer_email"),
        client_reference_id=params.optional("client_reference_id"),
        metadata=merged({}, params.metadata()),
        subscription_metadata=merged({}, data.metadata()) if data else {},
        subscription_description=data.optional("description") if data else None,
        trial_period_days=data.integer("trial_period_days", minimum=1) if data else None,
        payment_metadata=merged({}, payment.metadata()) if payment else {},
        coupons=fields.discount_coupons(params),
    )
    params.texts("payment_method_types")
    if payment is not None:
        fields.quiet_shipping(payment)
    params.done()
    world.sessions.add(session)
    world.agenda.at(session.expires_at, "session_expires", session.id)
    return session


def _line(world: World, params: Params) -> SessionLine:
    price = _price(world, params)
    quantity = params.integer("quantity", minimum=1)
    return SessionLine(world.ids.new("li"), price.id, quantity)


def _price(world: World, params: Params) -> Price:
    data = params.child("price_data")
    if data is None:
        return world.prices.named(params.required("price"), params.name("price"))
    product = world.products.named(data.required("product"), data.name("product"))
    return world.prices.add(catalog.new_price(world, data, product.id))


def retrieve(call: Call) -> Answer:
    call.params.done()
    return call.world.sessions.need(call.id)


def list_(call: Call) -> Answer:
    params = call.params
    names = ("customer", "subscription", "payment_intent", "status")
    wanted = {name: params.optional(name) for name in names}
    rows = [
        each
        for each in call.world.sessions
        if all(value in (None, getattr(each, name)) for name, value in wanted.items())
    ]
    return listed(params, rows)


def lines(call: Call) -> Answer:
    session = call.world.sessions.need(call.id)
    call.params.integer("limit", minimum=1)
    call.params.done()
    return line_items(call.world, session)


def expire(call: Call) -> Answer:
    call.params.done()
    return checkout.expire(call.world, call.world.sessions.need(call.id))


def payment_page(call: Call) -> Answer:
    """What Stripe's own page reads; the Stripe CLI plays the buyer through it."""
    call.params.done()
    session = call.world.sessions.need(call.id, "session_id")
    return {"id": session.id, "object": "checkout.session", "payment_status": "unpaid"}


def confirm_page(call: Call) -> Answer:
    """The buyer pays on Stripe's page."""
    session = call.world.sessions.need(call.id, "session_id")
    method = call.params.required("payment_method")
    call.params.integer("expected_amount")
    call.params.done()
    card = call.world.payment_methods.named(method, "payment_method")
    return checkout.complete(
        call.world,
        session,
        email=card.billing_email,
        name=card.billing_name,
        payment_method=card.id,
    )


ROUTES = (
    Route("POST", "/v1/checkout/sessions", create),
    Route("GET", "/v1/checkout/sessions", list_),
    Route("GET", "/v1/checkout/sessions/{id}", retrieve),
    Route("GET", "/v1/checkout/sessions/{id}/line_items", lines),
    Route("POST", "/v1/checkout/sessions/{id}/expire", expire),
    Route("GET", "/v1/payment_pages/{id}", payment_page),
    Route("POST", "/v1/payment_pages/{id}/confirm", confirm_page),
)
