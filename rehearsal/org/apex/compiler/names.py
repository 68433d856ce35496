"""What names mean: variables, fields, properties, types, members of records."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

from tree_sitter import Node

from rehearsal.org.apex.classes import RUN, THIS, ClassInfo, ClassKind, Code, FieldInfo, Frame
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.compiler.literals import constant
from rehearsal.org.apex.conversion import single_row
from rehearsal.org.apex.library.schema_describe import DescribeField, DescribeObject
from rehearsal.org.apex.parsing import children, part, source
from rehearsal.org.apex.registry import LIBRARY
from rehearsal.org.apex.types import (
    INTEGER,
    SOBJECT,
    SOBJECT_FIELD,
    SOBJECT_TYPE,
    STRING,
    Kind,
    Type,
    list_of,
    map_of,
    substitute,
)
from rehearsal.org.apex.values import FieldToken, TypeValue
from rehearsal.org.apex.world import Member

SKIPPED: Final = object()
"""The value of a chain that ``?.`` cut short, until the chain's end makes it null."""
_CHAIN = {"field_access": "object", "method_invocation": "object", "array_access": "array"}
TYPE = Type("Type")
_LABEL = frozenset({"label", "system.label"})


def through(
    node: Node,
    target: Expr,
    safe: bool,
    read: Callable[[Frame, Any], Any],
    kind: Type,
    *,
    null: bool = False,
) -> Expr:
    """An access through a value: null raises, unless ``?.`` (or `null`) says it reads as null."""
    get = target.run
    if not safe and not target.safe:

        def plain(f: Frame) -> Any:
            value = get(f)
            if value is None:
                if null:
                    return None
                raise f[RUN].null()
            return read(f, value)

        return Expr(kind, plain)
    last = not _continues(node)

    def guarded(f: Frame) -> Any:
        value = get(f)
        if value is SKIPPED or (value is None and safe):
            return None if last else SKIPPED
        if value is None:
            if null:
                return None
            raise f[RUN].null()
        return read(f, value)

    return Expr(kind, guarded, safe=not last)


def _continues(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in _CHAIN:
        return False
    return parent.child_by_field_name(_CHAIN[parent.type]) == node


# --- identifiers -----------------------------------------------------------------------


@expression("identifier")
def identifier(body: Body, node: Node, wanted: Type | None) -> Expr:
    found = variable(body, node)
    if found is None:
        raise body.fail(f"Variable does not exist: {source(node)}", node)
    return found


def variable(body: Body, node: Node) -> Expr | None:
    """The local variable, field or property of that name."""
    name = source(node)
    local = body.find(name)
    if local is not None:
        return Expr(local.type, itemgetter(local.slot))
    info = find_own_field(body, name)
    return None if info is None else own_field(body, info, node)


def find_own_field(body: Body, name: str) -> FieldInfo | None:
    """A field of this class, or a static one of an outer class."""
    info = body.cls.find_field(name)
    if info is not None:
        return info
    outer = body.cls.outer
    while outer is not None:
        info = outer.find_field(name)
        if info is not None and info.static:
            return info
        outer = outer.outer
    return None


def own_field(body: Body, info: FieldInfo, node: Node) -> Expr:
    if not info.static and body.static:
        raise body.fail(f"Variable does not exist: {info.name} (not static)", node)
    if info.static:
        return Expr(info.type, static_read(body, info))
    return Expr(info.type, instance_read(body, info, itemgetter(THIS)))


def static_read(body: Body, info: FieldInfo) -> Code:
    getter = info.getter
    if getter is not None and body.accessor is not info:
        return lambda f: getter.invoke(f[RUN], None, [])  # type: ignore[misc]
    owner, index = info.owner, info.index
    return lambda f: owner.statics(f[RUN])[index]


def instance_read(body: Body, info: FieldInfo, target: Code) -> Code:
    """A field or property of an object that is not null."""
    getter = info.getter
    if getter is not None and body.accessor is not info:
        key = getter.key
        return lambda f: _virtual(target(f), key, f)
    index = info.index
    return lambda f: target(f).slots[index]


def _virtual(target: Any, key: str, f: Frame) -> Any:
    return target.cls.dispatch[key].invoke(f[RUN], target, [])


@expression("this")
def this(body: Body, node: Node, wanted: Type | None) -> Expr:
    if body.static:
        raise body.fail("this cannot be used in a static context", node)
    return Expr(body.cls.type, itemgetter(THIS))


# --- types or values -------------------------------------------------------------------


def target(body: Body, node: Node) -> Expr | Type:
    """What stands before a dot: a value if a variable has that name, else a type."""
    if node.type == "identifier":
        found = variable(body, node)
        if found is not None:
            return found
        kind = body.world.find_type(source(node), body.cls)
        if kind is None:
            body.world.refuse_type(source(node), body.unit.where(node))
            raise body.fail(f"Variable does not exist: {source(node)}", node)
        return kind
    if node.type == "field_access":
        name = _dotted(node)
        if name is not None and not _starts_with_variable(body, node):
            kind = body.world.find_type(name, body.cls)
            if kind is not None and not _is_field_token(body, node, name):
                return kind
    return body.expr(node)


def _is_field_token(body: Body, node: Node, name: str) -> bool:
    """`Account.Name` names a field even where a type is called Name."""
    head = body.world.find_type(source(part(node, "object")), body.cls)
    return head is not None and head.kind is Kind.SOBJECT


def _dotted(node: Node) -> str | None:
    if node.type == "identifier":
        return source(node)
    if node.type != "field_access":
        return None
    head = _dotted(part(node, "object"))
    return None if head is None else f"{head}.{source(part(node, 'field'))}"


def _starts_with_variable(body: Body, node: Node) -> bool:
    while node.type == "field_access":
        node = part(node, "object")
    name = source(node)
    return body.find(name) is not None or find_own_field(body, name) is not None


@expression("field_access")
def field_access(body: Body, node: Node, wanted: Type | None) -> Expr:
    field_node = part(node, "field")
    name = source(field_node)
    object_node = part(node, "object")
    if name.lower() == "class":
        kind = body.world.find_type(_dotted(object_node) or "", body.cls)
        if kind is None:
            raise body.fail(f"Invalid type: {source(object_node)}", node)
        return Expr(TYPE, constant(TypeValue(kind)))
    if (_dotted(object_node) or "").lower() in _LABEL and not _starts_with_variable(body, node):
        text = body.world.schema.labels.get(name.lower())
        if text is None:
            raise body.fail(f"Invalid label: {name}", node)
        return Expr(STRING, constant(text))
    if _is_namespace(body, object_node):
        raise body.fail(f"Variable does not exist: {source(node)}", node)
    held = target(body, object_node)
    if isinstance(held, Type):
        return static_member(body, held, name, node)
    if held.type.name == "Schema.SObjectTypeFields":
        return _described_field(body, object_node, name, node)
    return member(body, held, name, node, is_safe(node))


def _described_field(body: Body, object_node: Node, name: str, node: Node) -> Expr:
    """`Schema.SObjectType.Account.fields.Name`: a describe result."""
    owner = source(part(object_node, "object")).split(".")[-1]
    sobject = body.world.schema.find(owner)
    found = sobject.find(name) if sobject is not None else None
    if sobject is None or found is None:
        raise body.fail(f"Variable does not exist: {source(node)}", node)
    return Expr(Type("Schema.DescribeFieldResult"), constant(DescribeField(sobject, found)))


def _is_namespace(body: Body, node: Node) -> bool:
    return (
        node.type == "identifier"
        and source(node).lower() in ("schema", "database", "system", "eventbus")
        and body.world.find_type(source(node)) is None
        and variable(body, node) is None
    )


def is_safe(node: Node) -> bool:
    return any(child.type == "safe_navigation_operator" for child in node.children)


@expression("class_literal")
def class_literal(body: Body, node: Node, wanted: Type | None) -> Expr:
    return Expr(TYPE, constant(TypeValue(body.type_of(children(node)[0]))))


# --- static members --------------------------------------------------------------------


def static_member(body: Body, kind: Type, name: str, node: Node) -> Expr:
    """`Type.name`."""
    if kind.kind is Kind.CLASS:
        return _class_member(body, body.world.class_of(kind), name, node)
    sobject = body.world.object_of(kind)
    if sobject is not None:
        if name.lower() == "sobjecttype":
            return Expr(SOBJECT_TYPE, constant(sobject))
        found = sobject.find(name)
        if found is None:
            raise body.fail(f"Field does not exist: {name} on {kind}", node)
        return Expr(SOBJECT_FIELD, constant(FieldToken(sobject, found)))
    if kind == SOBJECT_TYPE:
        described = body.world.schema.find(name)
        if described is None:
            raise body.fail(f"Invalid type: {name}", node)
        return Expr(
            Type("Schema.DescribeSObjectResult"),
            constant(DescribeObject(body.world.schema, described)),
        )
    found_property = LIBRARY.static_properties.get((kind.name.lower(), name.lower()))
    if found_property is None:
        raise body.refuse(f"{kind}.{name}", node)
    call = found_property.call
    result = found_property.result
    if kind.name == "Trigger" and body.trigger_type is not None:
        result = _trigger_type(result, body.trigger_type)
    return Expr(result, lambda f: call(f[RUN]))


def _trigger_type(declared: Type, record: Type) -> Type:
    if declared.name == "List":
        return list_of(record)
    if declared.name == "Map":
        return map_of(declared.args[0], record)
    return declared


def _class_member(body: Body, cls: ClassInfo, name: str, node: Node) -> Expr:
    if cls.kind is ClassKind.ENUM:
        value = cls.values.get(name.lower())
        if value is None:
            raise body.fail(f"Variable does not exist: {cls.name}.{name}", node)
        return Expr(cls.type, constant(value))
    info = cls.find_field(name)
    if info is None or not info.static:
        raise body.fail(f"Variable does not exist: {cls.name}.{name}", node)
    check_access(body, info.modifiers, info.owner, name, node)
    return Expr(info.type, static_read(body, info))


def check_access(
    body: Body, modifiers: frozenset[str], owner: ClassInfo, name: str, node: Node
) -> None:
    """Raises MetadataError when a private or protected member is not visible here."""
    if not owner.declared or modifiers & {"public", "global"}:
        return
    if outermost(owner) is outermost(body.cls):
        return
    if "protected" in modifiers and body.cls.is_a(owner):
        return
    if "@testvisible" in modifiers and body.cls.is_test:
        return
    raise body.fail(f"{owner.name}.{name} is not visible here", node)


def outermost(cls: ClassInfo) -> ClassInfo:
    while cls.outer is not None:
        cls = cls.outer
    return cls


# --- members of values -----------------------------------------------------------------


def member(body: Body, held: Expr, name: str, node: Node, safe: bool) -> Expr:
    """`value.name`."""
    kind = held.type
    if kind.name == "$query":
        rows = held.run
        held = Expr(kind.args[0], lambda f: single_row(f[RUN], rows(f)))
        kind = held.type
    if kind.kind is Kind.SOBJECT:
        return _record_member(body, held, name, node, safe)
    if kind.kind is Kind.CLASS:
        cls = body.world.class_of(kind)
        info = cls.find_field(name)
        if info is None or info.static:
            raise body.fail(f"Variable does not exist: {name} on {kind}", node)
        check_access(body, info.modifiers, info.owner, name, node)
        if not info.readable:
            raise body.fail(f"Variable is not visible: {name}", node)
        getter, index = info.getter, info.index
        if getter is not None and body.accessor is not info:
            key = getter.key
            return through(node, held, safe, lambda f, v: _virtual(v, key, f), info.type)
        return through(node, held, safe, lambda f, v: v.slots[index], info.type)
    found = LIBRARY.properties.get((kind.name.lower(), name.lower()))
    if found is None:
        raise body.fail(f"Variable does not exist: {name} on {kind}", node)
    call = found.call
    bindings = dict(zip((arg.name for arg in found.owner.args), kind.args, strict=False))
    return through(
        node, held, safe, lambda f, v: call(f[RUN], v), substitute(found.result, bindings)
    )


def record_member(body: Body, kind: Type, name: str, node: Node) -> Member:
    """The member of an sObject type. Raises MetadataError when there is none."""
    sobject = body.world.object_of(kind)
    if sobject is None:
        if kind == SOBJECT and name.lower() == "id":
            found = next(iter(body.world.schema.objects.values())).find("Id")
            if found is not None:
                return Member("Id", body.world.find_type("Id") or INTEGER, found)
        raise body.fail(f"Variable does not exist: {name} on {kind}", node)
    found_member = body.world.member(sobject, name)
    if found_member is None:
        raise body.fail(f"Variable does not exist: {name} on {kind}", node)
    return found_member


def _record_member(body: Body, held: Expr, name: str, node: Node, safe: bool) -> Expr:
    """A field of a record; beyond a parent relationship null reads as null.

    Apex Developer Guide, "Accessing sObject Fields Through Relationships"."""
    found = record_member(body, held.type, name, node)
    canonical, field, get, null = found.name, found.field, held.run, held.relationship
    parent = found.lookup is not None
    if safe or held.safe:
        guarded = through(
            node, held, safe, lambda f, v: v.read(f[RUN], canonical, field), found.type, null=null
        )
        return Expr(guarded.type, guarded.run, parent, guarded.safe)

    def read(f: Frame) -> Any:
        record = get(f)
        if record is None:
            if null:
                return None
            raise f[RUN].null()
        value = record.values.get(canonical)
        return value if value is not None else record.read(f[RUN], canonical, field)

    return Expr(found.type, read, parent)


@expression("array_access")
def array_access(body: Body, node: Node, wanted: Type | None) -> Expr:
    held = body.expr(part(node, "array"))
    kind = held.type
    if kind.name not in ("List", "$query"):
        raise body.fail(f"Expression must be a list type: {kind}", node)
    index = body.value(part(node, "index"), INTEGER)
    return through(node, held, False, lambda f, v: item(f, v, index(f)), kind.args[0])


def item(f: Frame, items: list[Any], index: int | None) -> Any:
    """Raises ListException when out of bounds."""
    if index is None:
        raise f[RUN].null()
    if not 0 <= index < len(items):
        raise f[RUN].error("ListException", f"List index out of bounds: {index}")
    return items[index]
