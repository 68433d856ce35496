"""A subscription that moves to another interval: its billing date is reset to now.

Stripe docs, "Change the price of existing subscriptions", different billing periods: the new period
is invoiced at once, with credit for what is unused of the old one. In a trial there is nothing to
bill yet, and the billing date stays the trial's end.
"""

from __future__ import annotations

from ..errors import unsupported
from ..events import emit
from ..objects.catalog import Price
from ..objects.invoices import Invoice
from ..objects.subscriptions import Subscription, SubscriptionItem
from ..periods import next_boundary
from ..world import World
from . import proration
from .lines import cycle_lines
from .subscriptions import plan_period_end


def moves(world: World, subscription: Subscription, items: list[SubscriptionItem]) -> bool:
    """Whether an item gets a price of another interval than it had.

    Raises:
        StripeError: a schedule runs, or the items that there would be do not share one interval.
    """
    before = {item.id: _interval(world.prices[item.price]) for item in subscription.items}
    after = {item.id: _interval(world.prices[item.price]) for item in items}
    if not any(ref in before and before[ref] != after[ref] for ref in after):
        return False
    if subscription.schedule is not None:
        raise unsupported("another interval while a schedule runs", "items")
    if len(set(after.values())) > 1:
        raise unsupported("moving one of several items to another interval", "items")
    return True


def move(
    world: World, subscription: Subscription, items: list[SubscriptionItem], behavior: str
) -> Invoice | None:
    """Put ``items`` in place of the subscription's; the invoice to collect, unless in a trial."""
    now = world.now()
    if subscription.status == "trialing":
        return proration.replace_items(world, subscription, items, "none", None)
    if behavior != "none":
        share = proration.kept_share(world, subscription)
        for item in subscription.items:
            unused = proration.part(world, subscription, item, now, share, sign=-1)
            if unused.amount:
                emit(world, "invoiceitem.created", world.invoice_items.add(unused))
    subscription.billing_cycle_anchor = now
    for item in items:
        unit, count = _interval(world.prices[item.price])
        item.current_period_start = now
        item.current_period_end = next_boundary(now, unit, count, now)
        world.items.add(item)
    subscription.items = items
    plan_period_end(world, subscription)
    return proration.invoice_at_once(world, subscription, cycle_lines(world, subscription, items))


def _interval(price: Price) -> tuple[str, int]:
    if price.recurring is None:
        raise unsupported("a one-time price on an item", "items")
    return price.recurring.interval, price.recurring.interval_count
