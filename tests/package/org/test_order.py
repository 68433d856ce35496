"""An older row never overwrites a newer one, on any path."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.contract import CustomerRow, LedgerRow, SubscriptionRow
from tests.package.org.local import Package
from tests.package.org.rows import NOON, customer, entry, later, subscription

_fresh = itertools.count()


def test_duplicate_event_writes_nothing(package_org: Package) -> None:
    event = package_org.event(customer(), entry())
    first = package_org.apply(event)
    stamps = package_org.query("SELECT SystemModstamp FROM Bridge_Entry__c")
    assert package_org.apply(event, event) == first * 2
    assert package_org.query("SELECT SystemModstamp FROM Bridge_Entry__c") == stamps


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_in_any_batches_ends_with_the_newest(shared_org: Package, data: Any) -> None:
    cus, ch = f"cus_o{next(_fresh)}", f"ch_o{next(_fresh)}"
    moments = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=8))
    events = [
        shared_org.event(
            customer(cus, later(moment)),
            entry(ch, str(moment), later(moment), customer=cus),
        )
        for moment in moments
    ]
    while events:
        size = data.draw(st.integers(1, len(events)))
        shared_org.apply(*events[:size])
        events = events[size:]
    row = shared_org.one(
        f"SELECT Lifetime_Value__c, As_Of__c FROM Bridge_Customer__c WHERE Stripe_Id__c = '{cus}'"
    )
    assert row["Lifetime_Value__c"] == max(moments)
    assert row["As_Of__c"] == later(max(moments))


def test_bulk_load_of_an_older_row_keeps_newer_values(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(), entry(net="20", as_of=later(5))))
    old = {
        "Stripe_Key__c": "ch_1",
        "Customer__r": {"Stripe_Id__c": "cus_1"},
        "As_Of__c": NOON,
        "Original_Net__c": Decimal(10),
    }
    results = package_org.org.run(
        lambda tx: tx.upsert(
            "Bridge_Entry__c", [old], "Stripe_Key__c", all_or_none=False, user_mode=True
        ),
        user=package_org.org.integration_user,
    )
    assert results[0].success
    assert package_org.one("SELECT Amount__c FROM Bridge_Entry__c")["Amount__c"] == 20


def test_newer_row_with_the_same_values_moves_as_of(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(), entry(net="20")))
    package_org.apply(package_org.event(customer(), entry(net="20", as_of=later(9))))
    outcomes = package_org.apply(package_org.event(customer(), entry(net="10", as_of=later(5))))
    assert outcomes == ["stale"]
    assert package_org.one("SELECT Amount__c FROM Bridge_Entry__c")["Amount__c"] == 20


def story(number: int) -> tuple[list[tuple[LedgerRow, ...]], dict[str, Decimal]]:
    """Events of two customers of one Account, and the ledger that they must end in.

    Some bring no customer row, as an event does whose customer is already known.
    """
    keys = {name: f"{name}_s{number}" for name in ("a", "b", "sub", "charge", "refund", "other")}
    known = {"customer": keys["a"], "subscription": keys["sub"]}
    events: list[tuple[LedgerRow, ...]] = [
        (customer(keys["a"], later(1)),),
        (customer(keys["b"], later(1)), entry(keys["other"], "7", later(1), customer=keys["b"])),
        (
            customer(keys["a"], later(2)),
            subscription(keys["sub"], later(2), customer=keys["a"], status="incomplete"),
        ),
        (
            customer(keys["a"], later(3)),
            subscription(keys["sub"], later(3), customer=keys["a"]),
            entry(keys["charge"], "100", later(3), **known),
        ),
        (entry(keys["charge"], "90", later(4), **known),),
        (entry(keys["refund"], "-30", later(5), kind="Refund", **known),),
        (entry(keys["refund"], "-40", later(6), kind="Refund", **known),),
    ]
    ends = {keys["charge"]: Decimal(90), keys["refund"]: Decimal(-40), keys["other"]: Decimal(7)}
    return events, ends


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_shuffled_and_repeated_events_end_in_one_ledger(shared_org: Package, data: Any) -> None:
    number = next(_fresh)
    account, deal = shared_org.seed_deal(f"Story {number}")
    told, ends = story(number)
    rows = [
        tuple(
            row.model_copy(update={"opportunity_ref": deal})
            if isinstance(row, (CustomerRow, SubscriptionRow))
            else row
            for row in event
        )
        for event in told
    ]
    waiting = [shared_org.event(*event) for event in rows * 2]
    waiting = list(data.draw(st.permutations(waiting)))
    rounds = 0
    while waiting:
        rounds += 1
        assert rounds < 40
        size = data.draw(st.integers(1, len(waiting)))
        batch, waiting = waiting[:size], waiting[size:]
        for event, outcome in zip(batch, shared_org.apply(*batch), strict=True):
            assert outcome in {"applied", "stale", "retry"}
            if outcome == "retry":
                waiting.append(event)

    found = shared_org.query(
        f"SELECT Stripe_Key__c, Amount__c FROM Bridge_Entry__c WHERE Account__c = '{account}'"
    )
    assert {row["Stripe_Key__c"]: row["Amount__c"] for row in found} == ends
    totals = shared_org.one(
        f"SELECT Bridge_Lifetime_Value__c, Bridge_Refunded__c FROM Account WHERE Id = '{account}'"
    )
    assert totals["Bridge_Lifetime_Value__c"] == sum(ends.values())
    assert totals["Bridge_Refunded__c"] == -40
    won = shared_org.one(
        f"SELECT IsWon, Amount, Bridge_Collected__c FROM Opportunity WHERE Id = '{deal}'"
    )
    assert (won["IsWon"], won["Amount"], won["Bridge_Collected__c"]) == (True, 1200, 50)
    contracts = shared_org.query(f"SELECT Id FROM Contract WHERE AccountId = '{account}'")
    assert len(contracts) == 1
