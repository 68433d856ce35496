"""`new`: objects, records, lists, sets, maps."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from rehearsal.org.apex.classes import RUN, ClassInfo, ClassKind, Code, Frame, MethodInfo
from rehearsal.org.apex.compiler.assignment import check_writable
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.compiler.calls import Args, choose, converted
from rehearsal.org.apex.compiler.names import check_access, record_member
from rehearsal.org.apex.parsing import children, part, source
from rehearsal.org.apex.registry import LIBRARY
from rehearsal.org.apex.types import (
    EXCEPTION,
    INTEGER,
    STRING,
    Kind,
    Type,
    list_of,
    substitute,
)
from rehearsal.org.apex.values import (
    ApexList,
    ApexMap,
    ApexObject,
    ApexSet,
    EquatableObject,
    ExceptionObject,
    SObject,
)


@expression("object_creation_expression")
def object_creation(body: Body, node: Node, wanted: Type | None) -> Expr:
    kind = body.type_of(part(node, "type"))
    argument_nodes = children(part(node, "arguments"))
    if kind.kind is Kind.SOBJECT:
        return _record(body, kind, argument_nodes, node)
    args = [(body.expr(child), child) for child in argument_nodes]
    if kind.kind is Kind.CLASS:
        return _object(body, kind, args, node)
    natives = LIBRARY.constructors.get(kind.name.lower())
    if not natives:
        raise body.refuse(f"new {kind}", node)
    bindings = dict(zip((arg.name for arg in natives[0].owner.args), kind.args, strict=False))
    candidates = [
        ([substitute(param, bindings) for param in native.params], native) for native in natives
    ]
    found = choose(body, candidates, args, f"new {kind}", node)
    params = [substitute(param, bindings) for param in found.params]
    call, codes = found.call, converted(body, args, params)
    return Expr(kind, lambda f: call(f[RUN], kind, *[code(f) for code in codes]))


# --- records ---------------------------------------------------------------------------


def _record(body: Body, kind: Type, nodes: list[Node], node: Node) -> Expr:
    sobject = body.world.object_of(kind)
    if sobject is None:
        raise body.fail(f"Type cannot be constructed: {kind}", node)
    values: list[tuple[str, Code]] = []
    for child in nodes:
        if child.type != "assignment_expression":
            raise body.fail(f"Invalid constructor syntax, name=value: {source(child)}", child)
        name_node = part(child, "left")
        found = record_member(body, kind, source(name_node), name_node)
        check_writable(body, kind, found.name, name_node)
        values.append((found.name, body.value(part(child, "right"), found.type)))

    def run(f: Frame) -> Any:
        return SObject(sobject, {name: code(f) for name, code in values})

    return Expr(kind, run)


# --- objects ---------------------------------------------------------------------------


def _object(body: Body, kind: Type, args: Args, node: Node) -> Expr:
    cls = body.world.class_of(kind)
    if cls.kind is ClassKind.ENUM or cls.abstract:
        raise body.fail(f"Type cannot be constructed: {kind}", node)
    if cls.exception and not cls.constructors:
        return _exception(body, cls, args, node)
    constructor = pick_constructor(body, cls, args, node)
    codes = converted(body, args, [param for _, param in constructor.params])

    def run(f: Frame) -> Any:
        made = allocate(cls, f)
        constructor.invoke(f[RUN], made, [code(f) for code in codes])  # type: ignore[misc]
        return made

    return Expr(kind, run)


def allocate(cls: ClassInfo, f: Frame) -> ApexObject:
    """An object whose initialisers have not run yet."""
    if cls.exception:
        return ExceptionObject(cls, None, f[RUN].trace())
    return EquatableObject(cls, f[RUN]) if cls.equatable else ApexObject(cls)


def pick_constructor(body: Body, cls: ClassInfo, args: Args, node: Node) -> MethodInfo:
    found = choose(
        body,
        [([kind for _, kind in made.params], made) for made in cls.constructors],
        args,
        f"new {cls.name}",
        node,
    )
    check_access(body, found.modifiers, cls, cls.name, node)
    return found


def _exception(body: Body, cls: ClassInfo, args: Args, node: Node) -> Expr:
    """The four constructors of every exception."""
    forms: list[tuple[list[Type], str]] = [
        ([], ""),
        ([STRING], "m"),
        ([EXCEPTION], "c"),
        ([STRING, EXCEPTION], "mc"),
    ]
    form = choose(body, forms, args, f"new {cls.name}", node)
    params = next(types for types, name in forms if name == form)
    codes = converted(body, args, params)

    def run(f: Frame) -> Any:
        made = ExceptionObject(cls, None, f[RUN].trace())
        for step in cls.instance_init:
            step(f[RUN], made, [])
        values = [code(f) for code in codes]
        if "m" in form:
            made.message = values[0]
        if "c" in form:
            made.cause = values[-1]
            if form == "c" and made.cause is not None:
                made.message = made.cause.message
        return made

    return Expr(cls.type, run)


# --- collections -----------------------------------------------------------------------


@expression("array_creation_expression")
def array_creation(body: Body, node: Node, wanted: Type | None) -> Expr:
    named = body.type_of(part(node, "type"))
    dimensions = node.child_by_field_name("dimensions")
    kind = list_of(named) if dimensions is not None else named
    values = node.child_by_field_name("value")
    if values is None:
        assert dimensions is not None
        size = body.value(children(dimensions)[0], INTEGER)
        return Expr(kind, lambda f: ApexList(kind, [None] * size(f)))
    if kind.name not in ("List", "Set"):
        raise body.fail(f"Type cannot be initialised with a list: {kind}", node)
    codes = [body.value(child, kind.args[0]) for child in children(values)]
    if kind.name == "Set":
        return Expr(kind, lambda f: ApexSet(kind, [code(f) for code in codes]))
    return Expr(kind, lambda f: ApexList(kind, [code(f) for code in codes]))


@expression("map_creation_expression")
def map_creation(body: Body, node: Node, wanted: Type | None) -> Expr:
    kind = body.type_of(part(node, "type"))
    pair_nodes = children(part(node, "value"))
    if kind.name in ("List", "Set") and not pair_nodes:
        # Empty braces read as an empty map.
        make = ApexList if kind.name == "List" else ApexSet
        return Expr(kind, lambda f: make(kind))
    if kind.name != "Map":
        raise body.fail(f"Type cannot be initialised with pairs: {kind}", node)
    pairs: list[tuple[Code, Code]] = []
    for pair in pair_nodes:
        key, value = children(pair)
        pairs.append((body.value(key, kind.args[0]), body.value(value, kind.args[1])))

    def run(f: Frame) -> Any:
        return ApexMap(kind, [(key(f), value(f)) for key, value in pairs])

    return Expr(kind, run)
