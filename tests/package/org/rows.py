"""Ledger rows with ordinary values; what a test is about is given by name."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bridge.contract import CustomerRow, EntryRow, MovementRow, RenewalRow, SubscriptionRow

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def later(minutes: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def customer(key: str = "cus_1", as_of: dt.datetime = NOON, **values: Any) -> CustomerRow:
    return CustomerRow.model_validate(
        {
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_id": key,
            "name": key,
            "email": "not an address Salesforce likes",
            "currency": "USD",
            "opportunity_ref": None,
            "deleted": False,
            **values,
        }
    )


def subscription(key: str = "sub_1", as_of: dt.datetime = NOON, **values: Any) -> SubscriptionRow:
    nothing = dict.fromkeys(
        (
            "opportunity_ref",
            "tcv",
            "first_invoice",
            "term_months",
            "trial_end",
            "current_period_start",
            "current_period_end",
            "cancel_at",
            "canceled_date",
            "ended_date",
            "cancellation_reason",
            "collection_method",
            "collection_paused",
        )
    )
    return SubscriptionRow.model_validate(
        {
            **nothing,
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_id": key,
            "customer": "cus_1",
            "status": "active",
            "plan_name": "Team",
            "quantity": 3,
            "interval": "1 month",
            "currency": "USD",
            "mrr": "100",
            "arr": "1200",
            "acv": "1200",
            "start_date": dt.date(2026, 3, 1),
            "active_date": dt.date(2026, 3, 1),
            "cancel_at_period_end": False,
            **values,
        }
    )


def renewal(key: str = "in_1", as_of: dt.datetime = NOON, **values: Any) -> RenewalRow:
    nothing = dict.fromkeys(
        (
            "billing_reason",
            "invoice_number",
            "interval",
            "period_start",
            "period_end",
            "paid_date",
            "next_retry",
            "next_retry_date",
            "dunning_status",
            "failure_reason",
            "invoice_page",
            "invoice_pdf",
        )
    )
    return RenewalRow.model_validate(
        {
            **nothing,
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_key": key,
            "customer": "cus_1",
            "subscription": None,
            "status": "Upcoming",
            "due_date": dt.date(2026, 4, 1),
            "currency": "USD",
            "amount_due": "100",
            "amount_paid": "0",
            "amount_remaining": "0",
            "credited": "0",
            "attempt_count": 0,
            "in_dunning": False,
            **values,
        }
    )


def movement(
    day: dt.date, mrr: str, subscription: str = "sub_1", as_of: dt.datetime = NOON, **values: Any
) -> MovementRow:
    return MovementRow.model_validate(
        {
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_key": f"{subscription}:{day.isoformat()}",
            "customer": "cus_1",
            "subscription": subscription,
            "date": day,
            "currency": "USD",
            "mrr_after": mrr,
            **values,
        }
    )


def entry(
    key: str = "ch_1", net: str = "99.5", as_of: dt.datetime = NOON, **values: Any
) -> EntryRow:
    return EntryRow.model_validate(
        {
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_key": key,
            "customer": "cus_1",
            "subscription": None,
            "renewal": None,
            "kind": "Charge",
            "status": "succeeded",
            "occurred_at": NOON,
            "date": dt.date(2026, 3, 1),
            "currency": "USD",
            "gross": net,
            "tax": "0",
            "net": net,
            "balance_transaction": None,
            "settled_gross": None,
            "settled_currency": None,
            "fee": None,
            "settlement_pending": False,
            "description": None,
            "charge": key,
            "reason": None,
            "opportunity_ref": None,
            **values,
        }
    )
