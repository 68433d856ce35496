"""Invocable methods: what a Flow's Apex action calls.

Apex Developer Guide, "InvocableMethod Annotation" and "InvocableVariable Annotation".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rehearsal.org.apex.classes import ClassInfo, MethodInfo
from rehearsal.org.apex.execution import Execution, execution
from rehearsal.org.apex.records import from_row, plain
from rehearsal.org.apex.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    ID,
    INTEGER,
    LONG,
    STRING,
    VOID,
    Kind,
    Type,
)
from rehearsal.org.apex.values import ApexList, ApexObject, ApexThrow, EquatableObject, SObject
from rehearsal.org.apex.world import World
from rehearsal.org.errors import JobFailed, MetadataError, Unsupported
from rehearsal.org.ports import Parameter, Transaction
from rehearsal.org.schema import FieldType

_SCALARS = {
    BOOLEAN: FieldType.BOOLEAN,
    DATE: FieldType.DATE,
    DATETIME: FieldType.DATETIME,
    DECIMAL: FieldType.DOUBLE,
    ID: FieldType.ID,
    INTEGER: FieldType.DOUBLE,
    LONG: FieldType.DOUBLE,
    STRING: FieldType.STRING,
}
_OUTPUT = "output"


class ApexAction:
    """One invocable method. Implements `ports.InvocableAction`.

    Raises MetadataError for a method that may not be invocable, Unsupported for a type of
    parameter that this org lacks.
    """

    def __init__(self, world: World, method: MethodInfo) -> None:
        self._world, self._method = world, method
        self._check()
        given = method.params[0][1].args[0] if method.params else None
        self._input = None if given is None else _Shape(world, given, method, method.params[0][0])
        made = method.result
        self._output = None if made == VOID else _Shape(world, made.args[0], method, _OUTPUT)
        self.inputs = {} if self._input is None else self._input.parameters
        self.outputs = {} if self._output is None else self._output.parameters

    def _check(self) -> None:
        method, words = self._method, self._method.modifiers
        kinds = [kind for _, kind in method.params]
        for wrong, message in (
            (not method.static, "must be static"),
            (not words & {"public", "global"}, "must be public or global"),
            (method.owner.outer is not None, "must be in an outer class"),
            (len(kinds) > 1, "takes at most one parameter"),
            (any(kind.name != "List" for kind in kinds), "takes a list"),
            (method.result != VOID and method.result.name != "List", "returns a list or void"),
        ):
            if wrong:
                raise MetadataError(f"InvocableMethod {method.name} {message}", _where(method))

    def call(self, tx: Transaction, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """See `ports.InvocableAction`. What an uncaught exception interrupts is undone."""
        run = execution(tx, self._world)
        args: list[Any] = []
        if self._input is not None:
            items = [self._input.make(run, request) for request in requests]
            args = [ApexList(self._method.params[0][1], items)]
        mark = tx.savepoint(counted=False)
        outer, run.stack = run.stack, []
        try:
            assert self._method.invoke is not None
            results = self._method.invoke(run, None, args)
        except ApexThrow as thrown:
            tx.rollback(mark, counted=False)
            value = thrown.value
            raise JobFailed(
                f"An Apex error occurred: {value.type_name}: {value.message or ''}"
            ) from None
        finally:
            run.stack = outer
        if self._output is None:
            return [{} for _ in requests]
        if results is None or len(results) != len(requests):
            raise JobFailed(
                "The number of results does not match the number of interviews that were executed "
                "in a single bulk execution request."
            )
        return [self._output.read(item) for item in results]


class _Shape:
    """The items of a parameter: plain values, records, or objects with invocable variables."""

    def __init__(self, world: World, kind: Type, method: MethodInfo, name: str) -> None:
        self._world, self._kind, self._name = world, kind, name.lower()
        self._cls = world.class_of(kind) if kind.kind is Kind.CLASS else None
        if self._cls is None:
            self._fields = {self._name: kind}
            self.parameters = {self._name: _parameter(name, kind, method, required=False)}
            return
        variables = [
            info
            for cls in self._cls.lineage()
            for info in cls.fields.values()
            if "@invocablevariable" in info.modifiers
        ]
        if not variables:
            raise MetadataError(f"{kind} has no InvocableVariable", _where(method))
        self._fields = {info.name.lower(): info.type for info in variables}
        self._slots = {info.name.lower(): info.index for info in variables}
        self.parameters = {
            info.name.lower(): _parameter(
                info.name, info.type, method, required="@required" in info.modifiers
            )
            for info in variables
        }

    def make(self, run: Execution, request: dict[str, Any]) -> Any:
        """One item from what a Flow says by parameter name."""
        if self._cls is None:
            return self._to_apex(self._kind, request.get(self._name))
        made = _new(run, self._cls)
        for name, value in request.items():
            made.slots[self._slots[name]] = self._to_apex(self._fields[name], value)
        return made

    def read(self, item: Any) -> dict[str, Any]:
        """One item as values by parameter name."""
        if item is None:
            return {}
        if self._cls is None:
            return {self._name: _from_apex(item)}
        return {name: _from_apex(item.slots[index]) for name, index in self._slots.items()}

    def _to_apex(self, kind: Type, value: Any) -> Any:
        if value is None:
            return None
        if kind.name == "List":
            return ApexList(kind, [self._to_apex(kind.args[0], item) for item in value])
        if kind.kind is Kind.SOBJECT:
            sobject = self._world.schema.objects[kind.name.lower()]
            return from_row(self._world, sobject, value)
        if kind in (INTEGER, LONG):
            return int(value)
        return value


def _new(run: Execution, cls: ClassInfo) -> ApexObject:
    """An instance by the constructor without parameters."""
    made = EquatableObject(cls, run) if cls.equatable else ApexObject(cls)
    constructor = next((one for one in cls.constructors if not one.params), None)
    if constructor is None or constructor.invoke is None:
        raise run.error("TypeException", f"{cls.name} has no constructor without parameters")
    constructor.invoke(run, made, [])
    return made


def _from_apex(value: Any) -> Any:
    if isinstance(value, ApexList):
        return [_from_apex(item) for item in value]
    if isinstance(value, SObject):
        row = {name: plain(item) for name, item in value.values.items()}
        return {"attributes": {"type": value.type.name}, **row}
    return Decimal(value) if type(value) is int else plain(value)


def _parameter(name: str, kind: Type, method: MethodInfo, *, required: bool) -> Parameter:
    collection = kind.name == "List"
    item = kind.args[0] if collection else kind
    if item.kind is Kind.SOBJECT and item.name not in ("SObject", "AggregateResult"):
        return Parameter(name, None, item.name, collection, required)
    if item not in _SCALARS:
        raise Unsupported(f"an invocable parameter of type {kind}", _where(method))
    return Parameter(name, _SCALARS[item], None, collection, required)


def _where(method: MethodInfo) -> Any:
    assert method.owner.unit is not None
    assert method.node is not None
    return method.owner.unit.where(method.node)
