"""``invoice`` → ``Bridge_Renewal__c``: what was expected and what became of it.

A subscription's draft is Open: its period has begun, and what is Upcoming is the one after it.
Any other draft is Upcoming, a deleted one Void. Collected, Void and Failed (written off as
uncollectible) are Stripe's own ends. An open one is Partly Collected once some of it is paid,
Failed when a payment has failed and none is under way, Overdue after its due date, else Open.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bridge.contract import RenewalRow
from bridge.money import to_major
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.dunning import Dunning, dunning_of, is_due
from bridge.to_salesforce.translate.fields import (
    Context,
    Snapshot,
    currency_code,
    cut,
    whole_or_none,
)
from bridge.to_salesforce.translate.lookup import gather_two
from bridge.to_salesforce.translate.plan import interval_label, interval_of
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    expanded,
    flag,
    happened,
    moment,
    reference,
    required,
    text,
    whole,
)
from bridge.to_salesforce.translate.term import lines_of


@dataclass(frozen=True, slots=True)
class Picture:
    """What an invoice's row takes from elsewhere."""

    dunning: Dunning
    line: Json | None
    """The line that says what period it is for."""
    interval: str | None


def picture(ctx: Context, at: Snapshot) -> Picture:
    """Asks for all that the row needs beyond the invoice itself."""
    dunning, (line, interval) = gather_two(lambda: dunning_of(ctx, at), lambda: _period(ctx, at))
    return Picture(dunning, line, interval)


def row(ctx: Context, at: Snapshot, seen: Picture, subscription: str | None) -> RenewalRow:
    """The invoice as a snapshot shows it; ``subscription`` is its parent, where Stripe has one."""
    found, line, dunning = at.object, seen.line, seen.dunning
    status = status_of(at, dunning)
    key, currency = required(found, "id"), currency_code(found, "currency")
    attempts = whole(found, "attempt_count") or 0
    paid = moment(found, "status_transitions.paid_at") if status == "Collected" else None
    return ctx.row(
        RenewalRow,
        at,
        ctx.link("invoices", key),
        stripe_key=key,
        customer=required(found, "customer", "customer.id"),
        subscription=subscription,
        status=status,
        billing_reason=cut(text(found, "billing_reason"), 40),
        invoice_number=cut(text(found, "number"), 255),
        interval=seen.interval,
        period_start=ctx.day(moment(line, "period.start")) if line else None,
        period_end=ctx.day(moment(line, "period.end")) if line else None,
        due_date=ctx.day(due_at(found)),
        paid_date=ctx.day(paid),
        currency=currency,
        amount_due=to_major(amount(found, "amount_due"), currency),
        amount_paid=to_major(amount(found, "amount_paid"), currency),
        amount_remaining=to_major(amount(found, "amount_remaining"), currency),
        credited=to_major(_credited(found), currency),
        attempt_count=min(attempts, 9999),
        in_dunning=dunning.active,
        dunning_status=dunning.word,
        failure_reason=dunning.reason,
        next_retry=dunning.next_retry,
        next_retry_date=ctx.day(dunning.next_retry),
        invoice_page=whole_or_none(text(found, "hosted_invoice_url"), 1024),
        invoice_pdf=whole_or_none(text(found, "invoice_pdf"), 1024),
    )


def status_of(at: Snapshot, dunning: Dunning) -> str:
    """What has become of an invoice."""
    found = at.object
    if flag(found, "deleted"):
        return "Void"
    status = required(found, "status")
    if status == "draft":
        return "Upcoming" if paths.invoice_subscription(found) is None else "Open"
    ends = {"paid": "Collected", "void": "Void", "uncollectible": "Failed"}
    if status in ends:
        return ends[status]
    if (whole(found, "amount_paid") or 0) > 0:
        return "Partly Collected"
    if dunning.failed:
        return "Failed"
    return "Overdue" if is_due(at) else "Open"


def due_at(invoice: Json) -> dt.datetime:
    """When an invoice is to be paid: the day it is charged, where Stripe charges it."""
    return (
        moment(invoice, "due_date")
        or moment(invoice, "status_transitions.finalized_at", "automatically_finalizes_at")
        or happened(invoice, "created")
    )


def main_line(ctx: Context, at: Snapshot) -> Json | None:
    """The line that says what period an invoice is for: no proration, ending last.

    Use that is billed afterwards ends where the period that is paid in advance begins.
    """
    since = at.as_of if text(at.object, "status") == "draft" else None
    lines = [line for line in lines_of(ctx, at.object, since) if not paths.line_is_proration(line)]
    recurring = [line for line in lines if paths.line_is_recurring(line)] or lines
    dated = [
        (end, -start.timestamp(), required(line, "id"), line)
        for line in recurring
        if (start := moment(line, "period.start")) and (end := moment(line, "period.end"))
    ]
    return max(dated, key=lambda entry: entry[:3])[3] if dated else None


def _credited(invoice: Json) -> int:
    """What credit notes took off, in minor units: before payment and after it."""
    kinds = ("pre_payment_credit_notes_amount", "post_payment_credit_notes_amount")
    return sum(whole(invoice, kind) or 0 for kind in kinds)


def _period(ctx: Context, at: Snapshot) -> tuple[Json | None, str | None]:
    line = main_line(ctx, at)
    recurring = line is not None and paths.line_is_recurring(line)
    return line, _interval(ctx, line) if line is not None and recurring else None


def _interval(ctx: Context, line: Json) -> str | None:
    named = paths.line_price(line)
    price = expanded(named)
    key = reference(named)
    if price is None and key is not None:
        price = ctx.look.one(Need(Kind.PRICE, key)).object
    interval = interval_of(price) if price is not None else None
    return interval_label(interval) if interval else None
