"""`/composite/sobjects`: up to 200 records a call (REST API Developer Guide, "sObject
Collections")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rehearsal.org.errors import LimitExceeded, SaveError
from rehearsal.org.ports import SaveResult, Transaction
from rehearsal.org.schema import ObjectKind, ObjectType
from rehearsal.org.server.rest import events
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError, malformed
from rehearsal.org.server.rest.sobjects import fetch, key_field
from rehearsal.org.server.rest.values import record_from_json, save_error_json
from rehearsal.org.values import Row, id18

MAX_RECORDS, MAX_READ, MAX_CHUNKS = 200, 2000, 10
ROLLED_BACK = SaveError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone "
    "header",
)

Results = list[dict[str, Any]]
Save = Callable[[Transaction, ObjectType, list[Row], bool], Sequence[SaveResult]]


class _Undo(Exception):
    def __init__(self, results: list[SaveResult]) -> None:
        self.results = results


def create(context: Context, call: Call) -> Reply:
    """Inserts; platform events are published."""
    records = _records(context, call)
    if all(target.kind is ObjectKind.EVENT for target, _ in records):
        return Reply(body=_publish(context, call, records))
    if any(target.kind is ObjectKind.EVENT for target, _ in records):
        raise ApiError(400, "INVALID_TYPE", "platform events and records cannot share a call")
    for target, row in records:
        if "Id" in row:
            raise ApiError(
                400, "INVALID_FIELD", f"cannot specify Id in an insert call: {target.name}"
            )
    return _save(
        context,
        call,
        records,
        lambda tx, target, rows, whole: tx.insert(
            target.name, rows, all_or_none=whole, user_mode=True
        ),
    )


def update(context: Context, call: Call) -> Reply:
    """Each record names itself by `id`."""
    records = _records(context, call)
    for target, row in records:
        if not row.get("Id"):
            raise ApiError(
                400, "MISSING_ARGUMENT", f"Id not specified in an update call: {target.name}"
            )
        row["Id"] = _id(str(row["Id"]))
    return _save(
        context,
        call,
        records,
        lambda tx, target, rows, whole: tx.update(
            target.name, rows, all_or_none=whole, user_mode=True
        ),
    )


def upsert(context: Context, call: Call, name: str, key: str) -> Reply:
    """Matches by an external id; the results say `created`."""
    target = context.object_type(call, name)
    declared = key_field(call.user, target, key)
    records = _records(context, call)
    if any(found is not target for found, _ in records):
        raise ApiError(
            400, "INVALID_TYPE", f"every record of this call must be of type {target.name}"
        )
    return _save(
        context,
        call,
        records,
        lambda tx, found, rows, whole: tx.upsert(
            found.name, rows, declared.name, all_or_none=whole, user_mode=True
        ),
        upserted=True,
    )


def delete(context: Context, call: Call) -> Reply:
    """`?ids=a,b&allOrNone=true`."""
    ids = [_id(text) for text in call.query.get("ids", "").split(",") if text]
    _check_count(len(ids), MAX_RECORDS)
    prefixes = {target.key_prefix: target for target in context.schema.objects.values()}
    records: list[tuple[ObjectType, Row]] = []
    for identifier in ids:
        target = prefixes.get(identifier[:3])
        if target is None:
            raise ApiError(400, "INVALID_ID_FIELD", f"unknown key prefix: {identifier}")
        records.append((target, {"Id": identifier}))
    return _save(
        context,
        call,
        records,
        lambda tx, target, rows, whole: tx.delete(
            target.name, [row["Id"] for row in rows], all_or_none=whole, user_mode=True
        ),
        whole=call.flag("allOrNone"),
    )


def read(context: Context, call: Call, name: str) -> Reply:
    """`?ids=…&fields=…`: the records in the order of the ids, null for one that is not there."""
    ids = call.query.get("ids", "").split(",")
    return _read(context, call, name, ids, call.query.get("fields", "").split(","))


def read_by_body(context: Context, call: Call, name: str) -> Reply:
    """The same with `{"ids": […], "fields": […]}`."""
    body = call.json()
    return _read(context, call, name, body.get("ids", []), body.get("fields", []))


def _read(context: Context, call: Call, name: str, ids: list[str], fields: list[str]) -> Reply:
    target = context.object_type(call, name)
    wanted = [_id(text) for text in ids if text]
    _check_count(len(wanted), MAX_READ)
    names = [text for text in fields if text]
    if not names:
        raise ApiError(400, "MISSING_ARGUMENT", "fields is required")
    found = fetch(context, call, target, "Id", list(wanted), [*dict.fromkeys([*names, "Id"])])
    by_id = {record["Id"]: record for record in found}
    return Reply(body=[by_id.get(identifier) for identifier in wanted])


def _records(context: Context, call: Call) -> list[tuple[ObjectType, Row]]:
    body = call.json().get("records")
    if not isinstance(body, list):
        raise malformed("records is required")
    _check_count(len(body), MAX_RECORDS)
    return [_record(context, call, item) for item in body]


def _record(context: Context, call: Call, item: Any) -> tuple[ObjectType, Row]:
    kind = item.get("attributes", {}).get("type") if isinstance(item, dict) else None
    target = context.schema.find(kind) if isinstance(kind, str) else None
    if target is None:
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")
    return target, record_from_json(context.schema, target, item)


def _check_count(count: int, maximum: int) -> None:
    if count > maximum:
        raise ApiError(
            400,
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {maximum} records into this call",
        )


def _publish(
    context: Context, call: Call, records: list[tuple[ObjectType, Row]]
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    for target, rows in _chunks(records):
        for published in events.publish(context, call.user, target, rows):
            if isinstance(published, SaveError):
                results.append({"success": False, "errors": [save_error_json(published)]})
            else:
                results.append(events.result_json(context, published))
    return results


def _chunks(records: list[tuple[ObjectType, Row]]) -> list[tuple[ObjectType, list[Row]]]:
    """Runs of one type. Raises ApiError for too many of them."""
    chunks: list[tuple[ObjectType, list[Row]]] = []
    for target, row in records:
        if not chunks or chunks[-1][0] is not target:
            chunks.append((target, []))
        chunks[-1][1].append(row)
    if len(chunks) > MAX_CHUNKS:
        raise ApiError(
            400,
            "INVALID_BATCH_SIZE",
            f"a call can have at most {MAX_CHUNKS} chunks of one object type",
        )
    return chunks


def _save(
    context: Context,
    call: Call,
    records: list[tuple[ObjectType, Row]],
    save: Save,
    *,
    upserted: bool = False,
    whole: bool | None = None,
) -> Reply:
    """One chunk for each run of one type, all in one transaction."""
    all_or_none = bool(call.json().get("allOrNone", False)) if whole is None else whole
    chunks = _chunks(records)

    def work(tx: Transaction) -> list[SaveResult]:
        results: list[SaveResult] = []
        for target, rows in chunks:
            results += save(tx, target, rows, all_or_none)
            if all_or_none and not all(result.success for result in results):
                raise _Undo(results)
        return results

    try:
        results = context.transact(call.user, work)
    except _Undo as undone:
        results = _rolled_back(undone.results, len(records))
    except LimitExceeded as limit:
        refused = SaveError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", str(limit))
        results = [SaveResult(None, created=False, errors=(refused,)) for _ in records]
    return Reply(body=[_result(result, upserted) for result in results])


def _rolled_back(results: list[SaveResult], count: int) -> list[SaveResult]:
    undone = SaveResult(None, created=False, errors=(ROLLED_BACK,))
    kept = [undone if result.success else result for result in results]
    return kept + [undone] * (count - len(kept))


def _result(result: SaveResult, upserted: bool) -> dict[str, Any]:
    if not result.success:
        return {
            "success": False,
            "errors": [save_error_json(error) for error in result.errors],
        }
    body: dict[str, Any] = {"id": result.id, "success": True, "errors": []}
    if upserted:
        body["created"] = result.created
    return body


def _id(text: str) -> str:
    try:
        return id18(text)
    except ValueError:
        raise ApiError(400, "MALFORMED_ID", f"malformed id {text}") from None
