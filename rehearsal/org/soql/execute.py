"""Runs a query on the records of the org."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from functools import cmp_to_key
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.org.errors import QueryError
from rehearsal.org.ports import User
from rehearsal.org.schema import Field, FieldType, ObjectType, Schema
from rehearsal.org.soql import aggregates, ast
from rehearsal.org.soql.amounts import Amounts, unsupported
from rehearsal.org.soql.conditions import Conditions, fold
from rehearsal.org.soql.paths import Getter, Resolved, Scope
from rehearsal.org.soql.source import Source
from rehearsal.org.values import Row, Value

__all__ = ["Source", "execute"]

_OFFSET_LIMIT = 2000


def execute(
    query: ast.Query,
    schema: Schema,
    source: Source,
    *,
    user: User,
    binds: Callable[[str], Any] | None = None,
    now: dt.datetime,
    user_mode: bool = False,
) -> list[Row]:
    """The rows of a query, as `ports.Transaction.query` describes them.

    `SELECT COUNT()` gives one row with `expr0`. In user mode, and for `WITH USER_MODE` or
    `SECURITY_ENFORCED`, an object or field that the user may not read does not exist.
    Raises QueryError.
    """
    target = schema.find(query.object)
    if target is None:
        raise QueryError(
            "INVALID_TYPE",
            f"sObject type '{query.object}' is not supported. If you are attempting to use a "
            "custom object, be sure to append the '__c' after the entity name. Please reference "
            "your WSDL or the describe call for the appropriate names.",
        )
    enforce = user_mode or query.security in {"USER_MODE", "SECURITY_ENFORCED"}
    run = _Run(schema, source, user, enforce, binds or _no_binds, now)
    return run.rows(query, target, None)


def _no_binds(expression: str) -> Any:
    raise QueryError("MALFORMED_QUERY", f"Variable does not exist: {expression}")


class _Run:
    def __init__(
        self,
        schema: Schema,
        source: Source,
        user: User,
        enforce: bool,
        binds: Callable[[str], Any],
        now: dt.datetime,
    ) -> None:
        self._schema, self._source, self._user = schema, source, user
        self._enforce, self._binds, self._now = enforce, binds, now
        self._zone = ZoneInfo(user.time_zone)
        self._amounts = Amounts(schema, source)

    def scope(self, target: ObjectType) -> Scope:
        scope = Scope(self._schema, self._source, target, self._user if self._enforce else None)
        scope.check_object(target)
        return scope

    def rows(self, query: ast.Query, target: ObjectType, among: Iterable[Row] | None) -> list[Row]:
        scope = self.scope(target)
        found = self.matching(query, scope, among)
        if query.count_only:
            return [{"expr0": len(self.cut(query, found))}]
        if not query.group_by and any(
            isinstance(item, ast.Path) and item.alias for item in query.select
        ):
            raise QueryError("MALFORMED_QUERY", "a field has an alias only in an aggregate query")
        if query.group_by or any(
            isinstance(item, ast.Call) and item.function in aggregates.FUNCTIONS
            for item in query.select
        ):
            return self.cut(query, self.grouped(query, scope, found))
        ordered = self.sort(query.order_by, found, lambda key: self.ordering(scope, key))
        project = self.projection(query, scope)
        return [project(row) for row in self.cut(query, ordered)]

    def matching(self, query: ast.Query, scope: Scope, among: Iterable[Row] | None) -> list[Row]:
        conditions = Conditions(
            lambda item: self.operand(scope, item),
            self._binds,
            self.semi_join,
            self._now,
            self._zone,
        )
        if query.where is None:
            candidates = among
            accepts = None
        else:
            accepts = conditions.predicate(query.where)
            candidates = among if among is not None else self.indexed(query, scope, conditions)
        if candidates is None:
            candidates = self._source.scan(scope.object.name, None, query.all_rows)
        rows = candidates if query.all_rows else (r for r in candidates if not r.get("IsDeleted"))
        return [row for row in rows if accepts is None or accepts(row)]

    def indexed(
        self, query: ast.Query, scope: Scope, conditions: Conditions
    ) -> Iterable[Row] | None:
        """Candidates from an index, where a required term names one field's values."""
        where = query.where
        terms = where.terms if isinstance(where, ast.And) else (where,)
        for term in terms:
            if (
                not isinstance(term, ast.Comparison)
                or term.operator not in {"=", "IN"}
                or not isinstance(term.left, ast.Path)
                or len(term.left.parts) > 1
                or isinstance(term.right, ast.DateLiteral)
            ):
                continue
            field = scope.resolve(term.left).field
            values = conditions.values(term, field)
            if None in values:
                continue
            if field.type is FieldType.ID:
                ids = [str(value) for value in values]
                return self._source.scan(scope.object.name, ids, query.all_rows)
            found = self._source.find(scope.object.name, field.name, values)
            if found is not None:
                return found
        return None

    def semi_join(self, query: ast.Query) -> list[Value]:
        target = self._schema.find(query.object)
        if target is None:
            raise QueryError("INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
        (item,) = query.select if len(query.select) == 1 else (None,)
        if not isinstance(item, ast.Path):
            raise QueryError("MALFORMED_QUERY", "a semi-join selects exactly one field")
        scope = self.scope(target)
        resolved = scope.resolve(item)
        if resolved.field.type not in {FieldType.ID, FieldType.REFERENCE}:
            raise QueryError(
                "MALFORMED_QUERY",
                f"The selected field '{resolved.field.name}' in the subquery and the left operand "
                "field in the where expression in the outer query should point to the same object "
                "type",
            )
        return [resolved.read(row) for row in self.matching(query, scope, None)]

    def operand(self, scope: Scope, item: ast.Path | ast.Call) -> tuple[Getter, Field | None]:
        if isinstance(item, ast.Path):
            resolved = scope.resolve(item)
            return resolved.read, resolved.field
        if item.function in aggregates.FUNCTIONS or item.argument is None:
            raise QueryError("MALFORMED_QUERY", f"{item.function} is not allowed here")
        read = scope.resolve(item.argument).read
        return (lambda row: aggregates.date_part(item.function, read(row), self._zone)), None

    def ordering(self, scope: Scope, item: ast.Path | ast.Call) -> tuple[Getter, Field | None]:
        """SOQL and SOSL Reference, "convertCurrency()": amounts are ordered as converted ones."""
        if isinstance(item, ast.Path) and self._amounts.concern(scope, item):
            return self._amounts.converted(scope, item), scope.resolve(item).field
        return self.operand(scope, item)

    def number(self, value: int | ast.Bind | None) -> int | None:
        if isinstance(value, ast.Bind):
            bound = self._binds(value.expression)
            if not isinstance(bound, int) or bound < 0:
                raise QueryError("MALFORMED_QUERY", f"invalid bound number: {value.expression}")
            return bound
        return value

    def cut(self, query: ast.Query, rows: list[Row]) -> list[Row]:
        offset, limit = self.number(query.offset) or 0, self.number(query.limit)
        if offset > _OFFSET_LIMIT:
            raise QueryError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        return rows[offset:] if limit is None else rows[offset : offset + limit]

    @staticmethod
    def sort(
        orders: Sequence[ast.Order],
        rows: list[Row],
        operand: Callable[[ast.Path | ast.Call], tuple[Getter, Field | None]],
    ) -> list[Row]:
        """Stable, so that rows which tie keep the order of their creation."""
        result = list(rows)
        for order in reversed(orders):
            get, field = operand(order.key)
            result.sort(key=cmp_to_key(_comparer(get, field, order)))
        return result

    def projection(self, query: ast.Query, scope: Scope) -> Callable[[Row], Row]:
        own: list[Resolved] = []
        up: list[Resolved] = []
        down: list[tuple[str, Callable[[Row], list[Row]]]] = []
        for item in query.select:
            if isinstance(item, ast.Subquery):
                down.append(self.children(item.query, scope.object))
            elif isinstance(item, ast.Path):
                resolved = scope.resolve(item)
                (up if resolved.steps else own).append(resolved)
            else:
                raise QueryError(
                    "MALFORMED_QUERY", f"{item.function}() needs GROUP BY in the local org"
                )
        name = scope.object.name

        def project(row: Row) -> Row:
            out: Row = {"attributes": {"type": name}, "Id": row["Id"]}
            for resolved in own:
                out[resolved.field.name] = resolved.read(row)
            for resolved in up:
                _nest(out, scope, row, resolved)
            for relationship, rows in down:
                out[relationship] = rows(row)
            return out

        return project

    def children(
        self, query: ast.Query, parent: ObjectType
    ) -> tuple[str, Callable[[Row], list[Row]]]:
        child, field = self.child_of(parent, query.object)

        def rows(row: Row) -> list[Row]:
            found = self._source.find(child.name, field.name, [row["Id"]])
            if found is None:
                found = (
                    candidate
                    for candidate in self._source.scan(child.name)
                    if candidate.get(field.name) == row["Id"]
                )
            return self.rows(query, child, found)

        return str(field.child_relationship), rows

    def child_of(self, parent: ObjectType, relationship: str) -> tuple[ObjectType, Field]:
        for child, field in self._schema.children(parent.name):
            if (field.child_relationship or "").lower() == relationship.lower():
                return child, field
        raise QueryError(
            "INVALID_TYPE",
            f"Didn't understand relationship '{relationship}' in FROM part of query call. If you "
            "are attempting to use a custom relationship, be sure to append the '__r' after the "
            "custom relationship name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
        )

    def grouped(self, query: ast.Query, scope: Scope, rows: list[Row]) -> list[Row]:
        keys = [self.operand(scope, key) for key in query.group_by]
        groups: dict[tuple[Value, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(fold(get(row), field) for get, field in keys), []).append(row)
        if not query.group_by:
            groups = {(): rows}
        items = self.aggregate_items(query, scope)
        made = [
            ({alias: make(members) for alias, make in items}, members)
            for members in groups.values()
        ]
        members_of = {id(out): members for out, members in made}

        def operand(item: ast.Path | ast.Call) -> tuple[Getter, Field | None]:
            make, field = self.aggregate_item(query, scope, item)
            return (lambda out: make(members_of[id(out)])), field

        results = [out for out, _ in made]
        if query.having is not None:
            conditions = Conditions(operand, self._binds, self.semi_join, self._now, self._zone)
            accepts = conditions.predicate(query.having)
            results = [out for out in results if accepts(out)]
        return self.sort(query.order_by, results, operand)

    def aggregate_items(
        self, query: ast.Query, scope: Scope
    ) -> list[tuple[str, Callable[[list[Row]], Value]]]:
        items = []
        unnamed = 0
        for item in query.select:
            if isinstance(item, ast.Subquery):
                raise QueryError("MALFORMED_QUERY", "a subquery cannot stand in an aggregate query")
            items.append(
                (aggregates.alias_of(item, unnamed), self.aggregate_item(query, scope, item)[0])
            )
            unnamed += isinstance(item, ast.Call) and item.alias is None
        return items

    def aggregate_item(
        self, query: ast.Query, scope: Scope, item: ast.Path | ast.Call
    ) -> tuple[Callable[[list[Row]], Value], Field | None]:
        """How to make one item of an aggregate row from the rows of its group."""
        if isinstance(item, ast.Call) and item.function in aggregates.FUNCTIONS:
            if item.argument is None:
                return (lambda members: len(members)), None
            resolved = scope.resolve(item.argument)
            aggregates.check(item.function, resolved.field)
            function, read, field = item.function, resolved.read, resolved.field
            if function != "COUNT" and self._amounts.concern(scope, item.argument):
                if function == "COUNT_DISTINCT":
                    raise unsupported(f"{function} of a currency field in a multicurrency org")
                read = self._amounts.converted(scope, item.argument)
            kept = field if function in {"MIN", "MAX"} else None
            return (lambda members: aggregates.aggregate(function, read, field, members)), kept
        if _plain(item) not in {_plain(key) for key in query.group_by}:
            name = item.parts[-1] if isinstance(item, ast.Path) else item.function
            raise QueryError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {name}")
        get, own = self.operand(scope, item)
        return (lambda members: get(members[0]) if members else None), own


def _plain(item: ast.Path | ast.Call) -> tuple[str, tuple[str, ...]]:
    if isinstance(item, ast.Path):
        return "", tuple(part.lower() for part in item.parts)
    argument = item.argument.parts if item.argument else ()
    return item.function, tuple(part.lower() for part in argument)


def _comparer(get: Getter, field: Field | None, order: ast.Order) -> Callable[[Row, Row], int]:
    null_side = 1 if order.nulls_last else -1

    def compare(left: Row, right: Row) -> int:
        first: Any = fold(get(left), field)
        second: Any = fold(get(right), field)
        if first is None or second is None:
            return 0 if first is second else (null_side if first is None else -null_side)
        if first == second:
            return 0
        return (1 if first > second else -1) * (-1 if order.descending else 1)

    return compare


def _nest(out: Row, scope: Scope, row: Row, resolved: Resolved) -> None:
    """Puts a parent's field under its relationship names; a null parent is None."""
    current = out
    for depth, step in enumerate(resolved.steps, start=1):
        name = str(step.field.relationship)
        found = scope.ascend(row, resolved.steps[:depth])
        if found is None:
            current.setdefault(name, None)
            return
        target, parent = found
        current = current.setdefault(
            name, {"attributes": {"type": target.name}, "Id": parent["Id"]}
        )
    current[resolved.field.name] = resolved.read(row)
