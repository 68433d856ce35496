"""``invoice`` → ``Bridge_Renewal__c``."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.to_salesforce.translate import Ignored, Kind

PAID = "invoice.paid"
T0 = 1767225600
OPEN = {"status": "open", "amount_paid": 0, "attempt_count": 0}


@pytest.fixture
def row(golden: Any, rows: Any) -> Any:
    """The renewal's row after a change to the golden invoice."""

    def row(**changes: Any) -> Any:
        return rows(golden(PAID, **changes))["in_first"]

    return row


def test_the_golden_invoice(row: Any) -> None:
    found = row()
    assert (found.status, found.interval, found.subscription) == ("Collected", "month", "sub_team")
    assert (found.amount_due, found.amount_paid) == (Decimal("424.34"), Decimal("424.34"))
    assert (found.period_start, found.period_end) == (dt.date(2025, 12, 31), dt.date(2026, 1, 31))
    assert found.paid_date == dt.date(2025, 12, 31)
    assert found.billing_reason == "subscription_create"
    assert found.stripe_link == "https://dashboard.stripe.com/test/invoices/in_first"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "draft", "amount_paid": 0}, "Open"),
        ({"status": "draft", "amount_paid": 0, "parent": None}, "Upcoming"),
        (OPEN, "Open"),
        (OPEN | {"due_date": T0 + 32}, "Open"),
        (OPEN | {"due_date": T0 + 31}, "Overdue"),
        (OPEN | {"amount_paid": 100}, "Partly Collected"),
        (OPEN | {"amount_paid": 100, "due_date": T0}, "Partly Collected"),
        ({"status": "uncollectible"}, "Failed"),
        ({"status": "void"}, "Void"),
        ({"status": "paid", "amount_due": 0, "amount_paid": 0}, "Collected"),
    ],
)
def test_what_has_become_of_it(row: Any, changes: dict[str, Any], status: str) -> None:
    found = row(**changes)
    assert found.status == status
    assert (found.paid_date is not None) == (status == "Collected")


class TestPeriod:
    def test_prorations_and_one_off_lines_do_not_say_it(self, row: Any) -> None:
        # The golden lines are a one-off, a proration that ends far later, and the month.
        assert row().period_end == dt.date(2026, 1, 31)

    def test_a_one_off_line_of_a_longer_time_does_not_say_it(self, row: Any) -> None:
        found = row(**{"lines.data.0.period": {"start": T0, "end": T0 + 40_000_000}})
        assert (found.period_end, found.interval) == (dt.date(2026, 1, 31), "month")

    def test_only_prorations_say_nothing(self, row: Any, golden: Any) -> None:
        line = golden(PAID).object["lines"]["data"][1]
        found = row(**{"lines.data": [line]})
        assert (found.period_start, found.period_end, found.interval) == (None, None, None)

    def test_use_of_the_month_before_does_not_say_it(
        self, row: Any, golden: Any, change: Any
    ) -> None:
        line = golden(PAID).object["lines"]["data"][2]
        used = change(line, {"id": "il_zz", "period": {"start": T0 - 2_678_400, "end": T0}})
        found = row(**{"lines.data": [used, line]})
        assert (found.period_start, found.period_end) == (
            dt.date(2025, 12, 31),
            dt.date(2026, 1, 31),
        )

    def test_lines_beyond_the_embedded_ones_are_asked_for(
        self, row: Any, golden: Any, stripe: Any
    ) -> None:
        lines = golden(PAID).object["lines"]["data"]
        stripe.answers[Kind.INVOICE_LINES, "in_first"] = {"object": "list", "data": lines}
        found = row(**{"lines.data": lines[:1], "lines.has_more": True})
        assert found.period_end == dt.date(2026, 1, 31)

    def test_a_one_off_invoice_has_no_interval(self, row: Any, golden: Any) -> None:
        line = golden(PAID).object["lines"]["data"][0]
        found = row(**{"lines.data": [line], "parent": None})
        assert (found.interval, found.subscription) == (None, None)
        assert found.period_start == dt.date(2025, 12, 31)


def test_it_is_due_when_it_is_charged_unless_it_is_sent(row: Any) -> None:
    assert row(due_date=T0 + 10 * 86_400).due_date == dt.date(2026, 1, 10)
    draft = {"status": "draft", "automatically_finalizes_at": T0 + 3 * 86_400}
    assert row(**draft, **{"status_transitions.finalized_at": None}).due_date == dt.date(2026, 1, 3)


def test_a_deleted_draft_is_void(golden: Any, rows: Any) -> None:
    event = replace(golden(PAID, status="draft"), type="invoice.deleted")
    assert rows(event)["in_first"].status == "Void"


def test_links_are_whole_or_not_there(row: Any) -> None:
    assert row(hosted_invoice_url="https://x/" + "y" * 1100).invoice_page is None


def test_its_subscription_comes_with_it_so_that_the_lookup_holds(golden: Any, rows: Any) -> None:
    assert list(rows(golden(PAID))) == [
        "cus_globex",
        "sub_team",
        "in_first",
        "sub_team:2025-12-31",
    ]


def test_a_subscription_that_stripe_does_not_know_is_left_out(
    golden: Any, rows: Any, stripe: Any
) -> None:
    stripe.answers[Kind.SUBSCRIPTION, "sub_team"] = None
    found = rows(golden(PAID))
    assert list(found) == ["cus_globex", "in_first"]
    assert found["in_first"].subscription is None


def test_each_payment_is_told_once(golden: Any, run: Any) -> None:
    twin = replace(golden(PAID), type="invoice.payment_succeeded")
    assert run(twin) == Ignored("invoice.paid says the same")
