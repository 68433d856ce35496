"""``charge`` → ``Bridge_Entry__c``: money once, with its tax."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.to_salesforce.translate import Ignored, Kind, StripeEvent, Untranslatable

CHARGE = "charge.succeeded"
T0 = 1767225600


@pytest.fixture
def row(golden: Any, rows: Any) -> Any:
    """The entry's row after a change to the golden charge."""

    def row(**changes: Any) -> Any:
        return rows(golden(CHARGE, **changes))["ch_first"]

    return row


def test_the_golden_charge(row: Any) -> None:
    found = row()
    assert (found.gross, found.tax, found.net) == (
        Decimal("424.34"),
        Decimal("32.34"),
        Decimal("392.00"),
    )
    assert (found.settled_gross, found.settled_currency, found.fee) == (
        Decimal("424.34"),
        "USD",
        Decimal("12.61"),
    )
    assert (found.kind, found.balance_transaction, found.settlement_pending) == (
        "Charge",
        "txn_first",
        False,
    )
    assert (found.renewal, found.subscription) == ("in_first", "sub_team")
    assert found.date == dt.date(2025, 12, 31)
    assert found.stripe_link == "https://dashboard.stripe.com/test/payments/pi_first"


@pytest.mark.parametrize(
    "changes",
    [
        {"captured": False},
        {"status": "pending", "captured": True},
        {"status": "failed", "captured": False, "paid": False, "balance_transaction": None},
        {"captured": False, "refunded": True, "amount_refunded": 42434},
    ],
)
def test_no_money_moved(golden: Any, run: Any, changes: dict[str, Any], stripe: Any) -> None:
    reason = "no money moved: not captured, or not succeeded"
    assert run(golden(CHARGE, **changes)) == Ignored(reason)
    assert not stripe.asked


@pytest.fixture
def paid_in_parts(stripe: Any, change: Any) -> Any:
    """The golden invoice paid by several payments: amounts, of which the last is the charge's."""

    [listed] = stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"]["data"]

    def paid_in_parts(*amounts: int) -> None:
        [own] = stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"]["data"]
        own["amount_paid"] = amounts[-1]
        other = {"type": "payment_record", "payment_record": "pr_1"}
        stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"]["data"] = [
            change(
                listed,
                {
                    "id": f"inpay_{number}",
                    "amount_paid": paid,
                    "payment": listed["payment"] if number == len(amounts) - 1 else other,
                    "status_transitions.paid_at": T0 + number,
                },
            )
            for number, paid in enumerate(amounts)
        ]

    return paid_in_parts


def test_only_what_was_captured_is_booked(row: Any, paid_in_parts: Any) -> None:
    paid_in_parts(21217)
    found = row(amount_captured=21217)
    assert (found.gross, found.tax, found.net) == (
        Decimal("212.17"),
        Decimal("16.17"),
        Decimal("196.00"),
    )


def test_a_refund_does_not_touch_the_charge(row: Any) -> None:
    assert row(refunded=True, amount_refunded=42434) == row()


def test_settlement_is_pending_until_stripe_knows_it(row: Any) -> None:
    found = row(balance_transaction=None)
    assert (found.settlement_pending, found.settled_gross, found.settled_currency, found.fee) == (
        True,
        None,
        None,
        None,
    )


def test_what_is_settled_in_another_currency_keeps_both(row: Any, stripe: Any) -> None:
    settled = stripe.answers[Kind.BALANCE_TRANSACTION, "txn_first"]
    settled |= {"currency": "jpy", "amount": 63651, "fee": 2000}
    found = row()
    assert (found.gross, found.currency) == (Decimal("424.34"), "USD")
    assert (str(found.settled_gross), found.settled_currency, str(found.fee)) == (
        "63651",
        "JPY",
        "2000",
    )


def test_a_charge_of_no_invoice_stands_alone(golden: Any, rows: Any, stripe: Any) -> None:
    stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"] = {"object": "list", "data": []}
    found = rows(golden(CHARGE))
    assert list(found) == ["cus_globex", "ch_first"]
    assert (found["ch_first"].tax, found["ch_first"].renewal) == (0, None)
    assert list(rows(golden(CHARGE, payment_intent=None))) == ["cus_globex", "ch_first"]


def test_one_payment_of_several_invoices_has_the_tax_of_each(
    row: Any, stripe: Any, change: Any, paid_in_parts: Any
) -> None:
    paid_in_parts(32_434)
    answer = stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"]
    [whole] = answer["data"]
    other = change(whole, {"id": "inpay_2", "amount_paid": 10_000, "invoice.id": "in_other"})
    other["invoice"] |= {"total": 20_000, "total_taxes": [{"amount": 1_000}]}
    gone = change(whole, {"id": "inpay_3", "status": "canceled"})
    answer["data"] = [gone, other, change(whole, {"amount_paid": 32_434})]
    stripe.answers[Kind.INVOICE_PAYMENTS, "in_other"] = {
        "object": "list",
        "data": [change(other, {"invoice": "in_other"})],
    }
    found = row()
    # 324.34 of 424.34 with 32.34 tax, and 100.00 of 200.00 with 10.00.
    assert found.tax == Decimal("24.72") + Decimal("5.00")
    assert found.renewal == "in_first"


def test_an_invoice_that_is_not_expanded_is_asked_for(row: Any, stripe: Any) -> None:
    [payment] = stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"]["data"]
    payment["invoice"] = "in_first"
    assert row().tax == Decimal("32.34")


def test_an_invoice_that_is_remembered_as_a_draft_is_asked_for_again(
    row: Any, stripe: Any, change: Any, golden: Any
) -> None:
    """Before basil: `invoice.created` came first, and taxes are final when it is finalized."""
    final = stripe.answers[Kind.INVOICE, "in_first"]
    draft = change(final, {"status": "draft", "total_taxes": []})
    asked = []

    def answer(need: Any) -> Any:
        if need.kind is not Kind.INVOICE:
            return stripe.answers[need.kind, need.id]
        asked.append(need.since)
        return draft if need.since is None else final

    stripe.answer = answer
    assert row(invoice="in_first").tax == Decimal("32.34")
    assert asked == [None, golden(CHARGE).created]


@given(st.lists(st.integers(1, 42_433), min_size=1, max_size=6, unique=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_the_payments_of_an_invoice_have_all_of_its_tax(
    row: Any, paid_in_parts: Any, cuts: list[int]
) -> None:
    """Also before Stripe's list calls the last of them paid."""
    ends = [*sorted(cuts), 42_434]
    amounts = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
    taxes = Decimal(0)
    for count in range(1, len(amounts) + 1):
        paid_in_parts(*amounts[:count])
        taxes += row(amount_captured=amounts[count - 1]).tax
    assert taxes == Decimal("32.34")


def test_a_payment_that_is_not_listed_as_paid_yet_comes_last(
    row: Any, stripe: Any, paid_in_parts: Any
) -> None:
    paid_in_parts(20_000, 22_434)
    expected = row(amount_captured=22_434).tax
    for answer in (Kind.PAYMENT_INVOICES, "pi_first"), (Kind.INVOICE_PAYMENTS, "in_first"):
        stripe.answers[answer]["data"][-1] |= {"status": "open", "amount_paid": None}
    stripe.asked.clear()
    assert row(amount_captured=22_434).tax == expected
    asked = [need.since for need in stripe.asked if need.kind is Kind.INVOICE_PAYMENTS]
    assert asked[0] is None


class TestFailure:
    """A bank debit can fail days after it succeeded; a declined card was never captured."""

    FAILED: ClassVar = {
        "status": "failed",
        "paid": False,
        "failure_balance_transaction": "txn_back",
        "failure_message": "The customer's bank account has insufficient funds.",
    }

    def test_the_entry_stays_with_nothing(self, row: Any) -> None:
        found = row(**self.FAILED)
        assert (found.gross, found.tax, found.net) == (0, 0, 0)
        assert (found.settled_gross, found.fee, found.settled_currency) == (0, 0, "USD")
        assert (found.status, found.settlement_pending) == ("failed", False)
        assert found.reason == "The customer's bank account has insufficient funds."
        assert found.renewal == "in_first"

    def test_one_that_was_never_settled_too(self, row: Any) -> None:
        found = row(**self.FAILED | {"balance_transaction": None})
        assert (found.gross, found.settled_gross, found.settlement_pending) == (0, None, False)


class TestPartOfWhatWasHeld:
    """Before basil Stripe settled all that was authorised, and then took the rest back."""

    @pytest.fixture
    def settled(self, row: Any, stripe: Any, paid_in_parts: Any) -> Any:
        def settled(**transaction: Any) -> Any:
            stripe.answers[Kind.BALANCE_TRANSACTION, "txn_first"] |= transaction
            paid_in_parts(21_217)
            return row(amount_captured=21_217)

        return settled

    def test_what_was_taken_back_is_not_settled(self, settled: Any) -> None:
        found = settled(amount=42_434, fee=1_260)
        assert (found.settled_gross, found.fee) == (Decimal("212.17"), Decimal("6.30"))

    def test_what_was_captured_alone_stays(self, settled: Any) -> None:
        found = settled(amount=21_217, fee=646)
        assert (found.settled_gross, found.fee) == (Decimal("212.17"), Decimal("6.46"))

    def test_in_another_currency_its_rate_tells(self, settled: Any) -> None:
        rate = {"currency": "jpy", "exchange_rate": Decimal("150.0"), "fee": 0}
        assert settled(amount=63_651, **rate).settled_gross == 31_826
        assert settled(amount=31_826, **rate).settled_gross == 31_826


class TestOpportunity:
    NAMED: ClassVar = {"salesforce_opportunity_id": "006Ws000001AbCdIAK"}

    @pytest.fixture
    def alone(self, stripe: Any) -> None:
        stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"] = {"object": "list", "data": []}

    def test_a_payment_of_a_subscription_is_the_subscriptions(self, row: Any, stripe: Any) -> None:
        assert row(metadata=self.NAMED).opportunity_ref is None
        assert not stripe.kinds_asked() & {Kind.PAYMENT_SESSION, Kind.PAYMENT_INTENT}

    def test_the_charge_names_it(self, row: Any, stripe: Any, alone: None) -> None:
        found = row(metadata=self.NAMED)
        assert (found.opportunity_ref, found.charge) == ("006Ws000001AbCdIAK", "ch_first")
        assert Kind.PAYMENT_SESSION not in stripe.kinds_asked()

    def test_its_payment_intent_names_it(self, row: Any, stripe: Any, alone: None) -> None:
        stripe.answers[Kind.PAYMENT_INTENT, "pi_first"]["metadata"] = self.NAMED
        assert row().opportunity_ref == "006Ws000001AbCdIAK"

    def test_its_checkout_session_names_it(self, row: Any, stripe: Any, alone: None) -> None:
        session = {"object": "checkout.session", "client_reference_id": "006Ws000009ZzZzIAK"}
        stripe.answers[Kind.PAYMENT_SESSION, "pi_first"] = session
        assert row().opportunity_ref == "006Ws000009ZzZzIAK"

    def test_nobody_names_one_and_it_is_booked(self, row: Any, alone: None) -> None:
        assert (row().opportunity_ref, row().gross) == (None, Decimal("424.34"))

    def test_an_invoice_of_no_subscription_names_it(self, row: Any, stripe: Any) -> None:
        [payment] = stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"]["data"]
        payment["invoice"] |= {"parent": None, "metadata": self.NAMED}
        assert row().opportunity_ref == "006Ws000001AbCdIAK"
        assert row(metadata={"salesforce_opportunity_id": "its own"}).opportunity_ref == "its own"


def test_inclusive_and_several_taxes_add_up(row: Any, stripe: Any) -> None:
    [payment] = stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"]["data"]
    payment["invoice"]["total_taxes"] = [
        {"amount": 1_000, "tax_behavior": "inclusive"},
        {"amount": 234, "tax_behavior": "exclusive"},
    ]
    assert row().tax == Decimal("12.34")


def test_money_is_booked_even_if_its_invoice_or_subscription_cannot_be(
    golden: Any, rows: Any, stripe: Any
) -> None:
    stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["currency"] = None
    found = rows(golden(CHARGE))
    assert list(found) == ["cus_globex", "in_first", "ch_first"]
    assert found["ch_first"].subscription is None
    [payment] = stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"]["data"]
    payment["invoice"]["status"] = None
    found = rows(golden(CHARGE))
    assert list(found) == ["cus_globex", "ch_first"]
    assert (found["ch_first"].renewal, found["ch_first"].tax) == (None, Decimal("32.34"))


def test_a_guest_has_no_ledger(golden: Any, run: Any) -> None:
    assert run(golden(CHARGE, customer=None)) == Ignored("unmatched: a guest, no Stripe customer")


def test_an_amount_that_is_no_whole_number_is_refused(row: Any) -> None:
    with pytest.raises(Untranslatable, match="amount_captured is not a whole number"):
        row(amount_captured=Decimal("10.5"))


@given(st.integers(0, 10**12), st.sampled_from(["usd", "jpy", "kwd"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_tax_and_net_are_all_of_it(golden: Any, rows: Any, captured: int, currency: str) -> None:
    found = rows(golden(CHARGE, amount_captured=captured, currency=currency))["ch_first"]
    assert found.tax + found.net == found.gross
    assert 0 <= found.tax <= found.gross
    assert all(isinstance(part, Decimal) for part in (found.tax, found.net, found.gross))


class TestInvoicePayment:
    def event(self, golden: Any, **changes: Any) -> StripeEvent:
        paid = {
            "id": "inpay_first",
            "object": "invoice_payment",
            "invoice": "in_first",
            "payment": {"type": "payment_intent", "payment_intent": "pi_first"},
            "status": "paid",
        }
        return replace(golden(CHARGE), type="invoice_payment.paid", object=paid | changes)

    def test_a_charge_that_stood_alone_gets_its_invoice(
        self, golden: Any, rows: Any, stripe: Any, run: Any
    ) -> None:
        found = rows(self.event(golden))
        assert found["ch_first"].renewal == "in_first"
        assert found["ch_first"].as_of == stripe.as_of
        assert run(self.event(golden)).lane == "cus_globex"

    def test_an_older_answer_of_who_pays_what_will_not_do(
        self, golden: Any, rows: Any, stripe: Any
    ) -> None:
        rows(self.event(golden))
        [asked] = [need for need in stripe.asked if need.kind is Kind.PAYMENT_INVOICES]
        assert asked.since == golden(CHARGE).created

    def test_an_older_charge_will_not_do(self, golden: Any, rows: Any, stripe: Any) -> None:
        """The ledger may hold it as of later, and would call the row with the invoice stale."""
        rows(self.event(golden))
        [asked] = [need for need in stripe.asked if need.kind is Kind.PAYMENT_CHARGE]
        assert asked.since == golden(CHARGE).created

    def test_what_is_not_paid_is_the_invoices(self, golden: Any, run: Any) -> None:
        unpaid = run(self.event(golden, status="open"))
        assert unpaid == Ignored("not paid: the invoice says what is due")
        by_charge = run(self.event(golden, payment={"type": "charge", "charge": "ch_first"}))
        assert by_charge == Ignored("the charge says what was paid")
