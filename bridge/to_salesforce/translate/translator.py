"""From a Stripe event to ledger rows, by the object that it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from bridge.contract import LEDGER_ORDER, CustomerRow
from bridge.stripe_api.events import StripeEvent
from bridge.stripe_api.facts import Facts, Kind, Need
from bridge.to_salesforce.translate import (
    cash,
    customers,
    discounts,
    ignored,
    invoices,
    link,
    paths,
    subscriptions,
    unpaid,
    upcoming,
)
from bridge.to_salesforce.translate.echo import is_echo
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.lookup import Lookup, Missing, gather, gather_two
from bridge.to_salesforce.translate.outcome import Ignored, Translation, Untranslatable
from bridge.to_salesforce.translate.parents import Rows, if_it_can_be, of_customer, once, renewal
from bridge.to_salesforce.translate.rules import BookingRules
from bridge.to_salesforce.translate.shape import first, members, reference, text
from bridge.to_salesforce.translate.sold import sold_of

_MOST_AT_ONCE = 25


def needs(event: StripeEvent, facts: Facts, rules: BookingRules) -> frozenset[Need]:
    """What must still be read from Stripe before the event can be translated.

    Reading it may show that more is needed: ask again with the grown facts until nothing is, in
    eight rounds at most.
    """
    try:
        translate(event, facts, rules)
    except Missing as gap:
        return gap.needs
    except Untranslatable:
        return frozenset()
    return frozenset()


def translate(event: StripeEvent, facts: Facts, rules: BookingRules) -> Translation | Ignored:
    """The ledger rows of an event, parents before children; pure, no I/O.

    A row whose object is the event's own is as of ``event.created``. Its parents are other objects:
    they are as of the moment that Stripe was asked for them.

    Raises :class:`Untranslatable` for an object that no row can hold, and ``Missing`` (a
    ``LookupError``) while :func:`needs` is not empty.
    """
    kind = text(event.object, "object") or ""
    reason = ignored.BY_TYPE.get(event.type) or ignored.BY_OBJECT.get(kind)
    if reason is not None:
        return Ignored(reason)
    if is_echo(event, rules):
        return Ignored("it tells of metadata that the bridge wrote")
    handler = _BY_TYPE.get(event.type) or _HANDLERS.get(kind)
    if handler is None:
        return Ignored("unknown type")
    ctx = Context(Lookup(facts), rules, event.account, event.livemode)
    found = event.object
    if event.type in {"customer.deleted", "invoice.deleted"}:
        found = {**found, "deleted": True}
    try:
        answer = handler(ctx, Snapshot(found, event.created))
    except OverflowError as error:
        raise Untranslatable(f"{found.get('id')} holds a moment out of range") from error
    if isinstance(answer, Ignored):
        return answer
    rows = sorted(answer, key=lambda row: LEDGER_ORDER.index(type(row)))
    return Translation(_lane(rows) or paths.lane(found) or event.id, tuple(rows))


def _customer(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """The customer, and what is in trouble while he is delinquent (``unpaid`` says why)."""
    owed = unpaid.of_customer(ctx, at)
    found = _all(partial(if_it_can_be, partial(renewal, ctx, each)) for each in owed)
    return [customers.row(ctx, at), *{row.key: row for row in found}.values()]


def _subscription(ctx: Context, at: Snapshot) -> Rows | Ignored:
    return of_customer(ctx, at, lambda: _sold(ctx, at))


def _invoice(ctx: Context, at: Snapshot) -> Rows | Ignored:
    return of_customer(ctx, at, lambda: _billed(ctx, at))


def _checkout(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """A session may name the Opportunity of the subscription that it made.

    The row stays the subscription's, which always looks at its session (``link``); this event only
    says that there is one now.
    """
    key = reference(first(at.object, "subscription"))
    if key is None:
        return cash.session(ctx, at)
    if link.of_session(ctx.rules, at.object) is None:
        return Ignored("names no Opportunity")
    fact = ctx.look.one(Need(Kind.SUBSCRIPTION, key, since=at.as_of))
    if fact.object is None:
        return Ignored("its subscription is not there")
    return _subscription(ctx, Snapshot(fact.object, fact.as_of))


def _of_its_subscription(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """A discount or a schedule changed: the subscription is read, and its state written."""
    key = reference(first(at.object, "subscription"))
    if key is None:
        return Ignored("of no subscription")
    fact = ctx.look.one(Need(Kind.SUBSCRIPTION, key, since=at.as_of))
    if fact.object is None:
        return Ignored("its subscription is not there")
    return _subscription(ctx, Snapshot(fact.object, fact.as_of))


def _discount(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """A discount came or went: its subscription's, or of its customer's subscriptions without one.

    Those do not change by it, so they have no event of their own.
    """
    key = paths.customer(at.object)
    if reference(first(at.object, "subscription")) is not None or key is None:
        return _of_its_subscription(ctx, at)
    # The first answer is for the lookups without a moment, which take what was read last.
    _, listed = ctx.look.all(
        (
            Need(Kind.CUSTOMER, key, since=at.as_of),
            Need(Kind.SUBSCRIPTIONS, key, since=at.as_of),
        )
    )
    found = [
        Snapshot(each, listed.as_of)
        for each in members(listed.object or {}, "data")
        if discounts.takes_the_customers(each)
    ]
    if not found:
        return Ignored("no subscription has the customer's discount")
    if len(found) > _MOST_AT_ONCE:
        raise Untranslatable(
            f"customer {key} has a discount on {len(found)} subscriptions, more than one message"
            f" holds ({_MOST_AT_ONCE}): resync the customer"
        )
    sold = (partial(if_it_can_be, partial(_sold, ctx, each)) for each in found)
    return of_customer(ctx, found[0], lambda: _all(sold))


def _billed(ctx: Context, at: Snapshot) -> Rows:
    """An invoice's row, and what was paid for it where nothing else says so."""
    row, paid = gather_two(lambda: renewal(ctx, at), lambda: cash.paid_invoice(ctx, at))
    return once([*paid, *row])


def _sold(ctx: Context, at: Snapshot) -> Rows:
    """A subscription's row, what is coming on it, and what is in trouble."""
    sold, owed = gather_two(lambda: sold_of(ctx, at), lambda: unpaid.of_subscription(ctx, at))
    row = subscriptions.row(ctx, at, sold)
    failing = _all(partial(if_it_can_be, partial(_failing, ctx, each, row.key)) for each in owed)
    return [
        row,
        *upcoming.rows(ctx, at, sold),
        *failing,
        subscriptions.movement(ctx, at, row),
    ]


def _failing(ctx: Context, at: Snapshot, subscription: str) -> Rows:
    return [invoices.row(ctx, at, invoices.picture(ctx, at), subscription)]


def _all(asked: Iterable[Callable[[], Rows]]) -> Rows:
    return [row for rows in gather(asked) for row in rows]


_Handler = Callable[[Context, Snapshot], Rows | Ignored]

_BY_TYPE: dict[str, _Handler] = {"charge.refunded": cash.refunded}

_HANDLERS: dict[str, _Handler] = {
    "customer": _customer,
    "subscription": _subscription,
    "invoice": _invoice,
    "charge": cash.charge,
    "refund": cash.refund,
    "dispute": cash.dispute,
    "credit_note": cash.credit_note,
    "discount": _discount,
    "subscription_schedule": _of_its_subscription,
    "invoice_payment": cash.invoice_payment,
    "checkout.session": _checkout,
}


def _lane(rows: Rows) -> str | None:
    return next((row.key for row in rows if isinstance(row, CustomerRow)), None)
