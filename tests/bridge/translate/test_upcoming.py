"""``subscription`` → what is coming on it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from bridge.to_salesforce.translate import Kind

UPDATED = "customer.subscription.updated"
T0 = 1767225600


def at(day: str) -> int:
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())


@pytest.fixture
def coming(golden: Any, rows: Any) -> Any:
    """What is coming, by interval, after a change to the golden subscription."""

    def coming(**changes: Any) -> dict[str, Any]:
        found = rows(golden(UPDATED, **changes))
        return {key.split(":")[2]: row for key, row in found.items() if key.startswith("next:")}

    return coming


class TestComing:
    def test_the_next_invoice_is_what_will_be_asked(self, coming: Any) -> None:
        [(unit, found)] = coming().items()
        assert (unit, found.status, found.amount_due) == ("month", "Upcoming", Decimal("392.00"))
        assert found.due_date == found.period_start == dt.date(2026, 1, 31)
        assert (found.subscription, found.interval) == ("sub_team", "month")

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "canceled", "ended_at": T0 + 50},
            {"status": "unpaid"},
            {"status": "paused"},
            {"cancel_at_period_end": True, "cancel_at": at("2026-02-01")},
            {"cancel_at": at("2026-01-20")},
            {"cancel_at": at("2026-02-01")},
        ],
    )
    def test_what_will_not_come_is_void(self, coming: Any, changes: dict[str, Any]) -> None:
        found = coming(**changes)["month"]
        assert (found.status, found.due_date, found.amount_due) == ("Void", None, 0)

    def test_a_cancellation_after_the_next_invoice_leaves_it(self, coming: Any) -> None:
        assert coming(cancel_at=at("2026-03-01"))["month"].status == "Upcoming"

    @pytest.mark.parametrize("status", ["incomplete", "incomplete_expired"])
    def test_nothing_is_said_before_the_first_payment(self, coming: Any, status: str) -> None:
        assert coming(status=status) == {}

    def test_invoices_that_are_sent_are_due_later(self, coming: Any) -> None:
        sent = coming(collection_method="send_invoice", days_until_due=30)["month"]
        assert (sent.period_start, sent.due_date) == (dt.date(2026, 1, 31), dt.date(2026, 3, 2))

    def test_each_interval_has_its_own(self, coming: Any, golden: Any, change: Any) -> None:
        item = golden(UPDATED).object["items"]["data"][0]
        yearly = change(item, {"id": "si_year", "price.recurring.interval": "year"})
        yearly |= {"current_period_end": at("2027-01-01"), "quantity": 1}
        found = coming(**{"items.data": [item, yearly], "discounts": []})
        assert {unit: row.amount_due for unit, row in found.items()} == {
            "month": Decimal("490.00"),
            "year": Decimal("49.00"),
        }

    def test_the_interval_that_it_moved_away_from_is_void(self, coming: Any) -> None:
        yearly = {
            "items.data.0.price.recurring.interval": "year",
            "items.data.0.current_period_start": at("2026-01-20"),
            "items.data.0.current_period_end": at("2027-01-20"),
            "billing_cycle_anchor": at("2026-01-20"),
        }
        found = coming(**yearly)
        assert {unit: row.status for unit, row in found.items()} == {
            "day": "Void",
            "week": "Void",
            "month": "Void",
            "year": "Upcoming",
        }

    def test_an_item_of_later_may_have_taken_the_place_of_another_interval(
        self, coming: Any
    ) -> None:
        assert set(coming(**{"items.data.0.created": at("2026-01-10")})) == {
            "day",
            "week",
            "month",
            "year",
        }

    def test_a_move_during_the_trial_leaves_no_trace_and_is_reckoned_with(
        self, coming: Any
    ) -> None:
        end = at("2026-01-15")
        trial = {"trial_start": T0, "trial_end": end, "billing_cycle_anchor": end}
        trial |= {"items.data.0.price.recurring.interval": "year"}
        trial |= {"items.data.0.current_period_end": end}
        for status in ("trialing", "active"):
            found = coming(**trial, status=status)
            assert {unit: row.status for unit, row in found.items()} == {
                "year": "Upcoming",
                "day": "Void",
                "week": "Void",
                "month": "Void",
            }

    @pytest.mark.parametrize(
        ("pause", "status"),
        [
            ({"behavior": "keep_as_draft"}, "Upcoming"),
            ({"behavior": "void"}, "Void"),
            ({"behavior": "mark_uncollectible"}, "Void"),
            ({"behavior": "void", "resumes_at": at("2026-01-31")}, "Upcoming"),
            ({"behavior": "void", "resumes_at": at("2026-02-02")}, "Void"),
        ],
    )
    def test_what_a_pause_gives_up_is_not_expected(
        self, coming: Any, pause: dict[str, Any], status: str
    ) -> None:
        found = coming(pause_collection={"resumes_at": None} | pause)["month"]
        assert found.status == status

    def test_the_end_of_a_trial_is_the_first_to_come_and_once_is_still_unused(
        self, coming: Any, stripe: Any
    ) -> None:
        stripe.answers[Kind.COUPON, "LAUNCH20"] |= {"duration": "once", "percent_off": 50}
        end = at("2026-01-15")
        trial = {"status": "trialing", "trial_start": T0, "trial_end": end}
        trial["items.data.0.current_period_end"] = end
        assert coming(**trial)["month"].amount_due == Decimal("245.00")
        # Without a trial the first invoice had it.
        assert coming()["month"].amount_due == Decimal("490.00")

    def test_a_discount_that_is_over_by_then_does_not_count(self, coming: Any, stripe: Any) -> None:
        stripe.answers[Kind.COUPON, "LAUNCH20"]["duration"] = "repeating"
        discount = stripe.answers[Kind.SUBSCRIPTION_DISCOUNTS, "sub_team"]["di_launch"]
        discount["end"] = at("2026-02-01")
        assert coming()["month"].amount_due == Decimal("490.00")
        discount["end"] = at("2026-02-02")
        assert coming()["month"].amount_due == Decimal("392.00")
