"""Static types of Apex, and the text form used in signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from rehearsal.org.schema import Field, FieldType


class Kind(Enum):
    """What a type is, which decides how members are looked up."""

    PRIMITIVE = auto()
    COLLECTION = auto()
    SOBJECT = auto()
    CLASS = auto()
    NATIVE = auto()
    SPECIAL = auto()
    VARIABLE = auto()


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its canonical name; `args` are a generic's arguments."""

    name: str
    args: tuple[Type, ...] = ()
    kind: Kind = Kind.NATIVE

    def __str__(self) -> str:
        if self.name == "$query":
            return f"List<{self.args[0]}>"
        inner = f"<{', '.join(map(str, self.args))}>" if self.args else ""
        return self.name + inner

    @property
    def is_sobject(self) -> bool:
        return self.kind is Kind.SOBJECT


def _primitive(name: str) -> Type:
    return Type(name, (), Kind.PRIMITIVE)


BOOLEAN = _primitive("Boolean")
INTEGER = _primitive("Integer")
LONG = _primitive("Long")
DECIMAL = _primitive("Decimal")
STRING = _primitive("String")
ID = _primitive("Id")
DATE = _primitive("Date")
DATETIME = _primitive("Datetime")
TIME = _primitive("Time")
BLOB = _primitive("Blob")
OBJECT = _primitive("Object")
SOBJECT = Type("SObject", (), Kind.SOBJECT)
VOID = Type("void", (), Kind.SPECIAL)
NULL = Type("null", (), Kind.SPECIAL)
EXCEPTION = Type("Exception", (), Kind.CLASS)
SOBJECT_TYPE = Type("Schema.SObjectType")
SOBJECT_FIELD = Type("Schema.SObjectField")

PRIMITIVES = {
    t.name.lower(): t
    for t in (
        BOOLEAN,
        INTEGER,
        LONG,
        DECIMAL,
        STRING,
        ID,
        DATE,
        DATETIME,
        TIME,
        BLOB,
        OBJECT,
    )
}
COLLECTIONS = {"list": ("List", 1), "set": ("Set", 1), "map": ("Map", 2)}
GENERIC_NATIVES = {"iterator": ("Iterator", 1), "iterable": ("Iterable", 1)}
NUMBERS = (INTEGER, LONG, DECIMAL)


def list_of(element: Type) -> Type:
    return Type("List", (element,), Kind.COLLECTION)


def set_of(element: Type) -> Type:
    return Type("Set", (element,), Kind.COLLECTION)


def map_of(key: Type, value: Type) -> Type:
    return Type("Map", (key, value), Kind.COLLECTION)


def query_of(element: Type) -> Type:
    """The type of an inline query: a list that may stand for its single row."""
    return Type("$query", (element,), Kind.SPECIAL)


def substitute(target: Type, bindings: dict[str, Type]) -> Type:
    """`target` with its type variables replaced."""
    if target.kind is Kind.VARIABLE:
        return bindings.get(target.name, OBJECT)
    if not target.args:
        return target
    args = tuple(substitute(arg, bindings) for arg in target.args)
    return Type(target.name, args, target.kind)


_FIELD_TYPES = {
    FieldType.ID: ID,
    FieldType.REFERENCE: ID,
    FieldType.BOOLEAN: BOOLEAN,
    FieldType.INT: INTEGER,
    FieldType.DOUBLE: DECIMAL,
    FieldType.CURRENCY: DECIMAL,
    FieldType.PERCENT: DECIMAL,
    FieldType.DATE: DATE,
    FieldType.DATETIME: DATETIME,
}


def field_type(field: Field) -> Type:
    """The Apex type of a field (Apex Developer Guide, "Primitive Data Types")."""
    return _FIELD_TYPES.get(field.type, STRING)


_BUILTIN_CLASSES = frozenset(
    {
        "Comparable",
        "Comparator",
        "LoggingLevel",
        "Queueable",
        "RoundingMode",
        "Schema.DisplayType",
        "StatusCode",
        "TriggerOperation",
    }
)
_TOKEN = re.compile(r"[$A-Za-z_][\w.]*|[<>,?]")


def parse_type(text: str) -> Type:
    """A type written in a library signature, such as ``Map<Id, List<SObject>>``.

    Single capital letters are type variables; names that end in Exception are classes.
    """
    tokens = _TOKEN.findall(text)
    parsed, rest = _parse(tokens)
    if rest:
        raise ValueError(f"bad type: {text}")
    return parsed


def _parse(tokens: list[str]) -> tuple[Type, list[str]]:
    name, rest = tokens[0], tokens[1:]
    args: list[Type] = []
    if rest and rest[0] == "<":
        rest = rest[1:]
        while True:
            arg, rest = _parse(rest)
            args.append(arg)
            separator, rest = rest[0], rest[1:]
            if separator == ">":
                break
    return named(name, tuple(args)), rest


def named(name: str, args: tuple[Type, ...] = ()) -> Type:
    """A built-in type by its canonical name."""
    if len(name) == 1:
        return Type(name, (), Kind.VARIABLE)
    if name == "void":
        return VOID
    if name == "SObject":
        return SOBJECT
    if name == "AggregateResult":
        return Type(name, (), Kind.SOBJECT)
    if name.lower() in PRIMITIVES:
        return PRIMITIVES[name.lower()]
    if name.lower() in COLLECTIONS:
        return Type(name, args, Kind.COLLECTION)
    if name.endswith("Exception") or name in _BUILTIN_CLASSES:
        return Type(name, (), Kind.CLASS)
    return Type(name, args)
