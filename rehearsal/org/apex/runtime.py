"""A project's Apex, compiled: its classes, and its triggers by object, time and operation."""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.org.apex.classes import ClassInfo, MethodInfo
from rehearsal.org.apex.compiler.declarations import (
    check_class,
    declare,
    declare_members,
    inherit,
    link,
)
from rehearsal.org.apex.compiler.methods import compile_class, compile_trigger
from rehearsal.org.apex.invocable import ApexAction
from rehearsal.org.apex.parsing import Unit, children, parse, part, source
from rehearsal.org.apex.triggers import Triggers
from rehearsal.org.apex.types import Kind, Type
from rehearsal.org.apex.world import World
from rehearsal.org.errors import MetadataError
from rehearsal.org.ports import Change, EventRun, InvocableAction, Operation, Timing, Transaction
from rehearsal.org.schema import ObjectKind, Schema
from rehearsal.org.source import Faults, SourceFile
from rehearsal.org.values import Row


class ApexRuntime:
    """Implements `ports.TriggerRunner`.

    Raises MetadataError for Apex that does not compile, Unsupported for what this org lacks, an
    ExceptionGroup for several: one a method.
    """

    def __init__(
        self, schema: Schema, classes: Sequence[SourceFile], triggers: Sequence[SourceFile]
    ) -> None:
        self.world = World(schema)
        self.units: list[Unit] = []
        self.classes: list[ClassInfo] = []
        self._triggers = Triggers(self.world)
        faults = Faults()
        for file in classes:
            with faults.gather():
                self.units.append(parse(file.path, file.name, file.text))
        faults.raise_any()
        for unit in self.units:
            with faults.gather():
                self.classes += declare(unit, self.world)
        faults.raise_any()
        self._compile_classes(faults)
        self.actions: dict[str, InvocableAction] = {}
        """What Flows may call, by lower-case class name."""
        for cls in self.classes:
            with faults.gather():
                self._add_action(cls)
        for file in sorted(triggers, key=lambda file: file.name.lower()):
            with faults.gather():
                self._compile_trigger(parse(file.path, file.name, file.text))
        faults.raise_any()

    def _compile_classes(self, faults: Faults) -> None:
        """Each pass needs the one before it to be without fault."""
        for prepare in (link, inherit):
            for cls in self.classes:
                with faults.gather():
                    prepare(cls, self.world)
            faults.raise_any()
        ordered = _superclasses_first(self.classes)
        for cls in ordered:
            with faults.gather():
                declare_members(cls, self.world)
        faults.raise_any()
        for cls in ordered:
            with faults.gather():
                check_class(cls)
            compile_class(cls, self.world, faults)

    def _add_action(self, cls: ClassInfo) -> None:
        found = [
            method
            for overloads in cls.methods.values()
            for method in overloads
            if "@invocablemethod" in method.modifiers
        ]
        if len(found) > 1:
            assert cls.unit is not None
            assert cls.node is not None
            raise MetadataError(
                f"{cls.name} has several InvocableMethods", cls.unit.where(cls.node)
            )
        for method in found:
            self.actions[cls.name.lower()] = ApexAction(self.world, method)

    def _compile_trigger(self, unit: Unit) -> None:
        self.units.append(unit)
        nodes = children(unit.root)
        if len(nodes) != 1 or nodes[0].type != "trigger_declaration":
            raise MetadataError("Expected one trigger", unit.where(unit.root))
        node = nodes[0]
        name = source(part(node, "object"))
        sobject = self.world.schema.find(name)
        if sobject is None:
            raise MetadataError(f"Invalid sObject type: {name}", unit.where(node))
        events = [
            " ".join(source(child).lower().split())
            for child in node.children_by_field_name("events")
            if child.is_named
        ]
        if sobject.kind is ObjectKind.EVENT and events != ["after insert"]:
            raise MetadataError(
                "Only after insert is supported for a platform event", unit.where(node)
            )
        if not sobject.triggerable:
            raise MetadataError(f"SObject type does not allow triggers: {name}", unit.where(node))
        record = Type(sobject.name, (), Kind.SOBJECT)
        method = compile_trigger(unit, node, record, self.world)
        for event in events:
            timing, operation = event.split(" ")
            self._triggers.add(sobject.name, Timing(timing), Operation(operation), method)

    # --- ports.TriggerRunner -----------------------------------------------------------

    def has(self, sobject: str, timing: Timing, operation: Operation) -> bool:
        return bool(self._triggers.find(sobject, timing, operation))

    def run(
        self,
        tx: Transaction,
        sobject: str,
        timing: Timing,
        operation: Operation,
        changes: list[Change],
    ) -> None:
        self._triggers.run(tx, sobject, timing, operation, changes)

    def run_events(self, tx: Transaction, event: str, events: list[Row], retries: int) -> EventRun:
        return self._triggers.run_events(tx, event, events, retries)

    def trigger_names(self, event: str) -> list[str]:
        """The triggers on a platform event."""
        found = self._triggers.find(event, Timing.AFTER, Operation.INSERT)
        return [trigger.owner.name for trigger in found]

    # --- tests -------------------------------------------------------------------------

    def test_methods(self) -> list[MethodInfo]:
        """The test methods, by class and in the order of the source."""
        return [
            method
            for cls in self.classes
            if cls.is_test
            for overloads in cls.methods.values()
            for method in overloads
            if method.modifiers & {"@istest", "testmethod"}
        ]


def _superclasses_first(classes: list[ClassInfo]) -> list[ClassInfo]:
    ordered: list[ClassInfo] = []
    waiting = list(classes)
    while waiting:
        ready = [c for c in waiting if c.superclass is None or c.superclass not in waiting]
        ordered += ready
        waiting = [c for c in waiting if c not in ready]
    return ordered
