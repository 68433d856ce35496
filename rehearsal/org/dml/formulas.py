"""Formula fields, default values and validation rules, compiled once and run on rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from rehearsal.org.coerce import convert
from rehearsal.org.currencies import CODE, DEFAULTED_CODES, current_rates
from rehearsal.org.errors import MetadataError, SaveError, Unsupported, Where
from rehearsal.org.formula import (
    EvaluationError,
    Expression,
    FormulaError,
    Kind,
    KindOf,
    Path,
    check,
    evaluate,
    field_kind,
    field_kinds,
    parse,
    references,
    resolve_field,
)
from rehearsal.org.ports import User
from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectType, Schema, ValidationRule
from rehearsal.org.source import Faults
from rehearsal.org.store import Store
from rehearsal.org.values import Row, Value

_GLOBALS = {"$user": "User", "$profile": "Profile", "$organization": "Organization"}
_TEXTUAL = frozenset({Kind.TEXT, Kind.ID, Kind.PICKLIST})


@dataclass(frozen=True, slots=True)
class Moment:
    """Who asks and when."""

    user: User
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class _Way:
    """A merge field of one object: the references to go up by, then the field."""

    references: tuple[str, ...]
    object: str
    field: Field


class Formulas:
    """Every formula of a schema.

    Construction raises MetadataError or Unsupported for one that is wrong, an ExceptionGroup for
    several.
    """

    def __init__(self, schema: Schema, store: Store) -> None:
        self._schema, self._store = schema, store
        self._kinds: dict[str, KindOf] = {}
        self._ways: dict[tuple[str, Path], _Way] = {}
        self._fields: dict[tuple[str, str], Expression] = {}
        self._defaults: dict[tuple[str, str], Expression] = {}
        self._rules: dict[str, list[tuple[ValidationRule, Expression]]] = {}
        faults = Faults()
        for target in schema.objects.values():
            self._compile(target, faults)
        faults.raise_any()

    def _compile(self, target: ObjectType, faults: Faults) -> None:
        kinds = self._kinds[target.name] = field_kinds(self._schema, target.name)
        for field in target:
            with faults.gather():
                if field.formula is not None:
                    expression, kind = _compiled(field.formula, kinds, field)
                    _fits(target, field, kind)
                    self._fields[target.name, field.name] = expression
                if field.default is not None:
                    expression, kind = _compiled(field.default, kinds, field)
                    _fits(target, field, kind)
                    _check_default(target, field, expression)
                    self._defaults[target.name, field.name] = expression
        rules = self._rules[target.name] = []
        for rule in target.validation_rules:
            with faults.gather():
                expression, kind = _compiled(rule.condition, kinds, rule)
                if kind not in {Kind.BOOLEAN, Kind.ANY}:
                    raise MetadataError(f"{rule.name}: the condition is not a Boolean", rule.where)
                if rule.active:
                    rules.append((rule, expression))

    def count(self, target: ObjectType) -> int:
        """How many formula fields and validation rules a save of one record evaluates."""
        own = sum(field.formula is not None for field in target)
        return own + len(self._rules[target.name])

    def value(self, sobject: str, row: Row, field: Field, moment: Moment) -> Value:
        """A formula field of a row; null where it fails (it shows `#Error!`)."""
        try:
            value = evaluate(
                self._fields[sobject, field.name],
                self._resolver(sobject, row, moment),
                moment.now,
                kind_of=self._kinds[sobject],
                blanks_as_zero=field.blanks_as_zero,
                time_zone=moment.user.time_zone,
            )
        except EvaluationError:
            return None
        return shaped(field, value)

    def default(self, sobject: str, field: Field, moment: Moment) -> Value:
        """The default value of a new record's field. Raises SaveError when it cannot be had."""
        expression = self._defaults.get((sobject, field.name))
        if expression is None:
            if field.name in DEFAULTED_CODES:
                return moment.user.currency
            return next((item.value for item in field.picklist if item.default), None)
        try:
            value = evaluate(
                expression,
                self._resolver(sobject, {}, moment),
                moment.now,
                kind_of=self._kinds[sobject],
                time_zone=moment.user.time_zone,
            )
        except EvaluationError as error:
            raise SaveError("INVALID_FIELD", f"{field.name}: {error.message}") from None
        return _percent(field, value)

    def refusals(self, sobject: str, old: Row | None, new: Row, moment: Moment) -> list[SaveError]:
        """What the active validation rules say about a record that is being saved."""
        found: list[SaveError] = []
        for rule, expression in self._rules[sobject]:
            try:
                refused = evaluate(
                    expression,
                    self._resolver(sobject, new, moment),
                    moment.now,
                    kind_of=self._kinds[sobject],
                    time_zone=moment.user.time_zone,
                    prior=self._resolver(sobject, old, moment) if old is not None else None,
                    is_new=old is None,
                )
            except EvaluationError as error:
                message = f'Validation Formula "{rule.name}" Invalid ({error.message})'
                found.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", message))
                continue
            if refused:
                fields = (rule.error_field,) if rule.error_field else ()
                found.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields))
        return found

    def _resolver(self, sobject: str, row: Row, moment: Moment) -> Callable[[Path], Value]:
        def resolve(path: Path) -> Value:
            first = path[0].lower()
            if first == "$permission":
                granted = moment.user.permissions
                return granted is not None and path[-1].lower() in granted.custom
            if first == "$label":
                return self._schema.labels[path[-1].lower()]
            if first in _GLOBALS:
                return self._global(_GLOBALS[first], path[1:], moment)
            return self._follow(sobject, row, path, moment)

        return resolve

    def _global(self, name: str, path: Path, moment: Moment) -> Value:
        user = self._store.table("User").any(moment.user.id) or {}
        if name == "User":
            return self._follow(name, user, path, moment)
        if name == "Profile":
            row = self._store.table(name).any(str(user.get("ProfileId"))) or {}
        else:
            row = next(self._store.table(name).rows(), {})
        return self._follow(name, row, path, moment)

    def _follow(self, sobject: str, row: Row, path: Path, moment: Moment) -> Value:
        way = self._ways.get((sobject, path))
        if way is None:
            way = self._ways[sobject, path] = self._way(sobject, path)
        current: Row | None = row
        own = row.get(CODE)
        for reference in way.references:
            id_ = current.get(reference) if current is not None else None
            parent = self._store.object_of(id_) if id_ else None
            current = self._store.table(parent).any(id_) if parent and id_ else None
        if current is None:
            return False if way.field.type is FieldType.BOOLEAN else None
        value: Value = (
            current.get(way.field.name)
            if way.field.formula is None
            else self.value(way.object, current, way.field, moment)
        )
        if way.references and way.field.type is FieldType.CURRENCY and current.get(CODE) != own:
            return current_rates(self._store).convert(value, current.get(CODE), own)
        return False if value is None and way.field.type is FieldType.BOOLEAN else value

    def _way(self, sobject: str, path: Path) -> _Way:
        references: list[str] = []
        current = self._schema.objects[sobject.lower()]
        for part in path[:-1]:
            reference = next(
                field
                for field in current
                if field.relationship and field.relationship.lower() == part.lower()
            )
            references.append(reference.name)
            current = self._schema.objects[reference.reference_to[0].lower()]
        return _Way(tuple(references), current.name, resolve_field(self._schema, sobject, path))


def check_formulas(schema: Schema) -> None:
    """Raises MetadataError or Unsupported for the formulas that are wrong, as `Formulas` does."""
    Formulas(schema, Store(schema))


def shaped(field: Field, value: Value) -> Value:
    """A formula's result in the form of its field: rounded to the scale, never a null checkbox."""
    value = _percent(field, value)
    if field.type is FieldType.BOOLEAN:
        return bool(value)
    if field.type in NUMERIC and value is not None:
        return convert(field, value)
    return value


def _percent(field: Field, value: Value) -> Value:
    """What a percent field stores: formulas calculate with 0.1 where it holds 10.

    Salesforce Help, "Formula Operators and Functions" (percent values are decimals in formulas);
    "Define Default Field Values" (a percent as a decimal, such as 0.10).
    """
    if field.type is FieldType.PERCENT and isinstance(value, Decimal):
        return value * 100
    return value


def _compiled(text: str, kinds: KindOf, holder: Field | ValidationRule) -> tuple[Expression, Kind]:
    try:
        expression = parse(text)
        return expression, check(expression, kinds)
    except Unsupported as error:
        raise Unsupported(f"{holder.name}: {error.feature}", holder.where) from None
    except FormulaError as error:
        raise MetadataError(
            f"{holder.name}: {error.message}", _line(holder.where, text, error.position)
        ) from None


def _check_default(target: ObjectType, field: Field, expression: Expression) -> None:
    for path in references(expression):
        if not path[0].startswith("$"):
            raise MetadataError(
                f"{target.name}.{field.name}: a default value cannot refer to the field "
                f"{'.'.join(path)}",
                field.where,
            )


def _line(where: Where | None, text: str, position: int) -> Where | None:
    """The line of a position in a formula that begins at `where`."""
    return replace(where, line=where.line + text.count("\n", 0, position)) if where else None


def _fits(target: ObjectType, field: Field, kind: Kind) -> None:
    wanted = field_kind(field)
    if kind in {wanted, Kind.ANY, Kind.NULL} or {kind, wanted} <= _TEXTUAL:
        return
    raise MetadataError(
        f"{target.name}.{field.name}: Formula result is data type ({kind}), incompatible with "
        f"expected data type ({wanted}).",
        field.where,
    )
