"""Customer Health: a pure function of the Account's numbers and the settings, with its reason."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.package.org import components
from tests.package.org.components import OFF, ON, number, rule, text
from tests.package.org.conftest import Make
from tests.package.org.local import Package

NUMBERS = {
    "live": "Bridge_Live_Subscriptions__c",
    "ended": "Bridge_Ended_Subscriptions__c",
    "failed": "Bridge_Failed_Payments__c",
    "overdue": "Bridge_Overdue_Invoices__c",
    "disputes": "Bridge_Open_Disputes__c",
    "refunded": "Bridge_Refunded__c",
    "disputed": "Bridge_Disputed__c",
    "value": "Bridge_Lifetime_Value__c",
    "cancelling": "Bridge_Cancelling_Subscriptions__c",
    "paused": "Bridge_Paused_Subscriptions__c",
    "trialing": "Bridge_Trialing_Subscriptions__c",
}
HEALTH = "SELECT Bridge_Customer_Health__c, Bridge_Health_Reason__c FROM Account WHERE Id = "
Rated = tuple[str | None, str | None]


def account(org: Package, **numbers: Any) -> str:
    made = org.org.seed({"Account": [{"$ref": "account", "Name": "Acme"}]})["account"]
    if numbers:
        put(org, made, **numbers)
    return made


def put(org: Package, key: str, **numbers: Any) -> None:
    org.update("Account", Id=key, **{NUMBERS[name]: value for name, value in numbers.items()})


def health(org: Package, key: str) -> Rated:
    row = org.one(f"{HEALTH}'{key}'")
    return row["Bridge_Customer_Health__c"], row["Bridge_Health_Reason__c"]


def changes(org: Package, key: str) -> list[tuple[str | None, str | None]]:
    rows = org.query(
        f"SELECT From__c, To__c FROM Bridge_Health_Change__c WHERE Account__c = '{key}' "
        "ORDER BY Name"
    )
    return [(row["From__c"], row["To__c"]) for row in rows]


FINE = ("Healthy", "1 subscription runs, and nothing is open")
CASES: list[tuple[dict[str, int], Rated]] = [
    ({"live": 1}, FINE),
    ({"live": 2, "value": 10}, ("Healthy", "2 subscriptions run, and nothing is open")),
    ({"value": 10}, ("Healthy", "No subscription, and nothing is open")),
    ({"live": 1, "failed": 2}, ("At Risk", "2 failed payments")),
    (
        {"live": 1, "failed": 1, "disputes": 1, "paused": 1},
        ("At Risk", "1 failed payment; 1 open dispute"),
    ),
    ({"live": 1, "overdue": 1}, ("Watch", "1 overdue invoice")),
    ({"live": 1, "overdue": 2}, ("At Risk", "2 overdue invoices")),
    (
        {"live": 1, "overdue": 1, "paused": 2},
        ("Watch", "1 overdue invoice; 2 paused subscriptions"),
    ),
    ({"live": 1, "cancelling": 1}, ("At Risk", "1 scheduled cancellation")),
    ({"live": 1, "trialing": 1}, FINE),
    (
        {"live": 1, "value": 95, "refunded": -5},
        FINE,
    ),
    ({"live": 1, "value": 90, "refunded": -10}, ("Watch", "10 % refunded or disputed")),
    (
        {"live": 1, "value": 70, "refunded": -20, "disputed": -10},
        ("At Risk", "30 % refunded or disputed"),
    ),
    ({"live": 1, "value": 0, "refunded": -80}, ("At Risk", "100 % refunded or disputed")),
    (
        {"live": 1, "value": -5, "disputed": 5},
        FINE,
    ),
    ({"ended": 1, "failed": 3}, ("Churned", "No subscription runs; 1 has ended")),
    ({"ended": 2, "value": 10}, ("Churned", "No subscription runs; 2 have ended")),
    ({"live": 1, "ended": 2}, FINE),
    ({"failed": 1}, ("At Risk", "1 failed payment")),
]


@pytest.mark.parametrize(("numbers", "rated"), CASES, ids=[str(numbers) for numbers, _ in CASES])
def test_what_the_numbers_mean(shared_org: Package, numbers: dict[str, int], rated: Rated) -> None:
    assert health(shared_org, account(shared_org, **numbers)) == rated


def test_an_account_that_has_bought_nothing_has_no_health(shared_org: Package) -> None:
    key = account(shared_org)
    put(shared_org, key, live=1)
    put(shared_org, key, live=0)
    assert health(shared_org, key) == (None, None)


def test_health_recovers_when_its_cause_does_and_its_history_stays(shared_org: Package) -> None:
    key = account(shared_org, live=1)
    put(shared_org, key, failed=1)
    put(shared_org, key, failed=2)
    put(shared_org, key, failed=0)
    put(shared_org, key, live=0, ended=1)
    assert changes(shared_org, key) == [
        (None, "Healthy"),
        ("Healthy", "At Risk"),
        ("At Risk", "Healthy"),
        ("Healthy", "Churned"),
    ]
    (last,) = shared_org.query(
        f"SELECT Reason__c, Changed_At__c FROM Bridge_Health_Change__c "
        f"WHERE Account__c = '{key}' AND To__c = 'Churned'"
    )
    assert last["Reason__c"] == "No subscription runs; 1 has ended"
    assert last["Changed_At__c"] is not None


@pytest.mark.parametrize(
    ("before", "name", "value", "worse"),
    [
        ({"live": 1}, "failed", 1, "At Risk"),
        ({"live": 1}, "disputes", 1, "At Risk"),
        ({"live": 1}, "overdue", 1, "Watch"),
        ({"live": 1}, "cancelling", 1, "At Risk"),
        ({"live": 1}, "paused", 1, "Watch"),
        ({"live": 1, "value": 100}, "refunded", -50, "At Risk"),
        ({"live": 1, "value": 100}, "disputed", -20, "Watch"),
        ({"live": 1, "value": 900, "refunded": -90}, "value", 100, "At Risk"),
        ({"live": 1, "ended": 1}, "live", 0, "Churned"),
        ({"value": 1}, "ended", 1, "Churned"),
    ],
)
def test_each_number_alone_moves_it(
    shared_org: Package, before: dict[str, int], name: str, value: int, worse: str
) -> None:
    key = account(shared_org, **before)
    assert health(shared_org, key)[0] == "Healthy"
    put(shared_org, key, **{name: value})
    assert health(shared_org, key)[0] == worse


def test_numbers_of_the_orgs_own_do_not_start_it(shared_org: Package) -> None:
    key = account(shared_org, live=1)
    shared_org.update("Account", Id=key, Bridge_Customer_Health__c="Watch")
    shared_org.update("Account", Id=key, Name="Acme Inc.")
    assert health(shared_org, key)[0] == "Watch", "a person's own write waits for the next change"
    assert len(changes(shared_org, key)) == 1


def test_two_hundred_accounts_are_rated_in_one_go(shared_org: Package) -> None:
    keys = [account(shared_org) for _ in range(200)]
    used: dict[str, int] = {}

    def work(tx: Any) -> None:
        rows = [
            {"Id": key, NUMBERS["live"]: 1, NUMBERS["failed"]: i % 2} for i, key in enumerate(keys)
        ]
        assert all(result.success for result in tx.update("Account", rows))
        used.update({name: tx.limits.used(name) for name in ("queries", "dml_statements")})

    shared_org.org.run(work, user=shared_org.org.admin)
    rated = [health(shared_org, key)[0] for key in keys]
    assert rated == ["Healthy", "At Risk"] * 100
    assert used["queries"] < 10
    assert used["dml_statements"] < 10


def today(org: Package) -> dt.date:
    return org.org.clock.now().date()


def override(org: Package, key: str, value: str | None, until: dt.date | None) -> None:
    org.update(
        "Account", Id=key, Bridge_Health_Override__c=value, Bridge_Health_Override_Until__c=until
    )


def test_a_persons_decision_goes_first_until_its_day_is_over(shared_org: Package) -> None:
    key = account(shared_org, live=1, failed=1)
    override(shared_org, key, "Healthy", dt.date(2099, 3, 4))
    assert health(shared_org, key) == (
        "Healthy",
        "Set by a person until 4 March 2099. Computed: At Risk (1 failed payment)",
    )
    put(shared_org, key, failed=2)
    assert health(shared_org, key)[0] == "Healthy"
    assert "2 failed payments" in str(health(shared_org, key)[1])
    override(shared_org, key, None, None)
    assert health(shared_org, key) == ("At Risk", "2 failed payments")


def test_the_last_day_still_counts_and_a_day_that_is_over_does_not(shared_org: Package) -> None:
    key = account(shared_org, live=1)
    zone = dt.timedelta(days=1)
    override(shared_org, key, "Watch", today(shared_org) + zone)
    assert health(shared_org, key)[0] == "Watch"
    override(shared_org, key, "Watch", today(shared_org) - 2 * zone)
    assert health(shared_org, key)[0] == "Healthy"
    override(shared_org, key, "Watch", None)
    assert health(shared_org, key)[0] == "Healthy"


def test_a_new_account_may_come_with_a_decision(shared_org: Package) -> None:
    made = shared_org.org.seed(
        {
            "Account": [
                {
                    "$ref": "account",
                    "Name": "Moved",
                    "Bridge_Health_Override__c": "Watch",
                    "Bridge_Health_Override_Until__c": dt.date(2099, 1, 1),
                }
            ]
        }
    )["account"]
    assert health(shared_org, made) == ("Watch", "Set by a person until 1 January 2099")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "numbers", "rated"),
    [
        ({"At_Risk_Failed_Payments__c": number(3)}, {"failed": 2}, ("Watch", "2 failed payments")),
        ({"At_Risk_Open_Disputes__c": number(2)}, {"disputes": 1}, ("Watch", "1 open dispute")),
        (
            {"At_Risk_Overdue_Invoices__c": number(5)},
            {"overdue": 4},
            ("Watch", "4 overdue invoices"),
        ),
        ({"Watch_Overdue_Invoices__c": number(2)}, {"overdue": 1}, ("Healthy", None)),
        ({"Watch_Refund_Share__c": number(20)}, {"value": 85, "refunded": -15}, ("Healthy", None)),
        (
            {"At_Risk_Refund_Share__c": number(15)},
            {"value": 85, "refunded": -15},
            ("At Risk", "15 % refunded or disputed"),
        ),
        (
            {"Cancellation_Health__c": text("Watch")},
            {"cancelling": 1},
            ("Watch", "1 scheduled cancellation"),
        ),
        ({"Cancellation_Health__c": text("Healthy")}, {"cancelling": 1}, ("Healthy", None)),
        ({"Paused_Is_Watch__c": OFF}, {"paused": 1}, ("Healthy", None)),
        ({"Trial_Is_Watch__c": ON}, {"trialing": 2}, ("Watch", "2 trials")),
        ({"Assess_Health__c": OFF}, {"failed": 9}, (None, None)),
    ],
)
def test_an_admin_moves_the_thresholds(
    hostile: Make, changed: dict[str, str], numbers: dict[str, int], rated: Rated
) -> None:
    org = hostile(components.settings(**changed))
    found = health(org, account(org, live=1, **numbers))
    assert found[0] == rated[0]
    assert rated[1] is None or found[1] == rated[1]


@pytest.mark.slow
def test_an_account_that_refuses_its_health_keeps_its_totals(hostile: Make) -> None:
    org = hostile(rule("Account", "ISPICKVAL(Bridge_Customer_Health__c, 'At Risk')", "No worries."))
    key = account(org, live=1)
    put(org, key, failed=1)
    assert health(org, key)[0] == "Healthy"
    row = org.one(f"SELECT Bridge_Failed_Payments__c FROM Account WHERE Id = '{key}'")
    assert row["Bridge_Failed_Payments__c"] == 1
    problem = org.one(
        "SELECT Code__c, Reason__c, Record_Id__c, Object__c, Status__c FROM Bridge_Exception__c"
    )
    assert (problem["Code__c"], problem["Record_Id__c"]) == ("HEALTH_REFUSED", key)
    assert (problem["Object__c"], problem["Status__c"]) == ("Account", "Open")
    assert "No worries." in problem["Reason__c"]
    assert changes(org, key) == [(None, "Healthy")]

    put(org, key, failed=0, overdue=1)
    assert health(org, key) == ("Watch", "1 overdue invoice")
    assert org.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"


@pytest.mark.slow
def test_run_again_rates_an_account_whose_numbers_have_not_changed(hostile: Make) -> None:
    org = hostile(
        rule(
            "Account",
            "AND(ISPICKVAL(Bridge_Customer_Health__c, 'At Risk'), NOT(Name = 'Mended'))",
            "No worries.",
        )
    )
    key = account(org, live=1)
    put(org, key, failed=1)
    run_again(org)
    assert health(org, key)[0] == "Healthy"
    problem = org.one("SELECT Count__c, Status__c FROM Bridge_Exception__c")
    assert (problem["Count__c"], problem["Status__c"]) == (2, "Open")

    org.update("Account", Id=key, Name="Mended")
    run_again(org)
    assert health(org, key) == ("At Risk", "1 failed payment")
    assert changes(org, key) == [(None, "Healthy"), ("Healthy", "At Risk")]
    assert org.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"


def run_again(org: Package) -> None:
    (problem,) = org.query("SELECT Id FROM Bridge_Exception__c")
    org.update("Bridge_Exception__c", Id=problem["Id"], Run_Again__c=True)


def rated_in_python(n: dict[str, int]) -> str | None:
    """The rule once more, said otherwise: the worst that any cause says."""
    if n["live"] == 0 and n["ended"] > 0:
        return "Churned"
    back = -(n["refunded"] + n["disputed"])
    gross = n["value"] + back
    share = 100 * back / gross if gross > 0 and back > 0 else 0
    if n["failed"] or n["disputes"] or n["overdue"] >= 2 or share >= 30 or n["cancelling"]:
        return "At Risk"
    if n["overdue"] or share >= 10 or n["paused"]:
        return "Watch"
    return "Healthy" if n["live"] or n["value"] > 0 else None


COUNTS = st.integers(0, 3)
ACCOUNT = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, COUNTS)
    | {
        "value": st.integers(-50, 200),
        "refunded": st.integers(-80, 0),
        "disputed": st.integers(-80, 0),
    }
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.lists(ACCOUNT, max_size=2), end=ACCOUNT)
def test_health_is_a_function_of_the_state_and_not_of_the_path(
    shared_org: Package, path: list[dict[str, int]], end: dict[str, int]
) -> None:
    slow, fast = account(shared_org), account(shared_org)
    for numbers in [*path, end]:
        put(shared_org, slow, **numbers)
    put(shared_org, fast, **end)
    assert health(shared_org, slow) == health(shared_org, fast)
    assert health(shared_org, fast)[0] == rated_in_python(end)
    history = changes(shared_org, slow)
    assert all(before != after for before, after in history)
    assert [after for _, after in history][:-1] == [before for before, _ in history][1:]
