"""Which discounts an invoice gets and what they take off (Stripe docs, "Coupons")."""

from __future__ import annotations

from decimal import Decimal

from ..errors import StripeError, invalid_parameter, missing_object
from ..money import rounded
from ..objects.discounts import Coupon, Discount
from ..objects.invoices import Invoice, Line
from ..periods import add_months
from ..world import World


def redeem(
    world: World,
    coupon_id: str,
    param: str,
    *,
    customer: str | None = None,
    subscription: str | None = None,
    item: str | None = None,
) -> Discount:
    """A discount from a coupon, from now on.

    Raises:
        StripeError: there is no such coupon, or it is used up or out of date.
    """
    coupon = world.coupons.get(coupon_id)
    if coupon is None or coupon.deleted:
        raise missing_object("coupon", coupon_id, param, status=400)
    late = coupon.redeem_by is not None and world.now() > coupon.redeem_by
    used_up = coupon.max_redemptions is not None and (
        coupon.times_redeemed >= coupon.max_redemptions
    )
    if late or used_up:
        raise StripeError(
            f"Coupon expired: {coupon_id}"
            if late
            else f"Coupon {coupon_id} is used up and cannot be redeemed.",
            code="coupon_expired",
            param=param,
        )
    coupon.times_redeemed += 1
    end = None
    if coupon.duration == "repeating" and coupon.duration_in_months is not None:
        end = add_months(world.now(), coupon.duration_in_months)
    return world.discounts.add(
        Discount(
            id=world.ids.new("di"),
            created=world.now(),
            coupon=coupon.id,
            start=world.now(),
            end=end,
            customer=customer,
            subscription=subscription,
            subscription_item=item,
        )
    )


def check_currency(world: World, discount: Discount, currency: str, param: str) -> None:
    """An amount off is only for invoices in its own currency."""
    coupon = world.coupons[discount.coupon]
    if coupon.currency is not None and coupon.currency != currency:
        raise invalid_parameter(
            param,
            f"The coupon '{coupon.id}' has a currency of {coupon.currency},"
            f" but the subscription is in {currency}.",
        )


def in_force(world: World, ids: list[str], at: int) -> list[Discount]:
    """The discounts that apply to an invoice whose service begins at ``at``."""
    found = [world.discounts[ref] for ref in ids]
    return [each for each in found if not each.used and (each.end is None or at < each.end)]


def apply(world: World, invoice: Invoice, *, starting: int) -> None:
    """Take the discounts off the lines: those of an item, then the subscription's or customer's.

    A ``once`` discount is used up by the first invoice that it lowers.
    """
    used: dict[str, Discount] = {}
    for line in invoice.lines:
        if line.discountable:
            for discount in in_force(world, line.discounts, starting):
                _take(world, discount, [line], used)
    whole = [line for line in invoice.lines if line.discountable]
    for discount in in_force(world, invoice.discounts, starting):
        _take(world, discount, whole, used)
    invoice.discounts = [ref for ref in invoice.discounts if ref in used]
    for discount in used.values():
        if world.coupons[discount.coupon].duration == "once":
            discount.used = True


def _take(world: World, discount: Discount, lines: list[Line], used: dict[str, Discount]) -> None:
    coupon = world.coupons[discount.coupon]
    if not lines:
        return
    used[discount.id] = discount
    if coupon.percent_off is not None:
        for line in lines:
            off = rounded(line.discounted * coupon.percent_off / Decimal(100), line.currency)
            line.discount_amounts.append((discount.id, off))
    else:
        _take_amount(coupon, discount, lines)


def _take_amount(coupon: Coupon, discount: Discount, lines: list[Line]) -> None:
    """An amount off is spread over the lines by their size; what rounding leaves goes last."""
    billed = [line for line in lines if line.discounted > 0]
    whole = sum(line.discounted for line in billed)
    left = min(coupon.amount_off or 0, whole)
    total = left
    for index, line in enumerate(billed):
        last = index == len(billed) - 1
        off = (
            left
            if last
            else min(rounded(Decimal(total) * line.discounted / whole, line.currency), left)
        )
        line.discount_amounts.append((discount.id, off))
        left -= off
