"""Roll-up summaries: values, reparenting, deletes, and the parent's own save."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Operation, Timing
from rehearsal.org.soql import parse

from ..conftest import add_ledger, codes, open_desk


def totals(desk, key="k"):
    row = desk.one(
        "SELECT Total__c, Refunded__c, Entries__c, First_Date__c, Last_Date__c "
        f"FROM Ledger__c WHERE Key__c = '{key}'"
    )
    return tuple(row[name] for name in list(row)[-5:])


def test_new_parent_shows_zero_and_no_dates(desk):
    desk.insert_one("Ledger__c", Key__c="k")
    assert totals(desk) == (0, 0, 0, None, None)


def test_sum_count_min_and_max_with_filters(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert(
        "Entry__c",
        {"Ledger__c": ledger, "Amount__c": 10, "Kind__c": "Charge", "Date__c": "2026-02-01"},
        {"Ledger__c": ledger, "Amount__c": -3, "Kind__c": "Refund", "Date__c": "2026-03-01"},
        {"Ledger__c": ledger, "Amount__c": -1, "Kind__c": "Dispute", "In_Totals__c": False},
        {"Ledger__c": ledger},
    )
    assert totals(desk) == (7, -4, 4, dt.date(2026, 2, 1), dt.date(2026, 3, 1))


def test_update_delete_and_undelete_of_a_child_move_the_total(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    entry = desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=10)
    desk.update("Entry__c", {"Id": entry, "Amount__c": 4})
    assert totals(desk)[0] == 4
    desk.delete("Entry__c", entry)
    assert totals(desk)[0] == 0
    desk.org.run(lambda tx: tx.undelete("Entry__c", [entry]), user=desk.org.admin)
    assert totals(desk)[0] == 4


def test_reparenting_moves_the_amount(desk):
    first = desk.insert_one("Ledger__c", Key__c="k")
    second = desk.insert_one("Ledger__c", Key__c="other")
    entry = desk.insert_one("Entry__c", Ledger__c=first, Amount__c=10)
    desk.update("Entry__c", {"Id": entry, "Ledger__c": second})
    assert (totals(desk)[0], totals(desk, "other")[0]) == (0, 10)


def test_parent_is_saved_through_its_own_procedure(desk):
    desk.triggers.on("Ledger__c", Timing.AFTER, Operation.UPDATE)(lambda tx, changes: None)
    desk.flows.after["Ledger__c"] = lambda tx, changes: None
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=10)
    assert [entry[0] for entry in desk.triggers.log] == ["Ledger__c"]
    assert desk.flows.log[-1] == ("Ledger__c", "after", Operation.UPDATE, 1)


def test_rule_on_the_parent_refuses_the_child(files):
    add_ledger(files)
    files.rule("Ledger__c", "Cap", "Total__c > 100", "Too much.")
    desk = open_desk(files)
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    other = desk.insert_one("Ledger__c", Key__c="other")
    results = desk.insert(
        "Entry__c",
        {"Ledger__c": ledger, "Amount__c": 101},
        {"Ledger__c": other, "Amount__c": 7},
    )
    assert codes(*results) == [["FIELD_CUSTOM_VALIDATION_EXCEPTION"], []]
    assert (totals(desk)[0], totals(desk, "other")[0]) == (0, 7)


def test_trigger_error_on_the_parent_refuses_the_child(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.triggers.on("Ledger__c", Timing.BEFORE, Operation.UPDATE)(
        lambda tx, changes: changes[0].errors.append(SaveError("X", "no"))
    )
    (result,) = desk.insert("Entry__c", {"Ledger__c": ledger, "Amount__c": 1})
    assert codes(result) == [["X"]]


def test_parent_trigger_that_saves_the_children_again_ends_right(desk):
    def double(tx, changes):
        rows = tx.query(parse("SELECT Id FROM Entry__c"))
        tx.update("Entry__c", [{"Id": row["Id"], "Note__c": "seen"} for row in rows])

    desk.triggers.on("Ledger__c", Timing.AFTER, Operation.UPDATE)(double)
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=3)
    assert totals(desk)[0] == 3
    assert desk.one("SELECT Note__c FROM Entry__c")["Note__c"] == "seen"


amounts = st.decimals(-1000, 1000, places=2, allow_nan=False)
steps = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("xy"), amounts, st.booleans()), max_size=12
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_totals_equal_the_children_whatever_happened(steps, desk):
    for id_ in [row["Id"] for row in desk.soql("SELECT Id FROM Ledger__c")]:
        desk.delete("Ledger__c", id_)
    desk.insert("Ledger__c", {"Key__c": "x"}, {"Key__c": "y"})
    held = {}
    for key, parent, amount, delete in steps:
        if delete and key in held:
            desk.delete("Entry__c", held.pop(key)[0])
            continue
        row = {"Key__c": key, "Ledger__r": {"Key__c": parent}, "Amount__c": amount}
        (result,) = desk.upsert("Entry__c", "Key__c", row)
        assert result.success
        held[key] = (result.id, parent, amount)
    for parent in "xy":
        expected = sum((a for _, p, a in held.values() if p == parent), Decimal(0))
        count = sum(p == parent for _, p, _ in held.values())
        assert totals(desk, parent)[:1] == (expected,)
        assert totals(desk, parent)[2] == count
