"""An org with records: a small sfdx project, without Apex and Flows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rehearsal.org.options import OrgOptions
from rehearsal.org.org import Org
from rehearsal.org.ports import Change, EventRun, Operation, Timing, Transaction
from rehearsal.org.source import load_project
from rehearsal.org.values import Row

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
_WIDGET_FIELDS = {
    "Key__c": "<type>Text</type><length>80</length><externalId>true</externalId>"
    "<unique>true</unique><caseSensitive>true</caseSensitive>",
    "Amount__c": "<type>Number</type><precision>18</precision><scale>3</scale>",
    "Day__c": "<type>Date</type>",
    "At__c": "<type>DateTime</type>",
    "Active__c": "<type>Checkbox</type><defaultValue>false</defaultValue>",
    "Group__c": "<type>Text</type><length>20</length><externalId>true</externalId>"
    "<unique>false</unique>",
    "Hidden__c": "<type>Text</type><length>20</length>",
    "Account__c": "<type>Lookup</type><referenceTo>Account</referenceTo>"
    "<relationshipName>Widgets</relationshipName><deleteConstraint>SetNull</deleteConstraint>",
}
_PART_FIELDS = {
    "Widget__c": "<type>MasterDetail</type><referenceTo>Widget__c</referenceTo>"
    "<relationshipName>Parts</relationshipName><relationshipOrder>0</relationshipOrder>"
    "<reparentableMasterDetail>true</reparentableMasterDetail>"
    "<writeRequiresMasterRead>false</writeRequiresMasterRead>",
    "Number__c": "<type>Text</type><length>20</length><externalId>true</externalId>"
    "<unique>true</unique><caseSensitive>true</caseSensitive>",
}
_ORDER_FIELDS = {
    "Number__c": "<type>Text</type><length>20</length><required>true</required>",
    "Amount__c": "<type>Number</type><precision>18</precision><scale>2</scale>",
}


class NoTriggers:
    """A project without Apex."""

    def has(self, sobject: str, timing: Timing, operation: Operation) -> bool:
        return False

    def run(
        self,
        tx: Transaction,
        sobject: str,
        timing: Timing,
        operation: Operation,
        changes: list[Change],
    ) -> None:
        raise AssertionError

    def run_events(self, tx: Transaction, event: str, events: list[Row], retries: int) -> EventRun:
        raise AssertionError


class NoFlows:
    """A project without Flows."""

    def has_before_save(self, sobject: str) -> bool:
        return False

    def has_after_save(self, sobject: str) -> bool:
        return False

    def before_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None:
        raise AssertionError

    def after_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None:
        raise AssertionError

    def before_delete(self, tx: Transaction, sobject: str, changes: list[Change]) -> None:
        return


def write_project(root: Path) -> None:
    """Widget__c with its detail Part__c, Order__e, and what the integration user may do."""
    project: dict[str, Any] = {
        "packageDirectories": [{"path": "app", "default": True}],
        "sourceApiVersion": "66.0",
    }
    (root / "sfdx-project.json").write_text(json.dumps(project))
    main = root / "app" / "main" / "default"
    _object(main, "Widget__c", _record("Widget", "ReadWrite"), _WIDGET_FIELDS)
    _object(main, "Part__c", _record("Part", "ControlledByParent"), _PART_FIELDS)
    event = (
        "<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>"
        "<label>Order</label><pluralLabel>Orders</pluralLabel>"
        "<publishBehavior>PublishAfterCommit</publishBehavior>"
    )
    _object(main, "Order__e", event, _ORDER_FIELDS)
    rule = (
        f"{_HEAD}<ValidationRule {_NAMESPACE}><fullName>Not_Negative</fullName>"
        "<active>true</active><errorConditionFormula>Amount__c &lt; 0</errorConditionFormula>"
        "<errorDisplayField>Amount__c</errorDisplayField>"
        "<errorMessage>Never below zero</errorMessage></ValidationRule>"
    )
    _write(main / "objects/Widget__c/validationRules/Not_Negative.validationRule-meta.xml", rule)
    _write(main / "permissionsets/Integration.permissionset-meta.xml", _permission_set())


def load_org(root: Path, options: OrgOptions | None = None) -> Org:
    write_project(root)
    return Org(load_project(root, options), NoTriggers(), NoFlows())


def _record(label: str, sharing: str) -> str:
    return (
        "<deploymentStatus>Deployed</deploymentStatus>"
        f"<label>{label}</label><pluralLabel>{label}s</pluralLabel>"
        f"<nameField><label>Name</label><type>Text</type></nameField>"
        f"<sharingModel>{sharing}</sharingModel>"
    )


def _object(main: Path, name: str, body: str, fields: dict[str, str]) -> None:
    folder = main / "objects" / name
    _write(
        folder / f"{name}.object-meta.xml",
        f"{_HEAD}<CustomObject {_NAMESPACE}>{body}</CustomObject>",
    )
    for field, declaration in fields.items():
        text = (
            f"{_HEAD}<CustomField {_NAMESPACE}><fullName>{field}</fullName>"
            f"<label>{field.removesuffix('__c')}</label>{declaration}</CustomField>"
        )
        _write(folder / "fields" / f"{field}.field-meta.xml", text)


def _permission_set() -> str:
    editable = ["Widget__c.Key__c", "Widget__c.Amount__c", "Widget__c.Account__c"]
    editable += ["Widget__c.Day__c", "Widget__c.At__c", "Widget__c.Active__c"]
    editable += ["Widget__c.Group__c", "Part__c.Number__c", "Order__e.Amount__c"]
    fields = "".join(
        "<fieldPermissions><editable>true</editable>"
        f"<field>{name}</field><readable>true</readable></fieldPermissions>"
        for name in editable
    )
    objects = "".join(
        "<objectPermissions>"
        f"<allowCreate>true</allowCreate><allowDelete>{rights}</allowDelete>"
        f"<allowEdit>{rights}</allowEdit><allowRead>true</allowRead>"
        "<modifyAllRecords>false</modifyAllRecords>"
        f"<object>{name}</object><viewAllRecords>false</viewAllRecords></objectPermissions>"
        for name, rights in (
            ("Account", "false"),
            ("Widget__c", "true"),
            ("Part__c", "true"),
            ("Order__e", "false"),
        )
    )
    return (
        f"{_HEAD}<PermissionSet {_NAMESPACE}>{fields}<label>Integration</label>"
        f"<license>Salesforce API Integration</license>{objects}</PermissionSet>"
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


_TRIGGER = """
trigger OrderTrigger on Order__e (after insert) {
    List<Widget__c> widgets = new List<Widget__c>();
    for (Order__e order : Trigger.new) {
        if (order.Number__c == 'retry') {
            throw new EventBus.RetryableException('not now');
        }
        if (order.Number__c == 'boom') {
            Widget__c none;
            widgets.add(new Widget__c(Name = none.Name));
        }
        widgets.add(new Widget__c(Name = order.Number__c, Amount__c = Trigger.new.size()));
    }
    insert widgets;
    EventBus.publish(new Receipt__e(Text__c = String.valueOf(widgets.size())));
}
"""


def write_trigger(root: Path) -> None:
    """An event trigger that takes two events at a time, and its receipts."""
    main = root / "app" / "main" / "default"
    meta = "<apiVersion>66.0</apiVersion><status>Active</status>"
    _write(main / "triggers/OrderTrigger.trigger", _TRIGGER)
    _write(
        main / "triggers/OrderTrigger.trigger-meta.xml",
        f"{_HEAD}<ApexTrigger {_NAMESPACE}>{meta}</ApexTrigger>",
    )
    _write(
        main / "PlatformEventSubscriberConfigs/Order.platformEventSubscriberConfig-meta.xml",
        f"{_HEAD}<PlatformEventSubscriberConfig {_NAMESPACE}><batchSize>2</batchSize>"
        "<masterLabel>Order</masterLabel>"
        "<platformEventConsumer>OrderTrigger</platformEventConsumer>"
        "</PlatformEventSubscriberConfig>",
    )
    event = (
        "<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>"
        "<label>Receipt</label><pluralLabel>Receipts</pluralLabel>"
        "<publishBehavior>PublishAfterCommit</publishBehavior>"
    )
    field = {"Text__c": "<type>Text</type><length>20</length>"}
    _object(main, "Receipt__e", event, field)
