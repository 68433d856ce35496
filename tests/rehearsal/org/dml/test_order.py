"""The order of execution, partial saves and recursion."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import LimitExceeded, SaveError
from rehearsal.org.ports import Operation, Timing
from rehearsal.org.soql import parse

from ..conftest import add_ledger, codes, open_desk

INSERT, UPDATE, DELETE = Operation.INSERT, Operation.UPDATE, Operation.DELETE
BEFORE, AFTER = Timing.BEFORE, Timing.AFTER


def test_steps_come_in_salesforces_order(desk):
    seen = []
    desk.flows.before["Account"] = lambda tx, changes: seen.append("before-save flow")
    desk.flows.after["Account"] = lambda tx, changes: seen.append("after-save flow")
    desk.triggers.on("Account", BEFORE, INSERT)(lambda tx, changes: seen.append("before trigger"))
    desk.triggers.on("Account", AFTER, INSERT)(lambda tx, changes: seen.append("after trigger"))
    desk.insert_one("Account", Name="A")
    assert seen == ["before-save flow", "before trigger", "after trigger", "after-save flow"]


def test_triggers_see_at_most_200_records(desk):
    desk.triggers.on("Account", BEFORE, INSERT)(lambda tx, changes: None)
    desk.insert("Account", *({"Name": f"A{n}"} for n in range(450)))
    assert [count for *_, count in desk.triggers.log] == [200, 200, 50]


def test_before_trigger_may_fill_required_fields_and_shorten_text(desk):
    def repair(tx, changes):
        for change in changes:
            change.new["StageName"] = "Prospecting"
            change.new["Name"] = change.new["Name"][:120]

    desk.triggers.on("Opportunity", BEFORE, INSERT)(repair)
    desk.insert_one("Opportunity", Name="x" * 300, CloseDate="2026-01-01")
    assert len(desk.one("SELECT Name FROM Opportunity")["Name"]) == 120


def test_values_of_before_triggers_are_validated(desk):
    def spoil(tx, changes):
        changes[0].new["Account__c"] = "001000000000009AAA"

    desk.triggers.on("Ledger__c", BEFORE, INSERT)(spoil)
    (result,) = desk.insert("Ledger__c", {"Key__c": "k"})
    assert codes(result) == [["INVALID_CROSS_REFERENCE_KEY"]]


def test_before_insert_has_no_id_and_after_insert_has_one(desk):
    seen = []
    desk.triggers.on("Account", BEFORE, INSERT)(lambda tx, c: seen.append(c[0].new["Id"]))
    desk.triggers.on("Account", AFTER, INSERT)(lambda tx, c: seen.append(c[0].new["Id"]))
    id_ = desk.insert_one("Account", Name="A")
    assert seen == [None, id_]


def test_trigger_rows_have_every_field_and_formulas(desk):
    seen = []
    account = desk.insert_one("Account", Name="Acme")
    ledger = desk.insert_one("Ledger__c", Key__c="k", Account__c=account)
    desk.triggers.on("Entry__c", AFTER, INSERT)(lambda tx, changes: seen.append(changes[0].new))
    desk.insert_one("Entry__c", Ledger__c=ledger)
    assert seen[0]["Account_Name__c"] == "Acme"
    assert set(seen[0]) == {field.name for field in desk.org.schema.objects["entry__c"]}
    assert seen[0]["Note__c"] is None


def test_update_shows_old_and_new(desk):
    seen = []
    desk.triggers.on("Account", BEFORE, UPDATE)(
        lambda tx, c: seen.append((c[0].old["Name"], c[0].new["Name"], c[0].new["Site"]))
    )
    id_ = desk.insert_one("Account", Name="A", Site="HQ")
    desk.update("Account", {"Id": id_[:15], "Name": "B"})
    assert seen == [("A", "B", "HQ")]


def test_unchanged_update_still_runs_automation(desk):
    desk.triggers.on("Account", AFTER, UPDATE)(lambda tx, changes: None)
    id_ = desk.insert_one("Account", Name="A")
    desk.update("Account", {"Id": id_, "Name": "A"})
    assert len(desk.triggers.log) == 1


def test_add_error_refuses_only_its_record(desk):
    def refuse(tx, changes):
        for change in changes:
            if change.new["Name"] == "bad":
                change.errors.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"))

    desk.triggers.on("Account", AFTER, INSERT)(refuse)
    results = desk.insert("Account", {"Name": "good"}, {"Name": "bad"})
    assert [r.success for r in results] == [True, False]
    assert [r["Name"] for r in desk.soql("SELECT Name FROM Account")] == ["good"]


def test_partial_save_fires_triggers_again_without_what_failed(desk):
    def refuse(tx, changes):
        for change in changes:
            if change.new["Name"] == "bad":
                change.errors.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"))

    desk.triggers.on("Account", BEFORE, INSERT)(refuse)
    desk.insert("Account", {"Name": "good"}, {"Name": "bad"})
    assert [count for *_, count in desk.triggers.log] == [2, 1]


def test_partial_save_undoes_what_the_first_attempt_wrote_elsewhere(desk):
    def note(tx, changes):
        tx.insert("Task", [{"Subject": c.new["Name"], "WhatId": c.new["Id"]} for c in changes])
        changes[-1].errors.extend(
            [SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")]
            if changes[-1].new["Name"] == "bad"
            else []
        )

    desk.triggers.on("Account", AFTER, INSERT)(note)
    desk.insert("Account", {"Name": "good"}, {"Name": "bad"})
    assert [row["Subject"] for row in desk.soql("SELECT Subject FROM Task")] == ["good"]


def test_third_attempt_that_errs_fails_all(desk):
    def refuse_last(tx, changes):
        changes[-1].errors.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"))

    desk.triggers.on("Account", BEFORE, INSERT)(refuse_last)
    results = desk.insert("Account", *({"Name": f"A{n}"} for n in range(5)))
    assert not any(result.success for result in results)
    assert results[0].errors[0].message.startswith("Too many batch retries")
    assert results[4].errors[0].message == "no"
    assert desk.soql("SELECT Id FROM Account") == []


def test_attempts_start_with_the_limits_of_the_first(desk):
    seen = []

    def refuse(tx, changes):
        tx.insert("Task", [{"Subject": "x"}])
        seen.append(tx.limits.used("dml_statements"))
        if len(changes) > 1:
            changes[0].errors.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"))

    desk.triggers.on("Account", AFTER, INSERT)(refuse)
    desk.insert("Account", {"Name": "a"}, {"Name": "b"})
    assert seen == [2, 2]


def test_all_or_none_keeps_nothing_and_says_why(desk):
    good, bad = desk.insert("Account", {"Name": "A"}, {"Site": "x"}, all_or_none=True)
    assert codes(good, bad) == [["ALL_OR_NONE_OPERATION_ROLLED_BACK"], ["REQUIRED_FIELD_MISSING"]]
    assert desk.soql("SELECT Id FROM Account") == []


def test_all_or_none_ends_before_the_after_triggers(desk):
    desk.triggers.on("Account", AFTER, INSERT)(lambda tx, changes: None)
    desk.insert("Account", {"Name": "A"}, {"Site": "x"}, all_or_none=True)
    assert desk.triggers.log == []


def test_all_or_none_undoes_earlier_chunks(desk):
    rows = [{"Name": f"A{n}"} for n in range(200)] + [{"Site": "x"}]
    results = desk.insert("Account", *rows, all_or_none=True)
    assert len(results) == 201
    assert desk.soql("SELECT Id FROM Account") == []


def test_recursive_save_fires_triggers_but_no_flow(desk):
    def touch(tx, changes):
        if changes[0].new["Site"] is None:
            tx.update("Account", [{"Id": changes[0].new["Id"], "Site": "HQ"}])

    desk.triggers.on("Account", AFTER, INSERT, UPDATE)(touch)
    desk.flows.after["Account"] = lambda tx, changes: None
    desk.insert_one("Account", Name="A")
    assert [operation for _, _, operation, _ in desk.triggers.log] == [INSERT, UPDATE]
    assert [operation for _, _, operation, _ in desk.flows.log] == [INSERT]


def test_flow_sees_what_after_triggers_wrote(desk):
    seen = []
    desk.triggers.on("Account", AFTER, INSERT)(
        lambda tx, changes: tx.update("Account", [{"Id": changes[0].new["Id"], "Site": "HQ"}])
    )
    desk.flows.after["Account"] = lambda tx, changes: seen.append(changes[0].new["Site"])
    desk.insert_one("Account", Name="A")
    assert seen == ["HQ"]


def test_flow_sees_the_roll_up_of_before_its_child(desk):
    seen = []
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    total = parse("SELECT Total__c FROM Ledger__c")
    desk.flows.after["Entry__c"] = lambda tx, changes: seen.append(tx.query(total)[0]["Total__c"])
    desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=5)
    assert seen == [0]


def test_record_cannot_update_itself_in_its_before_trigger(desk):
    inner = []

    def recurse(tx, changes):
        inner.extend(tx.update("Account", [{"Id": changes[0].new["Id"], "Site": "x"}]))

    desk.triggers.on("Account", BEFORE, UPDATE)(recurse)
    id_ = desk.insert_one("Account", Name="A")
    desk.update("Account", {"Id": id_, "Name": "B"})
    assert codes(*inner) == [["SELF_REFERENCE_FROM_TRIGGER"]]


def test_triggers_nest_sixteen_deep(desk):
    depths = []

    def nest(tx, changes):
        depths.append(len(depths) + 1)
        tx.insert("Account", [{"Name": "deeper"}])

    desk.triggers.on("Account", AFTER, INSERT)(nest)
    with pytest.raises(LimitExceeded, match="Maximum trigger depth exceeded"):
        desk.insert("Account", {"Name": "A"})
    assert len(depths) == 16
    assert desk.soql("SELECT Id FROM Account") == []


def test_validation_rule_refuses_with_its_message_and_field(files):
    add_ledger(files)
    files.rule(
        "Ledger__c",
        "Name_Stays",
        "AND(NOT(ISNEW()), ISCHANGED(Name), PRIORVALUE(Name) <> 'free')",
        "The name is fixed.",
        "<errorDisplayField>Name</errorDisplayField>",
    )
    desk = open_desk(files)
    id_ = desk.insert_one("Ledger__c", Name="fixed", Key__c="k")
    (result,) = desk.update("Ledger__c", {"Id": id_, "Name": "other"})
    (error,) = result.errors
    assert (error.status_code, error.message, error.fields) == (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "The name is fixed.",
        ("Name",),
    )
    assert desk.update("Ledger__c", {"Id": id_, "Email__c": "a@b.example"})[0].success


def test_validation_runs_on_what_before_triggers_set(files):
    add_ledger(files)
    files.rule("Account", "No_Test", 'Name = "test"', "No tests here.")
    desk = open_desk(files)
    desk.triggers.on("Account", BEFORE, INSERT)(
        lambda tx, changes: changes[0].new.update(Name="fine")
    )
    desk.insert_one("Account", Name="test")


def test_update_needs_an_existing_record(desk):
    gone = desk.insert_one("Account", Name="gone")
    desk.delete("Account", gone)
    results = desk.update(
        "Account",
        {"Name": "x"},
        {"Id": "001000000000009AAA", "Name": "x"},
        {"Id": gone, "Name": "x"},
        {"Id": "zzz", "Name": "x"},
    )
    assert codes(*results) == [
        ["MISSING_ARGUMENT"],
        ["INVALID_CROSS_REFERENCE_KEY"],
        ["ENTITY_IS_DELETED"],
        ["MALFORMED_ID"],
    ]


def test_locked_row_refuses_its_save(desk):
    id_ = desk.insert_one("Account", Name="A")
    desk.org.locked_rows.add(id_)
    (result,) = desk.update("Account", {"Id": id_, "Name": "B"})
    assert codes(result) == [["UNABLE_TO_LOCK_ROW"]]
    desk.org.locked_rows.clear()
    assert desk.update("Account", {"Id": id_, "Name": "B"})[0].success
