"""What a project becomes when it is read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rehearsal.org.errors import MetadataError
from rehearsal.org.schema import FieldType, ObjectKind
from rehearsal.org.source import load_project

from ..conftest import ProjectFiles, add_ledger, open_desk


def test_several_package_directories_are_merged(files):
    files.object("Ledger__c")
    more = files.root / "more" / "objects" / "Ledger__c" / "fields"
    more.mkdir(parents=True)
    files.field("Ledger__c", "X__c", "Text", "<length>5</length>").rename(
        more / "X__c.field-meta.xml"
    )
    files.write_json(
        "sfdx-project.json", {"packageDirectories": [{"path": "app"}, {"path": "more"}]}
    )
    field = load_project(files.root).schema.objects["ledger__c"].find("x__c")
    assert field is not None
    assert (field.name, field.length, field.custom) == ("X__c", 5, True)


def test_component_that_is_there_twice_is_refused(files):
    files.object("Ledger__c")
    path = files.field("Ledger__c", "X__c", "Text", "<length>5</length>")
    copy = files.root / "app" / "other" / "objects" / "Ledger__c" / "fields" / path.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(path.read_bytes())
    with pytest.raises(MetadataError, match="is there twice"):
        load_project(files.root)


def test_custom_fields_join_standard_objects(files):
    files.field("Account", "X__c", "Url")
    account = load_project(files.root).schema.objects["account"]
    assert account.kind is ObjectKind.STANDARD
    field = account.find("X__c")
    assert field is not None
    assert (field.type, field.length) == (FieldType.URL, 255)
    assert account.find("Industry") is not None


def test_activity_fields_are_on_tasks_and_events(files):
    files.field("Activity", "X__c", "Text", "<length>5</length>")
    schema = load_project(files.root).schema
    assert schema.objects["task"].find("X__c")
    assert schema.objects["event"].find("X__c")


def test_relationships_have_their_names(files):
    add_ledger(files)
    schema = load_project(files.root).schema
    field = schema.objects["entry__c"].find("Ledger__c")
    assert field is not None
    assert (field.relationship, field.child_relationship) == ("Ledger__r", "Entries__r")
    assert field.required
    assert field.reparentable


def test_roll_up_has_the_type_of_what_it_sums(files):
    add_ledger(files)
    ledger = load_project(files.root).schema.objects["ledger__c"]
    types = [ledger.fields[f].type for f in ("total__c", "last_date__c", "entries__c")]
    assert types == [FieldType.CURRENCY, FieldType.DATE, FieldType.DOUBLE]


def test_activities_make_an_object_a_thing_to_have_tasks_about(files):
    files.object("Ledger__c", more="<enableActivities>true</enableActivities>")
    desk = open_desk(files)
    ledger = desk.insert_one("Ledger__c", Name="L")
    desk.insert_one("Task", Subject="Call", WhatId=ledger)


def test_custom_metadata_records_are_read_and_queried(files):
    files.meta(
        "objects/Setting__mdt/Setting__mdt.object-meta.xml",
        "CustomObject",
        "<label>Setting</label><pluralLabel>Settings</pluralLabel><visibility>Public</visibility>",
    )
    files.field("Setting__mdt", "Stage__c", "Text", "<length>40</length>")
    files.field("Setting__mdt", "Term__c", "Number", "<precision>3</precision><scale>0</scale>")
    files.field("Setting__mdt", "On__c", "Checkbox", "<defaultValue>true</defaultValue>")
    xsi = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    )
    files.meta(
        "customMetadata/Setting.Default.md-meta.xml",
        "CustomMetadata",
        "<label>Default</label><protected>false</protected>"
        '<values><field>Stage__c</field><value xsi:nil="true"/></values>'
        '<values><field>Term__c</field><value xsi:type="xsd:double">12.0</value></values>',
        xsi,
    )
    row = open_desk(files).one(
        "SELECT DeveloperName, Stage__c, Term__c, On__c FROM Setting__mdt "
        "WHERE DeveloperName = 'default'"
    )
    assert row["DeveloperName"] == "Default"
    assert (row["Stage__c"], row["Term__c"], row["On__c"]) == (None, Decimal(12), True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("<values><field>Nope__c</field><value>x</value></values>", "Invalid field Nope__c"),
        ("<values><field>Stage__c</field><value>" + "x" * 41 + "</value></values>", "too large"),
    ],
)
def test_faulty_custom_metadata_record_is_refused(files, values, words):
    files.meta(
        "objects/Setting__mdt/Setting__mdt.object-meta.xml",
        "CustomObject",
        "<label>Setting</label><pluralLabel>Settings</pluralLabel>",
    )
    files.field("Setting__mdt", "Stage__c", "Text", "<length>40</length>")
    files.meta(
        "customMetadata/Setting.Default.md-meta.xml",
        "CustomMetadata",
        f"<label>Default</label>{values}",
    )
    with pytest.raises(MetadataError, match=words):
        load_project(files.root)


def test_stages_of_a_value_set_replace_the_new_orgs(files):
    stages = "".join(
        f"<standardValue><fullName>{name}</fullName><default>false</default><label>{label}</label>"
        f"<closed>{closed}</closed><forecastCategory>{category}</forecastCategory>"
        f"<probability>{probability}</probability><won>{won}</won></standardValue>"
        for name, label, closed, won, category, probability in (
            ("Open", "Offen", "false", "false", "Pipeline", 25),
            ("Gewonnen", "Gewonnen", "true", "true", "Closed", 100),
        )
    )
    files.meta(
        "standardValueSets/OpportunityStage.standardValueSet-meta.xml",
        "StandardValueSet",
        f"<sorted>false</sorted>{stages}",
    )
    desk = open_desk(files)
    rows = desk.soql("SELECT ApiName, MasterLabel, IsWon, SortOrder FROM OpportunityStage")
    assert [(row["ApiName"], row["MasterLabel"]) for row in rows] == [
        ("Open", "Offen"),
        ("Gewonnen", "Gewonnen"),
    ]
    desk.insert_one("Opportunity", Name="D", StageName="Gewonnen", CloseDate="2026-01-01")
    assert desk.one("SELECT IsWon FROM Opportunity")["IsWon"] is True


def test_subscriber_config_needs_a_required_key_field(files):
    files.event("E__e")
    files.field("E__e", "Lane__c", "Text", "<required>false</required><length>9</length>")
    files.write("triggers/T.trigger", "trigger T on E__e (after insert) {}")
    files.meta("triggers/T.trigger-meta.xml", "ApexTrigger", "<apiVersion>66.0</apiVersion>")
    files.meta(
        "PlatformEventSubscriberConfigs/T.platformEventSubscriberConfig-meta.xml",
        "PlatformEventSubscriberConfig",
        "<batchSize>100</batchSize><masterLabel>T</masterLabel><numPartitions>4</numPartitions>"
        "<partitionKey>E__e.Lane__c</partitionKey>"
        "<platformEventConsumer>T</platformEventConsumer>",
    )
    with pytest.raises(MetadataError, match=r"partitionKey E__e\.Lane__c is not a required field"):
        load_project(files.root)


def test_folder_names_above_the_project_mean_nothing(tmp_path):
    root = tmp_path / "lwc"
    root.mkdir()
    files = ProjectFiles(root)
    files.object("Ledger__c")
    assert load_project(root).schema.find("Ledger__c") is not None
