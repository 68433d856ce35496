"""Payment intents."""

from __future__ import annotations

from ...engine import paying, payments
from ...errors import StripeError, missing_parameter
from ...money import check_amount
from ...money import currency as known_currency
from ...params import merged
from ..call import Answer, Call, Route, listed
from . import fields

_CAPTURES = ("automatic", "automatic_async", "manual")
_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def create(call: Call) -> Answer:
    world, params = call.world, call.params
    currency = known_currency(params.required("currency"))
    amount = check_amount(params.required_integer("amount", minimum=1), currency)
    customer = params.optional("customer")
    if customer is not None:
        fields.live_customer(world, customer)
    chosen = params.optional("payment_method")
    intent = payments.new_intent(
        world, amount=amount, currency=currency, status="requires_payment_method"
    )
    intent.customer = customer
    intent.capture_method = params.choice("capture_method", _CAPTURES, "automatic_async")
    intent.confirmation_method = params.choice(
        "confirmation_method", ("automatic", "manual"), "automatic"
    )
    intent.description = params.optional("description")
    intent.receipt_email = params.optional("receipt_email")
    intent.statement_descriptor = params.optional("statement_descriptor")
    intent.setup_future_usage = params.optional("setup_future_usage")
    intent.metadata = merged({}, params.metadata())
    confirm_now = params.boolean("confirm")
    _quiet(call)
    params.done()
    if confirm_now and chosen is None:
        raise missing_parameter("payment_method")
    method = payments.payment_method(world, chosen, customer=customer) if chosen else None
    if method is not None:
        intent.payment_method, intent.status = method.id, "requires_confirmation"
    payments.create_intent(world, intent)
    if confirm_now and method is not None:
        charge = payments.confirm(world, intent, method)
        if charge is not None and charge.status != "succeeded":
            raise payments.decline_error(world, intent, charge)
    return intent


def _quiet(call: Call) -> None:
    """Parameters that change nothing for a card on this stand-in."""
    params = call.params
    params.texts("payment_method_types")
    automatic = params.child("automatic_payment_methods")
    if automatic is not None:
        automatic.boolean("enabled")
        automatic.text("allow_redirects")
    params.boolean("off_session")
    params.optional("return_url")
    fields.quiet_shipping(params)


def retrieve(call: Call) -> Answer:
    call.params.optional("client_secret")
    call.params.done()
    return call.world.payment_intents.need(call.id)


def list_(call: Call) -> Answer:
    customer = call.params.optional("customer")
    source = call.world.payment_intents
    return listed(call.params, source.by("customer", customer) if customer else source)


def update(call: Call) -> Answer:
    params, intent = call.params, call.world.payment_intents.need(call.id)
    description = params.optional("description") or intent.description
    metadata = merged(intent.metadata, params.metadata())
    params.done()
    intent.description, intent.metadata = description, metadata
    return intent


def confirm(call: Call) -> Answer:
    """Confirm; an invoice's own intent pays the invoice."""
    world, params = call.world, call.params
    intent = world.payment_intents.need(call.id)
    chosen = params.optional("payment_method") or intent.payment_method
    _quiet(call)
    params.done()
    if chosen is None:
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = payments.payment_method(world, chosen, customer=intent.customer)
    if intent.invoice is None:
        charge = payments.confirm(world, intent, method)
    else:
        invoice = world.invoices[intent.invoice]
        charge = paying.attempt(world, invoice, method, automatic=False)
        if charge is not None and charge.status != "succeeded":
            paying.failed(world, invoice)
    if charge is not None and charge.status != "succeeded":
        raise payments.decline_error(world, intent, charge)
    return intent


def capture(call: Call) -> Answer:
    intent = call.world.payment_intents.need(call.id)
    amount = call.params.integer("amount_to_capture", minimum=1)
    call.params.done()
    payments.capture(call.world, intent, amount)
    return intent


def cancel(call: Call) -> Answer:
    intent = call.world.payment_intents.need(call.id)
    reason = call.params.optional("cancellation_reason")
    call.params.done()
    if reason is not None and reason not in _REASONS:
        raise StripeError(f"Invalid cancellation_reason: {reason}", param="cancellation_reason")
    if intent.invoice is not None:
        raise StripeError(
            "You cannot cancel this PaymentIntent because it belongs to an invoice; void the"
            " invoice instead.",
            code="payment_intent_unexpected_state",
        )
    return payments.cancel(call.world, intent, reason)


ROUTES = (
    Route("POST", "/v1/payment_intents", create),
    Route("GET", "/v1/payment_intents", list_),
    Route("GET", "/v1/payment_intents/{id}", retrieve),
    Route("POST", "/v1/payment_intents/{id}", update),
    Route("POST", "/v1/payment_intents/{id}/confirm", confirm),
    Route("POST", "/v1/payment_intents/{id}/capture", capture),
    Route("POST", "/v1/payment_intents/{id}/cancel", cancel),
)
