"""One fact, many places: every API version gives the same rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.to_salesforce.translate import Kind, Translation

EVENTS = [
    "customer.updated",
    "customer.subscription.updated",
    "invoice.paid",
    "charge.succeeded",
    "charge.refunded",
    "refund.created",
    "charge.dispute.funds_withdrawn",
    "credit_note.created",
]


@pytest.mark.parametrize("name", EVENTS)
def test_before_basil_and_after_endive_give_the_same_rows(name: str, golden: Any, run: Any) -> None:
    old, new = run(golden(name, "acacia")), run(golden(name, "endive"))
    assert isinstance(new, Translation)
    assert old == new


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("customer.subscription.updated", {"discounts": []}, {"discounts": [], "discount": None}),
    (
        "customer.subscription.updated",
        {"items.data.0.current_period_end": 1798761600},
        {"current_period_end": 1798761600},
    ),
    ("invoice.paid", {"parent": None}, {"subscription": None, "subscription_details": None}),
    (
        "invoice.paid",
        {"lines.data.2.parent.subscription_item_details.proration": True},
        {"lines.data.2.proration": True, "lines.data.2.type": "invoiceitem"},
    ),
]


@pytest.mark.parametrize(("name", "new", "old"), CHANGES)
def test_the_same_change_in_both_shapes_gives_the_same_rows(
    name: str, new: dict[str, Any], old: dict[str, Any], golden: Any, run: Any
) -> None:
    expected = run(golden(name, "endive", **new))
    assert run(golden(name, "acacia", **old)) == expected
    assert expected != run(golden(name, "endive"))


MOMENTS = st.none() | st.integers(1767225600, 1830297600)
SUBSCRIPTION = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(
            ["active", "trialing", "past_due", "unpaid", "paused", "canceled", "incomplete"]
        ),
        "items.data.0.quantity": st.integers(0, 10**6),
        "items.data.0.price.unit_amount_decimal": st.decimals(0, 10**6, places=12).map(str),
        "items.data.0.price.recurring.interval": st.sampled_from(["day", "week", "month", "year"]),
        "items.data.0.price.recurring.interval_count": st.integers(1, 12),
        "trial_start": MOMENTS,
        "trial_end": MOMENTS,
        "cancel_at": MOMENTS,
        "canceled_at": MOMENTS,
        "ended_at": MOMENTS,
        "cancel_at_period_end": st.booleans(),
        "days_until_due": st.none() | st.integers(0, 90),
        "metadata": st.dictionaries(
            st.sampled_from(["contract_term_months", "salesforce_opportunity_id"]),
            st.text(max_size=300),
        ),
    },
)
INVOICE = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["draft", "open", "paid", "void", "uncollectible"]),
        "amount_due": st.integers(0, 10**12),
        "amount_paid": st.integers(0, 10**12),
        "due_date": MOMENTS,
        "next_payment_attempt": MOMENTS,
        "number": st.none() | st.text(max_size=300),
        "lines.data.2.period.end": st.integers(1767225600, 1830297600),
    },
)
CHARGE = st.fixed_dictionaries(
    {},
    optional={
        "amount_captured": st.integers(0, 10**12),
        "captured": st.booleans(),
        "balance_transaction": st.sampled_from([None, "txn_first"]),
        "description": st.none() | st.text(max_size=300),
    },
)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("customer.subscription.updated", SUBSCRIPTION),
        ("invoice.paid", INVOICE),
        ("charge.succeeded", CHARGE),
    ],
)
@given(data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_an_object_says_both_shapes_give_the_same_rows(
    name: str,
    changes: st.SearchStrategy[dict[str, Any]],
    data: st.DataObject,
    golden: Any,
    run: Any,
    stripe: Any,
) -> None:
    failed = {"data": [{"id": "inpay_1", "payment": {"payment_intent": "pi_first"}}]}
    stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"] = failed
    stripe.answers[Kind.PAYMENT_INTENT, "pi_first"] = {"status": "requires_payment_method"}
    drawn = data.draw(changes)
    assert run(golden(name, "acacia", **drawn)) == run(golden(name, "endive", **drawn))


def test_a_charge_before_basil_names_its_invoice_itself(
    golden: Any, rows: Any, stripe: Any
) -> None:
    found = rows(golden("charge.succeeded", "acacia"))
    assert found["ch_first"].renewal == "in_first"
    assert Kind.PAYMENT_INVOICES not in stripe.kinds_asked()


def test_a_coupon_is_where_clover_put_it_or_where_it_was(
    golden: Any, rows: Any, stripe: Any
) -> None:
    event = golden("customer.subscription.updated")
    mrr = rows(event)["sub_team"].mrr
    [discount] = stripe.answers[Kind.SUBSCRIPTION_DISCOUNTS, "sub_team"].values()
    discount["coupon"] = discount.pop("source")["coupon"]
    assert rows(event)["sub_team"].mrr == mrr


@pytest.mark.parametrize("name", EVENTS)
def test_fields_that_nobody_knows_yet_change_nothing(name: str, golden: Any, run: Any) -> None:
    strange = {"brand_new": {"deep": [1, {"x": None}]}, "another": "value"}
    assert run(golden(name, "endive", **strange)) == run(golden(name))


def test_the_rows_of_an_object_are_of_the_events_moment_and_its_parents_of_theirs(
    golden: Any, rows: Any, stripe: Any
) -> None:
    event = golden("charge.succeeded")
    found = rows(event)
    assert found["ch_first"].as_of == event.created
    parents = {key for key in found if key != "ch_first"}
    assert parents == {"cus_globex", "sub_team", "sub_team:2025-12-31", "in_first"}
    assert {found[key].as_of for key in parents} == {stripe.as_of}


def test_parents_come_before_children(golden: Any, run: Any) -> None:
    answer = run(golden("charge.succeeded"))
    assert [row.sobject for row in answer.rows] == [
        "Bridge_Customer__c",
        "Bridge_Subscription__c",
        "Bridge_Renewal__c",
        "Bridge_Entry__c",
        "Bridge_Movement__c",
    ]
    assert answer.lane == "cus_globex"
