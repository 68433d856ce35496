"""Percent formulas, CPU time of saves, savepoints of the platform's own, accepted events."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rehearsal.org.errors import LimitExceeded

from ..conftest import add_ledger, open_desk

pytestmark = pytest.mark.slow

NUMBER = "<precision>8</precision><scale>2</scale>"


def test_a_percent_formula_holds_a_hundred_times_its_result(files):
    files.object("Deal__c")
    files.field("Deal__c", "Part__c", "Number", NUMBER)
    files.field("Deal__c", "Share__c", "Percent", f"<formula>Part__c / 200</formula>{NUMBER}")
    files.field("Deal__c", "Twice__c", "Number", f"<formula>Share__c * 2</formula>{NUMBER}")
    desk = open_desk(files)
    desk.insert_one("Deal__c", Name="D", Part__c=20)
    row = desk.one("SELECT Share__c, Twice__c FROM Deal__c")
    assert (row["Share__c"], row["Twice__c"]) == (Decimal(10), Decimal("0.2"))


def test_a_percent_default_is_a_decimal(files):
    files.object("Deal__c")
    files.field("Deal__c", "Share__c", "Percent", f"<defaultValue>0.1</defaultValue>{NUMBER}")
    desk = open_desk(files)
    desk.insert_one("Deal__c", Name="D")
    assert desk.one("SELECT Share__c FROM Deal__c")["Share__c"] == 10


def test_records_formulas_and_rules_cost_cpu_time(files):
    files.object("Plain__c")
    files.object("Busy__c")
    for number in range(30):
        files.field("Busy__c", f"F{number}__c", "Text", '<formula>Name &amp; "x"</formula>')
    desk = open_desk(files)

    def cost(sobject: str) -> int:
        def work(tx):
            tx.insert(sobject, [{"Name": "x"}] * 100)
            return tx.limits.used("cpu_ms")

        return desk.org.run(work, user=desk.org.admin)

    assert (cost("Plain__c"), cost("Busy__c")) == (20, 80)


def test_a_huge_batch_dies_of_the_cpu_limit(files):
    files.object("Busy__c")
    for number in range(60):
        files.field("Busy__c", f"F{number}__c", "Text", '<formula>Name &amp; "x"</formula>')
    desk = open_desk(files)

    def work(tx):
        for _ in range(10):
            tx.insert("Busy__c", [{"Name": "x"}] * 200)
            tx.limits.use("cpu_ms", 800)

    with pytest.raises(LimitExceeded, match="CPU time"):
        desk.org.run(work, user=desk.org.admin)


def test_uncounted_savepoints_use_no_statement(desk):
    def work(tx):
        point = tx.savepoint(counted=False)
        tx.rollback(point, counted=False)
        return tx.limits.used("dml_statements")

    assert desk.org.run(work, user=desk.org.admin) == 0


def test_an_accepted_event_is_published_though_the_allocation_is_used_up_meanwhile(files):
    add_ledger(files)
    files.event("Later__e")
    files.field("Later__e", "Key__c", "Text", "<length>10</length>")
    desk = open_desk(files)
    bus = desk.org.bus
    start = bus.tip("Later__e")

    def work(tx):
        first = tx.publish("Later__e", [{"Key__c": "a"}, {"Key__c": "b"}])
        allocation = bus.allocations.published
        allocation.use(allocation.remaining(desk.clock.now()), desk.clock.now())
        return [*first, *tx.publish("Later__e", [{"Key__c": "c"}])]

    first, second, refused = desk.org.run(work, user=desk.org.admin)
    assert first.success
    assert second.success
    assert refused.errors[0].status_code == "LIMIT_EXCEEDED"
    assert [event.values["Key__c"] for event in bus.after("Later__e", start)] == ["a", "b"]
    assert bus.allocations.published.remaining(desk.clock.now()) == 0
