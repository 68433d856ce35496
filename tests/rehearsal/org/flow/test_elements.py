"""What each element does, in Flows after the save."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from rehearsal.org.errors import LimitExceeded, MetadataError

LINES = """
<recordLookups><name>Get_Lines</name><label>x</label>
<connector><targetReference>{to}</targetReference></connector>
<filterLogic>and</filterLogic>
<filters><field>Deal__c</field><operator>EqualTo</operator>
<value><elementReference>$Record.Id</elementReference></value></filters>
<getFirstRecordOnly>false</getFirstRecordOnly><object>Line__c</object>
<sortField>Name</sortField><sortOrder>Asc</sortOrder>
<storeOutputAutomatically>true</storeOutputAutomatically></recordLookups>
"""
SAVE = """
<recordUpdates><name>Save</name><label>x</label>{values}
<inputReference>$Record</inputReference></recordUpdates>
"""


def value(field: str, reference: str) -> str:
    return (
        f"<inputAssignments><field>{field}</field>"
        f"<value><elementReference>{reference}</elementReference></value></inputAssignments>"
    )


def text(field: str, said: str) -> str:
    return (
        f"<inputAssignments><field>{field}</field>"
        f"<value><stringValue>{said}</stringValue></value></inputAssignments>"
    )


def variable(name: str, kind: str, more: str = "", *, collection: bool = False) -> str:
    return (
        f"<variables><name>{name}</name><dataType>{kind}</dataType>"
        f"<isCollection>{str(collection).lower()}</isCollection>{more}</variables>"
    )


def condition(left: str, operator: str, right: str) -> str:
    return (
        f"<conditions><leftValueReference>{left}</leftValueReference>"
        f"<operator>{operator}</operator><rightValue>{right}</rightValue></conditions>"
    )


TRUE = "<booleanValue>true</booleanValue>"
ASSIGN = """<assignmentItems><assignToReference>{0}</assignToReference><operator>{1}</operator>
<value>{2}</value></assignmentItems>"""


def assignments(name: str, *items: tuple[str, str, str], to: str = "") -> str:
    connector = f"<connector><targetReference>{to}</targetReference></connector>" if to else ""
    return (
        f"<assignments><name>{name}</name><label>x</label>"
        + "".join(ASSIGN.format(*item) for item in items)
        + f"{connector}</assignments>"
    )


def lined(world, *quantities: int) -> str:
    deal = world.add("Deal__c", Name="A")
    world.insert(
        "Line__c",
        *({"Name": f"L{i}", "Deal__c": deal, "Quantity__c": q} for i, q in enumerate(quantities)),
    )
    return deal


def ref(name: str) -> str:
    return f"<elementReference>{name}</elementReference>"


def test_loop_sums_the_children(world):
    world.triggered(
        "Sum_Lines",
        LINES.format(to="Each_Line")
        + """

        <loops><name>Each_Line</name><label>x</label>
        <collectionReference>Get_Lines</collectionReference><iterationOrder>Asc</iterationOrder>
        <nextValueConnector><targetReference>Add_Line</targetReference></nextValueConnector>
        <noMoreValuesConnector><targetReference>Save</targetReference></noMoreValuesConnector>
        </loops>

        """
        + assignments("Add_Line", ("Sum", "Add", ref("Each_Line.Quantity__c")), to="Each_Line")
        + "\n\n"
        + SAVE.format(values=value("Total__c", "Sum"))
        + "\n\n"
        + variable(
            "Sum", "Number", "<scale>1</scale><value><numberValue>0.5</numberValue></value>"
        ),
        to="Get_Lines",
        on="Update",
    )
    deal = lined(world, 1, 2, 3)
    world.change("Deal__c", deal, Name="B")
    assert world.column("SELECT Total__c FROM Deal__c") == [Decimal("6.5")]
    assert world.used == {"queries": 1, "dml_statements": 2, "dml_rows": 2}


def test_loop_over_nothing_goes_on(world):
    world.triggered(
        "Sum_Lines",
        LINES.format(to="Each_Line")
        + """

        <loops><name>Each_Line</name><label>x</label>
        <collectionReference>Get_Lines</collectionReference>
        <nextValueConnector><targetReference>Save</targetReference></nextValueConnector>
        <noMoreValuesConnector><targetReference>Save</targetReference></noMoreValuesConnector>
        </loops>

        """
        + SAVE.format(values=value("Total__c", "Sum"))
        + "\n\n"
        + variable("Sum", "Number", "<scale>0</scale><value><numberValue>7</numberValue></value>"),
        to="Get_Lines",
    )
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Total__c FROM Deal__c") == [7]


def test_decision_takes_the_first_outcome_that_is_met(world):
    def outcome(name: str, tests: str) -> str:
        return (
            f"<rules><name>{name}</name><conditionLogic>1 OR 2</conditionLogic>{tests}"
            f"<connector><targetReference>Say_{name}</targetReference></connector></rules>"
        )

    def say(name: str) -> str:
        return SAVE.replace("Save", f"Say_{name}").format(
            values=f"<inputAssignments><field>Note__c</field><value><stringValue>{name}"
            "</stringValue></value></inputAssignments>"
        )

    none = "<elementReference>$GlobalConstant.EmptyString</elementReference>"
    world.triggered(
        "Size",
        f"""<decisions><name>Which</name><label>x</label>
        <defaultConnector><targetReference>Say_Small</targetReference></defaultConnector>
        {
            outcome(
                "Huge",
                condition("$Record.Amount__c", "GreaterThan", "<numberValue>100</numberValue>")
                + condition("$Record.Name", "EqualTo", none),
            )
        }
        {
            outcome(
                "Big",
                condition(
                    "$Record.Amount__c", "GreaterThanOrEqualTo", "<numberValue>10</numberValue>"
                )
                + condition("$Record.Stage__c", "EqualTo", "<stringValue>Won</stringValue>"),
            )
        }
        </decisions>

        {say("Huge")}

        {say("Big")}

        {say("Small")}""",
        to="Which",
    )
    for name, amount, stage in (
        ("1", 101, None),
        ("2", 10, None),
        ("3", 9, "Won"),
        ("4", None, "Open"),
    ):
        world.add("Deal__c", Name=name, Amount__c=amount, Stage__c=stage)
    said = world.column("SELECT Note__c FROM Deal__c ORDER BY Name")
    assert said == ["Huge", "Big", "Big", "Small"]


def test_create_stores_the_id_and_the_record_variable_has_it(world):
    world.triggered(
        "Note_It",
        """<recordCreates><name>Create_Note</name><label>x</label>
        <connector><targetReference>Create_Line</targetReference></connector>
        <inputAssignments><field>Name</field><value><stringValue>N</stringValue></value>
        </inputAssignments><inputAssignments><field>Text__c</field><value><stringValue>
for {!$Record.Name}</stringValue></value></inputAssignments>
        <object>Note__c</object><storeOutputAutomatically>true</storeOutputAutomatically>
        </recordCreates>

        <recordCreates><name>Create_Line</name><label>x</label>
        <connector><targetReference>Save</targetReference></connector>
        <inputReference>Line</inputReference></recordCreates>
        """
        + "\n\n"
        + variable("Line", "SObject", "<objectType>Line__c</objectType>")
        + "\n\n"
        + """<formulas><name>Ids</name><dataType>String</dataType>
        <expression>{!Create_Note} &amp; "/" &amp; {!Line.Id}</expression></formulas>"""
        + "\n\n"
        + assignments(
            "Fill",
            ("Line.Name", "Assign", "<stringValue>L</stringValue>"),
            ("Line.Deal__c", "Assign", ref("$Record.Id")),
            to="Create_Note",
        )
        + "\n\n"
        + SAVE.format(values=value("Note__c", "Ids")),
        to="Fill",
        on="Create",
    )
    deal = world.add("Deal__c", Name="A")
    (note,) = world.rows("SELECT Id, Text__c FROM Note__c")
    (line,) = world.rows("SELECT Id, Deal__c FROM Line__c")
    assert note["Text__c"] == "for A"
    assert line["Deal__c"] == deal
    assert world.column("SELECT Note__c FROM Deal__c") == [f"{note['Id']}/{line['Id']}"]


def test_collections_are_created_and_updated_in_one_statement(world):
    world.triggered(
        "Copy_Lines",
        LINES.format(to="Each")
        + """

        <loops><name>Each</name><label>x</label><iterationOrder>Desc</iterationOrder>
        <collectionReference>Get_Lines</collectionReference>
        <nextValueConnector><targetReference>Change</targetReference></nextValueConnector>
        <noMoreValuesConnector><targetReference>Update_Lines</targetReference>
        </noMoreValuesConnector></loops>

        """
        + assignments(
            "Change",
            ("Each.Quantity__c", "Add", "<numberValue>10</numberValue>"),
            ("Changed", "Add", ref("Each")),
            to="Each",
        )
        + """

        <recordUpdates><name>Update_Lines</name><label>x</label>
        <connector><targetReference>Count</targetReference></connector>
        <inputReference>Changed</inputReference></recordUpdates>

        """
        + assignments("Count", ("Size", "AssignCount", ref("Changed")), to="Save")
        + "\n\n"
        + SAVE.format(values=value("Total__c", "Size"))
        + "\n\n"
        + variable("Changed", "SObject", "<objectType>Line__c</objectType>", collection=True)
        + "\n\n"
        + variable("Size", "Number", "<scale>0</scale>"),
        to="Get_Lines",
        on="Update",
    )
    deal = lined(world, 1, 2)
    world.change("Deal__c", deal, Name="B")
    assert world.column("SELECT Quantity__c FROM Line__c ORDER BY Name") == [11, 12]
    assert world.column("SELECT Total__c FROM Deal__c") == [2]
    assert world.used == {"queries": 1, "dml_statements": 3, "dml_rows": 4}


def test_update_and_delete_by_filter(world):
    def of_deal(more: str) -> str:
        return (
            f"<filterLogic>1 AND 2</filterLogic>{more}<filters><field>Deal__c</field>"
            "<operator>EqualTo</operator><value><elementReference>$Record.Id</elementReference>"
            "</value></filters>"
        )

    below = (
        "<filters><field>Quantity__c</field><operator>LessThan</operator>"
        "<value><numberValue>2</numberValue></value></filters>"
    )
    world.triggered(
        "Tidy",
        f"""<recordDeletes><name>Delete_Small</name><label>x</label>
        <connector><targetReference>Mark_Rest</targetReference></connector>
        {of_deal(below)}<object>Line__c</object></recordDeletes>

        <recordUpdates><name>Mark_Rest</name><label>x</label>
        {of_deal(below.replace("LessThan", "GreaterThanOrEqualTo"))}
        <inputAssignments><field>Name</field><value><stringValue>rest</stringValue></value>
        </inputAssignments><object>Line__c</object></recordUpdates>""",
        to="Delete_Small",
        on="Update",
    )
    deal = lined(world, 1, 2, 3)
    world.change("Deal__c", deal, Name="B")
    assert world.column("SELECT Name FROM Line__c") == ["rest", "rest"]
    assert world.used == {"queries": 2, "dml_statements": 3, "dml_rows": 4}


def test_lookup_of_a_missing_record_is_null_and_so_are_its_fields_in_a_formula(world):
    world.triggered(
        "Find",
        """<recordLookups><name>Get_Line</name><label>x</label>
        <connector><targetReference>Is_There</targetReference></connector>
        <filterLogic>or</filterLogic><filters><field>Name</field><operator>EqualTo</operator>
        <value><elementReference>$Record.Name</elementReference></value></filters>
        <getFirstRecordOnly>true</getFirstRecordOnly><object>Line__c</object>
        <queriedFields>Name</queriedFields><queriedFields>Quantity__c</queriedFields>
        <storeOutputAutomatically>true</storeOutputAutomatically></recordLookups>

        <decisions><name>Is_There</name><label>x</label>
        <defaultConnector><targetReference>Save</targetReference></defaultConnector>
        <rules><name>There</name><conditionLogic>and</conditionLogic>"""
        + condition("Get_Line", "IsNull", "<booleanValue>false</booleanValue>")
        + """<connector><targetReference>Save</targetReference></connector></rules></decisions>

        """
        + """<formulas><name>Quantity</name><dataType>Number</dataType>
        <expression>{!Get_Line.Quantity__c}</expression><scale>2</scale></formulas>

        """
        + SAVE.format(values=value("Total__c", "Quantity") + value("Flag__c", "There")),
        to="Get_Line",
    )
    world.insert("Line__c", {"Name": "X", "Quantity__c": 4})
    world.insert("Deal__c", {"Name": "X"}, {"Name": "Y"})
    rows = world.rows("SELECT Total__c, Flag__c FROM Deal__c ORDER BY Name")
    assert [(row["Total__c"], row["Flag__c"]) for row in rows] == [(4, True), (None, False)]


def test_lookup_into_variables(world):
    def lookup(name: str, keep: str, outputs: str, to: str) -> str:
        return f"""<recordLookups><name>{name}</name><label>x</label>
        <assignNullValuesIfNoRecordsFound>{keep}</assignNullValuesIfNoRecordsFound>
        <connector><targetReference>{to}</targetReference></connector>
        <filterLogic>and</filterLogic><filters><field>Name</field><operator>EqualTo</operator>
        <value><stringValue>nobody</stringValue></value></filters><object>Line__c</object>
        {outputs}</recordLookups>"""

    output = (
        "<outputAssignments><assignToReference>{0}</assignToReference><field>Name</field>"
        "</outputAssignments>"
    )
    default = "<value><stringValue>kept</stringValue></value>"
    world.triggered(
        "Find",
        "\n\n".join(
            [
                lookup("Get_A", "true", output.format("A"), "Get_B"),
                lookup("Get_B", "false", output.format("B"), "Save"),
                variable("A", "String", default),
                variable("B", "String", default),
                "<formulas><name>Both</name><dataType>String</dataType>"
                '<expression>{!A} &amp; "-" &amp; {!B}</expression></formulas>',
                SAVE.format(values=value("Note__c", "Both")),
            ]
        ),
        to="Get_A",
    )
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Note__c FROM Deal__c") == ["-kept"]


def test_parents_can_be_read_through_lookups_without_a_query(world):
    world.triggered(
        "Copy_Name",
        SAVE.format(values=value("Note__c", "$Record.Account__r.Name")),
        to="Save",
        on="Create",
    )
    account = world.add("Account", Name="Acme")
    linked, loose = world.insert("Deal__c", {"Name": "A", "Account__c": account}, {"Name": "B"})
    assert linked.success
    assert world.column("SELECT Note__c FROM Deal__c") == ["Acme"]
    assert world.used["queries"] == 0
    assert (
        "The flow failed to access the value for $Record.Account__r.Name because it hasn't been "
        "set or assigned." in loose.errors[0].message
    )


def test_subflow_takes_and_gives_values(world):
    world.flow(
        "Double_It",
        assignments("Double", ("Result", "Assign", ref("Twice")))
        + "\n\n<formulas><name>Twice</name><dataType>Number</dataType>"
        "<expression>{!Given} * 2</expression><scale>2</scale></formulas>\n\n"
        + variable("Given", "Number", "<isInput>true</isInput><scale>2</scale>")
        + "\n\n"
        + variable("Result", "Number", "<isOutput>true</isOutput><scale>2</scale>"),
        start="<connector><targetReference>Double</targetReference></connector>",
    )
    world.triggered(
        "Ask",
        """<subflows><name>Double</name><label>x</label>
        <connector><targetReference>Save</targetReference></connector>
        <flowName>Double_It</flowName><inputAssignments><name>Given</name>
        <value><elementReference>$Record.Amount__c</elementReference></value></inputAssignments>
        <storeOutputAutomatically>true</storeOutputAutomatically></subflows>

        """
        + SAVE.format(values=value("Total__c", "Double.Result")),
        to="Double",
    )
    world.insert("Deal__c", {"Name": "A", "Amount__c": 4}, {"Name": "B", "Amount__c": "2.5"})
    assert world.column("SELECT Total__c FROM Deal__c ORDER BY Name") == [8, 5]
    assert world.used["dml_statements"] == 2


def test_platform_event_is_published(world):
    world.triggered(
        "Nudge",
        """<recordCreates><name>Publish</name><label>x</label>
        <inputAssignments><field>Text__c</field>
        <value><elementReference>$Record.Name</elementReference></value></inputAssignments>
        <object>Nudge__e</object></recordCreates>""",
        to="Publish",
    )
    world.insert("Deal__c", {"Name": "A"}, {"Name": "B"})
    events = world.org.bus.after("/event/Nudge__e", -2)
    assert sorted(event.values["Text__c"] for event in events) == ["A", "B"]


def test_dates_and_users(world):
    world.triggered(
        "Stamp",
        "<formulas><name>Tomorrow</name><dataType>Date</dataType>"
        "<expression>{!$Flow.CurrentDate} + 1</expression></formulas>\n\n"
        + assignments(
            "Set",
            ("Due", "Assign", ref("Tomorrow")),
            ("Due", "Add", "<numberValue>2</numberValue>"),
            to="Save",
        )
        + "\n\n"
        + variable("Due", "Date")
        + "\n\n"
        + SAVE.format(
            values=value("Day__c", "Due")
            + value("At__c", "$Flow.CurrentDateTime")
            + value("Note__c", "$User.Username")
        ),
        to="Set",
        on="Create",
    )
    world.add("Deal__c", Name="A")
    (row,) = world.rows("SELECT Day__c, At__c, Note__c FROM Deal__c")
    assert abs((row["Day__c"] - world.today()).days - 3) <= 1
    assert row["Note__c"] == world.org.admin.username
    assert isinstance(row["At__c"], dt.datetime)


def test_before_delete(world):
    world.triggered(
        "Keep_Won",
        """<customErrors><name>Refuse</name><label>x</label><customErrorMessages>
        <errorMessage>{!$Record.Name} is won</errorMessage><isFieldError>false</isFieldError>
        </customErrorMessages></customErrors>""",
        to="Refuse",
        on="Delete",
        when="RecordBeforeDelete",
        criteria="<filterLogic>and</filterLogic><filters><field>Stage__c</field>"
        "<operator>EqualTo</operator><value><stringValue>Won</stringValue></value></filters>",
    )
    won = world.add("Deal__c", Name="W", Stage__c="Won")
    lost = world.add("Deal__c", Name="L", Stage__c="Lost")
    kept, gone = world.delete("Deal__c", won, lost)
    assert [error.message for error in kept.errors] == ["W is won"]
    assert gone.success
    assert world.column("SELECT Name FROM Deal__c") == ["W"]


def test_collections_are_filtered_and_sorted(world):
    world.triggered(
        "Best_Line",
        LINES.format(to="Not_Small")
        + """

        <collectionProcessors><name>Not_Small</name><elementSubtype>FilterCollectionProcessor
        </elementSubtype><label>x</label>
        <assignNextValueToReference>Item</assignNextValueToReference>
        <collectionProcessorType>FilterCollectionProcessor</collectionProcessorType>
        <collectionReference>Get_Lines</collectionReference>
        <conditionLogic>formula_evaluates_to_true</conditionLogic>
        <connector><targetReference>Biggest_First</targetReference></connector>
        <formula>{!Item.Quantity__c} &gt; 1</formula></collectionProcessors>

        <collectionProcessors><name>Biggest_First</name><label>x</label>
        <collectionProcessorType>SortCollectionProcessor</collectionProcessorType>
        <collectionReference>Not_Small</collectionReference>
        <connector><targetReference>Each</targetReference></connector>
        <limit><numberValue>2</numberValue></limit>
        <sortOptions><doesPutEmptyStringAndNullFirst>false</doesPutEmptyStringAndNullFirst>
        <sortField>Quantity__c</sortField><sortOrder>Desc</sortOrder></sortOptions>
        </collectionProcessors>

        <loops><name>Each</name><label>x</label>
        <collectionReference>Not_Small</collectionReference>
        <nextValueConnector><targetReference>Say</targetReference></nextValueConnector>
        <noMoreValuesConnector><targetReference>Save</targetReference></noMoreValuesConnector>
        </loops>

        """
        + assignments("Say", ("Said", "Add", ref("Each.Name")), to="Each")
        + "\n\n"
        + variable("Item", "SObject", "<objectType>Line__c</objectType>")
        + "\n\n"
        + variable("Said", "String")
        + "\n\n"
        + SAVE.format(values=value("Note__c", "Said")),
        to="Get_Lines",
        on="Update",
    )
    deal = lined(world, 2, 1, 9, 5)
    world.change("Deal__c", deal, Name="B")
    assert world.column("SELECT Note__c FROM Deal__c") == ["L2L3"]


def test_an_outcome_may_ask_for_a_change(world):
    world.triggered(
        "Count_Wins",
        """<decisions><name>Won_Now</name><label>x</label><rules><name>Won</name>
        <conditionLogic>and</conditionLogic>"""
        + condition("$Record.Stage__c", "EqualTo", "<stringValue>Won</stringValue>")
        + """<connector><targetReference>Count</targetReference></connector>
        <doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>
        </rules></decisions>

        """
        + assignments("Count", ("$Record.Total__c", "Add", "<numberValue>1</numberValue>")),
        to="Won_Now",
        when="RecordBeforeSave",
    )
    deal = world.add("Deal__c", Name="A", Total__c=0)
    for stage in ("Won", "Won", "Open", "Won"):
        world.change("Deal__c", deal, Stage__c=stage)
    assert world.column("SELECT Total__c FROM Deal__c") == [2]


def test_is_changed(world):
    world.triggered(
        "Count_Changes",
        """<decisions><name>Changed</name><label>x</label><rules><name>Yes</name>
        <conditionLogic>and</conditionLogic>"""
        + condition("$Record.Amount__c", "IsChanged", TRUE)
        + """<connector><targetReference>Count</targetReference></connector></rules></decisions>

        """
        + assignments("Count", ("$Record.Total__c", "Add", "<numberValue>1</numberValue>")),
        to="Changed",
        when="RecordBeforeSave",
    )
    deal = world.add("Deal__c", Name="A", Total__c=0, Amount__c=1)
    assert world.column("SELECT Total__c FROM Deal__c") == [0]
    for amount in ("1.00", 2, None, None):
        world.change("Deal__c", deal, Amount__c=amount)
    assert world.column("SELECT Total__c FROM Deal__c") == [2]


def test_collections_can_be_changed_item_by_item(world):
    operations = [
        ("Texts", "Add", "<stringValue>b</stringValue>"),
        ("Texts", "Add", "<stringValue>b</stringValue>"),
        ("Texts", "AddAtStart", "<stringValue>a</stringValue>"),
        ("Texts", "AddItem", "<stringValue>c</stringValue>"),
        ("Texts", "RemoveFirst", "<stringValue>b</stringValue>"),
        ("Texts", "Add", "<stringValue>c</stringValue>"),
        ("Texts", "RemoveAll", "<stringValue>c</stringValue>"),
    ]
    world.triggered(
        "Shuffle",
        assignments("Shuffle", *operations, to="Each")
        + """

        <loops><name>Each</name><label>x</label><collectionReference>Texts</collectionReference>
        <nextValueConnector><targetReference>Say</targetReference></nextValueConnector>
        </loops>

        """
        + assignments("Say", ("$Record.Note__c", "Add", ref("Each")), to="Each")
        + "\n\n"
        + variable("Texts", "String", collection=True),
        to="Shuffle",
        when="RecordBeforeSave",
    )
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Note__c FROM Deal__c") == ["ab"]


def test_the_parent_can_be_updated_through_the_record(world):
    world.triggered(
        "Tell_Account",
        """<recordUpdates><name>Tell</name><label>x</label><inputAssignments>
        <field>Description</field><value><elementReference>$Record.Name</elementReference></value>
        </inputAssignments><inputReference>$Record.Account__r</inputReference></recordUpdates>""",
        to="Tell",
    )
    account = world.add("Account", Name="Acme")
    world.add("Deal__c", Name="A", Account__c=account)
    assert world.column("SELECT Description FROM Account") == ["A"]


def test_names_are_found_in_any_case(world):
    world.triggered(
        "Copy",
        assignments("Copy_It", ("$record.NOTE__C", "Assign", ref("said"))).replace(
            "<label>", "<connector><targetReference>SAVE</targetReference></connector><label>"
        )
        + "\n\n"
        + variable("Said", "String", "<value><stringValue>yes</stringValue></value>")
        + "\n\n"
        + SAVE.format(values=""),
        to="copy_it",
    )
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Note__c FROM Deal__c") == ["yes"]


def test_the_prior_record_of_a_new_one_has_no_values(world):
    world.triggered(
        "Copy_Prior",
        SAVE.format(values=value("Total__c", "$Record__Prior.Amount__c")),
        to="Save",
        when="RecordBeforeSave",
    )
    deal = world.add("Deal__c", Name="A", Amount__c=1, Total__c=7)
    assert world.column("SELECT Total__c FROM Deal__c") == [None]
    world.change("Deal__c", deal, Amount__c=2)
    assert world.column("SELECT Total__c FROM Deal__c") == [1]


def test_null_is_not_an_empty_text(world):
    def outcome(name: str, right: str) -> str:
        return (
            f"<rules><name>{name}</name><conditionLogic>and</conditionLogic>"
            + condition("$Record.Note__c", "EqualTo", right)
            + "<connector><targetReference>Save</targetReference></connector></rules>"
        )

    world.triggered(
        "Compare",
        "<decisions><name>Empty</name><label>x</label>"
        + outcome("Yes", ref("$GlobalConstant.EmptyString"))
        + "</decisions>\n\n"
        + SAVE.format(values=value("Flag__c", "$GlobalConstant.True")),
        to="Empty",
    )
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Flag__c FROM Deal__c") == [False]


def test_lookups_are_sorted_and_limited(world):
    limited = LINES.replace(
        "<getFirstRecordOnly>", "<limit><numberValue>2</numberValue></limit><getFirstRecordOnly>"
    ).replace("<sortOrder>Asc", "<sortOrder>Desc")
    world.triggered(
        "Last_Two",
        limited.format(to="Each")
        + """

        <loops><name>Each</name><label>x</label>
        <collectionReference>Get_Lines</collectionReference>
        <nextValueConnector><targetReference>Say</targetReference></nextValueConnector>
        <noMoreValuesConnector><targetReference>Save</targetReference></noMoreValuesConnector>
        </loops>

        """
        + assignments("Say", ("Said", "Add", ref("Each.Name")), to="Each")
        + "\n\n"
        + variable("Said", "String")
        + "\n\n"
        + SAVE.format(values=value("Note__c", "Said")),
        to="Get_Lines",
        on="Update",
    )
    deal = lined(world, 1, 2, 3)
    world.change("Deal__c", deal, Name="B")
    assert world.column("SELECT Note__c FROM Deal__c") == ["L2L1"]


def test_a_permission_that_the_project_lacks_is_refused(world):
    world.triggered(
        "Ask",
        SAVE.format(values=value("Flag__c", "$Permission.Skip_Automation")),
        to="Save",
        when="RecordBeforeSave",
    )
    with pytest.raises(MetadataError, match=r"\$Permission.Skip_Automation does not exist"):
        world.add("Deal__c", Name="A")


def test_a_label_is_its_text(world):
    world.files.write(
        "labels/CustomLabels.labels-meta.xml",
        '<CustomLabels xmlns="http://soap.sforce.com/2006/04/metadata"><labels>'
        "<fullName>Hello</fullName><language>en_US</language><protected>false</protected>"
        "<shortDescription>h</shortDescription><value>Hello!</value></labels></CustomLabels>",
    )
    world.triggered(
        "Greet",
        SAVE.format(values=value("Note__c", "$Label.hello")),
        to="Save",
        when="RecordBeforeSave",
    )
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Note__c FROM Deal__c") == ["Hello!"]


def test_a_later_flow_has_the_record_of_the_save_not_of_an_earlier_flow(world):
    world.triggered(
        "First",
        SAVE.format(values=text("Note__c", "first")),
        to="Save",
        on="Create",
        more="<triggerOrder>1</triggerOrder>",
    )
    world.triggered(
        "Second",
        SAVE.format(values=text("Stage__c", "Won")),
        to="Save",
        on="Create",
        criteria="<filterLogic>and</filterLogic><filters><field>Note__c</field>"
        "<operator>EqualTo</operator><value><stringValue>first</stringValue></value></filters>",
        more="<triggerOrder>2</triggerOrder>",
    )
    world.add("Deal__c", Name="A")
    (row,) = world.rows("SELECT Note__c, Stage__c FROM Deal__c")
    assert (row["Note__c"], row["Stage__c"]) == ("first", None)


def test_a_permission_that_nobody_granted_is_false(world):
    world.files.meta(
        "customPermissions/Skip_Automation.customPermission-meta.xml",
        "CustomPermission",
        "<isLicensed>false</isLicensed><label>Skip</label>",
    )
    world.triggered(
        "Ask",
        SAVE.format(values=value("Flag__c", "$Permission.Skip_Automation")),
        to="Save",
        when="RecordBeforeSave",
    )
    world.add("Deal__c", Name="A", Flag__c=True)
    assert world.column("SELECT Flag__c FROM Deal__c") == [False]


def test_an_org_may_have_all_its_flows_inactive(world):
    world.flow(
        "Called",
        assignments("Set", ("X", "Assign", "<stringValue>x</stringValue>"))
        + "\n\n"
        + variable("X", "String"),
        start="<connector><targetReference>Set</targetReference></connector>",
        status="Draft",
    )
    world.triggered(
        "Calls",
        "<subflows><name>Call</name><label>x</label><flowName>Called</flowName></subflows>",
        to="Call",
        status="Draft",
    )
    world.add("Deal__c", Name="A")
    assert world.column("SELECT Name FROM Deal__c") == ["A"]


def test_a_runaway_flow_dies_of_the_cpu_limit(world):
    world.triggered(
        "Endless",
        "<assignments><name>Again</name><label>x</label><assignmentItems>"
        "<assignToReference>Count</assignToReference><operator>Add</operator>"
        "<value><numberValue>1.0</numberValue></value></assignmentItems>"
        "<connector><isGoTo>true</isGoTo><targetReference>Again</targetReference></connector>"
        "</assignments>\n\n" + variable("Count", "Number", "<scale>0</scale>"),
        to="Again",
    )
    with pytest.raises(LimitExceeded, match="CPU time"):
        world.add("Deal__c", Name="A")
