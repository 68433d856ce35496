"""An org of one currency: what is added up, by which rate, and how the rest is told."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.package.org.components import settings as changed
from tests.package.org.components import text
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, later, movement, renewal, subscription

_number = iter(range(10**6))
CENT = Decimal("0.01")
amounts = st.decimals(Decimal("-9999"), Decimal("9999"), places=2)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    paid=st.lists(
        st.tuples(
            st.sampled_from(["USD", "EUR", "JPY"]),
            amounts,
            st.one_of(st.none(), st.tuples(st.sampled_from(["USD", "EUR"]), amounts)),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_lifetime_value_is_dollars_only_and_every_other_entry_is_told(
    shared_org: Package,
    paid: list[tuple[str, Decimal, tuple[str, Decimal] | None, bool]],
) -> None:
    number = next(_number)
    cus = f"cus_c{number}"
    total, silent = Decimal(0), dict.fromkeys(("EUR", "JPY"), 0)
    rows = []
    for i, (currency, net, settled, pending) in enumerate(paid):
        rows.append(
            entry(
                f"ch_c{number}_{i}",
                str(net),
                customer=cus,
                currency=currency,
                settled_currency=None if settled is None else settled[0],
                settled_gross=None if settled is None else str(settled[1]),
                settlement_pending=pending,
            )
        )
        if currency == "USD":
            total += net
        elif net != 0 and settled is not None and settled[0] == "USD":
            total += (settled[1] * net / net).quantize(CENT, ROUND_HALF_UP)
        elif net != 0 and not pending:
            silent[currency] += 1
    shared_org.apply(shared_org.event(customer(cus), *rows))

    value = shared_org.one(
        f"SELECT Lifetime_Value__c FROM Bridge_Customer__c WHERE Stripe_Id__c = '{cus}'"
    )
    assert value["Lifetime_Value__c"] == total
    told = shared_org.query(
        "SELECT Key__c, Count__c FROM Bridge_Exception__c "
        f"WHERE Stripe_Id__c = '{cus}' AND Status__c = 'Open'"
    )
    assert {row["Key__c"].rsplit(":")[-1]: row["Count__c"] for row in told} == {
        currency: count for currency, count in silent.items() if count
    }


@pytest.mark.slow
def test_planning_rate_counts_what_recurs(hostile: Make) -> None:
    org = hostile(changed(Planning_Rates__c=text("EUR=1.1\nnonsense")))
    account, deal = org.seed_deal()
    euro = {"currency": "EUR"}
    org.apply(
        org.event(
            customer(),
            subscription(opportunity_ref=deal, mrr="83.33", arr="1000", **euro),
            renewal(subscription="sub_1", status="Failed", in_dunning=True, **euro),
            movement(dt.date(2026, 3, 1), "83.33", **euro),
        )
    )
    found = org.one(
        f"SELECT Bridge_Current_ARR__c, Bridge_At_Risk_MRR__c FROM Account WHERE Id = '{account}'"
    )
    assert (found["Bridge_Current_ARR__c"], found["Bridge_At_Risk_MRR__c"]) == (
        1100,
        Decimal("91.66"),
    )
    assert org.one("SELECT Amount__c FROM Bridge_Movement__c")["Amount__c"] == Decimal("91.66")
    due = org.one("SELECT Amount_Due__c, At_Risk_MRR__c FROM Bridge_Renewal__c")
    assert (due["Amount_Due__c"], due["At_Risk_MRR__c"]) == (110, Decimal("91.66"))
    problem = org.one("SELECT Code__c, Reason__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "PLANNING_RATE_UNREADABLE"
    assert "nonsense" in problem["Reason__c"]


@pytest.mark.slow
def test_a_long_list_of_rates_counts_to_its_last_digit(hostile: Make) -> None:
    """The settings as Apex has them at hand end after 255 characters."""
    others = [f"X{first}{second}=1.5" for first in "ABCDEFG" for second in "ABCDE"]
    rates = "\n".join([*others, "JPY=0.0067"])
    assert len(rates) > 255
    org = hostile(changed(Planning_Rates__c=text(rates)))
    org.apply(org.event(customer(), subscription(mrr="10000", arr="120000", currency="JPY")))
    found = org.one("SELECT MRR__c, ARR__c FROM Bridge_Subscription__c")
    assert (found["MRR__c"], found["ARR__c"]) == (67, 804)


def test_settlement_that_comes_later_resolves_the_exception(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(), entry(net="10", currency="EUR")))
    assert package_org.one("SELECT Count__c, Status__c FROM Bridge_Exception__c")["Count__c"] == 1
    settled = {"settled_currency": "USD", "settled_gross": "11"}
    package_org.apply(package_org.event(entry(net="10", as_of=later(1), currency="EUR", **settled)))
    assert package_org.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"
