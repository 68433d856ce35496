"""A customer's own discount: off those of his subscriptions that have none."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.to_salesforce.translate import Ignored, Kind, Need, Untranslatable

UPDATED = "customer.subscription.updated"
T0 = 1767225600
BARE = {"discounts": []}


@pytest.fixture(params=["coupon", "source"])
def discounted(stripe: Any, request: Any) -> Any:
    """Gives the customer a quarter off, in the shape of before clover and of since."""
    coupon = {"id": "VIP25", "duration": "forever", "percent_off": 25}
    where = {"coupon": coupon} if request.param == "coupon" else {"source": {"coupon": "VIP25"}}
    discount = {"id": "di_vip", "object": "discount", "start": T0, "end": None, **where}
    discount |= {"customer": "cus_globex", "subscription": None}
    stripe.answers[Kind.CUSTOMER, "cus_globex"]["discount"] = discount
    stripe.answers[Kind.COUPON, "VIP25"] = coupon
    return discount


@pytest.fixture
def event(golden: Any, discounted: Any) -> Any:
    return replace(golden(UPDATED), type="customer.discount.created", object=discounted)


@pytest.mark.parametrize("shape", ["acacia", "endive"])
def test_it_comes_off_a_subscription_without_one(
    golden: Any, rows: Any, shape: str, discounted: Any
) -> None:
    bare = BARE | ({"discount": None} if shape == "acacia" else {})
    found = rows(golden(UPDATED, shape, **bare))
    assert (found["sub_team"].mrr, found["sub_team"].acv) == (Decimal("367.50"), Decimal("4410.00"))
    assert found["next:sub_team:month"].amount_due == Decimal("367.50")


def test_a_discount_of_its_own_overrides_it(golden: Any, rows: Any, discounted: Any) -> None:
    assert rows(golden(UPDATED))["sub_team"].mrr == Decimal("392.00")


def test_one_that_has_ended_counts_no_more(golden: Any, rows: Any, discounted: Any) -> None:
    discounted["end"] = T0 + 1
    assert rows(golden(UPDATED, **BARE))["sub_team"].mrr == Decimal("490.00")


def test_a_subscription_that_has_ended_has_it_no_more(
    golden: Any, rows: Any, discounted: Any
) -> None:
    ended = {"status": "canceled", "ended_at": T0}
    assert rows(golden(UPDATED, **BARE, **ended))["sub_team"].acv == Decimal("5880.00")


def test_it_asks_nothing_that_is_not_asked_anyway(golden: Any, rows: Any, stripe: Any) -> None:
    rows(golden(UPDATED, **BARE))
    assert [need for need in stripe.asked if need.kind is Kind.CUSTOMER] == [
        Need(Kind.CUSTOMER, "cus_globex")
    ]


def test_when_it_comes_or_goes_the_subscriptions_without_one_are_written(
    golden: Any, rows: Any, stripe: Any, event: Any, change: Any
) -> None:
    own = golden(UPDATED).object
    bare = change(own, BARE | {"id": "sub_bare"})
    stripe.answers[Kind.SUBSCRIPTIONS, "cus_globex"] = {"object": "list", "data": [own, bare]}
    stripe.answers[Kind.CHECKOUT_SESSION, "sub_bare"] = None
    stripe.answers[Kind.FIRST_INVOICE, "sub_bare"] = None
    found = rows(event)
    assert {key for key in found if key.startswith("sub_")} == {"sub_bare", "sub_bare:2025-12-31"}
    assert found["sub_bare"].mrr == found["sub_bare:2025-12-31"].mrr_after == Decimal("367.50")
    assert found["sub_bare"].as_of == stripe.as_of
    assert next(iter(found)) == "cus_globex"
    for kind in (Kind.SUBSCRIPTIONS, Kind.CUSTOMER):
        assert Need(kind, "cus_globex", since=event.created) in stripe.asked
    stripe.answers[Kind.CUSTOMER, "cus_globex"]["discount"] = None
    gone = replace(event, type="customer.discount.deleted")
    assert rows(gone)["sub_bare"].mrr == Decimal("490.00")


def test_where_it_changes_nothing_nothing_is_written(
    golden: Any, run: Any, stripe: Any, event: Any
) -> None:
    stripe.answers[Kind.SUBSCRIPTIONS, "cus_globex"] = {"data": [golden(UPDATED).object]}
    assert run(event) == Ignored("no subscription has the customer's discount")


def test_more_subscriptions_than_a_message_holds_are_refused_by_name(
    golden: Any, run: Any, stripe: Any, event: Any, change: Any
) -> None:
    many = [change(golden(UPDATED).object, BARE | {"id": f"sub_{n}"}) for n in range(26)]
    stripe.answers[Kind.SUBSCRIPTIONS, "cus_globex"] = {"data": many}
    with pytest.raises(Untranslatable, match="26 subscriptions"):
        run(event)
