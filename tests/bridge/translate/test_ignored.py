"""What writes nothing says why; what reads another object reads it anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.to_salesforce.translate import Facts, Ignored, Kind, Missing, Need, needs, translate

CHARGE = "charge.succeeded"


def of(golden: Any, kind: str, type_: str, **fields: Any) -> Any:
    return replace(golden(CHARGE), type=type_, object={"id": "x_1", "object": kind} | fields)


@pytest.mark.parametrize(
    ("kind", "type_", "reason"),
    [
        ("refund", "refund.created", "of no charge: what goes back was not booked"),
        ("dispute", "charge.dispute.created", "no money was withdrawn"),
        ("payment_intent", "payment_intent.succeeded", "the charge says what was paid"),
        ("product", "product.updated", "only refreshes names and prices"),
        (
            "payment_method",
            "payment_method.attached",
            "the customer or the subscription says which card is next",
        ),
        ("price", "price.updated", "only refreshes names and prices"),
        ("coupon", "coupon.updated", "only refreshes names and prices"),
        ("payout", "payout.paid", "the company's own money, no customer's"),
        ("invoice", "invoice.upcoming", "the subscription itself says what is coming"),
        ("hologram", "hologram.projected", "unknown type"),
        ("discount", "customer.discount.created", "of no subscription"),
    ],
)
def test_the_reason_is_said(golden: Any, run: Any, kind: str, type_: str, reason: str) -> None:
    assert run(of(golden, kind, type_)) == Ignored(reason)


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("discount", "customer.discount.created"),
        ("subscription_schedule", "subscription_schedule.updated"),
    ],
)
def test_what_changes_a_subscription_writes_the_subscription(
    golden: Any, rows: Any, stripe: Any, kind: str, type_: str
) -> None:
    event = of(golden, kind, type_, subscription="sub_team")
    found = rows(event)
    assert found["sub_team"].as_of == stripe.as_of
    assert Need(Kind.SUBSCRIPTION, "sub_team", since=event.created) in stripe.asked
    stripe.answers[Kind.SUBSCRIPTION, "sub_team"] = None


def test_a_checkout_session_that_names_an_opportunity_writes_its_subscription(
    golden: Any, rows: Any, run: Any, stripe: Any
) -> None:
    session = {"subscription": "sub_team", "client_reference_id": "006Ws000009ZzZzIAK"}
    event = of(golden, "checkout.session", "checkout.session.completed", **session)
    stripe.answers[Kind.CHECKOUT_SESSION, "sub_team"] = event.object
    stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["metadata"] = {}
    assert rows(event)["sub_team"].opportunity_ref == "006Ws000009ZzZzIAK"
    nobody = of(golden, "checkout.session", "checkout.session.completed", subscription="sub_team")
    assert run(nobody) == Ignored("names no Opportunity")
    once = of(golden, "checkout.session", "checkout.session.completed")
    assert run(once) == Ignored("of no subscription and no payment")
    paid = of(golden, "checkout.session", "checkout.session.completed", payment_intent="pi_first")
    assert run(paid) == Ignored("names no Opportunity")


def test_a_session_of_a_payment_that_names_an_opportunity_writes_the_payment(
    golden: Any, rows: Any, stripe: Any
) -> None:
    session = {"payment_intent": "pi_first", "client_reference_id": "006Ws000009ZzZzIAK"}
    event = of(golden, "checkout.session", "checkout.session.completed", **session)
    stripe.answers[Kind.PAYMENT_SESSION, "pi_first"] = event.object
    stripe.answers[Kind.PAYMENT_INVOICES, "pi_first"] = {"object": "list", "data": []}
    assert rows(event)["ch_first"].opportunity_ref == "006Ws000009ZzZzIAK"


def test_asking_and_using_are_one(golden: Any, rules: Any) -> None:
    event = golden(CHARGE)
    missing = needs(event, Facts.empty(), rules)
    assert {need.kind for need in missing} == {
        Kind.CUSTOMER,
        Kind.PAYMENT_INVOICES,
        Kind.BALANCE_TRANSACTION,
    }
    with pytest.raises(Missing, match="customer cus_globex"):
        translate(event, Facts.empty(), rules)


def test_an_event_that_cannot_be_translated_asks_nothing(golden: Any, rules: Any) -> None:
    event = golden("customer.updated", id=None)
    assert needs(event, Facts.empty(), rules) == frozenset()
