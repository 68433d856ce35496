"""Every night the decisions whose day is over are taken back, and health follows the numbers."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.package.org.components import rule
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.test_health import account, changes, health, override, today

pytestmark = pytest.mark.slow
DAY = dt.timedelta(days=1)
NIGHT = "Bridge_End_Overrides"


def decision(org: Package, key: str) -> tuple[str | None, dt.date | None]:
    row = org.one(
        "SELECT Bridge_Health_Override__c, Bridge_Health_Override_Until__c "
        f"FROM Account WHERE Id = '{key}'"
    )
    return row["Bridge_Health_Override__c"], row["Bridge_Health_Override_Until__c"]


def test_a_decision_ends_after_its_last_day(package_org: Package) -> None:
    org = package_org
    until = today(org) + 2 * DAY
    over, lasting = account(org, live=1, failed=1), account(org, live=1, failed=1)
    override(org, over, "Healthy", until)
    override(org, lasting, "Healthy", until + 30 * DAY)
    org.org.run_schedules(NIGHT)
    assert health(org, over)[0] == "Healthy"

    org.org.clock.advance(5 * DAY)
    org.org.run_schedules(NIGHT)
    assert decision(org, over) == (None, None)
    assert health(org, over) == ("At Risk", "1 failed payment")
    assert changes(org, over)[-1] == ("Healthy", "At Risk")
    assert decision(org, lasting) == ("Healthy", until + 30 * DAY)
    assert health(org, lasting)[0] == "Healthy"

    org.org.run_schedules(NIGHT)
    assert len(changes(org, over)) == 3


def test_an_account_that_the_org_refuses_does_not_keep_the_others(hostile: Make) -> None:
    org = hostile(
        rule("Account", "AND(ISBLANK(Bridge_Health_Override_Until__c), Name = 'Frozen')", "Frozen.")
    )
    keys = [account(org, live=1) for _ in range(3)]
    for key in keys:
        override(org, key, "At Risk", today(org) + DAY)
    org.update("Account", Id=keys[1], Name="Frozen")
    org.org.clock.advance(5 * DAY)
    org.org.run_schedules(NIGHT)

    assert [decision(org, key)[0] for key in keys] == [None, "At Risk", None]
    assert [health(org, key)[0] for key in (keys[0], keys[2])] == ["Healthy", "Healthy"]
    problem = org.one("SELECT Code__c, Record_Id__c, Reason__c FROM Bridge_Exception__c")
    assert (problem["Code__c"], problem["Record_Id__c"]) == ("HEALTH_REFUSED", keys[1])
    assert "Frozen." in problem["Reason__c"]
