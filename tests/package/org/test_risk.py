"""What is at risk is a function of the ledger, not of the order in which it came to be."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.package.org.local import Package
from tests.package.org.rows import NOON, customer, later, renewal, subscription

_fresh = itertools.count()
STATES = [
    ("active", 100),
    ("past_due", 100),
    ("active", 250),
    ("trialing", 0),
    ("canceled", 0),
    ("unpaid", 0),
]
LIVE = {"active", "past_due", "trialing"}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_risk_follows_the_last_state_of_subscription_and_invoices(
    shared_org: Package, data: Any
) -> None:
    number = next(_fresh)
    cus, sub = f"cus_r{number}", f"sub_r{number}"
    _, deal = shared_org.seed_deal(f"Risk {number}")
    states = data.draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=4))
    dunning = data.draw(
        st.lists(st.tuples(st.sampled_from(["x", "y"]), st.booleans()), min_size=1, max_size=5)
    )
    # The subscription is there first: an event brings its parents along.
    known = {"customer": cus, "opportunity_ref": deal}
    shared_org.apply(shared_org.event(customer(cus), subscription(sub, NOON, **known)))
    events = [
        shared_org.event(
            subscription(sub, later(i + 1), status=status, mrr=str(mrr), **known),
        )
        for i, (status, mrr) in enumerate(states)
    ] + [
        shared_org.event(
            renewal(
                f"in_{name}{number}",
                later(i + 1),
                customer=cus,
                subscription=sub,
                status="Failed" if is_in else "Collected",
                in_dunning=is_in,
            )
        )
        for i, (name, is_in) in enumerate(dunning)
    ]
    waiting = list(data.draw(st.permutations(events)))
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        shared_org.apply(*waiting[:size])
        waiting = waiting[size:]

    status, mrr = states[-1]
    is_troubled = any(dict(dunning).values())
    is_at_risk = is_troubled and status in LIVE
    at_risk = mrr if is_at_risk else 0
    row = shared_org.one(
        "SELECT At_Risk__c, At_Risk_MRR__c FROM Bridge_Subscription__c "
        f"WHERE Stripe_Id__c = '{sub}'"
    )
    assert (row["At_Risk__c"], row["At_Risk_MRR__c"]) == (is_at_risk, at_risk)
    for sobject, field, where in (
        ("Bridge_Customer__c", "At_Risk_MRR__c", f"Stripe_Id__c = '{cus}'"),
        ("Account", "Bridge_At_Risk_MRR__c", f"Name = 'Risk {number}'"),
        ("Opportunity", "Bridge_At_Risk_MRR__c", f"Id = '{deal}'"),
    ):
        total = shared_org.one(f"SELECT {field} FROM {sobject} WHERE {where}")[field]
        assert (total or Decimal(0)) == at_risk
    for name, is_in in dict(dunning).items():
        invoice = shared_org.one(
            "SELECT At_Risk_MRR__c FROM Bridge_Renewal__c "
            f"WHERE Stripe_Key__c = 'in_{name}{number}'"
        )
        assert invoice["At_Risk_MRR__c"] == (mrr if is_in else 0)


@pytest.mark.parametrize("together", [True, False])
def test_a_subscription_that_moves_takes_its_numbers_along(
    package_org: Package, together: bool
) -> None:
    """Another subscription stays: the Opportunity that was left shows that one."""
    account, left = package_org.seed_deal("Left")
    taken = package_org.org.seed(
        {
            "Opportunity": [
                {
                    "$ref": "taken",
                    "Name": "Taken",
                    "AccountId": account,
                    "StageName": "Prospecting",
                    "CloseDate": NOON.date(),
                }
            ]
        }
    )["taken"]
    waits = {"status": "trialing", "active_date": None}
    package_org.apply(
        package_org.event(
            customer(),
            subscription("sub_a", opportunity_ref=left, **waits),
            subscription("sub_b", opportunity_ref=left, **waits),
        )
    )
    moved = subscription("sub_a", later(1), opportunity_ref=taken, **waits)
    events = [package_org.event(moved), package_org.event(customer(as_of=later(2)))]
    for batch in [events] if together else [[event] for event in events]:
        package_org.apply(*batch)

    def shown(deal: str) -> tuple[Any, ...]:
        row = package_org.one(
            "SELECT Bridge_Current_ARR__c, Bridge_Status__c, Bridge_Stripe_Subscription_Id__c "
            f"FROM Opportunity WHERE Id = '{deal}'"
        )
        return tuple(value for name, value in row.items() if name.startswith("Bridge"))

    assert shown(left) == (1200, "trialing", "sub_b")
    assert shown(taken) == (1200, "trialing", "sub_a")

    package_org.apply(
        package_org.event(subscription("sub_b", later(3), opportunity_ref=taken, **waits))
    )
    assert shown(left) == (0, None, None)
    assert shown(taken) == (2400, "trialing", "sub_a")
