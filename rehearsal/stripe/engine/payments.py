"""Payment intents and the charges that they make (Stripe docs, "How PaymentIntents work")."""

from __future__ import annotations

from .. import versions
from ..cards import DECLINES, TEST_CARDS
from ..errors import StripeError, card_declined, missing_object
from ..events import emit
from ..objects.customers import PaymentMethod
from ..objects.payments import Charge, PaymentIntent, Refund
from ..periods import DAY
from ..render import render
from ..versions import NEWEST
from ..world import World
from . import cash, disputes, settlement

AUTHORIZATION_LASTS = 7 * DAY
CONFIRMABLE = ("requires_payment_method", "requires_confirmation")


def payment_method(
    world: World, ref: str, param: str = "payment_method", *, customer: str | None = None
) -> PaymentMethod:
    """The payment method of an id, or a new one made from a test token.

    Raises:
        StripeError: there is none, or it belongs to another customer.
    """
    card = TEST_CARDS.get(ref)
    if card is not None:
        return world.payment_methods.add(
            PaymentMethod(
                id=world.ids.new("pm"),
                created=world.now(),
                brand=card.brand,
                last4=card.last4,
                declines_with=card.declines_with,
                refunds=card.refunds,
                disputes=card.disputes,
                authenticates=card.authenticates,
            )
        )
    method = world.payment_methods.get(ref)
    if method is None:
        raise missing_object("PaymentMethod", ref, param, status=400)
    if customer is not None and method.customer not in (None, customer):
        raise StripeError(
            "The payment method you provided is attached to a different customer.", param=param
        )
    return method


def attach(world: World, method: PaymentMethod, customer: str) -> PaymentMethod:
    """Save a payment method; some test cards are declined here already."""
    if method.customer == customer:
        return method
    if method.customer is not None:
        raise StripeError(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_already_attached",
        )
    refused = any(
        card.last4 == method.last4 and not card.attachable for card in TEST_CARDS.values()
    )
    if refused and method.declines_with is not None:
        decline = DECLINES[method.declines_with]
        raise card_declined(decline.message, code=decline.code, decline_code=decline.decline_code)
    method.customer = customer
    emit(world, "payment_method.attached", method)
    return method


def create_intent(world: World, intent: PaymentIntent) -> PaymentIntent:
    world.payment_intents.add(intent)
    emit(world, "payment_intent.created", intent)
    return intent


def new_intent(world: World, *, amount: int, currency: str, status: str) -> PaymentIntent:
    """A payment intent that nobody has heard of yet."""
    ref = world.ids.new("pi")
    return PaymentIntent(
        id=ref,
        created=world.now(),
        amount=amount,
        currency=currency,
        status=status,
        client_secret=world.ids.new(f"{ref}_secret"),
    )


def confirm(
    world: World, intent: PaymentIntent, method: PaymentMethod, *, authenticated: bool = False
) -> Charge | None:
    """Charge the payment method; the charge says whether it worked.

    There is no charge yet when the customer must authenticate first (``requires_action``).

    Raises:
        StripeError: the intent is not in a state to be confirmed.
    """
    if intent.status not in CONFIRMABLE:
        raise StripeError(
            f"You cannot confirm this PaymentIntent because it has a status of {intent.status}.",
            code="payment_intent_unexpected_state",
        )
    if method.authenticates and not authenticated:
        intent.payment_method, intent.status = method.id, "requires_action"
        intent.error_code = None
        emit(world, "payment_intent.requires_action", intent)
        return None
    charge = world.charges.add(
        Charge(
            id=world.ids.new("ch"),
            created=world.now(),
            amount=intent.amount,
            currency=intent.currency,
            status="failed" if method.declines_with else "succeeded",
            payment_intent=intent.id,
            payment_method=method.id,
            customer=intent.customer,
            invoice=intent.invoice,
            captured=False,
            description=intent.description,
            receipt_email=intent.receipt_email,
            statement_descriptor=intent.statement_descriptor,
            failure_code=method.declines_with,
            metadata=dict(intent.metadata),
        )
    )
    intent.latest_charge = charge.id
    intent.payment_method = method.id
    intent.error_code = method.declines_with
    if method.declines_with is not None:
        intent.status = "requires_payment_method"
        emit(world, "charge.failed", charge)
        emit(world, "payment_intent.payment_failed", intent)
        return charge
    if intent.capture_method == "manual":
        intent.status = "requires_capture"
        intent.amount_capturable = intent.amount
        emit(world, "charge.succeeded", charge)
        emit(world, "payment_intent.amount_capturable_updated", intent)
        world.agenda.at(world.now() + AUTHORIZATION_LASTS, "authorization_expired", intent.id)
        return charge
    _captured(world, intent, charge, intent.amount)
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", intent)
    if intent.setup_future_usage and intent.customer and method.customer is None:
        attach(world, method, intent.customer)
    _dispute_if_the_card_does(world, charge, method)
    return charge


def authentication_failed(world: World, intent: PaymentIntent) -> None:
    """The customer did not authenticate."""
    intent.status, intent.error_code = "requires_payment_method", "authentication_required"
    emit(world, "payment_intent.payment_failed", intent)


def capture(world: World, intent: PaymentIntent, amount: int | None) -> Charge:
    """Take an authorised amount, or less of it; the rest is released.

    Raises:
        StripeError: nothing is authorised, or more is asked for than is.
    """
    charge = world.charge_of(intent)
    if intent.status != "requires_capture" or charge is None:
        raise StripeError(
            f"This PaymentIntent could not be captured because it has a status of {intent.status}.",
            code="payment_intent_unexpected_state",
        )
    wanted = intent.amount_capturable if amount is None else amount
    if not 0 < wanted <= intent.amount_capturable:
        raise StripeError(
            "Amount to capture is greater than the amount capturable.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    _captured(world, intent, charge, wanted)
    emit(world, "charge.captured", charge)
    emit(world, "payment_intent.succeeded", intent)
    return charge


def cancel(world: World, intent: PaymentIntent, reason: str | None) -> PaymentIntent:
    """Cancel an intent; an authorisation that it holds is voided, which Stripe calls refunded.

    Raises:
        StripeError: it has succeeded or is canceled.
    """
    if intent.status in ("succeeded", "canceled"):
        raise StripeError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent.status}.",
            code="payment_intent_unexpected_state",
        )
    charge = world.charge_of(intent)
    if intent.status == "requires_capture" and charge is not None:
        charge.amount_refunded, charge.refunded = charge.amount, True
        refund = world.refunds.add(
            Refund(
                id=world.ids.new("re"),
                created=world.now(),
                amount=charge.amount,
                currency=charge.currency,
                charge=charge.id,
                payment_intent=intent.id,
                status="succeeded",
                customer=charge.customer,
                reason="expired_uncaptured_charge" if reason == "automatic" else None,
                releases=True,
            )
        )
        emit(world, "refund.created", refund)
        emit(world, "charge.refunded", charge)
    intent.status, intent.amount_capturable = "canceled", 0
    intent.canceled_at, intent.cancellation_reason = world.now(), reason
    emit(world, "payment_intent.canceled", intent)
    return intent


def authorization_expired(world: World, intent_id: str) -> None:
    """An authorisation that nobody captured runs out; a job."""
    intent = world.payment_intents[intent_id]
    if intent.status == "requires_capture":
        cancel(world, intent, "automatic")


def decline_error(world: World, intent: PaymentIntent, charge: Charge) -> StripeError:
    """The ``card_error`` that a declined confirmation is answered with."""
    decline = DECLINES[charge.failure_code or "generic_decline"]
    return card_declined(
        decline.message,
        code=decline.code,
        decline_code=decline.decline_code,
        charge=charge.id,
        payment_intent=render(world, intent, NEWEST),
    )


def _captured(world: World, intent: PaymentIntent, charge: Charge, amount: int) -> None:
    charge.captured, charge.amount_captured = True, amount
    intent.status, intent.amount_received, intent.amount_capturable = "succeeded", amount, 0
    cash.taken(world, charge)
    if amount < charge.amount and versions.before(world.account.api_version, versions.BASIL):
        _released(world, charge)
    world.agenda.at(world.now() + world.settings.settlement_delay, "settle_charge", charge.id)


def _released(world: World, charge: Charge) -> None:
    """Before basil what was not captured was a refund (changelog, "Partially capturing or
    cancelling payments no longer creates a Refund")."""
    charge.released = charge.amount - charge.amount_captured
    refund = world.refunds.add(
        Refund(
            id=world.ids.new("re"),
            created=world.now(),
            amount=charge.released,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=charge.payment_intent,
            status="succeeded",
            customer=charge.customer,
            releases=True,
        )
    )
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge)


def fail(world: World, charge: Charge, code: str = "insufficient_funds") -> Charge:
    """The bank takes back a debit that had succeeded (docs, "Charge": ``failure_…``).

    Raises:
        StripeError: it took no money, or some of it went back another way.
    """
    if charge.status != "succeeded" or not charge.captured or charge.amount_refunded:
        raise StripeError(f"Charge {charge.id} cannot fail any more.")
    if world.disputes.by("charge", charge.id):
        raise StripeError(f"Charge {charge.id} is disputed.")
    charge.status, charge.failure_code = "failed", code
    charge.failure_balance_transaction = settlement.record(
        world,
        amount=-charge.amount_captured,
        currency=charge.currency,
        kind="payment_failure_refund",
        category="charge_failure",
        source=charge.id,
    ).id
    cash.lost(world, charge)
    emit(world, "charge.failed", charge)
    emit(world, "charge.updated", charge)
    return charge


def _dispute_if_the_card_does(world: World, charge: Charge, method: PaymentMethod) -> None:
    if method.disputes is None:
        return
    inquiry = method.disputes == "inquiry"
    reason = "fraudulent" if inquiry else method.disputes
    disputes.open_dispute(world, charge, charge.amount, reason, inquiry=inquiry)
