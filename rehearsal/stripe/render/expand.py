"""``expand[]``: ids replaced by their objects, and fields that only come when asked for."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import StripeError
from ..jsontypes import Body, Json
from ..objects.catalog import Price
from ..objects.checkout import CheckoutSession
from ..objects.customers import Customer
from ..objects.discounts import Coupon
from ..objects.invoices import Invoice
from ..objects.payments import Charge
from ..versions import BASIL, DAHLIA, before
from ..world import World
from . import render
from .newest import Renderable, catalog, checkout, shapes

DEEPEST = 4


def expand(world: World, body: Body, paths: list[str], version: str) -> None:
    """Expand each path in place (API reference, "Expanding responses").

    Raises:
        StripeError: a path is too deep, or names what cannot be expanded.
    """
    for path in paths:
        names = path.split(".")
        if len(names) > DEEPEST:
            raise StripeError(
                f"You cannot expand more than {DEEPEST} levels of a property. The property passed"
                f" was {path}.",
                param="expand",
            )
        _walk(world, body, names, path, version)


def _walk(world: World, node: Body, names: list[str], path: str, version: str) -> None:
    name, rest = names[0], names[1:]
    if name == "payment_intent" and node.get("type") == "payment_record":
        return  # an invoice payment of another kind, which a path may pass by
    if name not in node:
        included = _included(world, node, name, version)
        if included is None:
            raise _not_expandable(path)
        node[name] = included
    value = node[name]
    node[name] = _expanded(world, value, rest, path, version)


def _expanded(world: World, value: Json, rest: list[str], path: str, version: str) -> Json:
    if value is None or (isinstance(value, int) and not rest):
        return value
    if isinstance(value, str):
        subject = find(world, value)
        if subject is None:
            raise _not_expandable(path)
        body = render(world, subject, version)
        if rest:
            _walk(world, body, rest, path, version)
        return body
    if isinstance(value, list):
        return [_expanded(world, each, rest, path, version) for each in value]
    if isinstance(value, dict):
        if rest:
            _walk(world, value, rest, path, version)
        return value
    raise _not_expandable(path)


def _not_expandable(path: str) -> StripeError:
    return StripeError(
        f"This property cannot be expanded ({path}). You may want to try expanding a different"
        " property, or it is unsupported by the stand-in.",
        param="expand",
    )


def find(world: World, ref: str) -> Renderable | None:
    """The object of an id, whatever it is."""
    finders: tuple[Callable[[str], Renderable | None], ...] = (
        world.customers.get,
        world.subscriptions.get,
        world.schedules.get,
        world.invoices.get,
        world.charges.get,
        world.payment_intents.get,
        world.payment_methods.get,
        world.prices.get,
        world.products.get,
        world.coupons.get,
        world.discounts.get,
        world.balance_transactions.get,
        world.refunds.get,
        world.disputes.get,
        world.credit_notes.get,
        world.balance_changes.get,
        world.tax_rates.get,
    )
    return next((found for get in finders if (found := get(ref)) is not None), None)


def _included(world: World, node: Body, name: str, version: str) -> Json:
    """A field that only comes when expanded; ``None`` when there is no such field."""
    ref = node.get("id")
    kind = node.get("object")
    if not isinstance(ref, str):
        return None
    subject = world.sessions.get(ref) if kind == "checkout.session" else find(world, ref)
    if isinstance(subject, Price) and name == "tiers":
        return catalog.tiers(subject) if subject.tiers else []
    if isinstance(subject, Price) and name == "currency_options":
        return catalog.currency_options(subject)
    if isinstance(subject, Coupon) and name in {"applies_to", "currency_options"}:
        return catalog.coupon_restriction(subject, name)
    if isinstance(subject, Invoice) and name == "payments" and not before(version, BASIL):
        rows = [world.invoice_payments[each] for each in subject.payments]
        return _list(world, f"/v1/invoice_payments?invoice={ref}", [*rows], version)
    if isinstance(subject, Invoice) and name == "amount_paid_off_stripe":
        return None if before(version, DAHLIA) else subject.paid_off_stripe
    if isinstance(subject, Charge) and name == "refunds":
        refunds = reversed(world.refunds.by("charge", ref))
        return _list(world, f"/v1/charges/{ref}/refunds", [*refunds], version)
    if isinstance(subject, Customer) and name == "subscriptions":
        live = [s for s in world.subscriptions.by("customer", ref) if not s.ended]
        return _list(world, f"/v1/customers/{ref}/subscriptions", [*reversed(live)], version)
    if isinstance(subject, CheckoutSession) and name == "line_items":
        return checkout.line_items(world, subject)
    return None


def _list(world: World, url: str, rows: list[Renderable], version: str) -> Body:
    return shapes.listing(
        url, [render(world, row, version) for row in rows[:10]], has_more=len(rows) > 10
    )
