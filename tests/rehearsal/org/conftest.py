"""A small project in source format, and an org that runs it with triggers written in Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from rehearsal.org.clock import Clock
from rehearsal.org.org import Org
from rehearsal.org.ports import Change, EventRun, Operation, SaveResult, Timing, Transaction
from rehearsal.org.source import load_project
from rehearsal.org.values import Row

NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
Trigger = Callable[[Transaction, list[Change]], None]


class ProjectFiles:
    """Writes an sfdx project into a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.base = root / "app" / "main" / "default"
        self.base.mkdir(parents=True)
        self.write_json("sfdx-project.json", {"packageDirectories": [{"path": "app"}]})

    def write_json(self, name: str, data: object) -> None:
        (self.root / name).write_text(json.dumps(data))

    def write(self, name: str, text: str) -> Path:
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def meta(self, name: str, root: str, body: str, attributes: str = "") -> Path:
        return self.write(
            name,
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NAMESPACE} {attributes}>\n'
            f"{dedent(body)}\n</{root}>\n",
        )

    def object(
        self,
        name: str,
        sharing: str = "ReadWrite",
        name_field: str = "<label>Name</label><type>Text</type>",
        more: str = "",
    ) -> Path:
        label = name.rpartition("__")[0].replace("_", " ")
        return self.meta(
            f"objects/{name}/{name}.object-meta.xml",
            "CustomObject",
            f"<deploymentStatus>Deployed</deploymentStatus><label>{label}</label>"
            f"<nameField>{name_field}</nameField><pluralLabel>{label}s</pluralLabel>"
            f"<sharingModel>{sharing}</sharingModel>{more}",
        )

    def event(self, name: str, behavior: str = "PublishAfterCommit") -> Path:
        return self.meta(
            f"objects/{name}/{name}.object-meta.xml",
            "CustomObject",
            "<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>"
            f"<label>E</label><pluralLabel>Es</pluralLabel>"
            f"<publishBehavior>{behavior}</publishBehavior>",
        )

    def field(self, owner: str, name: str, kind: str, body: str = "") -> Path:
        return self.meta(
            f"objects/{owner}/fields/{name}.field-meta.xml",
            "CustomField",
            f"<fullName>{name}</fullName><label>{name[:-3].replace('_', ' ')}</label>"
            f"<type>{kind}</type>{body}",
        )

    def rule(self, owner: str, name: str, condition: str, message: str, more: str = "") -> Path:
        escaped = condition.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return self.meta(
            f"objects/{owner}/validationRules/{name}.validationRule-meta.xml",
            "ValidationRule",
            f"<fullName>{name}</fullName><active>true</active>"
            f"<errorConditionFormula>{escaped}</errorConditionFormula>{more}"
            f"<errorMessage>{message}</errorMessage>",
        )

    def permission_set(self, name: str, body: str) -> Path:
        return self.meta(
            f"permissionsets/{name}.permissionset-meta.xml",
            "PermissionSet",
            f"<label>{name}</label>{body}",
        )


@pytest.fixture
def files(tmp_path: Path) -> ProjectFiles:
    return ProjectFiles(tmp_path)


def add_ledger(files: ProjectFiles) -> None:
    """`Ledger__c` with `Entry__c` details: keys, roll-ups, formulas, a lookup to Account."""
    key = "<length>255</length><externalId>true</externalId><unique>true</unique>"
    files.object("Ledger__c")
    files.field("Ledger__c", "Key__c", "Text", f"{key}<caseSensitive>true</caseSensitive>")
    files.field(
        "Ledger__c",
        "Account__c",
        "Lookup",
        "<referenceTo>Account</referenceTo><relationshipName>Ledgers</relationshipName>"
        "<deleteConstraint>SetNull</deleteConstraint>",
    )
    files.field("Ledger__c", "Email__c", "Email")
    files.field("Ledger__c", "Hold__c", "Checkbox", "<defaultValue>false</defaultValue>")
    files.field("Ledger__c", "As_Of__c", "DateTime")
    for name, operation, summarized, filters in (
        ("Total__c", "sum", "Amount__c", "<field>Entry__c.In_Totals__c</field>"
         "<operation>equals</operation><value>True</value>"),
        ("Refunded__c", "sum", "Amount__c", "<field>Entry__c.Kind__c</field>"
         "<operation>equals</operation><value>Refund, Dispute</value>"),
        ("Last_Date__c", "max", "Date__c", ""),
        ("First_Date__c", "min", "Date__c", ""),
        ("Entries__c", "count", None, ""),
    ):  # fmt: skip
        files.field(
            "Ledger__c",
            name,
            "Summary",
            "<summaryForeignKey>Entry__c.Ledger__c</summaryForeignKey>"
            f"<summaryOperation>{operation}</summaryOperation>"
            + (f"<summarizedField>Entry__c.{summarized}</summarizedField>" if summarized else "")
            + (f"<summaryFilterItems>{filters}</summaryFilterItems>" if filters else ""),
        )
    files.object(
        "Entry__c",
        "ControlledByParent",
        "<label>Number</label><type>AutoNumber</type><displayFormat>E-{00000}</displayFormat>",
    )
    files.field("Entry__c", "Key__c", "Text", f"{key}<caseSensitive>true</caseSensitive>")
    files.field(
        "Entry__c",
        "Ledger__c",
        "MasterDetail",
        "<referenceTo>Ledger__c</referenceTo><relationshipName>Entries</relationshipName>"
        "<reparentableMasterDetail>true</reparentableMasterDetail>",
    )
    files.field("Entry__c", "Amount__c", "Currency", "<precision>18</precision><scale>2</scale>")
    files.field("Entry__c", "Date__c", "Date")
    files.field("Entry__c", "In_Totals__c", "Checkbox", "<defaultValue>true</defaultValue>")
    files.field(
        "Entry__c",
        "Kind__c",
        "Picklist",
        "<valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>"
        + "".join(
            f"<value><fullName>{kind}</fullName><default>false</default><label>{kind}</label>"
            "</value>"
            for kind in ("Charge", "Refund", "Dispute")
        )
        + "</valueSetDefinition></valueSet>",
    )
    files.field("Entry__c", "Note__c", "Text", "<length>20</length>")
    files.field(
        "Entry__c",
        "Account_Name__c",
        "Text",
        "<formula>Ledger__r.Account__r.Name</formula>",
    )


@dataclass
class PythonTriggers:
    """A `TriggerRunner` whose triggers are Python functions."""

    triggers: dict[tuple[str, Timing, Operation], Trigger] = field(default_factory=dict)
    log: list[tuple[str, Timing, Operation, int]] = field(default_factory=list)

    def on(self, sobject: str, timing: Timing, *operations: Operation) -> Callable[[Trigger], None]:
        def register(trigger: Trigger) -> None:
            for operation in operations:
                self.triggers[sobject, timing, operation] = trigger

        return register

    def has(self, sobject: str, timing: Timing, operation: Operation) -> bool:
        return (sobject, timing, operation) in self.triggers

    def run(
        self,
        tx: Transaction,
        sobject: str,
        timing: Timing,
        operation: Operation,
        changes: list[Change],
    ) -> None:
        self.log.append((sobject, timing, operation, len(changes)))
        self.triggers[sobject, timing, operation](tx, changes)

    def run_events(self, tx: Transaction, event: str, events: list[Row], retries: int) -> EventRun:
        return EventRun()


@dataclass
class PythonFlows:
    """A `FlowRunner` whose Flows are Python functions."""

    before: dict[str, Trigger] = field(default_factory=dict)
    after: dict[str, Trigger] = field(default_factory=dict)
    log: list[tuple[str, str, Operation, int]] = field(default_factory=list)

    def has_before_save(self, sobject: str) -> bool:
        return sobject in self.before

    def has_after_save(self, sobject: str) -> bool:
        return sobject in self.after

    def before_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None:
        self.log.append((sobject, "before", operation, len(changes)))
        self.before[sobject](tx, changes)

    def after_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None:
        self.log.append((sobject, "after", operation, len(changes)))
        self.after[sobject](tx, changes)

    def before_delete(self, tx: Transaction, sobject: str, changes: list[Change]) -> None:
        return


@dataclass
class Desk:
    """An org with short words for what tests do all the time."""

    org: Org
    triggers: PythonTriggers
    flows: PythonFlows
    clock: Clock

    def insert(self, sobject: str, *rows: Row, all_or_none: bool = False) -> list[SaveResult]:
        return self.org.run(
            lambda tx: tx.insert(sobject, list(rows), all_or_none=all_or_none), user=self.org.admin
        )

    def insert_one(self, sobject: str, **values: object) -> str:
        (result,) = self.insert(sobject, dict(values))
        assert result.success, result.errors
        assert result.id is not None
        return result.id

    def update(self, sobject: str, *rows: Row, all_or_none: bool = False) -> list[SaveResult]:
        return self.org.run(
            lambda tx: tx.update(sobject, list(rows), all_or_none=all_or_none), user=self.org.admin
        )

    def upsert(self, sobject: str, key: str, *rows: Row) -> list[SaveResult]:
        return self.org.run(
            lambda tx: tx.upsert(sobject, list(rows), key, all_or_none=False), user=self.org.admin
        )

    def delete(self, sobject: str, *ids: str) -> list[SaveResult]:
        return self.org.run(
            lambda tx: tx.delete(sobject, list(ids), all_or_none=False), user=self.org.admin
        )

    def soql(self, text: str) -> list[Row]:
        from rehearsal.org.soql import parse

        return self.org.run(lambda tx: tx.query(parse(text)), user=self.org.admin)

    def one(self, text: str) -> Row:
        (row,) = self.soql(text)
        return row


def open_desk(files: ProjectFiles) -> Desk:
    triggers, flows, clock = PythonTriggers(), PythonFlows(), Clock()
    return Desk(Org(load_project(files.root), triggers, flows, clock), triggers, flows, clock)


@pytest.fixture
def desk(files: ProjectFiles) -> Desk:
    """An org with the ledger project."""
    add_ledger(files)
    return open_desk(files)


def codes(*results: SaveResult) -> list[list[str]]:
    return [[error.status_code for error in result.errors] for result in results]
