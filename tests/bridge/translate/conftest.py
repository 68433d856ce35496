"""Golden payloads in two shapes, and Stripe as a table of answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.stripe_api.events import parse_json
from bridge.to_salesforce.translate import (
    BookingRules,
    Fact,
    Facts,
    Ignored,
    Kind,
    Need,
    StripeEvent,
    Translation,
    needs,
    parse_event,
    translate,
)

PAYLOADS = Path(__file__).parent / "payloads"
ROUNDS = 8


def payload(name: str) -> Any:
    return parse_json((PAYLOADS / f"{name}.json").read_bytes())


class Stripe:
    """What Stripe would answer; a question that nobody expects fails the test."""

    def __init__(self) -> None:
        self.answers: dict[tuple[Kind, str], dict[str, Any] | None] = {
            (Kind.CUSTOMER, "cus_globex"): payload("facts/customer"),
            (Kind.PRODUCT, "prod_team"): payload("facts/product"),
            (Kind.PRICE, "price_team"): payload("facts/price"),
            (Kind.SUBSCRIPTION, "sub_team"): payload("facts/subscription"),
            (Kind.SUBSCRIPTION_DISCOUNTS, "sub_team"): payload("facts/discounts"),
            (Kind.COUPON, "LAUNCH20"): payload("facts/coupon"),
            (Kind.FIRST_INVOICE, "sub_team"): payload("facts/invoice"),
            (Kind.CHECKOUT_SESSION, "sub_team"): None,
            (Kind.INVOICE, "in_first"): payload("facts/invoice"),
            (Kind.OPEN_INVOICES, "cus_globex"): {"object": "list", "data": []},
            (Kind.PAYMENT_INVOICES, "pi_first"): payload("facts/payment_invoices"),
            (Kind.INVOICE_PAYMENTS, "in_first"): payload("facts/invoice_payments"),
            (Kind.PAYMENT_CHARGE, "pi_first"): payload("endive/charge.succeeded")["data"]["object"],
            (Kind.PAYMENT_SESSION, "pi_first"): None,
            (Kind.CHARGE_REFUNDS, "ch_first"): payload("facts/charge_refunds"),
            (Kind.CHARGE_DISPUTES, "ch_first"): payload("facts/charge_disputes"),
            (Kind.INVOICE_CREDIT_NOTES, "in_first"): payload("facts/invoice_credit_notes"),
            (Kind.PAYMENT_INTENT, "pi_first"): {"id": "pi_first", "object": "payment_intent"},
            (Kind.BALANCE_TRANSACTION, "txn_first"): payload("facts/balance_transaction"),
        }
        self.as_of = dt.datetime(2026, 1, 1, 0, 5, tzinfo=dt.UTC)
        self.asked: list[Need] = []
        self.forgiving = False
        """Whether an unexpected question is answered with nothing."""

    def resolve(self, wanted: frozenset[Need], facts: Facts) -> Facts:
        self.asked += sorted(wanted, key=lambda need: (need.kind, need.id))
        return facts.grow({need: Fact(self.answer(need), self.as_of) for need in wanted})

    def answer(self, need: Need) -> dict[str, Any] | None:
        if self.forgiving:
            return self.answers.get((need.kind, need.id))
        return self.answers[need.kind, need.id]

    def kinds_asked(self) -> set[Kind]:
        return {need.kind for need in self.asked}


Run = Callable[..., Translation | Ignored]
Golden = Callable[..., StripeEvent]
Rows = Callable[..., dict[str, Any]]


@pytest.fixture
def stripe() -> Stripe:
    return Stripe()


@pytest.fixture
def rules() -> BookingRules:
    return BookingRules(time_zone=ZoneInfo("America/New_York"))


@pytest.fixture
def run(stripe: Stripe, rules: BookingRules) -> Run:
    """Translates as the service does: after at most eight rounds of asking."""

    def run(event: StripeEvent, rules: BookingRules = rules) -> Translation | Ignored:
        facts = Facts.empty()
        for _ in range(ROUNDS):
            missing = needs(event, facts, rules)
            if not missing:
                break
            facts = stripe.resolve(missing, facts)
        return translate(event, facts, rules)

    return run


@pytest.fixture
def golden() -> Golden:
    """A golden event, with values of its object replaced; a dotted path leads inwards."""

    def golden(name: str, shape: str = "endive", /, **changes: Any) -> StripeEvent:
        event = parse_event((PAYLOADS / shape / f"{name}.json").read_bytes())
        return replace(event, object=changed(event.object, changes))

    return golden


def changed(found: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    found = deepcopy(found)
    for path, value in changes.items():
        *way, last = path.split(".")
        inner: Any = found
        for name in way:
            inner = inner[int(name)] if name.isdigit() else inner[name]
        inner[int(last) if isinstance(inner, list) else last] = value
    return found


@pytest.fixture
def change() -> Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]:
    return changed


@pytest.fixture
def rows(run: Run) -> Rows:
    """The rows of an event by key."""

    def rows(event: StripeEvent, **given: Any) -> dict[str, Any]:
        answer = run(event, **given)
        assert isinstance(answer, Translation), answer
        return {row.key: row for row in answer.rows}

    return rows
