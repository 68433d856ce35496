"""What a deployment refuses is refused here, with file and line."""

from __future__ import annotations

import re

import pytest

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.source import load_project

from ..conftest import add_ledger, open_desk

TEXT = "<length>255</length>"
LOOKUP = "<referenceTo>{}</referenceTo><relationshipName>{}</relationshipName>"
SUMMARY = "<summaryForeignKey>{}</summaryForeignKey><summaryOperation>{}</summaryOperation>{}"


def fault(files, error, words):
    with pytest.raises(error, match=words) as raised:
        load_project(files.root)
    assert raised.value.where is not None
    assert raised.value.where.path is not None
    assert str(raised.value).startswith(str(raised.value.where.path))


@pytest.mark.parametrize(
    ("kind", "body", "error", "words"),
    [
        ("Text", "", MetadataError, "length is missing"),
        ("Text", "<length>256</length>", MetadataError, "256 is not within 1 and 255"),
        ("LongTextArea", "<length>255</length><visibleLines>3</visibleLines>", MetadataError,
         "not within 256 and 131072"),
        ("LongTextArea", "<length>256</length>", MetadataError, "visibleLines"),
        ("Number", "<precision>19</precision><scale>0</scale>", MetadataError, "out of range"),
        ("Number", "<precision>4</precision><scale>5</scale>", MetadataError, "out of range"),
        ("Number", "<precision>4</precision>", MetadataError, "precision and scale"),
        ("Checkbox", "", MetadataError, "needs a defaultValue"),
        ("Checkbox", "<defaultValue>false</defaultValue><required>true</required>", MetadataError,
         "cannot be required"),
        ("Date", "<unique>true</unique>", MetadataError, "cannot be unique"),
        ("Text", TEXT + "<caseSensitive>true</caseSensitive>", MetadataError, "caseSensitive"),
        ("Text", TEXT + "<required>yes</required>", MetadataError, "not a boolean"),
        ("Text", TEXT + "<colour>red</colour>", Unsupported, "CustomField.colour"),
        ("Text", TEXT + "<required>true</required>" + TEXT, MetadataError, "duplicated"),
        ("Location", "", Unsupported, "field type Location"),
        ("MultiselectPicklist", "", Unsupported, "field type MultiselectPicklist"),
        ("Text", "<formula>Name</formula><required>true</required>", MetadataError, "no required"),
        ("Picklist", "", MetadataError, "valueSet is missing"),
        ("Picklist", "<valueSet><valueSetName>Global</valueSetName></valueSet>", Unsupported,
         "valueSetName"),
        ("AutoNumber", "<displayFormat>X-</displayFormat>", MetadataError, "displayFormat"),
        ("Lookup", LOOKUP.format("Nobody__c", "Xs"), MetadataError, "does not resolve"),
        ("Lookup", LOOKUP.format("Account", "X__s"), MetadataError, "alphanumeric"),
        ("Lookup", LOOKUP.format("Account", "Xs") + "<lookupFilter><active>true</active>"
         "</lookupFilter>", Unsupported, "lookupFilter"),
        ("Lookup", LOOKUP.format("Account", "Xs") + "<required>true</required>"
         "<deleteConstraint>SetNull</deleteConstraint>", MetadataError, "required lookup"),
        ("MasterDetail", LOOKUP.format("Account", "Xs"), MetadataError, "sharingModel"),
        ("Summary", SUMMARY.format("Entry__c.Ledger__c", "sum", ""), MetadataError,
         "summarizedField"),
        ("Summary", SUMMARY.format("Entry__c.Nope__c", "count", ""), MetadataError,
         "Entry__c.Nope__c"),
        ("Summary", SUMMARY.format("Entry__c.Ledger__c", "sum",
         "<summarizedField>Entry__c.Note__c</summarizedField>"), MetadataError,
         "sum of a string field"),
        ("Summary", SUMMARY.format("Entry__c.Ledger__c", "count",
         "<summaryFilterItems><field>Entry__c.No__c</field><operation>equals</operation>"
         "<value>1</value></summaryFilterItems>"), MetadataError, "Entry__c.No__c"),
        ("Summary", SUMMARY.format("Ledger__c.Account__c", "count", ""), MetadataError,
         "not a master-detail"),
    ],
)  # fmt: skip
def test_faulty_field_is_refused(files, kind, body, error, words):
    add_ledger(files)
    files.field("Ledger__c", "X__c", kind, body)
    fault(files, error, words)


@pytest.mark.parametrize("name", ["x__y__c", "_x__c", "x" * 41 + "__c", "plain"])
def test_bad_api_names_are_refused(files, name):
    files.object("Ledger__c")
    files.field("Ledger__c", name, "Text", TEXT)
    fault(files, MetadataError, "name|does not end")


def test_line_of_the_fault_is_named(files):
    files.object("Ledger__c")
    path = files.meta(
        "objects/Ledger__c/fields/X__c.field-meta.xml",
        "CustomField",
        "<fullName>X__c</fullName>\n<label>X</label>\n<type>Text</type>\n<nonsense/>",
    )
    fault(files, Unsupported, re.escape(f"{path}:6"))


def test_broken_xml_names_its_line(files):
    files.write("objects/X__c/X__c.object-meta.xml", "<CustomObject>\n<label>")
    fault(files, MetadataError, "X__c.object-meta.xml:2")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("objects/Ledger__c/recordTypes/A.recordType-meta.xml", "type recordType"),
        ("sharingRules/Ledger__c.sharingRules-meta.xml", "type sharingRules"),
        ("workflows/Ledger__c.workflow-meta.xml", "type workflow"),
        ("notes.txt", "notes.txt"),
    ],
)
def test_unknown_components_are_refused_by_name(files, name, words):
    files.write(name, "<x/>")
    fault(files, Unsupported, words)


@pytest.mark.parametrize(
    "name",
    [
        "objects/Ledger__c/listViews/All.listView-meta.xml",
        "layouts/Ledger__c-Ledger Layout.layout-meta.xml",
        "tabs/Ledger__c.tab-meta.xml",
        "lwc/thing/thing.js",
        "reports/F/R.report-meta.xml",
    ],
)
def test_user_interface_is_passed(files, name):
    files.object("Ledger__c")
    files.write(name, "not read")
    assert load_project(files.root).schema.find("Ledger__c") is not None


def test_object_parts_need_their_object(files):
    files.field("Ledger__c", "X__c", "Text", TEXT)
    fault(files, MetadataError, "Ledger__c has parts but no object-meta.xml")


def test_unknown_standard_object_is_refused(files):
    files.field("Asset", "X__c", "Text", TEXT)
    fault(files, Unsupported, "the standard object Asset")


def test_field_name_must_be_its_files(files):
    files.object("Ledger__c")
    files.field("Ledger__c", "X__c", "Text", TEXT).rename(
        files.base / "objects/Ledger__c/fields/Y__c.field-meta.xml"
    )
    fault(files, MetadataError, "fullName X__c differs")


def test_child_relationship_names_are_unique_for_a_parent(files):
    files.object("A__c")
    files.field("A__c", "X__c", "Lookup", LOOKUP.format("Account", "Things"))
    files.field("A__c", "Y__c", "Lookup", LOOKUP.format("Account", "Things"))
    fault(files, MetadataError, "already a Child Relationship named Things")


def test_detail_must_be_controlled_by_its_parent(files):
    files.object("A__c", "Private")
    files.field("A__c", "X__c", "MasterDetail", LOOKUP.format("Account", "As"))
    fault(files, MetadataError, "Cannot set sharingModel to Private")


@pytest.mark.parametrize("kind", ["Currency", "Picklist", "Lookup"])
def test_events_have_few_field_types(files, kind):
    files.event("E__e")
    body = {
        "Currency": "<precision>5</precision><scale>2</scale>",
        "Picklist": "<valueSet><valueSetDefinition/></valueSet>",
        "Lookup": LOOKUP.format("Account", "Es"),
    }[kind]
    files.field("E__e", "X__c", kind, body)
    fault(files, MetadataError, "an event has no field of type")


def test_activity_fields_cannot_be_external_ids(files):
    files.field("Activity", "X__c", "Text", TEXT + "<externalId>true</externalId>")
    fault(files, MetadataError, "activity field")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("Nope__c = 1", "Nope__c does not exist"),
        ("Name & 1", "Incorrect parameter type"),
        ("Name", "not a Boolean"),
        ("IF(", "Syntax error"),
    ],
)
def test_wrong_validation_rule_is_refused_when_the_org_loads(files, condition, words):
    files.object("Ledger__c")
    files.rule("Ledger__c", "R", condition, "no")
    with pytest.raises(MetadataError, match=words):
        open_desk(files)


def test_fault_in_a_formula_names_its_own_line(files):
    files.object("Ledger__c")
    path = files.rule("Ledger__c", "R", "AND(\n  ISNEW(),\n  Nope__c\n)", "no")
    with pytest.raises(MetadataError, match=re.escape(f"{path}:5")):
        open_desk(files)


def test_formula_must_give_its_fields_type(files):
    files.object("Ledger__c")
    files.field(
        "Ledger__c",
        "X__c",
        "Number",
        "<formula>Name</formula><precision>5</precision><scale>0</scale>",
    )
    with pytest.raises(MetadataError, match="incompatible"):
        open_desk(files)


@pytest.mark.parametrize(
    ("default", "words"), [("'x'", "incompatible"), ("Other__c", "cannot refer to the field")]
)
def test_wrong_default_value_is_refused(files, default, words):
    files.object("Ledger__c")
    number = "<precision>5</precision><scale>0</scale>"
    files.field("Ledger__c", "Other__c", "Number", number)
    files.field("Ledger__c", "X__c", "Number", f"<defaultValue>{default}</defaultValue>{number}")
    with pytest.raises(MetadataError, match=words):
        open_desk(files)


@pytest.mark.parametrize("name", ["Total__c", "Nope__c"])
def test_error_is_shown_at_a_field_that_people_can_edit(files, name):
    add_ledger(files)
    shown = f"<errorDisplayField>{name}</errorDisplayField>"
    files.rule("Ledger__c", "R", "Hold__c", "no", shown)
    fault(files, MetadataError, name)


def test_roll_up_cannot_filter_on_a_formula_that_spans_records(files):
    add_ledger(files)
    files.field(
        "Ledger__c",
        "X__c",
        "Summary",
        SUMMARY.format("Entry__c.Ledger__c", "count", "")
        + "<summaryFilterItems><field>Entry__c.Account_Name__c</field>"
        "<operation>equals</operation><value>x</value></summaryFilterItems>",
    )
    with pytest.raises(MetadataError, match="spans records"):
        open_desk(files)


OBJECT = (
    "<objectPermissions><allowCreate>{}</allowCreate><allowDelete>false</allowDelete>"
    "<allowEdit>false</allowEdit><allowRead>{}</allowRead>"
    "<modifyAllRecords>false</modifyAllRecords><object>{}</object>"
    "<viewAllRecords>false</viewAllRecords></objectPermissions>"
)
FIELD = (
    "<fieldPermissions><editable>{}</editable><field>{}</field><readable>{}</readable>"
    "</fieldPermissions>"
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (OBJECT.format("true", "false", "Ledger__c"), "depends on permission"),
        (OBJECT.format("false", "true", "Nope__c"), "no object named nope__c"),
        (OBJECT.format("false", "true", "Entry__c"), "Read Entry__c depends on .*Ledger__c"),
        (FIELD.format("true", "Ledger__c.Email__c", "false"), "editable needs readable"),
        (FIELD.format("true", "Ledger__c.Nope__c", "true"), "no CustomField named"),
        (FIELD.format("true", "Entry__c.Ledger__c", "true"), "required field: Entry__c.Ledger__c"),
        (
            "<classAccesses><apexClass>Nope</apexClass><enabled>true</enabled></classAccesses>",
            "no ApexClass named nope",
        ),
    ],
)
def test_faulty_permission_set_is_refused(files, body, words):
    add_ledger(files)
    files.permission_set("P", body)
    fault(files, MetadataError, words)


def test_project_file_must_be_there(tmp_path):
    with pytest.raises(MetadataError, match=r"no sfdx-project\.json"):
        load_project(tmp_path)


def test_package_directory_must_exist(files):
    files.write_json("sfdx-project.json", {"packageDirectories": [{"path": "gone"}]})
    with pytest.raises(MetadataError, match="gone does not exist"):
        load_project(files.root)


def test_namespace_is_not_supported(files):
    files.write_json(
        "sfdx-project.json", {"packageDirectories": [{"path": "app"}], "namespace": "ns"}
    )
    with pytest.raises(Unsupported, match="a namespace"):
        load_project(files.root)


@pytest.mark.parametrize("name", ["A.cls", "A.cls-meta.xml"])
def test_code_and_its_meta_file_come_together(files, name):
    files.write(f"classes/{name}", "public class A {}")
    fault(files, MetadataError, "beside it")


def test_inactive_trigger_is_not_supported(files):
    files.write("triggers/T.trigger", "trigger T on Account (before insert) {}")
    files.meta(
        "triggers/T.trigger-meta.xml",
        "ApexTrigger",
        "<apiVersion>66.0</apiVersion><status>Inactive</status>",
    )
    fault(files, Unsupported, "status Inactive")


def test_every_fault_is_told_at_once(files):
    files.object("Ledger__c")
    files.field("Ledger__c", "X__c", "Text")
    files.field("Ledger__c", "Y__c", "Location")
    files.write("notes.txt", "")
    with pytest.raises(ExceptionGroup) as raised:
        load_project(files.root)
    assert len(raised.value.exceptions) == 3
    assert all(isinstance(e, MetadataError | Unsupported) for e in raised.value.exceptions)
