"""How long a contract runs, and what is charged once at its beginning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bridge.money import add_months
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import metadata, paths
from bridge.to_salesforce.translate.fields import Context
from bridge.to_salesforce.translate.phases import schedule_of
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    first,
    flag,
    happened,
    members,
    moment,
    required,
    text,
)

_DAY = dt.timedelta(days=1)


def term_of(ctx: Context, subscription: Json) -> int | None:
    """The term in months: what the metadata says, else the schedule's, else until ``cancel_at``.

    A date of cancellation is a term only if it was set when the subscription was made: later it is
    a customer who leaves, and leaving does not restate what was sold. ``None``: the settings in
    Salesforce decide.
    """
    typed = metadata.term_months(ctx.rules, subscription)
    if typed is not None:
        return typed
    scheduled = _schedule_term(ctx, subscription)
    if scheduled is not None:
        return scheduled
    cancel_at = moment(subscription, "cancel_at")
    if cancel_at is None or flag(subscription, "cancel_at_period_end"):
        return None
    asked = moment(subscription, "canceled_at")
    if asked is not None and asked - happened(subscription, "created") >= _DAY:
        return None
    return months_between(happened(subscription, "start_date", "created"), cancel_at)


def _schedule_term(ctx: Context, subscription: Json) -> int | None:
    """From the first phase to the last, of a schedule that then cancels."""
    schedule = schedule_of(ctx, subscription)
    if schedule is None or text(schedule, "end_behavior") != "cancel":
        return None
    phases = members(schedule, "phases")
    starts = [at for phase in phases if (at := moment(phase, "start_date"))]
    ends = [at for phase in phases if (at := moment(phase, "end_date"))]
    return months_between(min(starts), max(ends)) if starts and ends else None


def months_between(start: dt.datetime, end: dt.datetime) -> int | None:
    """The nearest number of months; ``None`` when that is none, or more than a field holds."""
    months = (end.year - start.year) * 12 + end.month - start.month
    days = (end - add_months(start, months)).days
    months += 1 if days > 15 else -1 if days < -15 else 0
    return months if 1 <= months <= 999 else None


def one_off(ctx: Context, subscription: Json) -> int:
    """Minor units of the first invoice's lines that bill no period, without tax, discounted."""
    created = happened(subscription, "created")
    need = Need(Kind.FIRST_INVOICE, required(subscription, "id"), until=created + _DAY)
    invoice = ctx.look.one(need).object
    if invoice is None:
        return 0
    return sum(
        amount(line, "amount")
        - sum(amount(part, "amount") for part in members(line, "discount_amounts"))
        - paths.line_inclusive_tax(line)
        for line in lines_of(ctx, invoice)
        if not paths.line_is_recurring(line) and not paths.line_is_proration(line)
    )


def lines_of(ctx: Context, invoice: Json, since: dt.datetime | None = None) -> list[Json]:
    """All lines of an invoice; Stripe embeds the first ten, one-off ones first."""
    embedded = first(invoice, "lines")
    if isinstance(embedded, Mapping) and flag(embedded, "has_more"):
        need = Need(Kind.INVOICE_LINES, required(invoice, "id"), since=since)
        answer = ctx.look.one(need).object
        if answer is not None:
            return members(answer, "data")
    return members(invoice, "lines")
