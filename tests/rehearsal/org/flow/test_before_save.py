"""Flows before the save: fast field updates and entry criteria."""

from __future__ import annotations

from decimal import Decimal

import pytest

SET_NOTE = """
<assignments><name>Set_Note</name><label>x</label><locationX>0</locationX><locationY>0</locationY>
<assignmentItems><assignToReference>$Record.Note__c</assignToReference><operator>Assign</operator>
<value><stringValue>seen {!$Record.Name}</stringValue></value></assignmentItems></assignments>
"""
COUNT = """
<assignments><name>Count</name><label>x</label><locationX>0</locationX><locationY>0</locationY>
<assignmentItems><assignToReference>$Record.Total__c</assignToReference><operator>Add</operator>
<value><numberValue>1</numberValue></value></assignmentItems></assignments>
"""


def equal(field: str, value: str, kind: str = "stringValue", operator: str = "EqualTo") -> str:
    return (
        f"<filters><field>{field}</field><operator>{operator}</operator>"
        f"<value><{kind}>{value}</{kind}></value></filters>"
    )


def test_assigning_the_record_changes_it_without_dml(world):
    world.triggered("Stamp", SET_NOTE, to="Set_Note", when="RecordBeforeSave")
    deal = world.add("Deal__c", Name="A")
    assert world.used["dml_statements"] == 1
    assert world.column(f"SELECT Note__c FROM Deal__c WHERE Id = '{deal}'") == ["seen A"]


def test_update_of_the_triggering_record_is_in_place(world):
    world.triggered(
        "Stamp",
        """<recordUpdates><name>Mark</name><label>x</label>
        <inputAssignments><field>Flag__c</field><value><booleanValue>true</booleanValue></value>
        </inputAssignments><inputReference>$Record</inputReference></recordUpdates>""",
        to="Mark",
        when="RecordBeforeSave",
    )
    world.add("Deal__c", Name="A")
    assert world.used["dml_statements"] == 1
    assert world.column("SELECT Flag__c FROM Deal__c") == [True]


def test_the_validation_rule_sees_what_the_flow_set(world):
    world.triggered(
        "Spoil",
        SET_NOTE.replace("seen {!$Record.Name}", "bad"),
        to="Set_Note",
        when="RecordBeforeSave",
    )
    (result,) = world.insert("Deal__c", {"Name": "A"})
    assert [error.status_code for error in result.errors] == ["FIELD_CUSTOM_VALIDATION_EXCEPTION"]


@pytest.mark.parametrize("status", ["Draft", "Obsolete"])
def test_only_active_flows_run(world, status):
    world.triggered("Stamp", SET_NOTE, to="Set_Note", when="RecordBeforeSave", status=status)
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Note__c FROM Deal__c") == [None]


@pytest.mark.parametrize(
    ("on", "expected"), [("Create", [1, 1]), ("Update", [None, None]), ("CreateAndUpdate", [1, 2])]
)
def test_trigger_type_decides_which_saves_run_the_flow(world, on, expected):
    world.triggered("Count_Saves", COUNT, to="Count", on=on, when="RecordBeforeSave")
    deal = world.add("Deal__c", Name="A", **({"Total__c": 0} if on != "Update" else {}))
    seen = world.column("SELECT Total__c FROM Deal__c")
    world.change("Deal__c", deal, Name="B")
    seen += world.column("SELECT Total__c FROM Deal__c")
    assert seen == expected


def test_adding_to_null_gives_null(world):
    world.triggered("Count_Saves", COUNT, to="Count", when="RecordBeforeSave")
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Total__c FROM Deal__c") == [None]


def matched(world, criteria: str, *rows: dict[str, object]) -> list[bool]:
    world.triggered("Stamp", SET_NOTE, to="Set_Note", when="RecordBeforeSave", criteria=criteria)
    world.insert("Deal__c", *({"Name": "A", **row} for row in rows))
    return [note is not None for note in world.column("SELECT Note__c FROM Deal__c ORDER BY Name")]


def test_filters_with_custom_logic(world):
    criteria = (
        "<filterLogic>1 AND (2 OR NOT 3)</filterLogic>"
        + equal("Flag__c", "true", "booleanValue")
        + equal("Stage__c", "Won")
        + equal("Amount__c", "10", "numberValue", "GreaterThan")
    )
    assert matched(
        world,
        criteria,
        {"Name": "1", "Flag__c": True, "Stage__c": "Won", "Amount__c": 99},
        {"Name": "2", "Flag__c": True, "Stage__c": "Open", "Amount__c": 99},
        {"Name": "3", "Flag__c": True, "Stage__c": "Open", "Amount__c": 10},
        {"Name": "4", "Flag__c": True},
        {"Name": "5", "Stage__c": "Won"},
    ) == [True, False, True, True, False]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        (equal("Note__c", "true", "booleanValue", "IsNull"), [True, False, False]),
        (equal("Note__c", "ab", operator="StartsWith"), [False, True, False]),
        (equal("Note__c", "cd", operator="EndsWith"), [False, True, False]),
        (equal("Note__c", "bc", operator="Contains"), [False, True, False]),
        (equal("Note__c", "abcd", operator="NotEqualTo"), [True, False, True]),
        (equal("Note__c", "ABCD"), [False, False, False]),
    ],
)
def test_text_filters(world, filter_, expected):
    world.triggered(
        "Stamp",
        """<assignments><name>Set</name><label>x</label><assignmentItems>
        <assignToReference>$Record.Flag__c</assignToReference><operator>Assign</operator>
        <value><booleanValue>true</booleanValue></value></assignmentItems></assignments>""",
        to="Set",
        when="RecordBeforeSave",
        criteria=f"<filterLogic>and</filterLogic>{filter_}",
    )
    world.insert(
        "Deal__c",
        {"Name": "1"},
        {"Name": "2", "Note__c": "abcd"},
        {"Name": "3", "Note__c": "ABCx"},
    )
    assert world.column("SELECT Flag__c FROM Deal__c ORDER BY Name") == expected


def test_changed_to_meet_criteria_runs_once_per_change(world):
    changed = (
        "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>"
    )
    world.triggered(
        "Count_Wins",
        COUNT,
        to="Count",
        when="RecordBeforeSave",
        criteria=changed + "<filterLogic>and</filterLogic>" + equal("Stage__c", "Won"),
    )
    deal = world.add("Deal__c", Name="A", Stage__c="Open", Total__c=0)
    for stage in ("Won", "Won", "Lost", "Won"):
        world.change("Deal__c", deal, Stage__c=stage)
    assert world.column("SELECT Total__c FROM Deal__c") == [Decimal(2)]
    world.add("Deal__c", Name="B", Stage__c="Won", Total__c=0)
    assert world.column("SELECT Total__c FROM Deal__c WHERE Name = 'B'") == [Decimal(1)]


def test_filter_formula(world):
    world.triggered(
        "Count_Rises",
        COUNT,
        to="Count",
        on="Update",
        when="RecordBeforeSave",
        criteria="<filterFormula>AND(ISCHANGED({!$Record.Amount__c}), {!$Record.Amount__c} &gt; "
        "{!$Record__Prior.Amount__c}, {!$Record.Amount__c} &gt; PRIORVALUE({!$Record.Amount__c}))"
        "</filterFormula>",
    )
    deal = world.add("Deal__c", Name="A", Amount__c=1, Total__c=0)
    for amount in (2, 2, 1, 5):
        world.change("Deal__c", deal, Amount__c=amount)
    assert world.column("SELECT Total__c FROM Deal__c") == [Decimal(2)]


def test_run_order(world):
    def append(letter: str) -> str:
        return f"""<assignments><name>Append</name><label>x</label><assignmentItems>
        <assignToReference>$Record.Note__c</assignToReference><operator>Add</operator>
        <value><stringValue>{letter}</stringValue></value></assignmentItems></assignments>"""

    for name, order in (("A", 1500), ("B", None), ("C", 20), ("D", 1), ("E", None)):
        more = f"<triggerOrder>{order}</triggerOrder>" if order else ""
        world.triggered(name, append(name), to="Append", when="RecordBeforeSave", more=more)
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Note__c FROM Deal__c") == ["DCBEA"]


def test_formula_fields_of_the_record_can_be_read(world):
    world.triggered(
        "Copy",
        """<assignments><name>Copy_Double</name><label>x</label><assignmentItems>
        <assignToReference>$Record.Total__c</assignToReference><operator>Assign</operator>
        <value><elementReference>$Record.Double__c</elementReference></value></assignmentItems>
        </assignments>""",
        to="Copy_Double",
        when="RecordBeforeSave",
    )
    world.add("Deal__c", Name="A", Amount__c=21)
    assert world.column("SELECT Total__c FROM Deal__c") == [Decimal(42)]
