"""The waterfall: any order, duplicates and batches of observations end in one chain."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.contract import MovementRow
from tests.package.org.local import Package
from tests.package.org.rows import NOON, customer, movement, subscription

FIRST = dt.date(2026, 3, 1)
SUBSCRIPTIONS = ("a", "b", "c")
DAYS_OPEN = 40
"""The package deletes an observation without change this many days behind the newest one."""

Observations = dict[tuple[str, int], list[int]]
"""What MRR of a subscription was said to be on a day, oldest word first."""
_fresh = itertools.count()

observations = st.dictionaries(
    st.tuples(st.sampled_from(SUBSCRIPTIONS), st.integers(0, 12)),
    st.lists(st.sampled_from([0, 0, 10, 20, 35]), min_size=1, max_size=2),
    min_size=1,
    max_size=10,
)


def expected(said: Observations) -> list[tuple[str, int, int, str | None]]:
    """Subscription, day, amount and kind by the definition, written day by day."""
    latest = dict.fromkeys(SUBSCRIPTIONS, 0)
    had_any, found = False, []
    for day, group in itertools.groupby(sorted(said, key=lambda at: at[::-1]), lambda at: at[1]):
        start = sum(latest.values())
        moved = []
        for name, _ in group:
            mrr = said[name, day][-1]
            moved.append((name, mrr - latest[name]))
            latest[name] = mrr
        end = sum(latest.values())
        for name, amount in moved:
            if amount == 0:
                kind = None
            elif start == 0:
                kind = "Reactivation" if had_any else "New"
            elif end == 0:
                kind = "Churn"
            else:
                kind = "Expansion" if amount > 0 else "Contraction"
            found.append((name, day, amount, kind))
        had_any = had_any or end > 0
    return found


def rows_of(said: Observations, number: int, stretch: int = 1) -> list[MovementRow]:
    return [
        movement(
            FIRST + dt.timedelta(days=day * stretch),
            str(mrr),
            f"sub_{name}{number}",
            as_of=NOON + dt.timedelta(minutes=version),
            customer=f"cus_m{number}",
        )
        for (name, day), words in said.items()
        for version, mrr in enumerate(words)
    ]


def held(org: Package, number: int) -> list[dict[str, Any]]:
    return org.query(
        "SELECT Stripe_Key__c, Date__c, Original_Amount__c, Amount__c, Kind__c, MRR_After__c "
        f"FROM Bridge_Movement__c WHERE Customer__r.Stripe_Id__c = 'cus_m{number}' "
        "ORDER BY Date__c, Stripe_Key__c"
    )


def begin(org: Package, names: set[str]) -> int:
    number = next(_fresh)
    key = f"cus_m{number}"
    org.apply(
        org.event(
            customer(key),
            *(subscription(f"sub_{name}{number}", customer=key) for name in sorted(names)),
        )
    )
    return number


def send(org: Package, rows: list[MovementRow], data: Any) -> None:
    """In batches of any size; each row an event of its own, some of them twice."""
    waiting = list(data.draw(st.permutations(rows + data.draw(st.lists(st.sampled_from(rows))))))
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        org.apply(*(org.event(row) for row in waiting[:size]))
        waiting = waiting[size:]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=observations, data=st.data())
def test_any_order_ends_in_the_chain_of_the_definition(
    shared_org: Package, said: Observations, data: Any
) -> None:
    number = begin(shared_org, {name for name, _ in said})
    send(shared_org, rows_of(said, number), data)

    found = [
        (
            row["Stripe_Key__c"].removeprefix("sub_")[0],
            (row["Date__c"] - FIRST).days,
            row["Original_Amount__c"],
            row["Kind__c"],
        )
        for row in held(shared_org, number)
    ]
    assert found == expected(said)
    assert all(row["Amount__c"] == row["Original_Amount__c"] for row in held(shared_org, number))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=observations, data=st.data())
def test_amounts_sum_to_the_latest_mrr_whatever_is_dropped(
    shared_org: Package, said: Observations, data: Any
) -> None:
    """Days a fortnight apart: most observations without change are old, and go."""
    number = begin(shared_org, {name for name, _ in said})
    send(shared_org, rows_of(said, number, stretch=14), data)

    rows = held(shared_org, number)
    newest: dict[str, dict[str, Any]] = {}
    sums: dict[str, Decimal] = {}
    for row in rows:
        name = row["Stripe_Key__c"].split(":")[0]
        newest[name] = row
        sums[name] = sums.get(name, Decimal(0)) + row["Amount__c"]
    assert sums == {name: row["MRR_After__c"] for name, row in newest.items()}
    for name in {name for name, _ in said}:
        last = max(day for found, day in said if found == name)
        assert sums[f"sub_{name}{number}"] == said[name, last][-1]
    for row in rows:
        name = row["Stripe_Key__c"].split(":")[0]
        behind = (newest[name]["Date__c"] - row["Date__c"]).days
        assert row["Original_Amount__c"] != 0 or behind <= DAYS_OPEN


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=observations, data=st.data())
def test_what_comes_in_stripes_own_time_ends_the_same_however_it_is_mixed(
    shared_org: Package, said: Observations, data: Any
) -> None:
    """Stripe tells of nothing older than 30 days: disorder within that leaves one end state."""
    ends = []
    for shuffled in (False, True):
        number = begin(shared_org, {name for name, _ in said})
        rows = sorted(rows_of(said, number, stretch=14), key=lambda row: (row.date, row.as_of))
        if shuffled:
            late = {row: data.draw(st.integers(0, 30)) for row in rows}
            rows.sort(key=lambda row: row.date + dt.timedelta(days=late[row]))
        for row in rows:
            shared_org.apply(shared_org.event(row))
        ends.append(
            [
                (row["Stripe_Key__c"].replace(str(number), "", 1), row["Amount__c"], row["Kind__c"])
                for row in held(shared_org, number)
            ]
        )
    assert ends[0] == ends[1]


def test_a_movement_that_says_nothing_new_writes_nothing(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(), subscription()))
    rows = [movement(FIRST, "10"), movement(FIRST + dt.timedelta(days=1), "20")]
    package_org.apply(*(package_org.event(row) for row in rows))
    stamps = package_org.query("SELECT SystemModstamp FROM Bridge_Movement__c")
    package_org.apply(*(package_org.event(row) for row in rows))
    assert package_org.query("SELECT SystemModstamp FROM Bridge_Movement__c") == stamps
