"""The names that Apex source can mean, and which types convert to which."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from rehearsal.org.apex.builtins import builtin_classes
from rehearsal.org.apex.classes import ClassInfo, ClassKind
from rehearsal.org.apex.parsing import Unit, children, part, source
from rehearsal.org.apex.registry import LIBRARY, split_arguments
from rehearsal.org.apex.types import (
    COLLECTIONS,
    DATE,
    DATETIME,
    DECIMAL,
    GENERIC_NATIVES,
    ID,
    INTEGER,
    LONG,
    NULL,
    OBJECT,
    PRIMITIVES,
    SOBJECT,
    STRING,
    VOID,
    Kind,
    Type,
    field_type,
    list_of,
)
from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.schema import Field, ObjectType, Schema

_NAMESPACES = ("system.", "schema.", "")
_REFUSED_TYPES = frozenset({"double", "time"})


@dataclass(frozen=True, slots=True)
class Member:
    """A field, parent or child relationship of an sObject."""

    name: str
    type: Type
    field: Field | None
    """The field itself; None for a relationship."""
    lookup: Field | None = None
    """For a parent relationship, the field behind it."""


@dataclass(slots=True, eq=False)
class World:
    """All names of a project."""

    schema: Schema
    classes: dict[str, ClassInfo] = field(default_factory=dict)
    builtins: dict[str, ClassInfo] = field(default_factory=builtin_classes)
    members: dict[tuple[str, str], Member | None] = field(default_factory=dict)

    # --- types by name -----------------------------------------------------------------

    def find_class(self, name: str, scope: ClassInfo | None = None) -> ClassInfo | None:
        """A declared or built-in class by its name as seen from `scope`."""
        parts = name.lower().split(".")
        found: ClassInfo | None = None
        cls = scope
        while cls is not None and found is None:
            found = cls if cls.name.lower().split(".")[-1] == parts[0] else cls.find_inner(parts[0])
            cls = cls.outer
        if found is None:
            found = self.classes.get(parts[0])
        if found is None:
            for prefix in ("", "system.", "schema."):
                whole = name.lower()
                if prefix and whole.startswith(prefix):
                    whole = whole[len(prefix) :]
                builtin = self.builtins.get(whole) or self.builtins.get(prefix + whole)
                if builtin is not None:
                    return builtin
            return None
        for step in parts[1:]:
            found = found.find_inner(step)
            if found is None:
                return None
        return found

    def find_type(self, name: str, scope: ClassInfo | None = None) -> Type | None:
        """A type without arguments, by its name as seen from `scope`."""
        cls = self.find_class(name, scope)
        if cls is not None:
            return cls.type
        lowered = name.lower().removeprefix("system.")
        if lowered in PRIMITIVES:
            return PRIMITIVES[lowered]
        if lowered == "sobject":
            return SOBJECT
        if lowered == "aggregateresult":
            return Type("AggregateResult", (), Kind.SOBJECT)
        if lowered == "void":
            return VOID
        sobject = self.schema.find(lowered.removeprefix("schema."))
        if sobject is not None:
            return Type(sobject.name, (), Kind.SOBJECT)
        for prefix in _NAMESPACES:
            canonical = LIBRARY.types.get(prefix + lowered)
            if canonical is not None:
                return Type(canonical)
        return None

    def type_named(self, text: str) -> Type | None:
        """A type by its written name, which may have arguments: ``Map<Id, List<Account>>``."""
        head, bracket, rest = text.strip().partition("<")
        if not bracket:
            return self.find_type(head)
        name = head.strip().lower().removeprefix("system.")
        if name not in COLLECTIONS or not rest.endswith(">"):
            return None
        found = [self.type_named(word) for word in split_arguments(rest[:-1])]
        args = tuple(kind for kind in found if kind is not None)
        canonical, count = COLLECTIONS[name]
        if len(args) != count or len(found) != count:
            return None
        return Type(canonical, args, Kind.COLLECTION)

    def resolve(self, node: Node, scope: ClassInfo | None, unit: Unit) -> Type:
        """The type a type node names. Raises MetadataError or Unsupported."""
        if node.type == "void_type":
            return VOID
        if node.type == "array_type":
            return list_of(self.resolve(part(node, "element"), scope, unit))
        if node.type == "generic_type":
            return self._generic(node, scope, unit)
        name = "".join(source(node).split())
        found = self.find_type(name, scope)
        if found is not None:
            return found
        self.refuse_type(name, unit.where(node))
        raise MetadataError(f"Invalid type: {name}", unit.where(node))

    def refuse_type(self, name: str, where: Where) -> None:
        """Raises Unsupported for a type of Salesforce's that this org does not have."""
        lowered = name.lower().removeprefix("system.")
        namespace = lowered.split(".")[0]
        if lowered in _REFUSED_TYPES or namespace in _KNOWN_NAMESPACES:
            raise Unsupported(name, where)
        if lowered in _KNOWN_TYPES:
            raise Unsupported(name, where)

    def _generic(self, node: Node, scope: ClassInfo | None, unit: Unit) -> Type:
        head, arguments = children(node)[0], children(node)[-1]
        args = tuple(self.resolve(child, scope, unit) for child in children(arguments))
        name = source(head).lower().removeprefix("system.")
        for table, kind in ((COLLECTIONS, Kind.COLLECTION), (GENERIC_NATIVES, Kind.NATIVE)):
            if name in table:
                canonical, count = table[name]
                if len(args) != count:
                    raise MetadataError(
                        f"{canonical} takes {count} type arguments", unit.where(node)
                    )
                return Type(canonical, args, kind)
        if name == "comparator":
            return Type("Comparator", args, Kind.CLASS)
        raise Unsupported(source(node), unit.where(node))

    def class_of(self, kind: Type) -> ClassInfo:
        """The class behind a type of kind CLASS."""
        found = self.find_class(kind.name)
        if found is None:
            raise AssertionError(f"no class {kind.name}")
        return found

    def class_of_node(self, node: Node, scope: ClassInfo, unit: Unit) -> ClassInfo:
        """The class that an `extends` or `implements` names."""
        kind = self.resolve(node, scope, unit)
        if kind.kind is not Kind.CLASS:
            raise Unsupported(source(node), unit.where(node))
        return self.class_of(kind)

    def object_of(self, kind: Type) -> ObjectType | None:
        """The sObject type behind a specific sObject type."""
        return self.schema.find(kind.name) if kind.kind is Kind.SOBJECT else None

    # --- members of sObjects -----------------------------------------------------------

    def member(self, sobject: ObjectType, name: str) -> Member | None:
        """A field or relationship by its name in any case."""
        key = (sobject.name, name.lower())
        if key not in self.members:
            self.members[key] = self._find_member(sobject, name)
        return self.members[key]

    def _find_member(self, sobject: ObjectType, name: str) -> Member | None:
        found = sobject.find(name)
        if found is not None:
            return Member(found.name, field_type(found), found)
        lowered = name.lower()
        for candidate in sobject:
            if candidate.relationship and candidate.relationship.lower() == lowered:
                return Member(candidate.relationship, self._parent(candidate), None, candidate)
        for child, lookup in self.schema.children(sobject.name):
            if lookup.child_relationship and lookup.child_relationship.lower() == lowered:
                element = Type(child.name, (), Kind.SOBJECT)
                return Member(lookup.child_relationship, list_of(element), None)
        return None

    def _parent(self, lookup: Field) -> Type:
        names = lookup.reference_to
        if len(names) == 1:
            chosen = names[0]
        elif "User" in names:
            chosen = "User"
        else:
            return SOBJECT
        return Type(chosen, (), Kind.SOBJECT)

    # --- conversions -------------------------------------------------------------------

    def cost(self, given: Type, wanted: Type) -> int | None:
        """How far an implicit conversion is, 0 for none; None where Apex has none."""
        if given in (wanted, NULL):
            return None if wanted == VOID else 0
        if given == VOID or wanted == VOID:
            return None
        if wanted == OBJECT:
            return 20
        if given.name == "$query":
            return self._query_cost(given, wanted)
        widened = _WIDENING.get((given.name, wanted.name))
        if widened is not None and given.kind is Kind.PRIMITIVE:
            return widened
        if given.kind is Kind.SOBJECT and wanted == SOBJECT:
            return 1
        if given.kind is Kind.CLASS and wanted.kind is Kind.CLASS:
            return 1 if self.class_of(given).is_a(self.class_of(wanted)) else None
        if given.kind is Kind.COLLECTION or given.name == "Iterable":
            return self._collection_cost(given, wanted)
        base = LIBRARY.bases.get(given.name.lower())
        return 1 if base == wanted.name.lower() else None

    def _query_cost(self, given: Type, wanted: Type) -> int | None:
        row = given.args[0]
        if wanted.kind is Kind.SOBJECT:
            inner = 2 if row == SOBJECT else self.cost(row, wanted)
            return None if inner is None else 5 + inner
        cost = self.cost(list_of(row), wanted)
        return None if cost is None else cost + 1

    def _collection_cost(self, given: Type, wanted: Type) -> int | None:
        if wanted.name == "Iterable" and given.name in ("List", "Set"):
            inner = self.cost(given.args[0], wanted.args[0])
            return None if inner is None else 2 + inner
        if given.name != wanted.name or len(given.args) != len(wanted.args):
            return None
        total = 0
        for have, want in zip(given.args, wanted.args, strict=True):
            if have == want:
                continue
            both_records = have.kind is Kind.SOBJECT and want.kind is Kind.SOBJECT
            if both_records and SOBJECT in (have, want):
                total += 1 if want == SOBJECT else 2
                continue
            if have.kind not in (Kind.CLASS, Kind.COLLECTION) and want != OBJECT:
                return None
            inner = self.cost(have, want)
            if inner is None or (want == OBJECT and given.name == "Set"):
                return None
            total += 1 + inner
        return total

    def castable(self, given: Type, wanted: Type) -> bool:
        """Whether a cast may succeed at run time."""
        if self.cost(given, wanted) is not None or self.cost(wanted, given) is not None:
            return True
        if given == OBJECT or (given in NUMERIC_TYPES and wanted in NUMERIC_TYPES):
            return True
        if given.kind is Kind.CLASS and wanted.kind is Kind.CLASS:
            kinds = {self.class_of(given).kind, self.class_of(wanted).kind}
            return ClassKind.INTERFACE in kinds
        if given.kind is Kind.COLLECTION and wanted.kind is Kind.COLLECTION:
            return given.name == wanted.name and all(
                self.castable(have, want)
                for have, want in zip(given.args, wanted.args, strict=True)
            )
        return False


NUMERIC_TYPES = (INTEGER, LONG, DECIMAL)

_WIDENING = {
    (INTEGER.name, LONG.name): 1,
    (INTEGER.name, DECIMAL.name): 3,
    (LONG.name, DECIMAL.name): 2,
    (ID.name, STRING.name): 1,
    (STRING.name, ID.name): 2,
    (DATE.name, DATETIME.name): 1,
}

_KNOWN_NAMESPACES = frozenset(
    {
        "apexpages",
        "auth",
        "cache",
        "canvas",
        "connectapi",
        "dataweave",
        "dom",
        "flow",
        "invocable",
        "messaging",
        "process",
        "quickaction",
        "reports",
        "support",
        "txnsecurity",
        "wave",
    }
)

_KNOWN_TYPES = frozenset(
    {
        "http",
        "httprequest",
        "httpresponse",
        "schedulable",
        "security",
        "sobjectaccessdecision",
        "schedulablecontext",
        "database.batchable",
        "database.batchablecontext",
        "database.querylocator",
        "callable",
        "finalizer",
        "pagereference",
        "quiddity",
        "request",
        "eventbus.eventpublishfailurecallback",
        "eventbus.eventpublishsuccesscallback",
        "restcontext",
        "restrequest",
        "restresponse",
        "uuid",
        "url",
        "xmlstreamreader",
        "jsonparser",
        "jsongenerator",
        "stubprovider",
        "httpcalloutmock",
        "iterable",
        "iterator",
    }
)
