"""`/sobjects/X…`: one record (REST API Developer Guide, "sObject Rows" and "sObject Rows by
External ID")."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from rehearsal.org.errors import SaveError
from rehearsal.org.ports import SaveResult, User
from rehearsal.org.schema import Field, ObjectKind, ObjectType
from rehearsal.org.server.rest import events
from rehearsal.org.server.rest.access import has_permission, readable_fields
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError, not_found
from rehearsal.org.server.rest.query import records_json
from rehearsal.org.server.rest.values import no_such_column, record_from_json, value_from_json
from rehearsal.org.soql import ast
from rehearsal.org.values import Row, Value, id18

_GONE = frozenset({"INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED", "NOT_FOUND"})


def create(context: Context, call: Call, name: str) -> Reply:
    """201 with the new id."""
    target = context.object_type(call, name)
    row = record_from_json(context.schema, target, call.json())
    if target.kind is ObjectKind.EVENT:
        (published,) = events.publish(context, call.user, target, [row])
        if isinstance(published, SaveError):
            raise ApiError.of([published])
        return Reply(201, events.result_json(context, published))
    if "Id" in row:
        raise ApiError(400, "INVALID_FIELD", "cannot specify Id in an insert call", ("Id",))
    (result,) = context.transact(
        call.user, lambda tx: tx.insert(target.name, [row], user_mode=True)
    )
    return _created(context, call, target, result)


def read(context: Context, call: Call, name: str, record_id: str) -> Reply:
    """The record with all fields that the user may read, or those of `?fields=`."""
    target = _record_type(context, call, name)
    return Reply(body=_one(context, call, target, "Id", _id(target, record_id)))


def update(context: Context, call: Call, name: str, record_id: str) -> Reply:
    """204."""
    target = _record_type(context, call, name)
    row = record_from_json(context.schema, target, call.json())
    if "Id" in row:
        raise ApiError(
            400, "INVALID_FIELD", "The Id field should not be specified in the sobject data."
        )
    row["Id"] = _id(target, record_id)
    (result,) = context.transact(
        call.user, lambda tx: tx.update(target.name, [row], user_mode=True)
    )
    return _changed(result)


def delete(context: Context, call: Call, name: str, record_id: str) -> Reply:
    """204."""
    target = _record_type(context, call, name)
    (result,) = context.transact(
        call.user,
        lambda tx: tx.delete(target.name, [_id(target, record_id)], user_mode=True),
    )
    return _changed(result)


def read_by_key(context: Context, call: Call, name: str, key: str, value: str) -> Reply:
    """The record with that external id."""
    target = _record_type(context, call, name)
    declared = key_field(call.user, target, key)
    return Reply(body=_one(context, call, target, declared.name, _key(declared, value)))


def upsert(context: Context, call: Call, name: str, key: str, value: str) -> Reply:
    """201 for a new record, 200 for one that was there (since API version 46.0)."""
    target = _record_type(context, call, name)
    declared = key_field(call.user, target, key)
    row = record_from_json(context.schema, target, call.json())
    if declared.name in row:
        raise ApiError(
            400,
            "INVALID_FIELD",
            f"The {declared.name} field should not be specified in the sobject data.",
        )
    row[declared.name] = _key(declared, value)
    (result,) = context.transact(
        call.user, lambda tx: tx.upsert(target.name, [row], declared.name, user_mode=True)
    )
    return _created(context, call, target, result, upserted=True)


def delete_by_key(context: Context, call: Call, name: str, key: str, value: str) -> Reply:
    """204."""
    target = _record_type(context, call, name)
    declared = key_field(call.user, target, key)
    found = _one(context, call, target, declared.name, _key(declared, value))
    return delete(context, call, target.name, str(found["Id"]))


def key_field(user: User, target: ObjectType, name: str) -> Field:
    """The field that a record is named by. Raises ApiError.

    One that is not unique wants View All Data, since it tells of records that the user may not
    see (REST API Developer Guide, "Upsert").
    """
    declared = target.find(name)
    if declared is None or not (declared.external_id or declared.name == "Id"):
        raise ApiError(
            404,
            "NOT_FOUND",
            f"Provided external ID field does not exist or is not accessible: {name}",
        )
    if declared.external_id and not declared.unique and not has_permission(user, "ViewAllData"):
        raise ApiError(
            403,
            "INSUFFICIENT_ACCESS",
            f"View All Data is required to use {declared.name}, which is not unique",
        )
    return declared


def fetch(
    context: Context, call: Call, target: ObjectType, key: str, keys: list[Value], fields: list[str]
) -> list[dict[str, Any]]:
    """Records by one field, as JSON. Raises QueryError."""
    values = tuple(ast.Literal(value) for value in keys)
    select = tuple(ast.Path(tuple(name.split("."))) for name in fields)
    found = ast.Query(
        object=target.name,
        select=select,
        where=ast.Comparison(ast.Path((key,)), "IN", values),
    )

    rows: list[Row] = context.transact(
        call.user, lambda tx: tx.query(found, user_mode=True, count_limits=False)
    )
    return records_json(context.schema, found, rows, call.root)


def _one(
    context: Context, call: Call, target: ObjectType, key: str, value: Value
) -> dict[str, Any]:
    wanted = [name for name in call.query.get("fields", "").split(",") if name]
    for name in wanted:
        if "." not in name and target.find(name) is None:
            raise no_such_column(name, target)
    names = wanted or [declared.name for declared in readable_fields(call.user, target)]
    if "Id" not in names:
        names.append("Id")
    found = fetch(context, call, target, key, [value], names)
    if not found:
        raise not_found()
    if len(found) > 1:
        raise ApiError(300, "MULTIPLE_CHOICES", f"{len(found)} records have this external id")
    return found[0]


def _record_type(context: Context, call: Call, name: str) -> ObjectType:
    target = context.object_type(call, name)
    if target.kind is ObjectKind.EVENT:
        raise events.unreadable(target)
    return target


def _id(target: ObjectType, text: str) -> str:
    try:
        found = id18(text)
    except ValueError:
        raise ApiError(
            404,
            "NOT_FOUND",
            "Provided external ID field does not exist or is not accessible: " + text,
        ) from None
    if target.key_prefix and not found.startswith(target.key_prefix):
        raise not_found()
    return found


def _key(declared: Field, text: str) -> Value:
    return value_from_json(declared, unquote(text))


def _created(
    context: Context,
    call: Call,
    target: ObjectType,
    result: SaveResult,
    *,
    upserted: bool = False,
) -> Reply:
    if not result.success:
        raise ApiError.of(result.errors)
    body: dict[str, Any] = {"id": result.id, "success": True, "errors": []}
    if upserted:
        body["created"] = result.created
    location = {"Location": f"{call.root}/sobjects/{target.name}/{result.id}"}
    return Reply(201, body, location) if result.created else Reply(200, body)


def _changed(result: SaveResult) -> Reply:
    if result.success:
        return Reply(204)
    if {error.status_code for error in result.errors} <= _GONE:
        raise ApiError(404, result.errors[0].status_code, result.errors[0].message)
    raise ApiError.of(result.errors)
