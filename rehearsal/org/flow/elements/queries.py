"""Record filters as SOQL, for elements that look for records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.flow import model
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.logic import Both, Either, Logic, Negated, parse_logic
from rehearsal.org.flow.resources import Resources
from rehearsal.org.flow.values import TEXTS, Type, field_type
from rehearsal.org.formula import Kind
from rehearsal.org.soql import ast

_OPERATORS = {
    "EqualTo": "=",
    "NotEqualTo": "!=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}
_PATTERNS: dict[str, Callable[[str], str]] = {
    "Contains": lambda text: f"%{text}%",
    "StartsWith": lambda text: f"{text}%",
    "EndsWith": lambda text: f"%{text}",
}
Build = Callable[[Interview], ast.Condition | None]


def where_clause(
    resources: Resources,
    sobject: str,
    logic: str,
    filters: Sequence[model.Filter],
    where: Where,
) -> Build:
    """The WHERE of the filters for an interview; None without filters."""
    if not filters:
        return lambda interview: None
    terms = [_comparison(resources, sobject, item) for item in filters]
    tree = parse_logic(logic, len(terms), where)

    def build(interview: Interview) -> ast.Condition:
        return _join(tree, [term(interview) for term in terms])

    return build


def _join(tree: Logic, terms: list[ast.Condition]) -> ast.Condition:
    match tree:
        case int():
            return terms[tree]
        case Both(parts):
            return ast.And(tuple(_join(part, terms) for part in parts))
        case Either(parts):
            return ast.Or(tuple(_join(part, terms) for part in parts))
        case Negated(part):
            return ast.Not(_join(part, terms))


def _comparison(
    resources: Resources, sobject: str, item: model.Filter
) -> Callable[[Interview], ast.Condition]:
    field = resources.field(sobject, item.field, item.where)
    kind = field_type(field)
    path = ast.Path((field.name,))
    if field.long_text or not field.filterable:
        raise MetadataError(f"field {field.name} can't be filtered", item.where)
    if item.operator == "IsNull":
        expected = resources.value(item.value, Type(Kind.BOOLEAN), item.where)
        return lambda i: ast.Comparison(path, "=" if expected(i) else "!=", ast.Literal(None))
    if item.operator in ("In", "NotIn"):
        found, value = resources.typed(item.value)
        if not found.collection:
            raise MetadataError(f"{item.operator} needs a collection", item.where)
        operator = "IN" if item.operator == "In" else "NOT_IN"
        return lambda i: ast.Comparison(path, operator, ast.Literal(tuple(value(i) or ())))
    value = resources.value(item.value, kind, item.where)
    if item.operator in _OPERATORS:
        compare = _OPERATORS[item.operator]
        return lambda i: ast.Comparison(path, compare, ast.Literal(value(i)))
    if item.operator in _PATTERNS:
        if kind.kind not in TEXTS:
            raise MetadataError(f"{item.operator} can't test field {field.name}", item.where)
        pattern = _PATTERNS[item.operator]
        return lambda i: ast.Comparison(path, "LIKE", ast.Literal(pattern(_escaped(value(i)))))
    raise Unsupported(f"Flow filter operator {item.operator}", item.where)


def _escaped(value: Any) -> str:
    """The text with LIKE's wildcards taken literally."""
    return str(value or "").replace("%", "\\%").replace("_", "\\_")
