"""`switch on`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tree_sitter import Node

from rehearsal.org.apex.classes import RUN, ClassKind, Code, Frame
from rehearsal.org.apex.compiler.body import Body, Expr, statement
from rehearsal.org.apex.compiler.statements import block
from rehearsal.org.apex.conversion import instance_of
from rehearsal.org.apex.parsing import children, part, source
from rehearsal.org.apex.types import INTEGER, LONG, STRING, Kind, Type

_VALUES = (INTEGER, LONG, STRING)
Case = tuple[Callable[[Frame, Any], bool], Code]


@statement("switch_expression")
def switch(body: Body, node: Node) -> Code:
    """Apex Developer Guide, "Switch Statements". Strings are compared with their case."""
    given = body.expr(part(node, "condition"))
    cases: list[Case] = []
    otherwise: Code | None = None
    for rule in children(part(node, "body")):
        if otherwise is not None:
            raise body.fail("No when blocks are allowed after when else", rule)
        label, inside = children(rule)[0], children(rule)[-1]
        values = children(label)
        if not values:
            otherwise = block(body, inside)
        elif values[0].type == "when_sobject_type":
            cases.append(_type_case(body, given, values[0], inside))
        else:
            tests = [_constant(body, given.type, value) for value in values]
            cases.append((_any_of(tests), block(body, inside)))
    code = given.run

    def run(f: Frame) -> Any:
        value = code(f)
        for matches, inside in cases:
            if matches(f, value):
                return inside(f)
        return otherwise(f) if otherwise is not None else None

    return run


def _any_of(tests: list[Code]) -> Callable[[Frame, Any], bool]:
    def matches(f: Frame, value: Any) -> bool:
        return any(same_case(test(f), value) for test in tests)

    return matches


def same_case(constant: Any, value: Any) -> bool:
    if constant is None or value is None:
        return constant is value
    return bool(constant == value)


def _type_case(body: Body, given: Expr, label: Node, inside: Node) -> Case:
    type_node, name_node = children(label)
    kind = body.type_of(type_node)
    if not body.world.castable(given.type, kind):
        raise body.fail(f"Incompatible types: {given.type} and {kind}", label)
    with body.scope():
        made = body.declare(source(name_node), kind, label)
        code = block(body, inside)
    slot = made.slot

    def matches(f: Frame, value: Any) -> bool:
        if not instance_of(f[RUN], value, kind):
            return False
        f[slot] = value
        return True

    return matches, code


def _constant(body: Body, kind: Type, node: Node) -> Code:
    if node.type == "null_literal":
        return lambda f: None
    if kind.kind is Kind.CLASS and body.world.class_of(kind).kind is ClassKind.ENUM:
        values = body.world.class_of(kind).values
        if node.type != "identifier" or source(node).lower() not in values:
            raise body.fail(f"Expected a value of {kind}: {source(node)}", node)
        value = values[source(node).lower()]
        return lambda f: value
    if kind not in _VALUES:
        raise body.fail(f"Illegal switch expression type: {kind}", node)
    return body.value(node, kind)
