"""Apex snippets on a small org."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.apex.execution import Execution, execution
from rehearsal.org.apex.values import ApexThrow
from rehearsal.org.clock import Clock
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.org import Org
from rehearsal.org.ports import Transaction, User
from rehearsal.org.source import Project, SourceFile, load_project
from tests.rehearsal.org.conftest import ProjectFiles, add_ledger


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """`Ledger__c` with `Entry__c` details, `Setting__mdt`, and three events."""
    files = ProjectFiles(tmp_path_factory.mktemp("project"))
    add_ledger(files)
    for name, behavior in (
        ("Ping__e", "PublishAfterCommit"),
        ("Pong__e", "PublishAfterCommit"),
        ("Now__e", "PublishImmediately"),
    ):
        files.event(name, behavior)
        files.field(name, "Text__c", "Text", "<length>255</length>")
        files.field(name, "Count__c", "Number", "<precision>18</precision><scale>0</scale>")
    files.meta(
        "objects/Setting__mdt/Setting__mdt.object-meta.xml",
        "CustomObject",
        "<label>Setting</label><pluralLabel>Settings</pluralLabel>",
    )
    files.field("Setting__mdt", "Stage__c", "Text", "<length>80</length>")
    files.field(
        "Setting__mdt",
        "Notes__c",
        "LongTextArea",
        "<length>4000</length><visibleLines>3</visibleLines>",
    )
    files.meta(
        "customMetadata/Setting.Default.md-meta.xml",
        "CustomMetadata",
        "<label>Default</label><protected>false</protected>"
        "<values><field>Stage__c</field>"
        '<value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type="xsd:string">Won</value></values>'
        "<values><field>Notes__c</field>"
        '<value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type="xsd:string">'
        f"{'n' * 300}</value></values>",
    )
    return load_project(files.root)


@dataclass
class Apex:
    """Compiles classes and triggers against the project and runs them in an org."""

    project: Project
    classes: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, str] = field(default_factory=dict)
    _org: Org | None = None

    def compile(self, classes: dict[str, str] | None = None) -> ApexRuntime:
        return ApexRuntime(
            self.project.schema,
            _files(classes or self.classes, "cls"),
            _files(self.triggers, "trigger"),
        )

    @property
    def org(self) -> Org:
        if self._org is None:
            flows = FlowRuntime(self.project.schema, [])
            self._org = Org(self.project, self.compile(), flows, Clock())
        return self._org

    def run(self, body: str, *, user: User | None = None, keep: bool = True) -> Any:
        """What the statements return. An uncaught exception is raised as ApexThrow."""
        text = f"public class Snippet {{ public static Object run() {{\n{dedent(body)}\n}} }}"
        if self._org is None:
            self.classes["Snippet"] = text
            runtime = self.org.triggers
        else:
            runtime = self.compile({**self.classes, "Snippet": text})
        assert isinstance(runtime, ApexRuntime)
        return self.org.run(
            lambda tx: self.call(runtime, tx, "Snippet", "run"), user=user or self.org.admin
        )

    def value(self, expression: str) -> Any:
        """The value of one expression."""
        return self.run(f"return {expression};")

    def call(self, runtime: ApexRuntime, tx: Transaction, cls: str, method: str) -> Any:
        run: Execution = execution(tx, runtime.world)
        found = runtime.world.classes[cls.lower()].methods[method][0]
        assert found.invoke is not None
        return found.invoke(run, None, [])

    def thrown(self, body: str) -> tuple[str, str | None]:
        """Type and message of the exception the statements end with."""
        with pytest.raises(ApexThrow) as caught:
            self.run(body)
        return caught.value.value.type_name, caught.value.value.message


def _files(texts: dict[str, str], suffix: str) -> Sequence[SourceFile]:
    return [
        SourceFile(Path(f"{name}.{suffix}"), name, dedent(text)) for name, text in texts.items()
    ]


@pytest.fixture
def apex(project: Project) -> Apex:
    return Apex(project)
