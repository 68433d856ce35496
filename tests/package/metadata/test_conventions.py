"""What an architect would look for in the metadata."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

STANDARD = {"Account", "Opportunity", "Contract"}
LEDGER = {
    "Bridge_Customer__c",
    "Bridge_Subscription__c",
    "Bridge_Entry__c",
    "Bridge_Renewal__c",
    "Bridge_Movement__c",
}
API_VERSION = "66.0"
LINKING = "Bridge_Linking"
ASKING = "Opportunity.Bridge_Create_Customer__c"
"""What a rep may say: that this deal wants a customer in Stripe."""


def test_project_names_every_package_directory(package: Path) -> None:
    project = json.loads((package.parent / "sfdx-project.json").read_text("utf-8"))
    assert project["sourceApiVersion"] == API_VERSION
    assert {item["path"] for item in project["packageDirectories"]} == {
        f"salesforce/{folder.name}"
        for folder in package.iterdir()
        if any(folder.rglob("*-meta.xml"))
    }


def test_everything_of_ours_begins_with_bridge(objects: Any, fields: Any, package: Path) -> None:
    assert all(name.startswith("Bridge_") for name in objects)
    for owner in STANDARD:
        assert all(name.startswith("Bridge_") for name in fields[owner])
    for pattern in ("*.cls", "*.trigger", "*.flow-meta.xml", "*.permissionset-meta.xml"):
        assert all(path.name.startswith("Bridge") for path in package.rglob(pattern))


def test_nothing_of_the_customers_is_shipped(package: Path) -> None:
    for pattern in ("*.layout-meta.xml", "*.flexipage-meta.xml"):
        for path in package.rglob(pattern):
            assert path.name.startswith("Bridge_"), path.name
    assert not list(package.rglob("*.profile-meta.xml"))
    assert not list(package.rglob("*.standardValueSet-meta.xml"))


def test_every_object_and_field_says_what_it_means(objects: Any, fields: Any) -> None:
    for name, node in objects.items():
        assert node.text("description"), name
    for owner, own in fields.items():
        for name, field in own.items():
            assert field.text("description"), f"{owner}.{name}"
            assert len(field.text("label")) <= 40, f"{owner}.{name}"
            assert len(field.text("inlineHelpText") or "") <= 510, f"{owner}.{name}"


def test_money_says_its_currency(fields: Any) -> None:
    for owner, own in fields.items():
        for name, field in own.items():
            if name.startswith("Original_") or name in ("Settled_Gross__c", "Fee__c"):
                assert "urrency__c)" in field.text("description"), f"{owner}.{name}"
            if field.text("type") == "Currency":
                assert "org's currency" in field.text("description"), f"{owner}.{name}"
                assert (field.number("precision"), field.number("scale")) == (18, 2)


def test_ledger_objects_have_what_salesforce_owns(fields: Any) -> None:
    for name in LEDGER:
        assert fields[name]["Automation_Hold__c"].text("type") == "Checkbox"
        account = fields[name]["Account__c"]
        assert account.text("referenceTo") == "Account"
        assert account.text("deleteConstraint") == "SetNull"


def test_no_status_of_stripe_is_refused(fields: Any) -> None:
    for name in LEDGER:
        for field in fields[name].values():
            if field.text("type") == "Picklist":
                assert not field.all("valueSet")[0].flag("restricted")


def test_code_has_the_projects_api_version(package: Path) -> None:
    for pattern in ("*.cls-meta.xml", "*.trigger-meta.xml", "*.flow-meta.xml"):
        for path in package.rglob(pattern):
            assert f"<apiVersion>{API_VERSION}</apiVersion>" in path.read_text("utf-8"), path.name


def test_triggers_have_one_statement(package: Path) -> None:
    for path in package.rglob("*.trigger"):
        body = path.read_text("utf-8").split("{", 1)[1]
        assert body.count(";") == 1, path.name


def test_classes_say_what_they_are(package: Path) -> None:
    for path in package.rglob("*.cls"):
        assert path.read_text("utf-8").startswith("/**"), path.name


def test_without_sharing_gives_its_reason(apex: dict[str, str]) -> None:
    for name, text in apex.items():
        if "without sharing class" in text:
            header = text.split("*/")[0]
            assert "Without sharing:" in header, name


def test_no_query_or_dml_in_a_loop(apex: dict[str, str]) -> None:
    dml = re.compile(
        r"\[\s*SELECT|Database\.(query|update|upsert|insert|delete)\(|^\s*(insert|update|delete) "
    )
    for name, text in apex.items():
        depth: list[int] = []
        for line in text.splitlines():
            indent = len(line) - len(line.lstrip())
            while depth and line.strip() and indent <= depth[-1]:
                depth.pop()
            starts = re.match(r"\s*(for|while) \(", line)
            if not starts and depth:
                assert not dml.search(line), f"{name}: {line.strip()}"
            if starts and line.rstrip().endswith("{"):
                depth.append(indent)


def has_field_security(field: Any) -> bool:
    return field.text("type") != "MasterDetail" and not field.flag("required")


def test_permission_sets_cover_every_field(permission_sets: Any, fields: Any) -> None:
    for name in set(permission_sets) - {LINKING}:
        granted = permission_sets[name]
        listed = {node.text("field"): node for node in granted.all("fieldPermissions")}
        for owner in [*LEDGER, *STANDARD]:
            for field_name, field in fields[owner].items():
                full = f"{owner}.{field_name}"
                assert (full in listed) == has_field_security(field), f"{name}: {full}"


def test_calculated_fields_are_not_editable(permission_sets: Any, fields: Any) -> None:
    for granted in permission_sets.values():
        for node in granted.all("fieldPermissions"):
            owner, _, name = (node.text("field") or "").partition(".")
            field = fields.get(owner, {}).get(name)
            if field is not None and (field.text("type") == "Summary" or field.text("formula")):
                assert not node.flag("editable"), f"{owner}.{name}"


def test_people_only_edit_what_salesforce_owns(permission_sets: Any) -> None:
    editable = {
        node.text("field")
        for node in permission_sets["Bridge_Admin"].all("fieldPermissions")
        if node.flag("editable")
    }
    assert editable == {
        *(f"{name}.Automation_Hold__c" for name in LEDGER),
        "Bridge_Customer__c.Account__c",
        "Bridge_Subscription__c.Opportunity__c",
        "Bridge_Subscription__c.Contract__c",
        "Bridge_Exception__c.Status__c",
        "Bridge_Exception__c.Run_Again__c",
        "Account.Bridge_Health_Override__c",
        "Account.Bridge_Health_Override_Until__c",
        ASKING,
    }
    for node in permission_sets["Bridge_Reader"].children():
        assert not node.flag("editable") or node.text("field") == ASKING
        assert not node.flag("allowEdit")


def test_only_linking_writes_opportunities_over_the_api(permission_sets: Any) -> None:
    """Whoever may edit an Opportunity may edit its stage: Salesforce gives required fields no
    field-level security. So this right is apart, for companies that want customers created."""
    linking = permission_sets[LINKING]
    editable = [node for node in linking.all("fieldPermissions") if node.flag("editable")]
    assert [node.text("field") for node in editable] == ["Opportunity.Bridge_Stripe_Customer_Id__c"]
    rights = {
        (granted.text("object"), right.tag)
        for granted in linking.all("objectPermissions")
        for right in granted.children()
        if right.element.text == "true" and right.tag not in ("allowRead", "viewAllRecords")
    }
    assert rights == {("Opportunity", "allowEdit")}
    assert linking.text("license") == permission_sets["Bridge_Integration"].text("license")
    for node in permission_sets["Bridge_Integration"].children():
        if node.tag == "objectPermissions" and node.text("object") == "Opportunity":
            assert not node.flag("allowEdit")
        if (node.text("field") or "").startswith("Opportunity."):
            assert not node.flag("editable")


def test_exceptions_are_private(objects: Any, permission_sets: Any) -> None:
    assert objects["Bridge_Exception__c"].text("sharingModel") == "Private"
    readable = {
        node.text("object") for node in permission_sets["Bridge_Reader"].all("objectPermissions")
    }
    assert "Bridge_Exception__c" not in readable


def test_events_of_one_lane_keep_their_order(package: Path) -> None:
    (path,) = package.rglob("*.platformEventSubscriberConfig-meta.xml")
    text = path.read_text("utf-8")
    assert "<batchSize>100</batchSize>" in text
    assert "<partitionKey>Bridge_Stripe_Event__e.Lane__c</partitionKey>" in text
    assert "<user>" not in text, "a username exists in one org only"


def test_events_from_salesforce_wait_for_the_commit(objects: Any) -> None:
    for name in ("Bridge_Receipt__e", "Bridge_Request__e"):
        assert objects[name].text("publishBehavior") == "PublishAfterCommit"
