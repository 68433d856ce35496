"""``refund`` → ``Bridge_Entry__c``: money that went back, with its part of the tax."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.to_salesforce.translate import Ignored, Kind, Need

REFUND, REFUNDED = "refund.created", "charge.refunded"
T0 = 1767225600
VOIDED = Ignored("an authorisation was released: no money went back")


@pytest.fixture
def refunds(stripe: Any, change: Any) -> Any:
    """Stripe's list of the golden charge's refunds, newest first; the golden one if left alone."""
    answer = stripe.answers[Kind.CHARGE_REFUNDS, "ch_first"]
    [golden] = answer["data"]

    def refunds(*changes: dict[str, Any], **of_charge: Any) -> None:
        golden["charge"] |= of_charge
        answer["data"] = [
            change(golden, {"id": f"re_{n}", "created": T0 + n, **each})
            for n, each in enumerate(changes)
        ][::-1]

    return refunds


def parts(row: Any) -> tuple[Decimal, Decimal, Decimal]:
    return row.gross, row.tax, row.net


@pytest.mark.parametrize("shape", ["acacia", "endive"])
@pytest.mark.parametrize("name", [REFUND, REFUNDED])
def test_the_golden_refund(golden: Any, rows: Any, stripe: Any, name: str, shape: str) -> None:
    found = rows(golden(name, shape))["re_first"]
    assert parts(found) == (Decimal("-124.34"), Decimal("-9.48"), Decimal("-114.86"))
    assert (found.kind, found.status, found.reason) == (
        "Refund",
        "succeeded",
        "requested_by_customer",
    )
    assert (found.charge, found.customer) == ("ch_first", "cus_globex")
    assert (found.subscription, found.renewal) == ("sub_team", "in_first")
    assert (found.balance_transaction, found.settled_gross, found.fee) == (
        "txn_refund",
        Decimal("-124.34"),
        0,
    )
    assert found.occurred_at == dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    assert (found.date, found.as_of) == (dt.date(2026, 1, 1), stripe.as_of)
    assert found.stripe_link == "https://dashboard.stripe.com/test/payments/pi_first"
    assert Need(Kind.CHARGE_REFUNDS, "ch_first", since=golden(name).created) in stripe.asked


def test_it_stands_under_its_parents_and_the_charge_is_not_written(golden: Any, rows: Any) -> None:
    assert list(rows(golden(REFUNDED))) == [
        "cus_globex",
        "sub_team",
        "in_first",
        "re_first",
        "sub_team:2025-12-31",
    ]


@pytest.mark.parametrize("status", ["failed", "canceled", "requires_action"])
def test_one_that_did_not_go_back_keeps_its_row_with_nothing(
    golden: Any, rows: Any, refunds: Any, status: str
) -> None:
    refunds({"status": status, "failure_reason": "lost_or_stolen_card"})
    found = rows(golden(REFUND))["re_0"]
    assert (parts(found), found.status) == ((0, 0, 0), status)
    assert (found.settled_gross, found.fee, found.settled_currency) == (0, 0, "USD")
    assert (found.balance_transaction, found.settlement_pending) == ("txn_refund", False)
    assert found.reason == "lost_or_stolen_card"


def test_a_pending_one_has_left(golden: Any, rows: Any, refunds: Any) -> None:
    refunds({"status": "pending", "balance_transaction": None})
    found = rows(golden(REFUND))["re_0"]
    assert (found.gross, found.settled_gross) == (Decimal("-124.34"), None)
    assert found.settlement_pending


def test_an_authorisation_that_was_released_is_no_refund(
    golden: Any, run: Any, refunds: Any, stripe: Any
) -> None:
    assert run(golden(REFUNDED, captured=False)) == VOIDED
    assert not stripe.asked
    refunds({}, captured=False)
    assert run(golden(REFUND)) == VOIDED
    stripe.answers[Kind.CHARGE_REFUNDS, "ch_first"]["data"] = []
    assert run(golden(REFUND)) == VOIDED


@pytest.mark.parametrize(
    "told",
    [
        {"balance_transaction.reporting_category": "partial_capture_reversal"},
        {"reason": "partial_capture"},
        {"balance_transaction": None},
    ],
)
def test_what_a_partial_capture_released_is_no_refund(
    golden: Any, rows: Any, refunds: Any, told: dict[str, Any]
) -> None:
    """Before basil Stripe made a refund of it; the other one is real."""
    refunds({"amount": 12_434, **told}, {"amount": 12_434}, amount_captured=30_000)
    found = rows(golden(REFUND))
    assert "re_0" not in found
    assert found["re_1"].gross == Decimal("-124.34")


def test_a_charge_without_a_customer_is_a_guests(golden: Any, run: Any, refunds: Any) -> None:
    refunds({}, customer=None)
    assert run(golden(REFUND)) == Ignored("unmatched: a guest, no Stripe customer")


def test_cash_that_no_charge_brought_is_not_booked(golden: Any, run: Any) -> None:
    reason = "of no charge: what goes back was not booked"
    assert run(golden(REFUND, charge=None)) == Ignored(reason)


def test_a_payment_that_stands_alone_takes_its_opportunity_along(
    golden: Any, rows: Any, refunds: Any, stripe: Any
) -> None:
    stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"] = {"object": "list", "data": []}
    refunds({}, metadata={"salesforce_opportunity_id": "006Ws000001AbCdIAK"})
    found = rows(golden(REFUND))["re_0"]
    assert (found.opportunity_ref, found.tax, found.renewal) == ("006Ws000001AbCdIAK", 0, None)


@given(
    st.lists(st.integers(1, 42_433), max_size=8, unique=True),
    st.lists(st.sampled_from(["succeeded", "pending", "failed", "canceled"]), max_size=4),
    st.randoms(use_true_random=False),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_charge_that_is_refunded_in_full_comes_to_nothing(
    golden: Any, rows: Any, refunds: Any, cuts: list[int], undone: list[str], dice: Any
) -> None:
    ends = [*sorted(cuts), 42_434]
    given_back = [
        {"amount": end - begin, "status": "succeeded"}
        for begin, end in zip([0, *ends], ends, strict=False)
    ]
    useless = [
        {"amount": 100, "status": status} for status in undone if status in {"failed", "canceled"}
    ]
    listed = [*given_back, *useless]
    dice.shuffle(listed)
    refunds(*listed)
    found = [row for key, row in rows(golden(REFUND)).items() if key.startswith("re_")]
    assert len(found) == len(listed)
    assert all(row.tax + row.net == row.gross <= 0 for row in found)
    sums = [sum(values) for values in zip(*map(parts, found), strict=True)]
    assert sums == [Decimal("-424.34"), Decimal("-32.34"), Decimal("-392.00")]
