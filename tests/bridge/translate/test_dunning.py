"""An invoice in trouble: the dunning fields of ``Bridge_Renewal__c``, in both shapes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bridge.to_salesforce.translate import Kind, Need
from bridge.to_salesforce.translate.dunning import HARD_DECLINES

PAID = "invoice.paid"
T0 = 1767225600
RETRY = dt.datetime.fromtimestamp(T0 + 300_000, dt.UTC)
OPEN = {"status": "open", "amount_paid": 0, "attempt_count": 0, "attempted": False}
TRIED = OPEN | {"attempt_count": 2, "attempted": True, "next_payment_attempt": T0 + 300_000}
SOFT = {"code": "card_declined", "decline_code": "insufficient_funds", "message": "No money."}


def intent(
    status: str = "requires_payment_method",
    error: dict[str, Any] | None = None,
    charge: dict[str, Any] | None = None,
) -> dict[str, Any]:
    if error is not None:
        error = {"payment_method": {"id": "pm_card"}} | error
    return {
        "id": "pi_first",
        "status": status,
        "created": T0,
        "last_payment_error": error,
        "latest_charge": charge,
    }


def declined(code: str) -> dict[str, Any]:
    error = {"code": "card_declined", "decline_code": code, "message": "Your card was declined."}
    return intent(error=error)


@pytest.fixture(params=["acacia", "endive"])
def shape(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def row(golden: Any, rows: Any, stripe: Any, shape: str) -> Any:
    """The renewal's row after a change to the golden invoice, with its payments as given."""

    def row(*intents: Any, **changes: Any) -> Any:
        paid_by = [
            {"id": f"inpay_{n}", "status": "open", "payment": {"payment_intent": each}}
            for n, each in enumerate(intents)
        ]
        stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"] = {"object": "list", "data": paid_by}
        return rows(golden(PAID, shape, **changes))["in_first"]

    return row


def fields(found: Any) -> tuple[Any, ...]:
    return found.status, found.in_dunning, found.dunning_status, found.next_retry


class TestFailure:
    @pytest.mark.parametrize("status", ["requires_payment_method", "canceled"])
    def test_a_soft_decline_is_retried(self, row: Any, status: str) -> None:
        found = row(intent(status, error=SOFT), **TRIED)
        assert fields(found) == ("Failed", True, "Retry scheduled", RETRY)
        assert found.next_retry_date == dt.date(2026, 1, 4)
        assert found.failure_reason == "No money. (insufficient_funds)"
        assert found.attempt_count == 2

    @pytest.mark.parametrize("status", ["processing", "succeeded"])
    def test_a_bank_debit_under_way_has_not_failed(self, row: Any, status: str) -> None:
        assert fields(row(intent(status), **TRIED)) == ("Open", False, None, None)

    def test_an_intent_that_is_not_expanded_is_asked_for(self, row: Any, stripe: Any) -> None:
        stripe.answers[Kind.PAYMENT_INTENT, "pi_first"] = intent("processing")
        assert row("pi_first", **TRIED).status == "Open"
        stripe.answers[Kind.PAYMENT_INTENT, "pi_first"] = intent(error=SOFT)
        assert row("pi_first", **TRIED).dunning_status == "Retry scheduled"

    def test_none_is_left(self, row: Any) -> None:
        found = row(intent(error=SOFT), **TRIED | {"next_payment_attempt": None})
        assert fields(found) == ("Failed", True, "No more retries", None)

    def test_the_charge_still_tells_when_the_intent_has_forgotten(self, row: Any) -> None:
        charge = {
            "status": "failed",
            "failure_code": "card_declined",
            "failure_message": "Your card has expired.",
            "outcome": {"type": "issuer_declined", "reason": "expired_card"},
        }
        found = row(intent(charge=charge), **TRIED)
        assert found.failure_reason == "Your card has expired. (expired_card)"
        charge |= {"status": "succeeded"}
        assert row(intent(charge=charge), **TRIED).failure_reason == (
            "There is no payment method to charge."
        )

    def test_the_first_attempt_to_come_is_no_retry(self, row: Any) -> None:
        planned = {"next_payment_attempt": T0 + 3600}
        assert row(status="draft", **planned).next_retry is None
        assert fields(row(**OPEN, **planned)) == ("Open", False, None, None)

    def test_one_that_was_paid_after_all_is_fine(self, row: Any) -> None:
        found = row(intent(error=SOFT), next_payment_attempt=T0 + 3600)
        assert fields(found) == ("Collected", False, None, None)
        assert found.failure_reason is None

    def test_an_attempt_by_hand_is_not_counted_and_still_fails(self, row: Any) -> None:
        by_hand = TRIED | {"attempt_count": 0}
        assert fields(row(intent(error=SOFT), **by_hand))[:3] == ("Failed", True, "Retry scheduled")
        assert fields(row(intent(), **by_hand)) == ("Open", False, None, None)
        # Someone is at it this very moment.
        assert fields(row(intent("requires_action"), **by_hand)) == ("Open", False, None, None)

    def test_a_long_reason_is_cut(self, row: Any) -> None:
        assert len(row(intent(error=SOFT | {"message": "x" * 400}), **TRIED).failure_reason) == 255


class TestPartlyPaid:
    def test_and_the_rest_fails(self, row: Any, stripe: Any, golden: Any, rows: Any) -> None:
        payments = [
            {"id": "inpay_1", "status": "paid", "payment": {"payment_intent": intent("succeeded")}},
            {"id": "inpay_2", "status": "open", "payment": {"payment_intent": intent(error=SOFT)}},
        ]
        partly = TRIED | {"amount_paid": 100}
        row(**partly)
        stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"]["data"] = payments
        found = rows(golden(PAID, **partly))["in_first"]
        assert fields(found) == ("Partly Collected", True, "Retry scheduled", RETRY)

    def test_and_the_rest_is_overdue(self, row: Any) -> None:
        found = row(**OPEN | {"amount_paid": 100, "due_date": T0})
        assert fields(found) == ("Partly Collected", True, "Overdue", None)


class TestNewCard:
    @pytest.mark.parametrize("code", sorted(HARD_DECLINES))
    def test_after_a_hard_decline_retries_do_not_run(self, row: Any, code: str) -> None:
        found = row(declined(code), **TRIED)
        assert fields(found) == ("Failed", True, "Waiting for a new card", None)
        assert found.failure_reason == f"Your card was declined. ({code})"

    def test_a_wrong_number_is_one_too_though_it_is_no_decline_code(self, row: Any) -> None:
        error = {"code": "incorrect_number", "message": "Your card number is incorrect."}
        assert row(intent(error=error), **TRIED).dunning_status == "Waiting for a new card"

    def test_stripe_blocked_it_as_too_risky(self, row: Any) -> None:
        outcome = {"type": "blocked", "reason": "highest_risk_level", "seller_message": "Too risky"}
        charge = {"status": "failed", "failure_code": "card_declined", "outcome": outcome}
        error = {"code": "card_declined", "decline_code": "fraudulent", "message": "Declined."}
        found = row(intent(error=error, charge=charge), **TRIED)
        assert found.dunning_status == "Waiting for a new card"
        assert found.failure_reason == "Too risky (fraudulent)"

    def test_there_is_no_card_at_all(self, row: Any, stripe: Any) -> None:
        stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["default_payment_method"] = None
        found = row(intent(), **TRIED)
        assert fields(found) == ("Failed", True, "Waiting for a new card", None)
        assert found.failure_reason == "There is no payment method to charge."

    @pytest.mark.parametrize(
        ("kind", "key", "change"),
        [
            (Kind.SUBSCRIPTION, "sub_team", {"default_payment_method": "pm_new"}),
            (Kind.SUBSCRIPTION, "sub_team", {"default_source": "card_new"}),
            (
                Kind.CUSTOMER,
                "cus_globex",
                {"invoice_settings": {"default_payment_method": "pm_new"}},
            ),
            (Kind.CUSTOMER, "cus_globex", {"default_source": "card_new"}),
        ],
    )
    def test_once_another_is_set_the_retry_will_run(
        self, row: Any, stripe: Any, kind: Kind, key: str, change: dict[str, Any]
    ) -> None:
        stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["default_payment_method"] = None
        stripe.answers[kind, key] |= change
        found = row(declined("lost_card"), **TRIED)
        assert fields(found) == ("Failed", True, "Retry scheduled", RETRY)
        assert found.failure_reason == "Your card was declined. (lost_card)"
        # What is remembered of them may be older than the new card.
        needs = [need for need in stripe.asked if (need.kind, need.id) == (kind, key)]
        assert any(need.since is not None for need in needs)

    def test_a_card_that_was_taken_away_is_not_retried(self, row: Any, stripe: Any) -> None:
        stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["default_payment_method"] = None
        found = row(intent(error=SOFT), **TRIED)
        assert fields(found) == ("Failed", True, "Waiting for a new card", None)

    def test_the_invoices_own_card_comes_first(self, row: Any, stripe: Any) -> None:
        own = {"default_payment_method": "pm_own"}
        assert row(declined("lost_card"), **TRIED, **own).dunning_status == "Retry scheduled"
        own = {"default_payment_method": "pm_card"}
        stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["default_payment_method"] = "pm_new"
        assert row(declined("lost_card"), **TRIED, **own).dunning_status == "Waiting for a new card"

    def test_a_card_on_the_customer_does_not_help_while_the_subscriptions_is_tried(
        self, row: Any, stripe: Any
    ) -> None:
        stripe.answers[Kind.CUSTOMER, "cus_globex"]["default_source"] = "card_new"
        assert row(declined("lost_card"), **TRIED).dunning_status == "Waiting for a new card"

    def test_without_a_retry_to_come_a_card_changes_nothing(self, row: Any, stripe: Any) -> None:
        found = row(declined("lost_card"), **TRIED | {"next_payment_attempt": None})
        assert fields(found) == ("Failed", True, "No more retries", None)
        assert Need(Kind.SUBSCRIPTION, "sub_team") in stripe.asked
        assert all(need.since is None for need in stripe.asked if need.kind is Kind.SUBSCRIPTION)


class TestCustomer:
    def test_the_payment_waits_for_the_customer(self, row: Any) -> None:
        found = row(intent("requires_action"), **TRIED)
        assert fields(found) == ("Failed", True, "Waiting for the customer", RETRY)
        assert found.failure_reason == "The customer has to authenticate the payment."

    def test_a_first_payment_has_no_retries_to_run_out(self, row: Any) -> None:
        first = TRIED | {"attempt_count": 1, "next_payment_attempt": None}
        assert row(intent("requires_action"), **first).dunning_status == "Waiting for the customer"

    def test_when_stripe_gives_up_so_does_it(self, row: Any) -> None:
        last = TRIED | {"attempt_count": 4, "next_payment_attempt": None}
        assert row(intent("requires_action"), **last).dunning_status == "No more retries"

    def test_the_bank_wants_him_there_so_retries_do_not_run(self, row: Any, stripe: Any) -> None:
        found = row(declined("authentication_required"), **TRIED)
        assert fields(found) == ("Failed", True, "Waiting for the customer", None)
        stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["default_payment_method"] = "pm_new"
        assert row(declined("authentication_required"), **TRIED).next_retry == RETRY


class TestSent:
    SENT = OPEN | {"collection_method": "send_invoice"}

    @pytest.mark.parametrize(
        ("due", "expected"),
        [
            (T0 + 31, ("Overdue", True, "Overdue", None)),
            (T0 + 32, ("Open", False, None, None)),
        ],
    )
    def test_after_its_due_date_it_is_overdue(self, row: Any, due: int, expected: Any) -> None:
        assert fields(row(**self.SENT, due_date=due)) == expected

    def test_the_customers_own_attempt_failed(self, row: Any) -> None:
        tried = self.SENT | {"attempted": True, "due_date": T0 + 86_400}
        found = row(intent(error=SOFT), **tried)
        assert fields(found) == ("Failed", True, "Waiting for the customer", None)
        found = row(intent(error=SOFT), **tried | {"due_date": T0})
        assert fields(found) == ("Failed", True, "Overdue", None)
        assert found.failure_reason == "No money. (insufficient_funds)"


class TestGivenUp:
    def test_written_off(self, row: Any) -> None:
        found = row(intent(error=SOFT), status="uncollectible")
        assert fields(found) == ("Failed", False, "Written off", None)
        assert found.failure_reason == "No money. (insufficient_funds)"
        never_tried = {"status": "uncollectible", "attempted": False, "attempt_count": 0}
        assert row(**never_tried).dunning_status == "Written off"

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"attempt_count": 1}, "Voided"),
            ({"due_date": T0, "status_transitions.voided_at": T0 + 1}, "Voided"),
            ({"due_date": T0 + 2, "status_transitions.voided_at": T0 + 1}, None),
            ({"status_transitions.marked_uncollectible_at": T0}, "Voided"),
            ({}, None),
        ],
    )
    def test_void_after_it_was_in_trouble(self, row: Any, changes: Any, word: str | None) -> None:
        found = row(**OPEN | {"status": "void"} | changes)
        assert fields(found) == ("Void", False, word, None)

    def test_paid_after_it_was_written_off(self, row: Any) -> None:
        found = row(**{"status_transitions.marked_uncollectible_at": T0})
        assert fields(found) == ("Collected", False, None, None)


def test_an_invoice_that_stripe_cannot_finalise_says_why(row: Any) -> None:
    error = {"code": "tax_id_invalid", "message": "The tax ID is not valid."}
    found = row(**OPEN | {"status": "draft"}, last_finalization_error=error)
    assert fields(found) == ("Open", False, None, None)
    assert found.failure_reason == "The tax ID is not valid."


def test_an_invoice_of_no_subscription_is_dunned_too(golden: Any, rows: Any, stripe: Any) -> None:
    data = [{"id": "inpay_1", "payment": {"payment_intent": declined("lost_card")}}]
    stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"] = {"object": "list", "data": data}
    found = rows(golden(PAID, **TRIED, parent=None))["in_first"]
    assert (found.subscription, found.dunning_status) == (None, "Waiting for a new card")
