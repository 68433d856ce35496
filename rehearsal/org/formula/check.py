"""Static types: what a formula gives, and whether its parts fit together.

The rules and the words of the messages are Salesforce's, as its formula editor and a deployment
give them (github.com/salesforce/formula-engine, `validate` of each command).
"""

from __future__ import annotations

from rehearsal.org.formula.ast import Binary, Call, Literal, Node, Reference, Unary
from rehearsal.org.formula.errors import FormulaError
from rehearsal.org.formula.functions import FUNCTIONS
from rehearsal.org.formula.kinds import TEXTUAL, Kind, KindOf
from rehearsal.org.formula.runtime import common_kind

_ORDERED = frozenset({Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TEXT, Kind.ID, Kind.ANY})
_CHOICE = frozenset({Kind.PICKLIST, Kind.MULTIPICKLIST})
_TAKES_CHOICE = frozenset(
    {"TEXT", "CASE", "ISPICKVAL", "INCLUDES", "ISBLANK", "ISCHANGED", "PRIORVALUE"}
)


def infer(node: Node, kind_of: KindOf) -> Kind:
    """The kind of a part. Raises FormulaError where Salesforce refuses the formula."""
    match node:
        case Literal(value):
            return _literal(value)
        case Reference(path, position):
            try:
                kind = kind_of(path)
                return Kind.NUMBER if kind is Kind.PERCENT else kind
            except FormulaError as error:
                raise type(error)(error.message, position) from None
        case Unary(operator, operand, position):
            kind = _operand(operand, kind_of)
            wanted = Kind.BOOLEAN if operator == "NOT" else Kind.NUMBER
            if kind not in (wanted, Kind.ANY) and not (kind is Kind.NULL and operator == "NOT"):
                raise _wrong(operator, wanted, kind, position)
            return wanted
        case Binary():
            return _binary(node, kind_of)
        case Call(function, arguments):
            kinds = [
                infer(argument, kind_of)
                if function in _TAKES_CHOICE
                else _operand(argument, kind_of)
                for argument in arguments
            ]
            return FUNCTIONS[function].infer(node, kinds)


def _literal(value: object) -> Kind:
    if value is None:
        return Kind.NULL
    if isinstance(value, bool):
        return Kind.BOOLEAN
    return Kind.TEXT if isinstance(value, str) else Kind.NUMBER


def _operand(node: Node, kind_of: KindOf) -> Kind:
    """The kind of a part where a picklist may not stand as it is."""
    kind = infer(node, kind_of)
    if kind in _CHOICE:
        name = str(node) if isinstance(node, Reference) else "expression"
        raise FormulaError(
            f"Field {name} is a picklist field. "
            "Picklist fields are only supported in certain functions.",
            node.position,
        )
    return kind


def _binary(node: Binary, kind_of: KindOf) -> Kind:
    left, right = _operand(node.left, kind_of), _operand(node.right, kind_of)
    at = node.right.position
    match node.operator:
        case "&&" | "||":
            for kind, side in ((left, node.left), (right, node.right)):
                if kind not in (Kind.BOOLEAN, Kind.NULL, Kind.ANY):
                    raise _wrong(node.operator, Kind.BOOLEAN, kind, side.position)
            return Kind.BOOLEAN
        case "=" | "<>":
            if common_kind(left, right) is None:
                raise _wrong(node.operator, left, right, at)
            return Kind.BOOLEAN
        case "<" | "<=" | ">" | ">=":
            for kind, side in ((left, node.left), (right, node.right)):
                if kind not in _ORDERED and kind is not Kind.NULL:
                    raise _wrong(node.operator, "Number, Date, DateTime", kind, side.position)
            if common_kind(left, right) is None:
                raise _wrong(node.operator, left, right, at)
            return Kind.BOOLEAN
        case "&":
            for kind, side in ((left, node.left), (right, node.right)):
                if kind not in TEXTUAL and kind not in (Kind.NULL, Kind.ANY):
                    raise _wrong("&", Kind.TEXT, kind, side.position)
            return Kind.TEXT
        case "+" | "-":
            return _sum(node, left, right)
    for kind, side in ((left, node.left), (right, node.right)):
        if kind not in (Kind.NUMBER, Kind.NULL, Kind.ANY):
            raise _wrong(node.operator, Kind.NUMBER, kind, side.position)
    return Kind.NUMBER


def _sum(node: Binary, left: Kind, right: Kind) -> Kind:
    if Kind.NULL in (left, right):
        return Kind.NULL
    if Kind.ANY in (left, right):
        return Kind.ANY
    adding = node.operator == "+"
    moments = (Kind.DATE, Kind.DATETIME)
    if left is Kind.NUMBER and (right is Kind.NUMBER or (adding and right in moments)):
        return right
    if left in moments and right is Kind.NUMBER:
        return left
    if left in moments and right is left and not adding:
        return Kind.NUMBER
    if left in TEXTUAL and adding:
        if right in TEXTUAL:
            return Kind.TEXT
        raise _wrong("+", Kind.TEXT, right, node.right.position)
    bad_left = left is not Kind.NUMBER and left not in moments
    raise _wrong(
        node.operator,
        "Number, Date, DateTime" if bad_left else Kind.NUMBER,
        left if bad_left else right,
        (node.left if bad_left else node.right).position,
    )


def _wrong(operator: str, expected: str, received: Kind, position: int) -> FormulaError:
    return FormulaError(
        f"Incorrect parameter type for operator '{operator}'. "
        f"Expected {expected}, received {received}",
        position,
    )
