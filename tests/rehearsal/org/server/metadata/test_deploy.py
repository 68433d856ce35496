"""What a deployment that passes changes in the running org."""

from __future__ import annotations

import pytest

from tests.rehearsal.org.server.metadata.conftest import Target
from tests.rehearsal.org.server.metadata.zips import (
    apex,
    component,
    field,
    package_xml,
    zip_of,
)

pytestmark = pytest.mark.slow

GADGET = component(
    "CustomObject",
    "<deploymentStatus>Deployed</deploymentStatus>\n<label>Gadget</label>\n"
    + field("Size__c", "Number", "<precision>4</precision><scale>0</scale>")
    + field(
        "Widget__c",
        "Lookup",
        "<referenceTo>Widget__c</referenceTo><relationshipName>Gadgets</relationshipName>"
        "<deleteConstraint>SetNull</deleteConstraint>",
    )
    + "<nameField><label>Name</label><type>Text</type></nameField>\n"
    "<pluralLabel>Gadgets</pluralLabel>\n<sharingModel>ReadWrite</sharingModel>",
)


def grants(name: str, objects: list[str], fields: list[str]) -> str:
    body = "".join(
        f"<fieldPermissions><editable>true</editable><field>{one}</field>"
        "<readable>true</readable></fieldPermissions>"
        for one in fields
    )
    body += f"<label>{name}</label>" + "".join(
        "<objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete>"
        "<allowEdit>true</allowEdit><allowRead>true</allowRead>"
        f"<modifyAllRecords>false</modifyAllRecords><object>{one}</object>"
        "<viewAllRecords>false</viewAllRecords></objectPermissions>"
        for one in objects
    )
    return component("PermissionSet", body)


def gadgets() -> bytes:
    return zip_of(
        {
            "package.xml": package_xml(CustomObject="Gadget__c", PermissionSet="Gadgets"),
            "objects/Gadget__c.object": GADGET,
            "permissionsets/Gadgets.permissionset": grants(
                "Gadgets", ["Gadget__c"], ["Gadget__c.Size__c", "Gadget__c.Widget__c"]
            ),
        }
    )


async def test_a_new_object_can_be_used_and_old_records_stay(target: Target) -> None:
    widget = await target.insert("Widget__c", Name="old", Key__c="k1")
    result = await target.soap.deploy(gadgets())
    assert (result["status"], result["success"], result["checkOnly"]) == (
        "Succeeded",
        "true",
        "false",
    )
    assert result.failures == []
    assert result.states == {
        ("CustomObject", "Gadget__c"): "Created",
        ("CustomField", "Gadget__c.Size__c"): "Created",
        ("CustomField", "Gadget__c.Widget__c"): "Created",
        ("PermissionSet", "Gadgets"): "Created",
    }
    await target.grant("Gadgets")
    gadget = await target.insert("Gadget__c", Name="new", Size__c=3, Widget__c=widget)
    assert gadget[:3] != widget[:3]
    found = await target.query("SELECT Size__c, Widget__r.Key__c FROM Gadget__c")
    assert found[0]["Size__c"] == 3
    assert found[0]["Widget__r"]["Key__c"] == "k1"
    assert [row["Id"] for row in await target.query("SELECT Id FROM Widget__c")] == [widget]
    assert (await target.insert("Widget__c", Name="later"))[:3] == widget[:3]


async def test_deployed_permissions_are_assigned_to_nobody(target: Target) -> None:
    await target.soap.deploy(gadgets())
    status, _ = await target.rest("GET", "sobjects/Gadget__c/describe")
    assert status == 404
    await target.grant("Gadgets")
    status, described = await target.rest("GET", "sobjects/Gadget__c/describe")
    assert status == 200
    assert {"Size__c", "Widget__c"} <= {one["name"] for one in described["fields"]}


async def test_a_deployed_notification_type_can_be_found(target: Target) -> None:
    named = "<customNotifTypeName>Alarm</customNotifTypeName><masterLabel>Alarm</masterLabel>"
    channels = "<desktop>true</desktop><mobile>true</mobile>"
    package = zip_of(
        {
            "package.xml": package_xml(CustomNotificationType="Alarm"),
            "notificationtypes/Alarm.notiftype": component(
                "CustomNotificationType", f"{named}{channels}"
            ),
        }
    )
    for _ in range(2):
        result = await target.soap.deploy(package)
        assert result["status"] == "Succeeded", result.failures
    found = await target.query("SELECT DeveloperName, Desktop FROM CustomNotificationType")
    assert [(row["DeveloperName"], row["Desktop"]) for row in found] == [("Alarm", True)]


async def test_a_check_changes_nothing(target: Target) -> None:
    result = await target.soap.deploy(gadgets(), checkOnly="true")
    assert (result["status"], result["checkOnly"]) == ("Succeeded", "true")
    assert result.states["CustomObject", "Gadget__c"] == "Created"
    assert target.org.schema.find("Gadget__c") is None
    assert await target.query("SELECT Id FROM PermissionSet WHERE Name = 'Gadgets'") == []


async def test_the_same_again_is_unchanged(target: Target) -> None:
    await target.soap.deploy(gadgets())
    again = await target.soap.deploy(gadgets())
    assert set(again.states.values()) == {"Unchanged"}


async def test_the_manifest_is_listed_with_the_components(target: Target) -> None:
    result = await target.soap.deploy(gadgets())
    first = result.all("details/componentSuccesses")[0]
    assert (first["fileName"], first["componentType"]) == ("package.xml", "")
    assert result["numberComponentsDeployed"] == result["numberComponentsTotal"] == "4"


async def test_a_status_without_details_has_none(target: Target) -> None:
    id_ = await target.soap.start(gadgets(), checkOnly="true")
    await target.soap.finished(id_)
    assert (await target.soap.status(id_, details=False)).get("details") is None


async def test_a_folder_in_the_zip_may_hold_the_package(target: Target) -> None:
    files = {"package.xml": package_xml(ApexClass="Fine"), **apex("Fine", "public class Fine {}")}
    result = await target.soap.deploy(zip_of(files, root="zip/"), singlePackage="false")
    assert result.states == {("ApexClass", "Fine"): "Created"}


async def test_a_deployed_trigger_runs_and_a_changed_class_changes_it(target: Target) -> None:
    def package(suffix: str) -> bytes:
        return zip_of(
            {
                "package.xml": package_xml(ApexClass="Namer", ApexTrigger="WidgetNames"),
                **apex(
                    "Namer",
                    "public class Namer { public static void run(List<Widget__c> all) { "
                    f"for (Widget__c one : all) {{ one.Name += '{suffix}'; }} }} }}",
                ),
                **apex(
                    "WidgetNames",
                    "trigger WidgetNames on Widget__c (before insert) { Namer.run(Trigger.new); }",
                    "trigger",
                ),
            }
        )

    await target.insert("Widget__c", Name="none")
    await target.soap.deploy(package("!"))
    await target.insert("Widget__c", Name="first")
    second = await target.soap.deploy(package("?"))
    assert second.states == {
        ("ApexClass", "Namer"): "Changed",
        ("ApexTrigger", "WidgetNames"): "Unchanged",
    }
    await target.insert("Widget__c", Name="second")
    names = [row["Name"] for row in await target.query("SELECT Name FROM Widget__c")]
    assert names == ["none", "first!", "second?"]


async def test_a_deployed_flow_runs(target: Target) -> None:
    flow = component(
        "Flow",
        "<apiVersion>66.0</apiVersion><assignments><name>Set_Day</name><label>Set Day</label>"
        "<locationX>0</locationX><locationY>0</locationY><assignmentItems>"
        "<assignToReference>$Record.Group__c</assignToReference><operator>Assign</operator>"
        "<value><stringValue>flow</stringValue></value></assignmentItems></assignments>"
        "<environments>Default</environments><interviewLabel>x</interviewLabel>"
        "<label>Set Group</label><processType>AutoLaunchedFlow</processType>"
        "<start><locationX>0</locationX><locationY>0</locationY>"
        "<connector><targetReference>Set_Day</targetReference></connector>"
        "<object>Widget__c</object><recordTriggerType>Create</recordTriggerType>"
        "<triggerType>RecordBeforeSave</triggerType></start><status>Active</status>",
    )
    package = {"package.xml": package_xml(Flow="Set_Group"), "flows/Set_Group.flow": flow}
    result = await target.soap.deploy(zip_of(package))
    assert result.failures == []
    await target.insert("Widget__c", Name="w")
    assert await target.query("SELECT Group__c FROM Widget__c") == [{"Group__c": "flow"}]


async def test_roll_ups_and_checkboxes_are_filled_for_records_that_are_there(
    target: Target,
) -> None:
    parent = await target.insert("Widget__c", Name="parent")
    await target.insert("Widget__c", Name="childless")
    for number in "123":
        await target.insert("Part__c", Name="p", Number__c=number, Widget__c=parent)
    fields = ["Parts_Count__c", "Twice__c", "Checked__c", "Unchecked__c"]
    package = {
        "package.xml": package_xml(
            CustomField=[f"Widget__c.{name}" for name in fields], PermissionSet="New"
        ),
        "objects/Widget__c.object": component(
            "CustomObject",
            field(
                "Parts_Count__c",
                "Summary",
                "<summaryForeignKey>Part__c.Widget__c</summaryForeignKey>"
                "<summaryOperation>count</summaryOperation>",
            )
            + field(
                "Twice__c",
                "Number",
                "<formula>Parts_Count__c * 2</formula><precision>18</precision><scale>0</scale>",
            )
            + field("Checked__c", "Checkbox", "<defaultValue>true</defaultValue>")
            + field("Unchecked__c", "Checkbox", "<defaultValue>false</defaultValue>"),
        ),
        "permissionsets/New.permissionset": component(
            "PermissionSet",
            "".join(
                f"<fieldPermissions><editable>{str(editable).lower()}</editable>"
                f"<field>Widget__c.{name}</field><readable>true</readable></fieldPermissions>"
                for name, editable in zip(fields, (False, False, True, True), strict=True)
            )
            + "<label>New</label>",
        ),
    }
    result = await target.soap.deploy(zip_of(package))
    assert result.failures == []
    await target.grant("New")
    rows = await target.query(f"SELECT {', '.join(fields)} FROM Widget__c ORDER BY Name DESC")
    assert [tuple(row.values()) for row in rows] == [(3, 6, True, False), (0, 0, True, False)]


class TestEvents:
    """Platform events and their triggers."""

    PING = component(
        "CustomObject",
        "<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>"
        + field("Text__c", "Text", "<length>80</length>")
        + "<label>Ping</label><pluralLabel>Pings</pluralLabel>"
        "<publishBehavior>PublishImmediately</publishBehavior>",
    )
    TRIGGER = (
        "trigger PingTrigger on Ping__e (after insert) { List<Widget__c> made = "
        "new List<Widget__c>(); for (Ping__e one : Trigger.new) { made.add("
        "new Widget__c(Name = one.Text__c)); } insert made; }"
    )

    async def test_a_new_event_and_its_trigger_work_at_once(self, target: Target) -> None:
        package = {
            "package.xml": package_xml(
                ApexTrigger="PingTrigger", CustomObject="Ping__e", PermissionSet="Ping"
            ),
            "objects/Ping__e.object": self.PING,
            "permissionsets/Ping.permissionset": component(
                "PermissionSet",
                "<label>Ping</label><objectPermissions><allowCreate>true</allowCreate>"
                "<allowDelete>false</allowDelete><allowEdit>false</allowEdit>"
                "<allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>"
                "<object>Ping__e</object><viewAllRecords>false</viewAllRecords>"
                "</objectPermissions>",
            ),
            **apex("PingTrigger", self.TRIGGER, "trigger"),
        }
        result = await target.soap.deploy(zip_of(package))
        assert result.failures == []
        await target.grant("Ping")
        await target.insert("Ping__e", Text__c="pong")
        assert await target.control("drain", {}) == {"idle": True}
        assert await target.query("SELECT Name FROM Widget__c") == [{"Name": "pong"}]

    @pytest.mark.slow
    async def test_a_repaired_trigger_runs_again_after_its_deployment(self, target: Target) -> None:
        async def publish(number: str) -> None:
            token = await target.integration_token()
            status, _ = await target.rest(
                "POST", "sobjects/Order__e", token=token, json={"Number__c": number}
            )
            assert status == 201
            await target.control("drain", {})

        async def state() -> str:
            (row,) = await target.query("SELECT Status FROM EventBusSubscriber")
            return str(row["Status"])

        await publish("retry")
        assert await state() == "Error"
        repaired = (
            "trigger OrderTrigger on Order__e (after insert) { for (Order__e one : Trigger.new) "
            "{ insert new Widget__c(Name = one.Number__c + ' taken'); } }"
        )
        package = {"package.xml": package_xml(ApexTrigger="OrderTrigger")}
        await target.soap.deploy(zip_of({**package, **apex("OrderTrigger", repaired, "trigger")}))
        assert await state() == "Running"
        await publish("next")
        assert await target.query("SELECT Name FROM Widget__c") == [{"Name": "next taken"}]


async def test_custom_metadata_is_replaced_by_its_name(target: Target) -> None:
    def package(value: str) -> bytes:
        return zip_of(
            {
                "package.xml": package_xml(CustomMetadata="Knob.Main", CustomObject="Knob__mdt"),
                "objects/Knob__mdt.object": component(
                    "CustomObject",
                    field(
                        "Value__c",
                        "Text",
                        "<length>20</length>"
                        "<fieldManageability>DeveloperControlled</fieldManageability>",
                    )
                    + "<label>Knob</label><pluralLabel>Knobs</pluralLabel>"
                    "<visibility>Public</visibility>",
                ),
                "customMetadata/Knob.Main.md": component(
                    "CustomMetadata",
                    "<label>Main</label><protected>false</protected><values>"
                    f"<field>Value__c</field><value>{value}</value></values>",
                ),
            }
        )

    for value in ("one", "two"):
        result = await target.soap.deploy(package(value))
        assert result.failures == []
        rows = await target.query("SELECT DeveloperName, Value__c FROM Knob__mdt")
        assert rows == [{"DeveloperName": "Main", "Value__c": value}]
