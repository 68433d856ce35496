"""One fact, many places: every API version gives the same rows."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.to_salesforce.translate import Kind, Translation

EVENTS = ["customer.updated", "customer.subscription.updated", "invoice.paid", "charge.succeeded"]


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
    assert parents == {"cus_globex", "sub_team", "in_first"}
    assert {found[key].as_of for key in parents} == {stripe.as_of}


def test_parents_come_before_children(golden: Any, run: Any) -> None:
    answer = run(golden("charge.succeeded"))
    assert [row.sobject for row in answer.rows] == [
        "Bridge_Customer__c",
        "Bridge_Subscription__c",
        "Bridge_Renewal__c",
        "Bridge_Entry__c",
    ]
    assert answer.lane == "cus_globex"
