"""Payments outside Stripe: one key for one movement, in whatever shape it is told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from bridge.to_salesforce.translate import Kind

PAYMENT, PAID = "invoice_payment.paid", "invoice.paid"
T0 = 1767225600


@pytest.fixture
def listed(stripe: Any, golden: Any) -> Any:
    """Stripe's list of the golden invoice's payments: those outside Stripe, by amount."""
    answer = stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"]
    [by_card] = answer["data"]
    outside = golden(PAYMENT).object

    def listed(*amounts: int, by_card_too: int = 0) -> None:
        answer["data"] = [
            outside
            | {
                "id": f"inpay_{n}",
                "amount_paid": paid,
                "status_transitions": {"paid_at": T0 + n, "canceled_at": None},
            }
            for n, paid in enumerate(amounts)
        ]
        if by_card_too:
            charge = stripe.answers[Kind.PAYMENT_CHARGE, "pi_first"]
            charge |= {"amount": by_card_too, "amount_captured": by_card_too}
            by_card["payment"]["payment_intent"]["latest_charge"] = charge
            by_card["amount_paid"] = by_card_too
            [own] = stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"]["data"]
            own["amount_paid"] = by_card_too
            answer["data"].insert(0, by_card)

    listed(42_434)
    return listed


def cash(found: dict[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        key: (row.gross, row.tax) for key, row in found.items() if row.sobject == "Bridge_Entry__c"
    }


def test_the_golden_payment(golden: Any, rows: Any, listed: Any, stripe: Any) -> None:
    found = rows(golden(PAYMENT))["inpay_0"]
    assert (found.gross, found.tax, found.net) == (
        Decimal("424.34"),
        Decimal("32.34"),
        Decimal("392.00"),
    )
    assert (found.kind, found.status, found.charge) == ("Payment", "paid", None)
    assert (found.settled_gross, found.settlement_pending) == (None, False)
    assert (found.renewal, found.subscription) == ("in_first", "sub_team")
    assert found.occurred_at == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert found.as_of == stripe.as_of
    assert found.stripe_link == "https://dashboard.stripe.com/test/invoices/in_first"


def test_an_invoice_of_before_basil_has_the_key_that_stripe_knows(
    golden: Any, rows: Any, listed: Any
) -> None:
    """Endpoints of that time hear of no invoice payments; those of today of no such flag."""
    old = rows(golden(PAID, "acacia", paid_out_of_band=True, payment_intent=None))
    assert (
        cash(old)
        == cash(rows(golden(PAYMENT)))
        == {"inpay_0": (Decimal("424.34"), Decimal("32.34"))}
    )


def test_one_that_stripe_names_no_payment_of_has_the_invoices_key(
    golden: Any, rows: Any, stripe: Any
) -> None:
    stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"]["data"] = []
    found = rows(golden(PAID, "acacia", paid_out_of_band=True, payment_intent=None))
    assert cash(found) == {"oob:in_first": (Decimal("424.34"), Decimal("32.34"))}
    assert found["oob:in_first"].kind == "Payment"


def test_what_a_credit_balance_paid_is_no_cash(golden: Any, rows: Any, stripe: Any) -> None:
    stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"]["data"] = []
    nothing = {"amount_due": 0, "amount_paid": 0, "payment_intent": None}
    assert cash(rows(golden(PAID, "acacia", **nothing))) == {}


def test_an_old_invoice_that_its_own_payment_paid_writes_no_entry(golden: Any, rows: Any) -> None:
    assert cash(rows(golden(PAID, "acacia"))) == {}


def test_an_old_invoice_that_another_payment_paid_writes_that_payments_charge(
    golden: Any, rows: Any, stripe: Any
) -> None:
    [payment] = stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"]["data"]
    payment["payment"]["payment_intent"]["latest_charge"] = stripe.answers[
        Kind.PAYMENT_CHARGE, "pi_first"
    ]
    stripe.answers[Kind.CHARGE_REFUNDS, "ch_first"]["data"] = []
    found = rows(golden(PAID, "acacia", payment_intent="pi_its_own"))
    assert cash(found) == {"ch_first": (Decimal("424.34"), Decimal("32.34"))}
    assert found["ch_first"].renewal == "in_first"


def test_parts_in_and_outside_stripe_share_the_tax(golden: Any, rows: Any, listed: Any) -> None:
    listed(14_145, 14_145, by_card_too=14_144)
    found = cash(rows(golden(PAYMENT)))
    assert set(found) == {"inpay_0", "inpay_1", "ch_first"}
    assert [sum(each) for each in zip(*found.values(), strict=True)] == [
        Decimal("424.34"),
        Decimal("32.34"),
    ]


def test_the_payment_of_a_card_writes_those_that_share_the_tax_with_it(
    golden: Any, rows: Any, listed: Any
) -> None:
    listed(14_145, 14_145, by_card_too=14_144)
    by_card = {"type": "payment_intent", "payment_intent": "pi_first"}
    assert cash(rows(golden(PAYMENT, payment=by_card))) == cash(rows(golden(PAYMENT)))
