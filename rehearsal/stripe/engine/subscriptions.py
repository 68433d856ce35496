"""Subscriptions: how they begin, change by hand and end (Stripe docs, "How subscriptions work")."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..cards import DECLINES
from ..errors import StripeError, card_declined, invalid_parameter, unsupported
from ..events import emit
from ..objects.catalog import Price
from ..objects.customers import Customer
from ..objects.invoices import Invoice, InvoiceItem
from ..objects.subscriptions import Subscription, SubscriptionItem
from ..periods import next_boundary, period_around
from ..pricing import price_amount
from ..world import World
from . import discounting, dunning, invoices, standing
from .lines import cycle_lines


@dataclass(frozen=True, slots=True)
class NewItem:
    price: Price
    quantity: int | None
    metadata: dict[str, str] = field(default_factory=dict)
    coupons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OneOff:
    """A one-time price that the first invoice also asks for (``add_invoice_items``)."""

    price: Price
    quantity: int


@dataclass(slots=True, kw_only=True)
class NewSubscription:
    """What a subscription is asked to be."""

    customer: Customer
    items: list[NewItem]
    one_offs: list[OneOff] = field(default_factory=list)
    coupons: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    collection_method: str = "charge_automatically"
    days_until_due: int | None = None
    payment_behavior: str = "allow_incomplete"
    default_payment_method: str | None = None
    default_tax_rates: list[str] = field(default_factory=list)
    description: str | None = None
    trial_end: int | None = None
    missing_payment_method: str = "create_invoice"
    billing_mode: str = "flexible"
    cancel_at: int | None = None
    cancel_at_period_end: bool = False


def create(world: World, wanted: NewSubscription) -> Subscription:
    """Start a subscription and bill its first period, or its trial.

    Raises:
        StripeError: the items do not go together, there is nothing to charge, or (with
            ``error_if_incomplete``) the first payment was declined.
    """
    currency = check_items(wanted.items, wanted.customer)
    now = world.now()
    anchor = wanted.trial_end or now
    subscription = Subscription(
        id=world.ids.new("sub"),
        created=now,
        customer=wanted.customer.id,
        currency=currency,
        status="trialing" if wanted.trial_end else "active",
        collection_method=wanted.collection_method,
        billing_cycle_anchor=anchor,
        start_date=now,
        billing_mode=wanted.billing_mode,
        days_until_due=wanted.days_until_due,
        default_payment_method=wanted.default_payment_method,
        default_tax_rates=wanted.default_tax_rates,
        description=wanted.description,
        metadata=wanted.metadata,
        trial_start=now if wanted.trial_end else None,
        trial_end=wanted.trial_end,
        missing_payment_method=wanted.missing_payment_method,
    )
    for index, item in enumerate(wanted.items):
        subscription.items.append(new_item(world, subscription, item, f"items[{index}]"))
    for index, coupon in enumerate(wanted.coupons):
        param = f"discounts[{index}][coupon]"
        discount = discounting.redeem(
            world, coupon, param, customer=wanted.customer.id, subscription=subscription.id
        )
        discounting.check_currency(world, discount, currency, param)
        subscription.discounts.append(discount.id)
    set_cancellation(world, subscription, wanted.cancel_at, wanted.cancel_at_period_end)
    invoice = _first_invoice(world, subscription, wanted)
    try:
        _need_a_way_to_pay(world, wanted, invoice)
    except StripeError:
        _forget(world, subscription, invoice)
        raise
    _begin(world, subscription, wanted, invoice)
    return subscription


def check_items(items: list[NewItem], customer: Customer | None) -> str:
    """The currency of items that may share a subscription.

    Raises:
        StripeError: they may not.
    """
    if not items:
        raise invalid_parameter("items", "Missing required param: items.", "parameter_missing")
    first = items[0].price
    seen: set[str] = set()
    for index, item in enumerate(items):
        param = f"items[{index}][price]"
        if item.price.recurring is None:
            raise invalid_parameter(
                param,
                "The price specified is set to `type=one_time` but this field only accepts prices"
                " with `type=recurring`.",
            )
        if not item.price.active:
            raise invalid_parameter(
                param, "The price specified is inactive. This field only accepts active prices."
            )
        if item.price.currency != first.currency:
            raise invalid_parameter(param, "All prices on a subscription must have one currency.")
        if item.price.id in seen:
            raise invalid_parameter(
                param, "Cannot add multiple subscription items with the same plan."
            )
        seen.add(item.price.id)
        if item.price.metered and item.quantity is not None:
            raise invalid_parameter(
                f"items[{index}][quantity]", "You cannot set a quantity on a metered price."
            )
    if customer and customer.currency not in (None, first.currency):
        raise invalid_parameter(
            "customer",
            "You cannot combine currencies on a single customer. This customer has an active"
            f" subscription, subscription schedule, discount, quote, or invoice item with currency"
            f" {customer.currency}",
        )
    return first.currency


def new_item(
    world: World, subscription: Subscription, item: NewItem, param: str
) -> SubscriptionItem:
    """An item whose period is the one that runs now, or the trial."""
    recurring = item.price.recurring
    if recurring is None:
        raise invalid_parameter(f"{param}[price]", "The price is not recurring.")
    now = world.now()
    if subscription.status == "trialing" and subscription.trial_end is not None:
        start, end = now, subscription.trial_end
    else:
        anchor = subscription.billing_cycle_anchor
        start, end = period_around(anchor, recurring.interval, recurring.interval_count, now)
    row = SubscriptionItem(
        id=world.ids.new("si", 14),
        created=now,
        subscription=subscription.id,
        price=item.price.id,
        quantity=None if item.price.metered else (1 if item.quantity is None else item.quantity),
        current_period_start=start,
        current_period_end=end,
        metadata=item.metadata,
    )
    for index, coupon in enumerate(item.coupons):
        discount = discounting.redeem(
            world,
            coupon,
            f"{param}[discounts][{index}][coupon]",
            customer=subscription.customer,
            subscription=subscription.id,
            item=row.id,
        )
        row.discounts.append(discount.id)
    return world.items.add(row)


def set_cancellation(
    world: World, subscription: Subscription, cancel_at: int | None, at_period_end: bool
) -> None:
    """Plan the end, or take the plan back."""
    when = subscription.current_period_end if at_period_end else cancel_at
    if when is not None and when <= world.now():
        raise invalid_parameter("cancel_at", "`cancel_at` must be in the future.")
    if when is not None and when > subscription.current_period_end:
        for item in subscription.items:
            recurring = world.prices[item.price].recurring
            if recurring is None:
                continue
            edge = item.current_period_end
            while edge < when:
                edge = next_boundary(
                    subscription.billing_cycle_anchor,
                    recurring.interval,
                    recurring.interval_count,
                    edge,
                )
            if edge != when:
                raise unsupported("cancel_at that is not the end of a period", "cancel_at")
    elif when is not None and when < subscription.current_period_end:
        raise unsupported("cancel_at before the end of the period", "cancel_at")
    subscription.cancel_at, subscription.cancel_at_period_end = when, at_period_end
    subscription.canceled_at = world.now() if when is not None else None
    subscription.cancellation_reason = "cancellation_requested" if when is not None else None


def _first_invoice(world: World, subscription: Subscription, wanted: NewSubscription) -> Invoice:
    now = world.now()
    customer = wanted.customer
    invoice = Invoice(
        id=world.ids.new("in"),
        created=now,
        customer=customer.id,
        currency=subscription.currency,
        collection_method=subscription.collection_method,
        billing_reason="subscription_create",
        period_start=now,
        period_end=now,
        subscription=subscription.id,
        subscription_metadata=dict(subscription.metadata),
        discounts=list(subscription.discounts)
        or ([customer.discount] if customer.discount else []),
        default_tax_rates=list(subscription.default_tax_rates),
        days_until_due=subscription.days_until_due,
    )
    trial = subscription.status == "trialing"
    invoice.lines = cycle_lines(world, subscription, subscription.items, free=trial)
    for one_off in wanted.one_offs:
        _one_off(world, invoice, one_off)
    invoices.price(world, invoice, starting=now)
    return invoice


def _one_off(world: World, invoice: Invoice, one_off: OneOff) -> None:
    price, now = one_off.price, world.now()
    world.invoice_items.add(
        InvoiceItem(
            id=world.ids.new("ii"),
            created=now,
            customer=invoice.customer,
            currency=price.currency,
            amount=price_amount(price, one_off.quantity),
            description=world.products[price.product].name,
            period_start=now,
            period_end=now,
            quantity=one_off.quantity,
            unit_amount=price.unit_amount,
            price=price.id,
            product=price.product,
            subscription=invoice.subscription,
        )
    )


def _need_a_way_to_pay(world: World, wanted: NewSubscription, invoice: Invoice) -> None:
    """Before anything is told: a charge needs a card, unless it is to be made later."""
    asks = wanted.collection_method == "charge_automatically" and (
        wanted.payment_behavior != "default_incomplete"
    )
    if not asks or invoice.total <= 0:
        return
    chosen = wanted.default_payment_method or wanted.customer.default_payment_method
    if chosen is None:
        raise StripeError(
            "This customer has no attached payment source or default payment method. Please"
            " consider adding a default payment method. For more information, visit"
            " https://stripe.com/docs/billing/payments-issues/payment-methods.",
            code="resource_missing",
        )
    declines_with = world.payment_methods[chosen].declines_with
    if wanted.payment_behavior == "error_if_incomplete" and declines_with is not None:
        decline = DECLINES[declines_with]
        raise card_declined(decline.message, code=decline.code, decline_code=decline.decline_code)


def _forget(world: World, subscription: Subscription, invoice: Invoice) -> None:
    """Undo what pricing the first invoice of a refused subscription took."""
    for line in invoice.lines:
        if line.invoice_item is not None:
            item = world.invoice_items[line.invoice_item]
            item.invoice = None
            item.deleted = item.deleted or item.subscription == subscription.id
    for ref in subscription.discounts:
        world.coupons[world.discounts[ref].coupon].times_redeemed -= 1


def _begin(
    world: World, subscription: Subscription, wanted: NewSubscription, invoice: Invoice
) -> None:
    world.subscriptions.add(subscription)
    subscription.latest_invoice = invoice.id
    automatic = subscription.collection_method == "charge_automatically"
    if automatic and subscription.status == "active" and invoice.total > 0:
        subscription.status = "incomplete"
    emit(world, "customer.subscription.created", subscription)
    for discount in subscription.discounts:
        emit(world, "customer.discount.created", world.discounts[discount])
    invoices.open_draft(world, invoice)
    plan_period_end(world, subscription)
    if subscription.trial_end is not None:
        warning = max(subscription.trial_end - world.settings.trial_warning, world.now())
        world.agenda.at(warning, "trial_will_end", subscription.id)
    if not automatic and invoice.total > 0:
        invoice.automatically_finalizes_at = world.now() + world.settings.draft_seconds
        world.agenda.at(invoice.automatically_finalizes_at, "draft_due", invoice.id)
        return
    invoices.finalize(world, invoice)
    if invoice.status == "paid":
        return
    if wanted.payment_behavior != "default_incomplete":
        dunning.collect(world, invoice, first=True)
    if subscription.status == "incomplete":
        expiry = world.now() + world.settings.incomplete_seconds
        world.agenda.at(expiry, "incomplete_expires", subscription.id)


def plan_period_end(world: World, subscription: Subscription) -> None:
    world.agenda.at(subscription.current_period_end, "period_ends", subscription.id)


def cancel(
    world: World, subscription: Subscription, *, comment: str | None, feedback: str | None
) -> Subscription:
    """End it now, by request.

    Raises:
        StripeError: it has ended already.
    """
    if subscription.ended:
        raise StripeError(
            f"No such subscription: '{subscription.id}'",
            status=404,
            code="resource_missing",
            param="id",
        )
    incomplete = subscription.status == "incomplete"
    standing.end(world, subscription, "cancellation_requested", comment=comment, feedback=feedback)
    if incomplete and subscription.latest_invoice is not None:
        invoice = world.invoices[subscription.latest_invoice]
        if invoice.status == "open":
            invoices.void(world, invoice)
    return subscription
