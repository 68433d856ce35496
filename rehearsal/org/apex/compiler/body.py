"""The compiler's view of one method body: its variables, and how nodes become closures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tree_sitter import Node

from rehearsal.org.apex.classes import FIRST, ClassInfo, Code, FieldInfo
from rehearsal.org.apex.conversion import converter
from rehearsal.org.apex.parsing import Unit, source
from rehearsal.org.apex.types import NULL, VOID, Type
from rehearsal.org.apex.world import World
from rehearsal.org.errors import MetadataError, Unsupported


@dataclass(frozen=True, slots=True)
class Expr:
    """A compiled expression."""

    type: Type
    run: Code
    relationship: bool = False
    """A parent record read through a lookup: null on the way reads as null."""
    safe: bool = False
    """Part of a chain with ``?.``: may give SKIPPED."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A local variable or parameter."""

    name: str
    type: Type
    slot: int
    final: bool = False


@dataclass(slots=True, eq=False)
class Body:
    """What is known while one method, initialiser or trigger is compiled."""

    world: World
    unit: Unit
    cls: ClassInfo
    static: bool
    result: Type = VOID
    accessor: FieldInfo | None = None
    trigger_type: Type | None = None
    constructor: bool = False
    scopes: list[dict[str, Variable]] = field(default_factory=lambda: [{}])
    next_slot: int = FIRST
    size: int = FIRST
    loops: int = 0

    def fail(self, message: str, node: Node) -> MetadataError:
        return MetadataError(message, self.unit.where(node))

    def refuse(self, feature: str, node: Node) -> Unsupported:
        return Unsupported(feature, self.unit.where(node))

    # --- variables ---------------------------------------------------------------------

    def declare(self, name: str, kind: Type, node: Node, *, final: bool = False) -> Variable:
        """Raises MetadataError for a second variable of that name."""
        if any(name.lower() in scope for scope in self.scopes):
            raise self.fail(f"Duplicate variable: {name}", node)
        made = Variable(name, kind, self.next_slot, final)
        self.scopes[-1][name.lower()] = made
        self.next_slot += 1
        self.size = max(self.size, self.next_slot)
        return made

    def find(self, name: str) -> Variable | None:
        for scope in reversed(self.scopes):
            found = scope.get(name.lower())
            if found is not None:
                return found
        return None

    def visible(self) -> Iterator[Variable]:
        for scope in self.scopes:
            yield from scope.values()

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A nested block; its slots are used again after it."""
        self.scopes.append({})
        slot = self.next_slot
        yield
        self.scopes.pop()
        self.next_slot = slot

    # --- expressions -------------------------------------------------------------------

    def expr(self, node: Node, wanted: Type | None = None) -> Expr:
        """Compiles an expression. `wanted` only helps literals and queries."""
        handler = EXPRESSIONS.get(node.type)
        if handler is None:
            raise self.refuse(f"expression {source(node)[:40]}", node)
        return handler(self, node, wanted)

    def value(self, node: Node, wanted: Type) -> Code:
        """Compiles an expression and converts it to `wanted`, or raises MetadataError."""
        return self.convert(self.expr(node, wanted), wanted, node)

    def convert(self, given: Expr, wanted: Type, node: Node) -> Code:
        if self.world.cost(given.type, wanted) is None:
            raise self.fail(f"Illegal assignment from {given.type} to {wanted}", node)
        if given.type in (wanted, NULL):
            return given.run
        return converter(given.type, wanted, given.run)

    def type_of(self, node: Node) -> Type:
        return self.world.resolve(node, self.cls, self.unit)


Handler = Callable[[Body, Node, Type | None], Expr]
StatementHandler = Callable[[Body, Node], Code]
EXPRESSIONS: dict[str, Handler] = {}
STATEMENTS: dict[str, StatementHandler] = {}


def expression(*node_types: str) -> Callable[[Handler], Handler]:
    """Registers the compiler of these expression nodes."""

    def register(handler: Handler) -> Handler:
        for node_type in node_types:
            EXPRESSIONS[node_type] = handler
        return handler

    return register


def statement(*node_types: str) -> Callable[[StatementHandler], StatementHandler]:
    """Registers the compiler of these statement nodes."""

    def register(handler: StatementHandler) -> StatementHandler:
        for node_type in node_types:
            STATEMENTS[node_type] = handler
        return handler

    return register
