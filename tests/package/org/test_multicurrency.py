"""An org of several currencies: records stand in Stripe's own, totals are converted once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal.org.options import Currencies, OrgOptions
from rehearsal.org.org import Org
from tests.package.org.local import ROOT, Package
from tests.package.org.rows import customer, entry, later, movement, renewal, subscription

RATES = {"USD": Decimal(1), "EUR": Decimal("0.8"), "JPY": Decimal(150)}
"""Units of each currency for one dollar, the corporate currency."""
CENT = Decimal("0.01")
_number = iter(range(10**6))


def org_of(dated: dict[str, dict[dt.date, Decimal]] | None) -> Package:
    currencies = Currencies(
        corporate="USD",
        rates={code: rate for code, rate in RATES.items() if code != "USD"},
        inactive={"CHF": Decimal("0.95")},
        dated=dated,
    )
    return Package(Org.load(ROOT, options=OrgOptions(currencies=currencies)))


@pytest.fixture(scope="module")
def several() -> Package:
    return org_of(None)


@pytest.fixture(scope="module")
def advanced() -> Package:
    """Advanced currency management, with a rate that is far from that of now."""
    return org_of({"EUR": {dt.date(2026, 1, 1): Decimal(2)}})


@pytest.fixture(params=["several", "advanced"])
def org(request: pytest.FixtureRequest) -> Package:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Package)
    return found


def deal_in(org: Package, code: str) -> tuple[str, str]:
    """An Account and its Opportunity that stand in a currency."""
    account, deal = org.seed_deal(f"Deal {next(_number)}", CurrencyIsoCode=code)
    org.update("Account", Id=account, CurrencyIsoCode=code)
    return account, deal


def keys() -> Callable[[str], str]:
    number = next(_number)
    return lambda prefix: f"{prefix}_v{number}"


def totals(org: Package, sobject: str, key: str, *fields: str) -> tuple[Any, ...]:
    row = org.one(f"SELECT {', '.join(fields)} FROM {sobject} WHERE Id = '{key}'")
    return tuple(row[field] for field in fields)


def test_records_stand_in_stripes_currency(org: Package) -> None:
    key = keys()
    known = {"customer": key("cus"), "currency": "EUR"}
    org.apply(
        org.event(
            customer(key("cus"), currency="EUR"),
            subscription(key("sub"), **known),
            renewal(key("in"), subscription=key("sub"), **known),
            entry(key("ch"), "10", settled_currency="USD", settled_gross="12", **known),
            movement(dt.date(2026, 3, 1), "100", key("sub"), **known),
        )
    )
    for sobject, field, amount in (
        ("Bridge_Subscription__c", "MRR__c", 100),
        ("Bridge_Renewal__c", "Amount_Due__c", 100),
        ("Bridge_Entry__c", "Amount__c", 10),
        ("Bridge_Movement__c", "Amount__c", 100),
    ):
        row = org.one(
            f"SELECT CurrencyIsoCode, In_Totals__c, {field} FROM {sobject} "
            f"WHERE Customer__r.Stripe_Id__c = '{key('cus')}'"
        )
        assert (row["CurrencyIsoCode"], row["In_Totals__c"], row[field]) == ("EUR", True, amount)
    row = org.one(
        "SELECT CurrencyIsoCode, Lifetime_Value__c, Current_MRR__c FROM Bridge_Customer__c "
        f"WHERE Stripe_Id__c = '{key('cus')}'"
    )
    assert row["CurrencyIsoCode"] == "EUR"
    assert (row["Lifetime_Value__c"], row["Current_MRR__c"]) == (10, 100)


@pytest.mark.parametrize(("code", "arr"), [("USD", 1500), ("EUR", 1200), ("JPY", 225_000)])
def test_account_and_opportunity_show_their_own_currency(org: Package, code: str, arr: int) -> None:
    """Euros, and 0.8 of them are a dollar: by the rate of now, whatever the dated rates say."""
    key = keys()
    account, deal = deal_in(org, code)
    known = {"customer": key("cus"), "currency": "EUR"}
    org.apply(
        org.event(
            customer(key("cus"), currency="EUR"),
            subscription(key("sub"), opportunity_ref=deal, **known),
            renewal(key("in"), subscription=key("sub"), status="Failed", in_dunning=True, **known),
            entry(key("ch"), "80", subscription=key("sub"), **known),
            entry(key("re"), "-8", kind="Refund", subscription=key("sub"), **known),
        )
    )
    rate = RATES[code] / RATES["EUR"]
    found = totals(
        org,
        "Account",
        account,
        "Bridge_Current_ARR__c",
        "Bridge_At_Risk_MRR__c",
        "Bridge_Lifetime_Value__c",
        "Bridge_Refunded__c",
        "Bridge_Live_Subscriptions__c",
        "Bridge_Failed_Payments__c",
    )
    assert found == (arr, 100 * rate, 72 * rate, -8 * rate, 1, 1)
    found = totals(
        org,
        "Opportunity",
        deal,
        "Bridge_Current_ARR__c",
        "Bridge_At_Risk_MRR__c",
        "Bridge_Collected__c",
    )
    assert found == (arr, 100 * rate, 72 * rate)


@pytest.mark.parametrize(("code", "amount"), [("USD", 4000), ("EUR", 3200)])
def test_deal_is_won_in_its_own_currency(org: Package, code: str, amount: int) -> None:
    """Two subscriptions of one deal, in euros and in dollars, one winning after the other."""
    key = keys()
    _, deal = deal_in(org, code)
    euros = {"currency": "EUR", "acv": "2000"}
    org.apply(
        org.event(
            customer(key("cus"), currency="EUR", opportunity_ref=deal),
            subscription(key("a"), customer=key("cus"), opportunity_ref=deal, **euros),
        )
    )
    dollars = {"currency": "USD", "acv": "1500"}
    org.apply(
        org.event(subscription(key("b"), customer=key("cus"), opportunity_ref=deal, **dollars))
    )
    found = totals(org, "Opportunity", deal, "IsWon", "Amount", "Bridge_ACV__c")
    assert found == (True, amount, amount)
    booked = org.query(
        "SELECT Booked_ACV__c, CurrencyIsoCode FROM Bridge_Subscription__c "
        f"WHERE Opportunity__c = '{deal}' ORDER BY Stripe_Id__c"
    )
    assert [(row["Booked_ACV__c"], row["CurrencyIsoCode"]) for row in booked] == [
        (2000, "EUR"),
        (1500, "USD"),
    ]


def test_currency_that_the_org_lacks_counts_as_settled_or_not_at_all(org: Package) -> None:
    """Francs are there, but not active: nobody can book in them."""
    key = keys()
    francs = {"customer": key("cus"), "currency": "CHF"}
    org.apply(
        org.event(
            customer(key("cus"), currency="CHF"),
            subscription(key("sub"), **francs),
            entry(key("a"), "10", settled_currency="EUR", settled_gross="9", **francs),
            entry(key("b"), "10", **francs),
            entry(key("c"), "10", settled_currency="GBP", settled_gross="9", **francs),
        )
    )
    rows = org.query(
        "SELECT Amount__c, CurrencyIsoCode, In_Totals__c FROM Bridge_Entry__c "
        f"WHERE Customer__r.Stripe_Id__c = '{key('cus')}' ORDER BY Stripe_Key__c"
    )
    assert [(row["Amount__c"], row["CurrencyIsoCode"], row["In_Totals__c"]) for row in rows] == [
        (9, "EUR", True),
        (None, "USD", False),
        (None, "USD", False),
    ]
    value = org.one(
        "SELECT CurrencyIsoCode, Lifetime_Value__c, Current_MRR__c FROM Bridge_Customer__c "
        f"WHERE Stripe_Id__c = '{key('cus')}'"
    )
    assert value["CurrencyIsoCode"] == "USD"
    assert (value["Lifetime_Value__c"], value["Current_MRR__c"]) == (Decimal("11.25"), 0)
    problem = org.one(
        f"SELECT Code__c, Count__c FROM Bridge_Exception__c WHERE Stripe_Id__c = '{key('cus')}'"
    )
    assert (problem["Code__c"], problem["Count__c"]) == ("CURRENCY_NOT_IN_ORG", 3)


def test_rates_that_change_reach_the_totals_with_the_next_event() -> None:
    org = org_of(None)
    account, deal = deal_in(org, "USD")
    known = {"currency": "EUR", "opportunity_ref": deal}
    org.apply(org.event(customer(currency="EUR"), subscription(**known)))
    assert totals(org, "Account", account, "Bridge_Current_ARR__c") == (1500,)

    org.org.set_rate("EUR", Decimal("0.5"))
    org.apply(org.event(subscription(as_of=later(1), arr="1300", **known)))
    assert totals(org, "Account", account, "Bridge_Current_ARR__c") == (2600,)
    assert totals(org, "Opportunity", deal, "Bridge_Current_ARR__c") == (2600,)


money = st.decimals(Decimal(-9999), Decimal(9999), places=2)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    code=st.sampled_from(sorted(RATES)),
    paid=st.lists(
        st.tuples(st.sampled_from(["x", "y"]), st.sampled_from(sorted(RATES)), money),
        min_size=1,
        max_size=6,
    ),
    data=st.data(),
)
def test_lifetime_value_is_the_sum_converted(
    several: Package, code: str, paid: list[tuple[str, str, Decimal]], data: Any
) -> None:
    """Rounded once for each customer, and once for the Account."""
    key = keys()
    account, deal = deal_in(several, code)
    events = [
        several.event(
            customer(key(name), currency=home, opportunity_ref=deal),
        )
        for name, home in (("x", "EUR"), ("y", "USD"))
    ]
    several.apply(*events)
    entries = [
        several.event(entry(f"{key('ch')}_{i}", str(net), customer=key(name), currency=currency))
        for i, (name, currency, net) in enumerate(paid)
    ]
    waiting = list(data.draw(st.permutations(entries * 2)))
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        several.apply(*waiting[:size])
        waiting = waiting[size:]

    dollars = Decimal(0)
    for name, home in (("x", "EUR"), ("y", "USD")):
        own = sum(
            (net / RATES[at] * RATES[home] for who, at, net in paid if who == name), Decimal(0)
        )
        dollars += own.quantize(CENT, ROUND_HALF_UP) / RATES[home]
    (value,) = totals(several, "Account", account, "Bridge_Lifetime_Value__c")
    assert abs((value or Decimal(0)) - dollars * RATES[code]) <= CENT
