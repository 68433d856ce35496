"""What a change within a period costs: unused time back, remaining time asked for, by the second.

Stripe docs, "Prorations". Discounts of a percentage lower prorations; an amount off is refused.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from ..errors import invalid_parameter, unsupported
from ..events import emit
from ..money import rounded
from ..objects.invoices import Invoice, InvoiceItem, Line
from ..objects.subscriptions import Subscription, SubscriptionItem
from ..pricing import price_amount
from ..world import World
from . import discounting, dunning, invoices


def replace_items(
    world: World,
    subscription: Subscription,
    items: list[SubscriptionItem],
    behavior: str,
    date: int | None,
) -> Invoice | None:
    """Put ``items`` in place of the subscription's, with prorations as ``behavior`` says.

    Returns the invoice to collect at once, if there is one (``always_invoice``).
    """
    now = world.now()
    at = date if date is not None else now
    before = {item.id: item for item in subscription.items}
    if not all(i.current_period_start <= at <= i.current_period_end for i in before.values()):
        raise invalid_parameter("proration_date", "proration_date must be within the period.")
    after = {item.id: item for item in items}
    pending: list[InvoiceItem] = []
    if behavior != "none" and subscription.status != "trialing":
        share = kept_share(world, subscription)
        for ref in dict.fromkeys((*before, *after)):
            old, new = before.get(ref), after.get(ref)
            if old and new and (old.price, old.quantity) == (new.price, new.quantity):
                continue
            if old is not None:
                pending.append(part(world, subscription, old, at, share, sign=-1))
            if new is not None:
                pending.append(part(world, subscription, new, at, share, sign=1))
    subscription.items = items
    for item in items:
        world.items.add(item)
    pending = [each for each in pending if each.amount]
    for each in pending:
        emit(world, "invoiceitem.created", world.invoice_items.add(each))
    if behavior != "always_invoice" or not pending:
        return None
    return invoice_at_once(world, subscription, [])


def collect(world: World, invoice: Invoice) -> None:
    """Finalise and charge an ``always_invoice`` at once."""
    invoices.finalize(world, invoice)
    if invoice.status == "open" and invoice.collection_method == "charge_automatically":
        dunning.collect(world, invoice)


def kept_share(world: World, subscription: Subscription) -> Decimal:
    """What the subscription's percentages leave of a price."""
    share = Decimal(1)
    for discount in discounting.in_force(world, subscription.discounts, world.now()):
        coupon = world.coupons[discount.coupon]
        if coupon.duration == "once":
            continue
        if coupon.percent_off is None:
            raise unsupported("prorating under a discount of an amount", "proration_behavior")
        share *= 1 - coupon.percent_off / 100
    return share


def part(
    world: World,
    subscription: Subscription,
    item: SubscriptionItem,
    at: int,
    share: Decimal,
    *,
    sign: int,
) -> InvoiceItem:
    """What is left of an item's period from ``at`` on, given back (-1) or asked for (1)."""
    price = world.prices[item.price]
    whole = item.current_period_end - item.current_period_start
    left = Decimal(item.current_period_end - at) / whole
    amount = rounded(price_amount(price, item.quantity) * share * left, price.currency) * sign
    day = dt.datetime.fromtimestamp(at, dt.UTC).strftime("%d %b %Y")
    what = "Remaining time on" if sign > 0 else "Unused time on"
    return InvoiceItem(
        id=world.ids.new("ii"),
        created=world.now(),
        customer=subscription.customer,
        currency=price.currency,
        amount=amount,
        description=f"{what} {item.quantity} × {world.products[price.product].name} after {day}",
        period_start=at,
        period_end=item.current_period_end,
        quantity=item.quantity or 0,
        unit_amount=price.unit_amount,
        price=price.id,
        product=price.product,
        subscription=subscription.id,
        subscription_item=item.id,
        proration=True,
        discountable=False,
        tax_rates=list(subscription.default_tax_rates),
    )


def invoice_at_once(world: World, subscription: Subscription, lines: list[Line]) -> Invoice:
    """The draft of an invoice for a change, with what is pending."""
    now = world.now()
    invoice = Invoice(
        id=world.ids.new("in"),
        created=now,
        customer=subscription.customer,
        currency=subscription.currency,
        collection_method=subscription.collection_method,
        billing_reason="subscription_update",
        period_start=now,
        period_end=now,
        subscription=subscription.id,
        subscription_metadata=dict(subscription.metadata),
        default_tax_rates=list(subscription.default_tax_rates),
        days_until_due=subscription.days_until_due,
        discounts=list(subscription.discounts) if lines else [],
        lines=lines,
    )
    invoices.price(world, invoice, starting=now)
    subscription.latest_invoice = invoice.id
    return invoices.open_draft(world, invoice)
