"""A subscription changed by hand: items, end, pause, trial, discounts."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import StripeError, invalid_parameter, missing_object, unsupported
from ..events import emit
from ..objects.catalog import Price
from ..objects.subscriptions import PauseCollection, Subscription, SubscriptionItem
from ..params import merged
from ..world import World
from . import discounting, moving, proration, renewals
from .subscriptions import NewItem, check_items, new_item, plan_period_end, set_cancellation


@dataclass(frozen=True, slots=True)
class ItemEdit:
    """A change of the item ``id``, or a new item when it is ``None``."""

    id: str | None
    price: Price | None
    quantity: int | None
    deleted: bool
    metadata: dict[str, str] | None
    coupons: tuple[str, ...] | None
    param: str


@dataclass(frozen=True, slots=True)
class Pause:
    """``pause_collection``; a ``behavior`` of ``None`` ends the pause."""

    behavior: str | None
    resumes_at: int | None


@dataclass(slots=True, kw_only=True)
class Change:
    """What an update asks for; ``None`` leaves as is, an empty value unsets."""

    items: list[ItemEdit] = field(default_factory=list)
    proration: str = "create_prorations"
    proration_date: int | None = None
    metadata: dict[str, str] | None = None
    cancel_at_period_end: bool | None = None
    cancel_at: int | None = None
    coupons: list[str] | None = None
    default_payment_method: str | None = None
    default_tax_rates: list[str] | None = None
    description: str | None = None
    collection_method: str | None = None
    days_until_due: int | None = None
    trial_end: int | None = None
    missing_payment_method: str | None = None
    pause: Pause | None = None
    comment: str | None = None
    feedback: str | None = None


def apply(world: World, subscription: Subscription, change: Change) -> Subscription:
    """Make the change, and bill what it alters within the period.

    Raises:
        StripeError: it has ended, or asks for what the stand-in does not do.
    """
    _check(subscription, change)
    edited = _edited_items(world, subscription, change) if change.items else None
    moves = edited is not None and moving.moves(world, subscription, edited)
    metadata = merged(subscription.metadata, change.metadata)
    for index, coupon in enumerate(change.coupons or []):
        if not _holds(world, subscription, coupon) and coupon not in world.coupons:
            raise missing_object("coupon", coupon, f"discounts[{index}][coupon]", status=400)
    subscription.metadata = metadata
    if change.cancel_at_period_end is not None or change.cancel_at is not None:
        _plan_end(world, subscription, change)
    _simple_fields(subscription, change)
    if change.coupons is not None:
        _replace_discounts(world, subscription, change.coupons)
    if change.pause is not None:
        _pause(world, subscription, change.pause)
    if change.trial_end is not None:
        _move_trial(world, subscription, change.trial_end)
    if edited is not None:
        if moves:
            invoice = moving.move(world, subscription, edited, change.proration)
        else:
            invoice = proration.replace_items(
                world, subscription, edited, change.proration, change.proration_date
            )
        if invoice is not None:
            emit(world, "customer.subscription.updated", subscription)
            proration.collect(world, invoice)
    emit(world, "customer.subscription.updated", subscription)
    return subscription


def resume(world: World, subscription: Subscription) -> Subscription:
    """A subscription that paused at its trial's end starts to bill, from now."""
    if subscription.status != "paused":
        raise StripeError(f"The subscription is {subscription.status}, not paused.")
    subscription.status = "active"
    subscription.billing_cycle_anchor = world.now()
    for item in subscription.items:
        item.current_period_end = world.now()
    emit(world, "customer.subscription.resumed", subscription)
    renewals.period_ends(world, subscription.id)
    return subscription


def _check(subscription: Subscription, change: Change) -> None:
    if subscription.ended:
        allowed = Change(metadata=change.metadata, comment=change.comment, feedback=change.feedback)
        allowed.missing_payment_method = change.missing_payment_method
        if change != allowed:
            raise StripeError(
                "A canceled subscription can only update its cancellation_details and metadata.",
                code="invalid_canceled_subscription_fields",
            )
    if change.cancel_at_period_end and change.cancel_at:
        raise invalid_parameter(
            "cancel_at",
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
        )
    if change.items and subscription.status == "incomplete":
        raise unsupported("changing the items of an incomplete subscription", "items")
    if change.trial_end is not None and subscription.status != "trialing":
        raise unsupported("giving a trial to a subscription that is not trialing", "trial_end")


def _plan_end(world: World, subscription: Subscription, change: Change) -> None:
    at = change.cancel_at or None
    set_cancellation(world, subscription, at, bool(change.cancel_at_period_end))


def _simple_fields(subscription: Subscription, change: Change) -> None:
    if change.default_payment_method is not None:
        subscription.default_payment_method = change.default_payment_method or None
    if change.default_tax_rates is not None:
        subscription.default_tax_rates = change.default_tax_rates
    if change.description is not None:
        subscription.description = change.description or None
    if change.collection_method is not None:
        subscription.collection_method = change.collection_method
    if change.days_until_due is not None:
        subscription.days_until_due = change.days_until_due
    if change.missing_payment_method is not None:
        subscription.missing_payment_method = change.missing_payment_method
    subscription.cancellation_comment = change.comment or subscription.cancellation_comment
    subscription.cancellation_feedback = change.feedback or subscription.cancellation_feedback


def _holds(world: World, subscription: Subscription, coupon: str) -> bool:
    return any(world.discounts[ref].coupon == coupon for ref in subscription.discounts)


def _replace_discounts(world: World, subscription: Subscription, coupons: list[str]) -> None:
    """The discounts are now these; one whose coupon stays keeps its start."""
    held = {world.discounts[ref].coupon: ref for ref in subscription.discounts}
    kept: list[str] = []
    for index, coupon in enumerate(coupons):
        if coupon in held:
            kept.append(held[coupon])
            continue
        param = f"discounts[{index}][coupon]"
        discount = discounting.redeem(
            world, coupon, param, customer=subscription.customer, subscription=subscription.id
        )
        discounting.check_currency(world, discount, subscription.currency, param)
        kept.append(discount.id)
        emit(world, "customer.discount.created", discount)
    for ref in subscription.discounts:
        if ref not in kept:
            emit(world, "customer.discount.deleted", world.discounts[ref])
    subscription.discounts = kept


def _pause(world: World, subscription: Subscription, pause: Pause) -> None:
    if pause.behavior is None:
        subscription.pause_collection = None
        return
    subscription.pause_collection = PauseCollection(pause.behavior, pause.resumes_at)
    if pause.resumes_at is not None:
        world.agenda.at(pause.resumes_at, "collection_resumes", subscription.id)


def _move_trial(world: World, subscription: Subscription, end: int) -> None:
    subscription.trial_end = end
    subscription.billing_cycle_anchor = end
    for item in subscription.items:
        item.current_period_end = end
    if end <= world.now():
        renewals.period_ends(world, subscription.id)
    else:
        plan_period_end(world, subscription)


def _edited_items(
    world: World, subscription: Subscription, change: Change
) -> list[SubscriptionItem]:
    """The items as they will be; the subscription's own are not touched yet."""
    held = {item.id: item for item in subscription.items}
    result = dict(held)
    added: list[SubscriptionItem] = []
    for edit in change.items:
        if edit.coupons is not None:
            raise unsupported("changing the discounts of an item", edit.param)
        if edit.id is None:
            if edit.price is None:
                raise invalid_parameter(
                    edit.param, "A new item needs a price.", "parameter_missing"
                )
            wanted = NewItem(edit.price, edit.quantity, merged({}, edit.metadata))
            added.append(new_item(world, subscription, wanted, edit.param))
            continue
        item = held.get(edit.id)
        if item is None:
            raise missing_object("subscription item", edit.id, edit.param, status=400)
        if edit.deleted:
            del result[item.id]
            continue
        result[item.id] = _edited(world, item, edit)
    items = [*result.values(), *added]
    prices = [world.prices[item.price] for item in items]
    # A price that the subscription has already may have been archived since.
    fresh = {edit.price.id for edit in change.items if edit.price is not None}
    check_items([NewItem(p, None) for p in prices if p.id in fresh or p.active], None)
    if any(price.currency != subscription.currency for price in prices):
        raise invalid_parameter("items", "All prices on a subscription must have one currency.")
    return items


def _edited(world: World, item: SubscriptionItem, edit: ItemEdit) -> SubscriptionItem:
    price = edit.price or world.prices[item.price]
    quantity = item.quantity if edit.quantity is None else edit.quantity
    return SubscriptionItem(
        id=item.id,
        created=item.created,
        subscription=item.subscription,
        price=price.id,
        quantity=None if price.metered else (1 if quantity is None else quantity),
        current_period_start=item.current_period_start,
        current_period_end=item.current_period_end,
        discounts=item.discounts,
        metadata=merged(item.metadata, edit.metadata),
    )
