"""Classes, interfaces and enums as the compiler and the runtime know them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tree_sitter import Node

from rehearsal.org.apex.parsing import Unit
from rehearsal.org.apex.types import Kind, Type

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

Frame = list[Any]
"""One activation: this, the execution, the result, the line, the method, then the variables."""
THIS, RUN, RESULT, LINE, METHOD, FIRST = range(6)

Code = Callable[[Frame], Any]
Invoke = Callable[["Execution", Any, list[Any]], Any]


class ClassKind(StrEnum):
    CLASS = "class"
    INTERFACE = "interface"
    ENUM = "enum"


@dataclass(slots=True, eq=False)
class FieldInfo:
    """A variable of a class, static or not, or a property when it has accessors."""

    name: str
    type: Type
    owner: ClassInfo
    static: bool
    final: bool
    index: int
    modifiers: frozenset[str]
    getter: MethodInfo | None = None
    setter: MethodInfo | None = None
    readable: bool = True
    writable: bool = True
    private_set: bool = False


@dataclass(slots=True, eq=False)
class MethodInfo:
    """A method, constructor or accessor; `invoke` is set when its body is compiled."""

    name: str
    owner: ClassInfo
    params: list[tuple[str, Type]]
    result: Type
    modifiers: frozenset[str]
    node: Node | None = None
    invoke: Invoke | None = None

    @property
    def static(self) -> bool:
        return "static" in self.modifiers or "testmethod" in self.modifiers

    @property
    def abstract(self) -> bool:
        return "abstract" in self.modifiers

    @property
    def key(self) -> str:
        """What overriding methods share."""
        return f"{self.name.lower()}({','.join(str(kind).lower() for _, kind in self.params)})"

    @property
    def label(self) -> str:
        """As stack traces say it."""
        if self.owner.trigger:
            return f"Trigger.{self.owner.name}"
        return f"Class.{self.owner.name}.{self.name}"


@dataclass(slots=True, eq=False)
class EnumValue:
    """One constant of an enum."""

    name: str
    ordinal: int
    owner: ClassInfo


@dataclass(slots=True, eq=False)
class ClassInfo:
    """A declared or built-in class. `name` is qualified: ``Outer.Inner``."""

    name: str
    kind: ClassKind = ClassKind.CLASS
    outer: ClassInfo | None = None
    unit: Unit | None = None
    node: Node | None = None
    modifiers: frozenset[str] = frozenset()
    superclass: ClassInfo | None = None
    interfaces: list[ClassInfo] = field(default_factory=list)
    fields: dict[str, FieldInfo] = field(default_factory=dict)
    methods: dict[str, list[MethodInfo]] = field(default_factory=dict)
    constructors: list[MethodInfo] = field(default_factory=list)
    inner: dict[str, ClassInfo] = field(default_factory=dict)
    values: dict[str, EnumValue] = field(default_factory=dict)
    size: int = 0
    defaults: list[Any] = field(default_factory=list)
    static_defaults: list[Any] = field(default_factory=list)
    static_init: list[Invoke] = field(default_factory=list)
    instance_init: list[Invoke] = field(default_factory=list)
    dispatch: dict[str, MethodInfo] = field(default_factory=dict)
    trigger: bool = False
    equatable: bool = False
    exception: bool = False
    declared: bool = True

    @property
    def type(self) -> Type:
        return Type(self.name, (), Kind.CLASS)

    @property
    def abstract(self) -> bool:
        return "abstract" in self.modifiers or self.kind is ClassKind.INTERFACE

    @property
    def is_test(self) -> bool:
        return "@istest" in self.modifiers or (self.outer is not None and self.outer.is_test)

    @property
    def sharing(self) -> str | None:
        """`with`, `without` or `inherited`, by its own keyword or its superclass's; an inner class
        has nothing of its outer one's."""
        for cls in self.lineage():
            for word in cls.modifiers:
                if word.endswith(" sharing"):
                    return word.removesuffix(" sharing")
        return None

    def lineage(self) -> Iterator[ClassInfo]:
        """The class and its superclasses."""
        cls: ClassInfo | None = self
        while cls is not None:
            yield cls
            cls = cls.superclass

    def is_a(self, other: ClassInfo) -> bool:
        """Whether an instance of this class may stand where `other` is asked for."""
        if self is other:
            return True
        if self.superclass is not None and self.superclass.is_a(other):
            return True
        return any(interface.is_a(other) for interface in self.interfaces)

    def find_field(self, name: str) -> FieldInfo | None:
        for cls in self.lineage():
            found = cls.fields.get(name.lower())
            if found is not None:
                return found
        return None

    def find_methods(self, name: str) -> list[MethodInfo]:
        """Overloads by name, nearest first, without those that are overridden."""
        found: dict[str, MethodInfo] = {}
        for cls in self.lineage():
            for method in cls.methods.get(name.lower(), []):
                found.setdefault(method.key, method)
        if self.abstract:
            for interface in self.all_interfaces():
                for method in interface.methods.get(name.lower(), []):
                    found.setdefault(method.key, method)
        return list(found.values())

    def all_interfaces(self) -> Iterator[ClassInfo]:
        for cls in self.lineage():
            for interface in cls.interfaces:
                yield interface
                yield from interface.all_interfaces()

    def find_inner(self, name: str) -> ClassInfo | None:
        for cls in self.lineage():
            found = cls.inner.get(name.lower())
            if found is not None:
                return found
        return None

    def statics(self, run: Execution) -> list[Any]:
        """The static variables of this transaction; the first use runs the initialisers."""
        held: list[Any] | None = run.statics.get(self.name)
        if held is None:
            held = run.statics[self.name] = list(self.static_defaults)
            for step in self.static_init:
                step(run, None, [])
        return held
