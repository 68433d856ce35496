"""Charges, refunds, disputes and balance transactions."""

from __future__ import annotations

from ...engine import disputes, refunds
from ...errors import invalid_parameter, missing_parameter
from ...events import emit
from ...objects.payments import Charge
from ...params import merged
from ..call import Answer, Call, Route, listed

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def retrieve_charge(call: Call) -> Answer:
    call.params.done()
    return call.world.charges.need(call.id)


def list_charges(call: Call) -> Answer:
    params, charges = call.params, call.world.charges
    customer, intent = params.optional("customer"), params.optional("payment_intent")
    if intent:
        source = charges.by("payment_intent", intent)
    elif customer:
        source = charges.by("customer", customer)
    else:
        source = list(charges)
    return listed(params, [each for each in source if customer in (None, each.customer)])


def update_charge(call: Call) -> Answer:
    params, charge = call.params, call.world.charges.need(call.id)
    metadata = merged(charge.metadata, params.metadata())
    description = params.optional("description") or charge.description
    params.done()
    charge.metadata, charge.description = metadata, description
    emit(call.world, "charge.updated", charge)
    return charge


def list_charge_refunds(call: Call) -> Answer:
    charge = call.world.charges.need(call.id)
    return listed(call.params, call.world.refunds.by("charge", charge.id))


def create_refund(call: Call) -> Answer:
    world, params = call.world, call.params
    charge = _charge_to_refund(call)
    amount, reason = params.integer("amount", minimum=1), params.optional("reason")
    metadata = merged({}, params.metadata())
    params.done()
    if reason is not None and reason not in _REASONS:
        raise invalid_parameter("reason", f"Invalid reason: must be one of {', '.join(_REASONS)}")
    return refunds.create(world, charge, amount, reason, metadata)


def _charge_to_refund(call: Call) -> Charge:
    world, params = call.world, call.params
    charge, intent = params.optional("charge"), params.optional("payment_intent")
    if charge is not None:
        return world.charges.named(charge, "charge")
    if intent is None:
        raise missing_parameter("charge")
    found = world.charge_of(world.payment_intents.named(intent, "payment_intent"))
    if found is None or found.status != "succeeded":
        raise invalid_parameter(
            "payment_intent",
            f"This PaymentIntent ({intent}) does not have a successful charge to refund.",
        )
    return found


def retrieve_refund(call: Call) -> Answer:
    call.params.done()
    return call.world.refunds.need(call.id)


def list_refunds(call: Call) -> Answer:
    params, rows = call.params, call.world.refunds
    charge, intent = params.optional("charge"), params.optional("payment_intent")
    if charge:
        source = rows.by("charge", charge)
    elif intent:
        source = rows.by("payment_intent", intent)
    else:
        source = list(rows)
    return listed(params, source)


def update_refund(call: Call) -> Answer:
    refund = call.world.refunds.need(call.id)
    metadata = merged(refund.metadata, call.params.metadata())
    call.params.done()
    refund.metadata = metadata
    emit(call.world, "refund.updated", refund)
    return refund


def cancel_refund(call: Call) -> Answer:
    call.params.done()
    return refunds.cancel(call.world, call.world.refunds.need(call.id))


def retrieve_dispute(call: Call) -> Answer:
    call.params.done()
    return call.world.disputes.need(call.id)


def list_disputes(call: Call) -> Answer:
    params, rows = call.params, call.world.disputes
    charge, intent = params.optional("charge"), params.optional("payment_intent")
    if charge:
        source = rows.by("charge", charge)
    elif intent:
        source = rows.by("payment_intent", intent)
    else:
        source = list(rows)
    return listed(params, source)


def update_dispute(call: Call) -> Answer:
    """Answer a dispute; Stripe's test evidence decides it at once (docs, "Testing disputes")."""
    world, params = call.world, call.params
    dispute = world.disputes.need(call.id)
    metadata = merged(dispute.metadata, params.metadata())
    evidence = params.child("evidence")
    text = evidence.optional("uncategorized_text") if evidence else None
    submit = params.boolean("submit", True)
    params.done()
    dispute.metadata = metadata
    if evidence is not None and submit:
        disputes.submit(world, dispute)
        if text == "winning_evidence":
            disputes.win(world, dispute)
        elif text == "losing_evidence":
            disputes.lose(world, dispute)
    else:
        emit(world, "charge.dispute.updated", dispute)
    return dispute


def close_dispute(call: Call) -> Answer:
    """Accept a dispute, which loses it."""
    call.params.done()
    dispute = call.world.disputes.need(call.id)
    disputes.lose(call.world, dispute)
    return dispute


def retrieve_balance_transaction(call: Call) -> Answer:
    call.params.done()
    return call.world.balance_transactions.need(call.id)


def list_balance_transactions(call: Call) -> Answer:
    params, world = call.params, call.world
    source, kind = params.optional("source"), params.optional("type")
    currency = params.optional("currency")
    rows = world.balance_transactions
    return listed(
        params,
        [
            each
            for each in (rows.by("source", source) if source else rows)
            if kind in (None, each.type) and currency in (None, each.currency)
        ],
    )


ROUTES = (
    Route("GET", "/v1/charges", list_charges),
    Route("GET", "/v1/charges/{id}", retrieve_charge),
    Route("POST", "/v1/charges/{id}", update_charge),
    Route("GET", "/v1/charges/{id}/refunds", list_charge_refunds),
    Route("POST", "/v1/refunds", create_refund),
    Route("GET", "/v1/refunds", list_refunds),
    Route("GET", "/v1/refunds/{id}", retrieve_refund),
    Route("POST", "/v1/refunds/{id}", update_refund),
    Route("POST", "/v1/refunds/{id}/cancel", cancel_refund),
    Route("GET", "/v1/disputes", list_disputes),
    Route("GET", "/v1/disputes/{id}", retrieve_dispute),
    Route("POST", "/v1/disputes/{id}", update_dispute),
    Route("POST", "/v1/disputes/{id}/close", close_dispute),
    Route("GET", "/v1/balance_transactions", list_balance_transactions),
    Route("GET", "/v1/balance_transactions/{id}", retrieve_balance_transaction),
)
