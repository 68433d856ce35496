"""What a query selects, column by column: `query?q=…&columns=true`, which the Salesforce CLI asks
for to print a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectType, Schema
from rehearsal.org.soql import ast
from rehearsal.org.soql.aggregates import alias_of


def columns(schema: Schema, found: ast.Query) -> dict[str, Any]:
    """The body of the answer; the query has been run, so its names are known to be right."""
    target = schema.find(found.object)
    assert target is not None
    return {
        "columnMetadata": list(_columns(schema, target, found)),
        "entityName": target.name,
        "groupBy": bool(found.group_by),
        "idSelected": ast.Path(("Id",)) in found.select,
        "keyPrefix": target.key_prefix or None,
    }


def _columns(schema: Schema, target: ObjectType, found: ast.Query) -> Iterator[dict[str, Any]]:
    calls = 0
    for item in found.select:
        if isinstance(item, ast.Subquery):
            yield _children(schema, target, item.query)
        elif isinstance(item, ast.Call):
            yield _call(item, alias_of(item, calls))
            calls += item.alias is None
        elif item.alias is not None:
            yield _column(item.alias, None, aggregate=True)
        else:
            yield _path(schema, target, item.parts)


def _path(schema: Schema, target: ObjectType, parts: tuple[str, ...]) -> dict[str, Any]:
    head, *rest = parts
    if not rest:
        field = target.find(head)
        return _column(field.name if field else head, field)
    reference = next(f for f in target if (f.relationship or "").lower() == head.lower())
    parent = schema.objects[reference.reference_to[0].lower()]
    joined = _column(reference.relationship or head, None)
    joined["joinColumns"] = [_path(schema, parent, tuple(rest))]
    return joined


def _children(schema: Schema, target: ObjectType, query: ast.Query) -> dict[str, Any]:
    name, child = next(
        (field.child_relationship, child)
        for child, field in schema.children(target.name)
        if (field.child_relationship or "").lower() == query.object.lower()
    )
    joined = _column(name or query.object, None, aggregate=True)
    joined["joinColumns"] = list(_columns(schema, child, query))
    return joined


def _call(item: ast.Call, alias: str) -> dict[str, Any]:
    made = _column(alias, None, aggregate=True)
    made["displayName"] = item.function.lower() if item.alias is None else alias
    return made


def _column(name: str, field: Field | None, *, aggregate: bool = False) -> dict[str, Any]:
    kind = field.type if field else None
    return {
        "aggregate": aggregate,
        "booleanType": kind is FieldType.BOOLEAN,
        "columnName": name,
        "custom": bool(field and field.custom),
        "displayName": name,
        "foreignKeyName": field.relationship if field else None,
        "insertable": bool(field and field.createable and not field.calculated),
        "joinColumns": [],
        "numberType": kind in NUMERIC,
        "textType": kind is FieldType.STRING,
        "updatable": bool(field and field.updateable and not field.calculated),
    }
