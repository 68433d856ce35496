"""``credit_note`` → its invoice's ``Bridge_Renewal__c``, and cash only outside Stripe."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bridge.to_salesforce.translate import Ignored, Kind

NOTE = "credit_note.created"


@pytest.fixture
def notes(stripe: Any, change: Any) -> Any:
    """Stripe's list of the golden invoice's credit notes."""
    answer = stripe.answers[Kind.INVOICE_CREDIT_NOTES, "in_first"]
    [golden] = answer["data"]

    def notes(*changes: dict[str, Any]) -> None:
        answer["data"] = [
            change(golden, {"id": f"cn_{n}", "created": 1767225600 + n, **each})
            for n, each in enumerate(changes)
        ]

    return notes


@pytest.mark.parametrize("shape", ["acacia", "endive"])
def test_the_golden_note(golden: Any, rows: Any, stripe: Any, shape: str) -> None:
    found = rows(golden(NOTE, shape))
    entry, renewal = found["cn_first:oob"], found["in_first"]
    assert (entry.gross, entry.tax, entry.net) == (
        Decimal("-100.00"),
        Decimal("-7.62"),
        Decimal("-92.38"),
    )
    assert (entry.kind, entry.status, entry.reason) == ("Credit Note", "issued", "order_change")
    assert (entry.settled_gross, entry.settlement_pending, entry.charge) == (None, False, None)
    assert (entry.renewal, entry.subscription) == ("in_first", "sub_team")
    assert entry.stripe_link == "https://dashboard.stripe.com/test/credit_notes/cn_first"
    assert (renewal.credited, renewal.as_of) == (Decimal("100.00"), stripe.as_of)


@pytest.mark.parametrize("given", [0, None])
def test_what_is_refunded_or_credited_is_no_cash_of_its_own(
    golden: Any, rows: Any, notes: Any, given: int | None
) -> None:
    notes({"out_of_band_amount": given, "refunds": [{"refund": "re_1", "amount_refunded": 100}]})
    found = rows(golden(NOTE))
    assert "in_first" in found
    assert not any(row.sobject == "Bridge_Entry__c" for row in found.values())


def test_a_void_one_keeps_its_row_with_nothing(golden: Any, rows: Any, notes: Any) -> None:
    notes({"status": "void"}, {"out_of_band_amount": 42_434})
    found = rows(golden(NOTE))
    assert (found["cn_0:oob"].gross, found["cn_0:oob"].status) == (0, "void")
    assert (found["cn_1:oob"].gross, found["cn_1:oob"].tax) == (
        Decimal("-424.34"),
        Decimal("-32.34"),
    )


def test_several_that_give_all_back_have_all_of_the_tax(golden: Any, rows: Any, notes: Any) -> None:
    notes(*({"out_of_band_amount": part} for part in (14_144, 14_145, 14_145)))
    found = [row for key, row in rows(golden(NOTE)).items() if key.endswith(":oob")]
    assert sum(row.tax for row in found) == Decimal("-32.34")


def test_money_is_booked_even_if_its_invoice_cannot_be(golden: Any, rows: Any, stripe: Any) -> None:
    [note] = stripe.answers[Kind.INVOICE_CREDIT_NOTES, "in_first"]["data"]
    note["invoice"]["status"] = None
    found = rows(golden(NOTE))
    assert list(found) == ["cus_globex", "cn_first:oob"]
    assert found["cn_first:oob"].renewal is None


def test_of_an_invoice_that_is_gone_there_is_nothing_to_say(
    golden: Any, run: Any, stripe: Any
) -> None:
    stripe.answers[Kind.INVOICE_CREDIT_NOTES, "in_first"]["data"] = []
    assert run(golden(NOTE)) == Ignored("its invoice is not there")
