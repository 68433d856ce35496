"""Refusals: of records by Flows, and of a Flow's own writes."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import LimitExceeded

CREATE_NOTE = """
<recordCreates><name>Create_Note</name><label>x</label>{fault}
<inputAssignments><field>Name</field><value><stringValue>N</stringValue></value></inputAssignments>
<inputAssignments><field>Text__c</field><value><elementReference>$Record.Note__c</elementReference>
</value></inputAssignments><object>Note__c</object></recordCreates>
"""
FAULT = "<faultConnector><targetReference>Say</targetReference></faultConnector>"
SAY = """
<recordCreates><name>Say</name><label>x</label>
<inputAssignments><field>Name</field><value><stringValue>fault</stringValue></value>
</inputAssignments><inputAssignments><field>Text__c</field>
<value><elementReference>$Flow.FaultMessage</elementReference></value></inputAssignments>
<object>Note__c</object></recordCreates>
"""
RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION: The text is bad. "
EXPLAINED = "You can look up ExceptionCode values in the SOAP API Developer Guide."


@pytest.fixture
def lenient(world):
    """The rule of Deal__c lets `bad` through, so that only the note is refused."""
    world.files.rule("Deal__c", "No_Bad_Note", "FALSE", "never")
    return world


def test_an_unhandled_fault_refuses_the_record(lenient):
    lenient.triggered("Note_It", CREATE_NOTE.format(fault=""), to="Create_Note")
    good, bad, other = lenient.insert(
        "Deal__c", {"Name": "1"}, {"Name": "2", "Note__c": "bad"}, {"Name": "3"}
    )
    assert good.success
    assert other.success
    (error,) = bad.errors
    assert error.status_code == "CANNOT_EXECUTE_FLOW_TRIGGER"
    assert error.message == (
        "We can't save this record because the “Note It” process failed. Give your Salesforce "
        "admin these details. This error occurred when the flow tried to create records: "
        + RULE
        + EXPLAINED
    )
    assert lenient.column("SELECT Name FROM Deal__c ORDER BY Name") == ["1", "3"]
    assert lenient.column("SELECT Name FROM Note__c") == ["N", "N"]


def test_a_fault_path_keeps_the_record_and_knows_why(lenient):
    lenient.triggered("Note_It", CREATE_NOTE.format(fault=FAULT) + "\n\n" + SAY, to="Create_Note")
    results = lenient.insert("Deal__c", {"Name": "1"}, {"Name": "2", "Note__c": "bad"})
    assert all(result.success for result in results)
    (fault,) = lenient.column("SELECT Text__c FROM Note__c WHERE Name = 'fault'")
    assert fault == f"This error occurred when the flow tried to create records: {RULE}{EXPLAINED}"
    assert len(lenient.rows("SELECT Id FROM Note__c WHERE Name = 'N'")) == 1
    assert lenient.used["dml_statements"] == 3


def notes_of(world, fault: str = "") -> None:
    """A Flow that creates two notes for each deal, the second with the deal's note."""

    def fill(index: int, text: str) -> str:
        return f"""<assignmentItems><assignToReference>Note.Text__c</assignToReference>
        <operator>Assign</operator><value>{text}</value></assignmentItems>
        <assignmentItems><assignToReference>Note.Name</assignToReference>
        <operator>Assign</operator><value><stringValue>{index}</stringValue></value>
        </assignmentItems>
        <assignmentItems><assignToReference>Notes</assignToReference><operator>Add</operator>
        <value><elementReference>Note</elementReference></value></assignmentItems>"""

    world.triggered(
        "Two_Notes",
        f"""<assignments><name>Fill</name><label>x</label>
        {fill(1, "<stringValue>first</stringValue>")}
        {fill(2, "<elementReference>$Record.Note__c</elementReference>")}
        <connector><targetReference>Create_Notes</targetReference></connector></assignments>

        <recordCreates><name>Create_Notes</name><label>x</label>{fault}
        <inputReference>Notes</inputReference></recordCreates>

        <variables><name>Note</name><dataType>SObject</dataType><isCollection>false</isCollection>
        <objectType>Note__c</objectType></variables>

        <variables><name>Notes</name><dataType>SObject</dataType><isCollection>true</isCollection>
        <objectType>Note__c</objectType></variables>

        {SAY if fault else ""}""",
        to="Fill",
    )


def test_a_failed_element_leaves_none_of_its_rows(lenient):
    notes_of(lenient, FAULT)
    lenient.insert("Deal__c", {"Name": "1"}, {"Name": "2", "Note__c": "bad"}, {"Name": "3"})
    names = lenient.column("SELECT Name FROM Note__c ORDER BY Name")
    assert names == ["1", "1", "2", "2", "fault"]
    lenient.insert("Deal__c", {"Name": "4", "Note__c": "bad"})
    assert lenient.column("SELECT Name FROM Note__c ORDER BY Name") == [*names, "fault"]


def test_custom_error_on_a_field_refuses_only_its_record(world):
    world.triggered(
        "Refuse",
        """<customErrors><name>Refuse</name><label>x</label><customErrorMessages>
        <errorMessage>Too small</errorMessage><fieldSelection>amount__c</fieldSelection>
        <isFieldError>true</isFieldError></customErrorMessages></customErrors>""",
        to="Refuse",
        when="RecordBeforeSave",
        criteria="<filterLogic>and</filterLogic><filters><field>Amount__c</field>"
        "<operator>LessThan</operator><value><numberValue>5</numberValue></value></filters>",
    )
    small, big = world.insert(
        "Deal__c", {"Name": "1", "Amount__c": 4}, {"Name": "2", "Amount__c": 5}
    )
    assert [(error.message, error.fields) for error in small.errors] == [
        ("Too small", ("Amount__c",))
    ]
    assert big.success


def test_a_failing_formula_is_a_fault(world):
    world.triggered(
        "Divide",
        """<formulas><name>Share</name><dataType>Number</dataType>
        <expression>100 / {!$Record.Amount__c}</expression><scale>2</scale></formulas>

        <recordUpdates><name>Save</name><label>x</label><inputAssignments><field>Total__c</field>
        <value><elementReference>Share</elementReference></value></inputAssignments>
        <inputReference>$Record</inputReference></recordUpdates>""",
        to="Save",
    )
    zero, four, null = world.insert(
        "Deal__c", {"Name": "0", "Amount__c": 0}, {"Name": "4", "Amount__c": 4}, {"Name": "null"}
    )
    assert "Division by zero" in zero.errors[0].message
    assert four.success
    assert null.success
    assert world.column("SELECT Total__c FROM Deal__c ORDER BY Name") == [25, None]


def test_a_flow_does_not_start_again_by_its_own_update(world):
    world.triggered(
        "Count",
        """<assignments><name>Count</name><label>x</label><assignmentItems>
        <assignToReference>$Record.Total__c</assignToReference><operator>Add</operator>
        <value><numberValue>1</numberValue></value></assignmentItems>
        <connector><targetReference>Save</targetReference></connector></assignments>

        <recordUpdates><name>Save</name><label>x</label><inputReference>$Record</inputReference>
        </recordUpdates>""",
        to="Count",
    )
    deal = world.add("Deal__c", Name="A", Total__c=0)
    assert world.column("SELECT Total__c FROM Deal__c") == [1]
    world.change("Deal__c", deal, Name="B")
    assert world.column("SELECT Total__c FROM Deal__c") == [2]


@pytest.mark.parametrize(("version", "message"), [("56.0", "exceeds 2000"), ("66.0", "CPU time")])
def test_an_endless_loop_ends_in_a_limit(world, version, message):
    world.triggered(
        "Endless",
        """<assignments><name>Round</name><label>x</label><connector>
        <targetReference>Round</targetReference></connector></assignments>""",
        to="Round",
        version=version,
    )
    with pytest.raises(LimitExceeded, match=message):
        world.insert("Deal__c", {"Name": "A"})
    assert world.rows("SELECT Id FROM Deal__c") == []


def test_two_hundred_records_count_as_one_query_and_one_statement_an_element(lenient):
    lenient.triggered(
        "Look_And_Note",
        """<recordLookups><name>Get_Line</name><label>x</label>
        <connector><targetReference>Create_Note</targetReference></connector>
        <filterLogic>and</filterLogic><filters><field>Name</field><operator>EqualTo</operator>
        <value><elementReference>$Record.Name</elementReference></value></filters>
        <getFirstRecordOnly>true</getFirstRecordOnly><object>Line__c</object>
        <storeOutputAutomatically>true</storeOutputAutomatically></recordLookups>

        """
        + CREATE_NOTE.format(fault=""),
        to="Get_Line",
    )
    lenient.insert("Deal__c", *({"Name": str(n)} for n in range(200)))
    assert lenient.used == {"queries": 1, "dml_statements": 2, "dml_rows": 400}


def test_several_interviews_may_update_one_record(world):
    world.triggered(
        "Tell_Account",
        """<recordUpdates><name>Tell</name><label>x</label><filterLogic>and</filterLogic>
        <filters><field>Id</field><operator>EqualTo</operator>
        <value><elementReference>$Record.Account__c</elementReference></value></filters>
        <inputAssignments><field>Description</field>
        <value><elementReference>$Record.Name</elementReference></value></inputAssignments>
        <object>Account</object></recordUpdates>""",
        to="Tell",
    )
    account = world.add("Account", Name="Acme")
    rows = [{"Name": str(n), "Account__c": account} for n in range(5)]
    assert all(result.success for result in world.insert("Deal__c", *rows))
    assert world.column("SELECT Description FROM Account") == ["4"]
    assert world.used["dml_statements"] == 2
    many = world.insert("Deal__c", *rows, *rows, *rows)
    refused = [result for result in many if not result.success]
    assert "Maximum number of duplicate updates in one batch" in refused[0].errors[0].message


def test_a_fault_path_writes_only_its_own_values(world):
    """What the failed element wanted to write on the record is not written by the next one."""
    world.triggered(
        "Spoil",
        """<recordUpdates><name>Spoil</name><label>x</label>
        <faultConnector><targetReference>Flag</targetReference></faultConnector>
        <inputAssignments><field>Note__c</field><value><stringValue>bad</stringValue></value>
        </inputAssignments><inputAssignments><field>Total__c</field>
        <value><numberValue>5</numberValue></value></inputAssignments>
        <inputReference>$Record</inputReference></recordUpdates>

        <recordUpdates><name>Flag</name><label>x</label>
        <inputAssignments><field>Flag__c</field><value><booleanValue>true</booleanValue></value>
        </inputAssignments><inputReference>$Record</inputReference></recordUpdates>""",
        to="Spoil",
    )
    world.add("Deal__c", Name="A", Note__c="good")
    (row,) = world.rows("SELECT Note__c, Total__c, Flag__c FROM Deal__c")
    assert (row["Note__c"], row["Total__c"], row["Flag__c"]) == ("good", None, True)


def test_flows_that_set_off_each_other_end_in_a_limit(world):
    def creates(sobject: str) -> str:
        return f"""<recordCreates><name>Create</name><label>x</label><inputAssignments>
        <field>Name</field><value><stringValue>x</stringValue></value></inputAssignments>
        <object>{sobject}</object></recordCreates>"""

    world.triggered("One", creates("Line__c"), to="Create")
    world.triggered("Two", creates("Deal__c"), to="Create", sobject="Line__c")
    with pytest.raises(LimitExceeded, match="Maximum trigger depth exceeded"):
        world.insert("Deal__c", {"Name": "A"})
