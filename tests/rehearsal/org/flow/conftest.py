"""An org with deals, lines and notes, and Flows written as XML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from rehearsal.org.clock import Clock
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.org import Org
from rehearsal.org.ports import Change, EventRun, Operation, SaveResult, Timing, Transaction
from rehearsal.org.soql import parse
from rehearsal.org.source import load_project
from rehearsal.org.values import Row

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Flow xmlns="http://soap.sforce.com/2006/04/metadata">'
)


class Files(Protocol):
    """The project writer of the parent folder's `files` fixture."""

    root: Any

    def object(self, name: str) -> Any: ...
    def event(self, name: str) -> Any: ...
    def field(self, owner: str, name: str, kind: str, body: str = "") -> Any: ...
    def rule(self, owner: str, name: str, condition: str, message: str) -> Any: ...
    def write(self, name: str, text: str) -> Any: ...


class NoTriggers:
    """An org without Apex, which counts what would have run."""

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
        raise AssertionError("there are no triggers")

    def run_events(self, tx: Transaction, event: str, events: list[Row], retries: int) -> EventRun:
        return EventRun()


class World:
    """Writes Flows, opens the org, and does DML in it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.used: dict[str, int] = {}
        self._org: Org | None = None

    def flow(
        self,
        name: str,
        body: str,
        *,
        start: str = "",
        status: str = "Active",
        version: str = "66.0",
        more: str = "",
    ) -> None:
        """A Flow; the body is one component a line, sorted here as the Metadata API asks."""
        parts = sorted(part.strip() for part in body.strip().split("\n\n") if part.strip())
        self.files.write(
            f"flows/{name}.flow-meta.xml",
            f"{HEAD}\n<apiVersion>{version}</apiVersion>\n<label>{name.replace('_', ' ')}</label>\n"
            f"<processType>AutoLaunchedFlow</processType>\n<status>{status}</status>\n{more}\n"
            f"<start>{start}</start>\n" + "\n".join(parts) + "\n</Flow>\n",
        )

    def triggered(
        self,
        name: str,
        body: str,
        *,
        to: str,
        on: str = "CreateAndUpdate",
        when: str = "RecordAfterSave",
        sobject: str = "Deal__c",
        criteria: str = "",
        **more: str,
    ) -> None:
        """A record-triggered Flow whose first element is `to`."""
        start = (
            f"<connector><targetReference>{to}</targetReference></connector>{criteria}"
            f"<object>{sobject}</object><recordTriggerType>{on}</recordTriggerType>"
            f"<triggerType>{when}</triggerType>"
        )
        self.flow(name, body, start=start, **more)

    @property
    def org(self) -> Org:
        if self._org is None:
            project = load_project(self.files.root)
            clock = Clock()
            runtime = FlowRuntime(project.schema, project.flows)
            self._org = Org(project, NoTriggers(), runtime, clock)
        return self._org

    def run(self, work: Callable[[Transaction], Any]) -> Any:
        def counted(tx: Transaction) -> Any:
            found = work(tx)
            self.used = {
                name: tx.limits.used(name) for name in ("queries", "dml_statements", "dml_rows")
            }
            return found

        return self.org.run(counted, user=self.org.admin)

    def insert(self, sobject: str, *rows: Row) -> list[SaveResult]:
        found: list[SaveResult] = self.run(
            lambda tx: tx.insert(sobject, list(rows), all_or_none=False)
        )
        return found

    def add(self, sobject: str, **values: object) -> str:
        (result,) = self.insert(sobject, dict(values))
        assert result.success, result.errors
        assert result.id is not None
        return result.id

    def update(self, sobject: str, *rows: Row) -> list[SaveResult]:
        found: list[SaveResult] = self.run(
            lambda tx: tx.update(sobject, list(rows), all_or_none=False)
        )
        return found

    def change(self, sobject: str, identifier: str, **values: object) -> None:
        (result,) = self.update(sobject, {"Id": identifier, **values})
        assert result.success, result.errors

    def delete(self, sobject: str, *ids: str) -> list[SaveResult]:
        found: list[SaveResult] = self.run(
            lambda tx: tx.delete(sobject, list(ids), all_or_none=False)
        )
        return found

    def rows(self, text: str) -> list[Row]:
        found: list[Row] = self.org.run(lambda tx: tx.query(parse(text)), user=self.org.admin)
        return found

    def column(self, text: str) -> list[Any]:
        """The first field of each row."""
        field = text.split()[1]
        return [row[field] for row in self.rows(text)]

    def today(self) -> dt.date:
        return self.org.clock.now().date()


@pytest.fixture
def world(files: Files) -> World:
    """`Deal__c` (name, amount, stage, date, note, flag, account), `Line__c` (deal, quantity),
    `Note__c` (text), the event `Nudge__e`; a rule refuses a Deal whose note is `bad`."""
    files.object("Deal__c")
    files.field("Deal__c", "Amount__c", "Number", "<precision>16</precision><scale>2</scale>")
    files.field("Deal__c", "Total__c", "Number", "<precision>16</precision><scale>2</scale>")
    files.field("Deal__c", "Day__c", "Date")
    files.field("Deal__c", "At__c", "DateTime")
    files.field("Deal__c", "Note__c", "Text", "<length>255</length>")
    files.field("Deal__c", "Flag__c", "Checkbox", "<defaultValue>false</defaultValue>")
    files.field(
        "Deal__c",
        "Stage__c",
        "Picklist",
        "<valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>"
        + "".join(
            f"<value><fullName>{stage}</fullName><default>false</default><label>{stage}</label>"
            "</value>"
            for stage in ("Open", "Won", "Lost")
        )
        + "</valueSetDefinition></valueSet>",
    )
    files.field("Deal__c", "Double__c", "Number", "<formula>Amount__c * 2</formula>"
                "<precision>18</precision><scale>2</scale>")  # fmt: skip
    files.field(
        "Deal__c",
        "Account__c",
        "Lookup",
        "<referenceTo>Account</referenceTo><relationshipName>Deals</relationshipName>"
        "<deleteConstraint>SetNull</deleteConstraint>",
    )
    files.rule("Deal__c", "No_Bad_Note", 'Note__c = "bad"', "The note is bad")
    files.object("Line__c")
    files.field(
        "Line__c",
        "Deal__c",
        "Lookup",
        "<referenceTo>Deal__c</referenceTo><relationshipName>Lines</relationshipName>"
        "<deleteConstraint>SetNull</deleteConstraint>",
    )
    files.field("Line__c", "Quantity__c", "Number", "<precision>16</precision><scale>2</scale>")
    files.object("Note__c")
    files.field("Note__c", "Text__c", "Text", "<length>255</length>")
    files.rule("Note__c", "No_Bad_Text", 'Text__c = "bad"', "The text is bad")
    files.event("Nudge__e")
    files.field("Nudge__e", "Text__c", "Text", "<length>255</length>")
    return World(files)
