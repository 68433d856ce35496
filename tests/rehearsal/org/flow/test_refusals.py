"""What is wrong or not supported is refused when the org is opened, with file and line."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import MetadataError, Unsupported

UPDATE = """<recordUpdates><name>Save</name><label>x</label>
<inputAssignments><field>Note__c</field><value><stringValue>x</stringValue></value>
</inputAssignments><inputReference>$Record</inputReference></recordUpdates>"""


def refused(world, kind: type[Exception], body: str, *, to: str = "Save", **more: str) -> str:
    world.triggered("Wrong", body, to=to, **more)
    with pytest.raises(kind) as error:
        _ = world.org
    return str(error.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (UPDATE.replace("Note__c", "Nothing__c"), "field Deal__c.Nothing__c does not exist"),
        (UPDATE.replace("Note__c", "Double__c"), "field Double__c can't be written"),
        (UPDATE.replace("$Record", "Missing"), "Missing is not a resource of the Flow"),
        (
            UPDATE.replace("<label>", "<connector><targetReference>Gone</targetReference>"
                           "</connector><label>"),
            "there is no element Gone",
        ),
        (
            UPDATE.replace("stringValue", "elementReference").replace(">x</e", ">$Record.X__c</e"),
            "field Deal__c.X__c does not exist",
        ),
        (
            UPDATE.replace("<stringValue>x</stringValue>", "<booleanValue>true</booleanValue>")
            .replace("Note__c", "Day__c"),
            "Boolean can't stand where Date is needed",
        ),
        (
            UPDATE + "\n\n" + UPDATE,
            "Save is defined twice in the Flow",
        ),
        (
            UPDATE + "\n\n<formulas><name>F</name><dataType>Number</dataType>"
            "<expression>{!$Record.Name} + 1</expression></formulas>",
            "Incorrect parameter type for operator '+'. Expected Text, received Number",
        ),
        (
            UPDATE + "\n\n<formulas><name>F</name><dataType>Number</dataType>"
            "<expression>{!F} + 1</expression></formulas>",
            "formula F refers to itself",
        ),
        (
            UPDATE + "\n\n<formulas><name>F</name><dataType>Date</dataType>"
            "<expression>1 + 1</expression></formulas>",
            "formula F is Number, not Date",
        ),
        (
            UPDATE.replace("$Record", "Deals")
            + "\n\n<variables><name>Deals</name><dataType>SObject</dataType>"
            "<isCollection>true</isCollection><objectType>Deal__c</objectType></variables>",
            "inputAssignments need a single record",
        ),
        (
            UPDATE + "\n\n<assignments><name>A</name><label>x</label><assignmentItems>"
            "<assignToReference>$Record.Id</assignToReference><operator>Assign</operator>"
            "<value><stringValue>x</stringValue></value></assignmentItems></assignments>",
            "$Record.Id can't be assigned",
        ),
        (
            UPDATE + "\n\n<subflows><name>S</name><label>x</label><flowName>Nowhere</flowName>"
            "</subflows>",
            "there is no autolaunched Flow Nowhere",
        ),
    ],
)  # fmt: skip
def test_wrong_flows(world, body, message):
    assert message in refused(world, MetadataError, body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            UPDATE + "\n\n<actionCalls><name>A</name><label>x</label>"
            "<actionName>emailSimple</actionName><actionType>emailSimple</actionType>"
            "</actionCalls>",
            "emailSimple action emailSimple",
        ),
        (UPDATE + "\n\n<screens><name>S</name><label>x</label></screens>", "Flow.screens"),
        (UPDATE + "\n\n<waits><name>W</name><label>x</label></waits>", "Flow.waits"),
        (
            UPDATE + "\n\n<textTemplates><name>T</name><isViewedAsPlainText>false"
            "</isViewedAsPlainText><text>x</text></textTemplates>",
            "textTemplates in rich text",
        ),
        (
            UPDATE.replace(">x</stringValue>", ">{!$Record.Day__c}</stringValue>"),
            "merge of {!$Record.Day__c} (Date) into a text",
        ),
        (
            UPDATE.replace("stringValue", "elementReference").replace(
                ">x</e", ">$Record.Amount__c</e"
            ),
            "conversion of Number to Text",
        ),
        (
            UPDATE.replace("stringValue", "elementReference").replace(">x</e", ">$Setup.X</e"),
            "Flow resource $Setup",
        ),
        (
            UPDATE + "\n\n<formulas><name>F</name><dataType>String</dataType>"
            '<expression>IMAGE("a", "b")</expression></formulas>',
            "formula function IMAGE",
        ),
        (
            UPDATE.replace("</label>", "</label><faultConnector2/>"),
            "recordUpdates.faultConnector2",
        ),
    ],
)
def test_unsupported_features(world, body, message):
    assert message in refused(world, Unsupported, body)


def test_scheduled_paths_are_refused_by_name(world):
    paths = (
        "<scheduledPaths><connector><targetReference>Save</targetReference></connector>"
        "<pathType>AsyncAfterCommit</pathType></scheduledPaths>"
    )
    said = refused(world, Unsupported, UPDATE, criteria=paths)
    assert "Flow scheduled path AsyncAfterCommit" in said


def test_the_place_is_named(world):
    said = refused(world, MetadataError, UPDATE.replace("Note__c", "Nothing__c"))
    path, line, _ = said.split(":", 2)
    assert path.endswith("Wrong.flow-meta.xml")
    text = world.files.root.joinpath(path).read_text().splitlines()
    assert "Nothing__c" in text[int(line) - 1]


def test_before_save_flows_may_only_change_their_record(world):
    create = """<recordCreates><name>Save</name><label>x</label><inputAssignments>
    <field>Name</field><value><stringValue>x</stringValue></value></inputAssignments>
    <object>Note__c</object></recordCreates>"""
    said = refused(world, MetadataError, create, when="RecordBeforeSave")
    assert "Save can't run in a Flow before the save" in said


def test_draft_flows_are_checked_too(world):
    wrong = UPDATE.replace("Note__c", "Nothing__c")
    assert "Nothing__c" in refused(world, MetadataError, wrong, status="Draft")


@pytest.mark.parametrize(
    ("logic", "message"),
    [
        ("1 AND 2", "is not valid at 2"),
        ("1 OR", "is not valid at its end"),
        ("(1", "is not valid at its end"),
        ("one", "is not valid"),
        ("1 AND 1 OR 1", "is not valid at OR"),
    ],
)
def test_filter_logic_must_make_sense(world, logic, message):
    criteria = (
        f"<filterLogic>{logic}</filterLogic><filters><field>Name</field>"
        "<operator>EqualTo</operator><value><stringValue>x</stringValue></value></filters>"
    )
    assert message in refused(world, MetadataError, UPDATE, criteria=criteria)


def test_subflows_may_not_call_themselves(world):
    def calls(other: str) -> str:
        return f"<subflows><name>Call</name><label>x</label><flowName>{other}</flowName></subflows>"

    start = "<connector><targetReference>Call</targetReference></connector>"
    world.flow("One", calls("Two"), start=start)
    world.flow("Two", calls("One"), start=start)
    with pytest.raises(Unsupported, match="calling itself"):
        _ = world.org
