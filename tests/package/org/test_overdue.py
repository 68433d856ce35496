"""Every night the bridge is asked about invoices that were still open on their due date."""

from __future__ import annotations

import datetime as dt

import pytest

from rehearsal.org.bus.log import EARLIEST
from tests.package.org.local import Package
from tests.package.org.rows import customer, later, renewal
from tests.package.org.test_health import today

pytestmark = pytest.mark.slow
NIGHT = "Bridge_Check_Overdue"
LATE = dt.timedelta(days=2)
"""Past in every zone: a Flow's date is the running user's."""


def asked(org: Package) -> list[tuple[str, str]]:
    """What the bridge has been asked to read so far."""
    events = org.org.bus.after("/event/Bridge_Request__e", EARLIEST)
    return sorted((each.values["Kind__c"], each.values["Stripe_Id__c"]) for each in events)


def test_only_what_is_open_after_its_day_is_asked_about(package_org: Package) -> None:
    org = package_org
    past = today(org) - LATE
    rows = [
        renewal("in_late", status="Open", due_date=past),
        renewal("in_today", status="Open", due_date=today(org)),
        renewal("in_known", status="Overdue", due_date=past, in_dunning=True),
        renewal("in_paid", status="Collected", due_date=past),
        renewal("in_held", status="Open", due_date=past),
        renewal("next:sub_1:month", status="Upcoming", due_date=past),
    ]
    org.apply(org.event(customer(), *rows))
    held = org.one("SELECT Id FROM Bridge_Renewal__c WHERE Stripe_Key__c = 'in_held'")
    org.update("Bridge_Renewal__c", Id=held["Id"], Automation_Hold__c=True)

    org.org.run_schedules(NIGHT)
    assert asked(org) == [("Resync", "in_late")]

    org.apply(
        org.event(
            renewal("in_late", later(1), status="Overdue", due_date=past, in_dunning=True),
            customer(),
        )
    )
    org.org.run_schedules(NIGHT)
    assert asked(org) == [("Resync", "in_late")]


def test_two_hundred_at_a_time(package_org: Package) -> None:
    org = package_org
    day = today(org) - LATE
    for batch in range(5):
        org.apply(
            org.event(
                customer(),
                *(renewal(f"in_{batch}_{each}", status="Open", due_date=day) for each in range(50)),
            )
        )
    org.org.run_schedules(NIGHT)
    assert len(asked(org)) == 250
