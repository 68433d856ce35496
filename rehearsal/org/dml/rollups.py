"""Roll-up summary fields: what they come to, from the children that are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from rehearsal.org.coerce import convert
from rehearsal.org.currencies import CODE, Rates
from rehearsal.org.errors import MetadataError, SaveError, Unsupported
from rehearsal.org.formula import functions, parse, references
from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectType, Schema, Summary
from rehearsal.org.values import Row, Value

Read = Callable[[Row, Field], Value]
"""A field of a child; formulas are computed."""
Test = Callable[[Row, Read], bool]


@dataclass(frozen=True, slots=True)
class RollUp:
    """One summary field, compiled."""

    parent: ObjectType
    field: Field
    child: ObjectType
    foreign_key: Field
    operation: str
    summarized: Field | None
    tests: tuple[Test, ...]

    def total(self, parent: Row, children: Iterable[Row], read: Read, rates: Rates) -> Value:
        """The value over a parent's live children; nulls count for nothing.

        Amounts of another currency are converted to that of the parent (Salesforce Help, "Roll-Up
        Summary Field"). How the platform rounds them is not said; here the total is, once, to the
        scale of the field.
        """
        among = [row for row in children if all(test(row, read) for test in self.tests)]
        if self.summarized is None:
            return Decimal(len(among))
        source = self.summarized
        values: list[Any] = [v for row in among if (v := read(row, source)) is not None]
        if self.converts:
            codes = [row.get(CODE) for row in among if read(row, source) is not None]
            own = parent.get(CODE)
            values = [
                rates.convert(value, code, own) for value, code in zip(values, codes, strict=True)
            ]
        if self.operation == "sum":
            return convert(self.field, sum(values, Decimal(0)))
        if not values:
            return None
        found: Value = min(values) if self.operation == "min" else max(values)
        return convert(self.field, found)

    @property
    def converts(self) -> bool:
        """Whether the total is an amount of the parent's currency."""
        source = self.summarized
        return source is not None and source.type is FieldType.CURRENCY


class RollUps:
    """All roll-ups of a schema. Construction raises MetadataError, Unsupported.

    `rates` gives the conversion rates as they are now.
    """

    def __init__(self, schema: Schema, rates: Callable[[], Rates]) -> None:
        self.rates = rates
        self._of_child: dict[str, dict[str, list[RollUp]]] = {}
        self._of_parent: dict[str, list[RollUp]] = {}
        for parent in schema.objects.values():
            for field in parent:
                if field.summary is not None:
                    made = _compile(schema, parent, field, field.summary)
                    keys = self._of_child.setdefault(made.child.name, {})
                    keys.setdefault(made.foreign_key.name, []).append(made)
                    self._of_parent.setdefault(parent.name, []).append(made)

    def of_child(self, sobject: str) -> dict[str, list[RollUp]]:
        """The roll-ups over an object, by the master-detail field that they follow."""
        return self._of_child.get(sobject, {})

    def of_parent(self, sobject: str) -> list[RollUp]:
        """The roll-ups that an object shows."""
        return self._of_parent.get(sobject, [])


def _compile(schema: Schema, parent: ObjectType, field: Field, summary: Summary) -> RollUp:
    child = schema.objects[summary.child.lower()]
    foreign_key = child.fields[summary.foreign_key.lower()]
    source = child.fields[summary.summarized.lower()] if summary.summarized else None
    for used in (source, *(child.fields[item.field.lower()] for item in summary.filters)):
        if used is not None and used.formula is not None:
            _check_formula(field, used, used.formula)
    tests = []
    for item in summary.filters:
        filtered = child.fields[item.field.lower()]
        try:
            tests.append(_test(filtered, item.operation, item.value))
        except (SaveError, InvalidOperation):
            raise MetadataError(
                f"{field.name}: '{item.value}' is no value of {child.name}.{filtered.name}",
                field.where,
            ) from None
        except Unsupported as error:
            raise Unsupported(f"{field.name}: {error.feature}", field.where) from None
    return RollUp(parent, field, child, foreign_key, summary.operation, source, tuple(tests))


def _check_formula(field: Field, used: Field, formula: str) -> None:
    """Salesforce Help, "Roll-Up Summary Field": no formula that spans records or reads the clock,
    whose value may change without a save of the child."""
    expression = parse(formula)
    spanning = any(len(path) > 1 for path in references(expression))
    if spanning or functions(expression) & _CLOCK:
        raise MetadataError(
            f"{field.name}: a roll-up cannot use the formula field {used.name}, which spans "
            "records or depends on the time",
            field.where,
        )


_CLOCK = frozenset({"NOW", "TODAY", "TIMENOW"})


def _test(field: Field, operation: str, value: str) -> Test:
    """One filter criterion. Several values separated by commas mean any of them, except for
    `notEqual`, which means none of them (Salesforce Help, "Enter Filter Criteria")."""
    if operation in {"equals", "notEqual"}:
        wanted = [_literal(field, part) for part in _parts(field, value)]
        positive = operation == "equals"

        def equals(row: Row, read: Read) -> bool:
            return (_folded(read(row, field)) in wanted) is positive

        return equals
    if operation in {"contains", "notContain", "startsWith"}:
        texts = [part.casefold() for part in _parts(field, value)]
        positive = operation != "notContain"

        def matches(row: Row, read: Read) -> bool:
            held = str(read(row, field) or "").casefold()
            if operation == "startsWith":
                return any(held.startswith(text) for text in texts)
            return any(text in held for text in texts) is positive

        return matches
    if field.type not in NUMERIC | {FieldType.DATE, FieldType.DATETIME}:
        raise Unsupported(f"{operation} on a {field.type} field")
    limit: Any = _literal(field, value)
    compare = _ORDER[operation]

    def ordered(row: Row, read: Read) -> bool:
        held: Any = read(row, field)
        return held is not None and compare(held, limit)

    return ordered


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lessThan": lambda held, limit: bool(held < limit),
    "greaterThan": lambda held, limit: bool(held > limit),
    "lessOrEqual": lambda held, limit: bool(held <= limit),
    "greaterOrEqual": lambda held, limit: bool(held >= limit),
}


def _parts(field: Field, value: str) -> list[str]:
    if field.type in NUMERIC or not value:
        return [value]
    return [part.strip().strip('"') for part in value.split(",")]


def _literal(field: Field, text: str) -> Value:
    if not text:
        return None
    if field.type in {FieldType.DATE, FieldType.DATETIME} and not text[:1].isdigit():
        raise Unsupported(f"the relative date {text} in a roll-up filter")
    if field.type is FieldType.BOOLEAN:
        return convert(field, text)
    if field.type in NUMERIC:
        return Decimal(text)
    if field.type is FieldType.DATE:
        return dt.date.fromisoformat(text)
    return _folded(convert(field, text))


def _folded(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value
