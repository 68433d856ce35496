"""Checkout sessions: what a buyer's payment on Stripe's page does."""

from __future__ import annotations

from ..cards import DECLINES
from ..errors import StripeError, card_declined
from ..events import emit
from ..objects.checkout import CheckoutSession
from ..objects.customers import Customer
from ..periods import DAY
from ..pricing import price_amount
from ..world import World
from . import payments, subscriptions
from .subscriptions import NewItem, NewSubscription, OneOff


def complete(
    world: World,
    session: CheckoutSession,
    *,
    email: str | None = None,
    name: str | None = None,
    payment_method: str = "pm_card_visa",
) -> CheckoutSession:
    """The buyer pays; a customer is made if there is none, then what was sold.

    Raises:
        StripeError: the session is not open, or the card was declined (it stays open).
    """
    if session.status != "open":
        raise StripeError(f"The session is {session.status}, not open.")
    method = payments.payment_method(world, payment_method)
    if method.authenticates:
        raise StripeError("unsupported by the stand-in: authentication within checkout")
    if method.declines_with is not None:
        decline = DECLINES[method.declines_with]
        raise card_declined(decline.message, code=decline.code, decline_code=decline.decline_code)
    customer = _customer(world, session, email, name)
    payments.attach(world, method, customer.id)
    if session.mode == "subscription":
        _subscribe(world, session, customer, method.id)
    else:
        intent = payments.new_intent(
            world,
            amount=sum(
                price_amount(world.prices[line.price], line.quantity) for line in session.lines
            ),
            currency=session.currency,
            status="requires_confirmation",
        )
        intent.customer, intent.metadata = customer.id, dict(session.payment_metadata)
        session.payment_intent = payments.create_intent(world, intent).id
        payments.confirm(world, intent, method)
    session.status, session.payment_status = "complete", "paid"
    if session.invoice is not None and world.invoices[session.invoice].total == 0:
        session.payment_status = "no_payment_required"
    emit(world, "checkout.session.completed", session)
    return session


def expire(world: World, session: CheckoutSession) -> CheckoutSession:
    """Close a session that nobody paid."""
    if session.status != "open":
        raise StripeError(f"The session is {session.status}, not open.")
    session.status = "expired"
    emit(world, "checkout.session.expired", session)
    return session


def expires(world: World, session_id: str) -> None:
    """A session's time is over; a job."""
    session = world.sessions[session_id]
    if session.status == "open":
        expire(world, session)


def _customer(
    world: World, session: CheckoutSession, email: str | None, name: str | None
) -> Customer:
    if session.customer is not None:
        customer = world.customers[session.customer]
    else:
        customer = world.customers.add(
            Customer(
                id=world.ids.new("cus", 14),
                created=world.now(),
                invoice_prefix=world.ids.new("", 8)[1:].upper(),
                email=session.customer_email or email,
                name=name,
            )
        )
        emit(world, "customer.created", customer)
        session.customer = customer.id
    session.customer_email = session.customer_email or customer.email
    session.customer_name = customer.name
    return customer


def _subscribe(world: World, session: CheckoutSession, customer: Customer, method: str) -> None:
    items: list[NewItem] = []
    one_offs: list[OneOff] = []
    for line in session.lines:
        price = world.prices[line.price]
        if price.recurring is not None:
            items.append(NewItem(price, line.quantity))
        else:
            one_offs.append(OneOff(price, 1 if line.quantity is None else line.quantity))
    days = session.trial_period_days
    subscription = subscriptions.create(
        world,
        NewSubscription(
            customer=customer,
            items=items,
            one_offs=one_offs,
            coupons=list(session.coupons),
            metadata=dict(session.subscription_metadata),
            description=session.subscription_description,
            default_payment_method=method,
            trial_end=world.now() + days * DAY if days else None,
        ),
    )
    session.subscription, session.invoice = subscription.id, subscription.latest_invoice
