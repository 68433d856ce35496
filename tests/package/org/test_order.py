"""An older row never overwrites a newer one, on any path."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Package = Any
Rows = Any
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
_fresh = itertools.count()


def later(minutes: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def test_duplicate_event_writes_nothing(rows: Rows, package_org: Package) -> None:
    event = package_org.event(rows.customer(), rows.entry())
    first = package_org.apply(event)
    stamps = package_org.query("SELECT SystemModstamp FROM Bridge_Entry__c")
    assert package_org.apply(event, event) == first * 2
    assert package_org.query("SELECT SystemModstamp FROM Bridge_Entry__c") == stamps


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_in_any_batches_ends_with_the_newest(
    rows: Rows, shared_org: Package, data: Any
) -> None:
    cus, ch = f"cus_o{next(_fresh)}", f"ch_o{next(_fresh)}"
    moments = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=8))
    events = [
        shared_org.event(
            rows.customer(cus, later(moment)),
            rows.entry(ch, str(moment), later(moment), customer=cus),
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


def test_bulk_load_of_an_older_row_keeps_newer_values(rows: Rows, package_org: Package) -> None:
    package_org.apply(package_org.event(rows.customer(), rows.entry(net="20", as_of=later(5))))
    old = {
        "Stripe_Key__c": "ch_1",
        "Customer__r": {"Stripe_Id__c": "cus_1"},
        "As_Of__c": NOON,
        "Original_Net__c": Decimal(10),
    }
    results = package_org.org.run(
        lambda tx: tx.upsert("Bridge_Entry__c", [old], "Stripe_Key__c", all_or_none=False),
        user=package_org.org.integration_user,
    )
    assert results[0].success
    assert package_org.one("SELECT Amount__c FROM Bridge_Entry__c")["Amount__c"] == 20


def test_newer_row_with_the_same_values_moves_as_of(rows: Rows, package_org: Package) -> None:
    package_org.apply(package_org.event(rows.customer(), rows.entry(net="20")))
    package_org.apply(package_org.event(rows.customer(), rows.entry(net="20", as_of=later(9))))
    outcomes = package_org.apply(
        package_org.event(rows.customer(), rows.entry(net="10", as_of=later(5)))
    )
    assert outcomes == ["stale"]
    assert package_org.one("SELECT Amount__c FROM Bridge_Entry__c")["Amount__c"] == 20
