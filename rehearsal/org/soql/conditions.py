"""WHERE and HAVING: conditions compiled to predicates.

Text compares without regard to case, except fields declared case-sensitive; null is less than
nothing and more than nothing; a filter's value must have the field's type
(SOQL and SOSL Reference, "Condition Expression Syntax").
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.org.errors import QueryError
from rehearsal.org.schema import NUMERIC, Field, FieldType
from rehearsal.org.soql import ast
from rehearsal.org.soql.dates import span
from rehearsal.org.soql.paths import Getter
from rehearsal.org.values import Row, Value, id18

Predicate = Callable[[Row], bool]
_TEXT = {
    FieldType.STRING,
    FieldType.TEXTAREA,
    FieldType.EMAIL,
    FieldType.PHONE,
    FieldType.URL,
    FieldType.PICKLIST,
    FieldType.MULTIPICKLIST,
}
_IDS = {FieldType.ID, FieldType.REFERENCE}


class Conditions:
    """Compiles the conditions of one query."""

    def __init__(
        self,
        operand: Callable[[ast.Path | ast.Call], tuple[Getter, Field | None]],
        bind: Callable[[str], Any],
        semi_join: Callable[[ast.Query], list[Value]],
        now: dt.datetime,
        zone: ZoneInfo,
    ) -> None:
        self._operand = operand
        self._bind = bind
        self._semi_join = semi_join
        self._now, self._zone = now, zone

    def predicate(self, condition: ast.Condition) -> Predicate:
        """A test for one row. Raises QueryError for a filter that makes no sense."""
        if isinstance(condition, ast.And):
            terms = [self.predicate(term) for term in condition.terms]
            return lambda row: all(term(row) for term in terms)
        if isinstance(condition, ast.Or):
            terms = [self.predicate(term) for term in condition.terms]
            return lambda row: any(term(row) for term in terms)
        if isinstance(condition, ast.Not):
            inner = self.predicate(condition.term)
            return lambda row: not inner(row)
        return self.comparison(condition)

    def comparison(self, comparison: ast.Comparison) -> Predicate:
        get, field = self._operand(comparison.left)
        if field is not None and (field.long_text or not field.filterable):
            raise QueryError(
                "INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call"
            )
        if comparison.operator in {"IN", "NOT_IN"}:
            values = frozenset(self.values(comparison, field))
            wanted = comparison.operator == "IN"
            return lambda row: (fold(get(row), field) in values) is wanted
        if comparison.operator in {"INCLUDES", "EXCLUDES"}:
            return self._multipicklist(comparison, get, field)
        right = comparison.right
        if isinstance(right, ast.DateLiteral):
            return self._date_literal(comparison.operator, get, field, right)
        if isinstance(right, ast.Query | tuple):
            raise QueryError("MALFORMED_QUERY", f"unexpected list after {comparison.operator}")
        return self._simple(comparison.operator, get, field, self.value(right, field))

    def values(self, comparison: ast.Comparison, field: Field | None) -> list[Value]:
        """The folded values on the right of `=` or `IN`."""
        right = comparison.right
        if isinstance(right, ast.Query):
            return [fold(value, field) for value in self._semi_join(right) if value is not None]
        items: list[Value] = []
        for item in right if isinstance(right, tuple) else (right,):
            if isinstance(item, ast.DateLiteral):
                raise QueryError("MALFORMED_QUERY", "date literals in a list are not supported")
            value = self.value(item, field)
            if isinstance(value, list | tuple | set | frozenset):
                items += [self._typed(element, field) for element in value]
            else:
                items.append(value)
        return [fold(item, field) for item in items]

    def value(self, item: ast.Literal | ast.Bind, field: Field | None) -> Any:
        if isinstance(item, ast.Bind):
            bound = self._bind(item.expression)
            if isinstance(bound, list | tuple | set | frozenset):
                return bound
            return self._typed(bound, field)
        if isinstance(item.value, tuple):
            return item.value
        return self._typed(item.value, field)

    def _typed(self, value: Any, field: Field | None) -> Any:
        """Refuses a value of another type than the field's."""
        if value is None or field is None:
            return value
        if field.type in _IDS:
            try:
                return id18(value) if value else None
            except (ValueError, TypeError) as error:
                message = f"invalid ID field: {value}"
                raise QueryError("INVALID_QUERY_FILTER_OPERATOR", message) from error
        if field.type in NUMERIC:
            if isinstance(value, bool) or not isinstance(value, int | Decimal):
                raise self._mismatch(field, value)
            return Decimal(value)
        expected: type | tuple[type, ...]
        match field.type:
            case FieldType.BOOLEAN:
                expected = bool
            case FieldType.DATE:
                expected = dt.date
            case FieldType.DATETIME:
                expected = dt.datetime
            case _:
                expected = str
        if field.type is FieldType.DATE and isinstance(value, dt.datetime):
            raise self._mismatch(field, value)
        if not isinstance(value, expected):
            raise self._mismatch(field, value)
        return value

    @staticmethod
    def _mismatch(field: Field, value: object) -> QueryError:
        quoted = " and should not be enclosed in quotes" if isinstance(value, str) else ""
        if field.type in _TEXT:
            quoted = " and should be enclosed in quotes"
        return QueryError(
            "INVALID_FIELD",
            f"value of filter criterion for field '{field.name}' must be of type "
            f"{field.type.value}{quoted}",
        )

    def _simple(self, operator: str, get: Getter, field: Field | None, value: Any) -> Predicate:
        if operator == "LIKE":
            pattern = like(value or "")
            return lambda row: bool(pattern.fullmatch(str(get(row) or "")))
        wanted = fold(value, field)
        if operator == "=":
            return lambda row: fold(get(row), field) == wanted
        if operator == "!=":
            return lambda row: fold(get(row), field) != wanted
        test = _ORDERINGS[operator]
        if wanted is None:
            return lambda row: False

        def ordered(row: Row) -> bool:
            found = fold(get(row), field)
            return found is not None and test(found, wanted)

        return ordered

    def _date_literal(
        self, operator: str, get: Getter, field: Field | None, literal: ast.DateLiteral
    ) -> Predicate:
        days = span(literal, self._now, self._zone)
        first: Any
        end: Any
        if field is not None and field.type is FieldType.DATETIME:
            first, end = days.instants(self._zone)
        elif field is not None and field.type is not FieldType.DATE:
            raise self._mismatch(field, None)
        else:
            first, end = days.first, days.end
        inside: Callable[[Any], bool] = {
            "=": lambda found: first <= found < end,
            "!=": lambda found: not first <= found < end,
            "<": lambda found: found < first,
            "<=": lambda found: found < end,
            ">": lambda found: found >= end,
            ">=": lambda found: found >= first,
        }[operator]
        on_null = operator == "!="

        def test(row: Row) -> bool:
            found = get(row)
            return on_null if found is None else inside(found)

        return test

    def _multipicklist(
        self, comparison: ast.Comparison, get: Getter, field: Field | None
    ) -> Predicate:
        if field is None or field.type is not FieldType.MULTIPICKLIST:
            raise QueryError(
                "INVALID_QUERY_FILTER_OPERATOR",
                f"{comparison.operator.lower()} operator is valid only on multipicklist fields",
            )
        groups = [frozenset(str(item).split(";")) for item in self.values(comparison, field)]
        wanted = comparison.operator == "INCLUDES"

        def test(row: Row) -> bool:
            held = set(str(fold(get(row), field) or "").split(";"))
            return any(group <= held for group in groups) is wanted

        return test


_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def fold(value: Value, field: Field | None) -> Value:
    """A value in the form in which SOQL compares it."""
    if value == "":
        return None
    if isinstance(value, str) and (
        field is None or (field.type not in _IDS and not field.case_sensitive)
    ):
        return value.casefold()
    return value


def like(pattern: str) -> re.Pattern[str]:
    """A LIKE pattern: `%` any text, `_` one character, a backslash before either is literal."""
    out = ""
    for token in re.findall(r"\\[%_]|.", pattern, re.DOTALL):
        out += {"%": ".*", "_": "."}.get(token, re.escape(token[-1]))
    return re.compile(out, re.IGNORECASE | re.DOTALL)
