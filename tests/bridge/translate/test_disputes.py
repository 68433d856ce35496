"""``dispute`` → ``Bridge_Entry__c``: what a bank took back, and gave back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.to_salesforce.translate import Ignored, Kind, Untranslatable

WITHDRAWN = "charge.dispute.funds_withdrawn"
T0 = 1767225600


@pytest.fixture
def disputes(stripe: Any, change: Any) -> Any:
    """Stripe's list of the golden charge's disputes: (amount, what its balance lost or had)."""
    answer = stripe.answers[Kind.CHARGE_DISPUTES, "ch_first"]
    [golden] = answer["data"]
    [transaction] = golden["balance_transactions"]

    def disputes(*listed: tuple[int, list[int]], **changes: Any) -> None:
        answer["data"] = [
            change(
                golden,
                {
                    "id": f"du_{n}",
                    "created": T0 + n,
                    "amount": disputed,
                    "balance_transactions": [
                        transaction | {"id": f"txn_{n}_{m}", "amount": moved, "created": T0 + m}
                        for m, moved in enumerate(moves)
                    ],
                    **changes,
                },
            )
            for n, (disputed, moves) in enumerate(listed)
        ][::-1]

    return disputes


def entries(found: dict[str, Any]) -> dict[str, Any]:
    return {key: row for key, row in found.items() if key.startswith("txn_")}


@pytest.mark.parametrize("shape", ["acacia", "endive"])
def test_the_golden_dispute(golden: Any, rows: Any, stripe: Any, shape: str) -> None:
    found = rows(golden(WITHDRAWN, shape))["txn_withdrawn"]
    assert (found.gross, found.tax, found.net) == (
        Decimal("-300.00"),
        Decimal("-22.86"),
        Decimal("-277.14"),
    )
    assert (found.settled_gross, found.fee) == (Decimal("-300.00"), Decimal("15.00"))
    assert (found.kind, found.status, found.reason) == ("Dispute", "needs_response", "fraudulent")
    assert (found.charge, found.renewal, found.subscription) == ("ch_first", "in_first", "sub_team")
    assert (found.as_of, found.date) == (stripe.as_of, dt.date(2026, 1, 3))
    assert found.stripe_link == "https://dashboard.stripe.com/test/disputes/du_first"


def test_what_is_reinstated_comes_back_to_the_cent(golden: Any, rows: Any, disputes: Any) -> None:
    disputes((30_000, [-30_000, 30_000]), status="won")
    found = entries(rows(golden(WITHDRAWN)))
    assert [row.gross for row in found.values()] == [Decimal("-300.00"), Decimal("300.00")]
    assert sum(row.tax for row in found.values()) == 0
    assert {row.status for row in found.values()} == {"won"}


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_closed", "needs_response"])
def test_what_has_taken_nothing_writes_nothing(
    golden: Any, run: Any, stripe: Any, status: str
) -> None:
    answer = run(golden(WITHDRAWN, status=status, balance_transactions=[]))
    inquiry = status.startswith("warning_")
    reason = "an inquiry takes no money" if inquiry else "no money was withdrawn"
    assert answer == Ignored(reason)
    assert not stripe.asked


def test_the_balance_is_in_another_currency_than_the_charge(
    golden: Any, rows: Any, disputes: Any, stripe: Any
) -> None:
    """The money of the customer is in the charge's, what Stripe took in the settlement's."""
    disputes((30_000, [-27_777, 27_900]))
    for each in stripe.answers[Kind.CHARGE_DISPUTES, "ch_first"]["data"]:
        for transaction in each["balance_transactions"]:
            transaction["currency"] = "eur"
    found = list(entries(rows(golden(WITHDRAWN))).values())
    assert [row.gross for row in found] == [Decimal("-300.00"), Decimal("300.00")]
    assert [row.settled_gross for row in found] == [Decimal("-277.77"), Decimal("279.00")]
    assert {(row.currency, row.settled_currency) for row in found} == {("USD", "EUR")}


def test_a_bank_may_dispute_in_what_the_charge_was_settled_in(
    golden: Any, rows: Any, disputes: Any, stripe: Any, run: Any
) -> None:
    stripe.answers[Kind.BALANCE_TRANSACTION, "txn_first"] |= {"currency": "eur", "amount": 40_000}
    disputes((20_000, [-20_000]), currency="eur")
    [listed] = stripe.answers[Kind.CHARGE_DISPUTES, "ch_first"]["data"]
    listed["balance_transactions"][0]["currency"] = "eur"
    [found] = entries(rows(golden(WITHDRAWN))).values()
    assert (found.gross, found.currency) == (Decimal("-212.17"), "USD")
    listed["currency"] = "gbp"
    with pytest.raises(Untranslatable, match="dispute du_0 is in GBP"):
        run(golden(WITHDRAWN))


def test_a_fee_of_its_own_is_no_money_of_the_customers(
    golden: Any, rows: Any, disputes: Any, stripe: Any
) -> None:
    disputes((30_000, [-30_000, -1_500]))
    [listed] = stripe.answers[Kind.CHARGE_DISPUTES, "ch_first"]["data"]
    listed["balance_transactions"][1] |= {"type": "stripe_fee", "reporting_category": "fee"}
    listed["balance_transactions"][1]["fee"] = 0
    fee = rows(golden(WITHDRAWN))["txn_0_1"]
    assert (fee.gross, fee.tax, fee.settled_gross, fee.fee) == (0, 0, 0, Decimal("15.00"))


@given(st.lists(st.tuples(st.integers(1, 20_000), st.booleans()), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_refunds_and_lost_disputes_of_a_whole_charge_come_to_nothing(
    golden: Any, rows: Any, disputes: Any, stripe: Any, banks: list[tuple[int, bool]]
) -> None:
    """What banks did not take for good was refunded; neither list knows of the other."""
    lost = sum(taken for taken, won in banks if not won)
    if lost >= 42_434:
        return
    disputes(*((taken, [-taken, taken] if won else [-taken]) for taken, won in banks))
    [refund] = stripe.answers[Kind.CHARGE_REFUNDS, "ch_first"]["data"]
    refund["amount"] = 42_434 - lost
    found = [*entries(rows(golden(WITHDRAWN))).values(), rows(golden("refund.created"))["re_first"]]
    assert sum(row.gross for row in found) == Decimal("-424.34")
    assert sum(row.tax for row in found) == Decimal("-32.34")
