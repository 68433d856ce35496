"""Operators that read: binary, unary, ternary, instanceof and casts."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from rehearsal.org.apex.arithmetic import EXACT, Operate, arithmetic, collated, equality
from rehearsal.org.apex.classes import RUN, Code, Frame
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.conversion import cast, converter, instance_of, wrap32, wrap64
from rehearsal.org.apex.parsing import part, source
from rehearsal.org.apex.text import to_text
from rehearsal.org.apex.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    ID,
    INTEGER,
    LONG,
    NULL,
    NUMBERS,
    OBJECT,
    SOBJECT,
    STRING,
    VOID,
    Kind,
    Type,
)

_ORDERED = (*NUMBERS, DATE, DATETIME)


@expression("binary_expression")
def binary(body: Body, node: Node, wanted: Type | None) -> Expr:
    operator = source(part(node, "operator"))
    left_node, right_node = part(node, "left"), part(node, "right")
    if operator in ("&&", "||"):
        return _logical(body, operator, left_node, right_node)
    if operator == "??":
        return _coalesce(body, left_node, right_node, wanted)
    left, right = body.expr(left_node), body.expr(right_node)
    return combine(body, operator, left, right, node)


def combine(body: Body, operator: str, left: Expr, right: Expr, node: Node) -> Expr:
    """A binary operation on compiled operands."""
    if VOID in (left.type, right.type):
        raise body.fail("Expression of type void", node)
    if operator in ("==", "!=", "<>"):
        return _equality(body, operator, left, right, node)
    if operator in ("===", "!=="):
        a, b, wanted = left.run, right.run, operator == "==="
        return Expr(BOOLEAN, lambda f: _identical(a(f), b(f)) is wanted)
    if operator in ("<", ">", "<=", ">="):
        return _comparison(body, operator, left, right, node)
    if operator == "+" and STRING in (left.type, right.type):
        return _concatenation(body, left, right, node)
    found = arithmetic(operator, left.type, right.type)
    if found is None:
        raise body.fail(
            f"Arithmetic operator {operator} does not apply to {left.type} and {right.type}", node
        )
    kind, result, operate = found
    right_kind = (
        right.type if kind in (DATE, DATETIME) or "<" in operator or ">" in operator else kind
    )
    return Expr(
        result,
        _operation(
            operate,
            converter(left.type, kind, left.run),
            converter(right.type, right_kind, right.run),
        ),
    )


def _operation(operate: Operate, a: Code, b: Code) -> Code:
    def run(f: Frame) -> Any:
        x, y = a(f), b(f)
        if x is None or y is None:
            raise f[RUN].null()
        return operate(f[RUN], x, y)

    return run


def _identical(a: Any, b: Any) -> bool:
    if isinstance(a, (str, int, bool)) or a is None:
        return bool(a == b)
    return a is b


def _logical(body: Body, operator: str, left: Node, right: Node) -> Expr:
    a, b = body.value(left, BOOLEAN), body.value(right, BOOLEAN)

    def conjunction(f: Frame) -> Any:
        x = a(f)
        if x is None:
            raise f[RUN].null()
        if not x:
            return False
        y = b(f)
        if y is None:
            raise f[RUN].null()
        return y

    def disjunction(f: Frame) -> Any:
        x = a(f)
        if x is None:
            raise f[RUN].null()
        if x:
            return True
        y = b(f)
        if y is None:
            raise f[RUN].null()
        return y

    return Expr(BOOLEAN, conjunction if operator == "&&" else disjunction)


def _coalesce(body: Body, left: Node, right: Node, wanted: Type | None) -> Expr:
    first, second = body.expr(left, wanted), body.expr(right, wanted)
    kind = common_type(body, first.type, second.type, left)
    a, b = body.convert(first, kind, left), body.convert(second, kind, right)

    def run(f: Frame) -> Any:
        value = a(f)
        return b(f) if value is None else value

    return Expr(kind, run)


def common_type(body: Body, a: Type, b: Type, node: Node) -> Type:
    """The type of a choice between two values."""
    if a.name == "$query":
        a = Type("List", a.args, Kind.COLLECTION)
    if b.name == "$query":
        b = Type("List", b.args, Kind.COLLECTION)
    if a == NULL:
        return b
    if body.world.cost(b, a) is not None:
        return a
    if body.world.cost(a, b) is not None:
        return b
    if a.kind is Kind.SOBJECT and b.kind is Kind.SOBJECT:
        return SOBJECT
    raise body.fail(f"Incompatible types in choice: {a}, {b}", node)


def _equality(body: Body, operator: str, left: Expr, right: Expr, node: Node) -> Expr:
    wanted = operator == "=="
    a, b = left.run, right.run
    if right.type == NULL:
        if wanted:
            return Expr(BOOLEAN, lambda f: a(f) is None)
        return Expr(BOOLEAN, lambda f: a(f) is not None)
    if left.type == NULL:
        return Expr(BOOLEAN, lambda f: (b(f) is None) is wanted)
    if not _comparable(body, left.type, right.type):
        raise body.fail(
            f"Comparison arguments must be compatible types: {left.type}, {right.type}", node
        )
    if {left.type, right.type} == {DATE, DATETIME}:
        a, b = converter(left.type, DATETIME, a), converter(right.type, DATETIME, b)
    compare = equality(left.type, right.type)
    if wanted:
        return Expr(BOOLEAN, lambda f: compare(a(f), b(f)))
    return Expr(BOOLEAN, lambda f: not compare(a(f), b(f)))


def _comparable(body: Body, a: Type, b: Type) -> bool:
    if a in NUMBERS and b in NUMBERS:
        return True
    if {a, b} == {ID, STRING} or OBJECT in (a, b):
        return True
    return body.world.castable(a, b)


def _comparison(body: Body, operator: str, left: Expr, right: Expr, node: Node) -> Expr:
    """Null on either side is false (Apex Developer Guide, "Expression Operators")."""
    numbers = left.type in NUMBERS and right.type in NUMBERS
    if not numbers and (left.type not in _ORDERED or right.type not in _ORDERED):
        if left.type in (STRING, ID) and right.type in (STRING, ID):
            return _ordered(operator, _sortable(left.run), _sortable(right.run))
        raise body.fail(
            f"Comparison arguments must be compatible types: {left.type}, {right.type}", node
        )
    a, b = left.run, right.run
    if left.type != right.type and not numbers:
        a, b = converter(left.type, DATETIME, a), converter(right.type, DATETIME, b)
    return _ordered(operator, a, b)


def _sortable(code: Code) -> Code:
    def run(f: Frame) -> Any:
        text = code(f)
        return None if text is None else collated(text)

    return run


def _ordered(operator: str, a: Code, b: Code) -> Expr:
    def less(f: Frame) -> Any:
        x, y = a(f), b(f)
        return x is not None and y is not None and x < y

    def greater(f: Frame) -> Any:
        x, y = a(f), b(f)
        return x is not None and y is not None and x > y

    def at_most(f: Frame) -> Any:
        x, y = a(f), b(f)
        return x is not None and y is not None and x <= y

    def at_least(f: Frame) -> Any:
        x, y = a(f), b(f)
        return x is not None and y is not None and x >= y

    return Expr(BOOLEAN, {"<": less, ">": greater, "<=": at_most, ">=": at_least}[operator])


def _concatenation(body: Body, left: Expr, right: Expr, node: Node) -> Expr:
    for side in (left, right):
        if side.type in (DATE, DATETIME):
            raise body.refuse(f"String + {side.type} (use String.valueOf or format)", node)
    a, b = left.run, right.run
    if left.type in (STRING, ID) and right.type in (STRING, ID):

        def join(f: Frame) -> Any:
            x, y = a(f), b(f)
            return ("null" if x is None else x) + ("null" if y is None else y)

        return Expr(STRING, join)
    return Expr(STRING, lambda f: to_text(f[RUN], a(f)) + to_text(f[RUN], b(f)))


@expression("unary_expression")
def unary(body: Body, node: Node, wanted: Type | None) -> Expr:
    operator = source(part(node, "operator"))
    operand = body.expr(part(node, "operand"), wanted)
    return _unary(body, operator, operand, node)


def _unary(body: Body, operator: str, operand: Expr, node: Node) -> Expr:
    a = operand.run
    if operator == "!" and operand.type == BOOLEAN:

        def negate(f: Frame) -> Any:
            value = a(f)
            if value is None:
                raise f[RUN].null()
            return not value

        return Expr(BOOLEAN, negate)
    wrap = {INTEGER: wrap32, LONG: wrap64}.get(operand.type)
    if wrap is None and not (operand.type == DECIMAL and operator in "+-"):
        raise body.fail(f"Operator {operator} does not apply to {operand.type}", node)

    def compute(f: Frame) -> Any:
        value = a(f)
        if value is None:
            raise f[RUN].null()
        if operator == "+":
            return value
        if wrap is None:
            return EXACT.minus(value)
        return wrap(-value if operator == "-" else ~value)

    return Expr(operand.type, compute)


@expression("ternary_expression")
def ternary(body: Body, node: Node, wanted: Type | None) -> Expr:
    condition = body.value(part(node, "condition"), BOOLEAN)
    yes_node, no_node = part(node, "consequence"), part(node, "alternative")
    yes, no = body.expr(yes_node, wanted), body.expr(no_node, wanted)
    kind = common_type(body, yes.type, no.type, node)
    a, b = body.convert(yes, kind, yes_node), body.convert(no, kind, no_node)

    def choose(f: Frame) -> Any:
        chosen = condition(f)
        if chosen is None:
            raise f[RUN].null()
        return a(f) if chosen else b(f)

    return Expr(kind, choose)


@expression("instanceof_expression")
def instanceof(body: Body, node: Node, wanted: Type | None) -> Expr:
    value = body.expr(part(node, "left"))
    kind = body.type_of(part(node, "right"))
    given = value.type
    if not body.world.castable(given, kind):
        raise body.fail(f"Incompatible types: {given} is never an instance of {kind}", node)
    if given != OBJECT and body.world.cost(given, kind) is not None and given.kind is Kind.CLASS:
        raise body.fail(f"Operation instanceof is always true: {given} is a {kind}", node)
    a = value.run
    return Expr(BOOLEAN, lambda f: instance_of(f[RUN], a(f), kind))


@expression("cast_expression")
def cast_expression(body: Body, node: Node, wanted: Type | None) -> Expr:
    type_node, value_node = part(node, "type"), part(node, "value")
    if value_node.type == "unary_expression" and body.find(source(type_node)) is not None:
        # `(count) + 1` reads as a cast of +1; a variable of that name decides.
        return _parenthesised_operand(body, type_node, value_node)
    kind = body.type_of(type_node)
    value = body.expr(value_node, kind)
    if not body.world.castable(value.type, kind):
        raise body.fail(f"Incompatible types since {value.type} cannot be cast to {kind}", node)
    if value.type.name == "$query":
        return Expr(kind, body.convert(value, kind, node))
    a = converter(value.type, OBJECT, value.run) if value.type in (LONG, ID) else value.run
    if _always_converts(body, value.type, kind):
        return Expr(kind, converter(value.type, kind, value.run))
    return Expr(kind, lambda f: cast(f[RUN], a(f), kind))


def _always_converts(body: Body, given: Type, kind: Type) -> bool:
    if given.kind is Kind.COLLECTION or kind.kind is Kind.COLLECTION:
        return given == kind
    return body.world.cost(given, kind) is not None


def _parenthesised_operand(body: Body, variable: Node, value: Node) -> Expr:
    name = body.find(source(variable))
    assert name is not None
    slot = name.slot
    left = Expr(name.type, lambda f: f[slot])
    operand = body.expr(part(value, "operand"))
    return combine(body, source(part(value, "operator")), left, operand, value)
