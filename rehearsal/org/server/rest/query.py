"""`/query`, `/queryAll` and their next batches (REST API Developer Guide, "Query")."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rehearsal.org.errors import QueryError
from rehearsal.org.ports import User
from rehearsal.org.schema import ObjectType, Schema
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.columns import columns
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError
from rehearsal.org.server.rest.values import field_to_json, value_to_json
from rehearsal.org.soql import ast, parse
from rehearsal.org.values import Row

SMALLEST_BATCH, LARGEST_BATCH = 200, 2000


def query(context: Context, call: Call) -> Reply:
    """The answer to `q=`, in the user's mode: what he may not read does not exist."""
    return _records(context, call, parse(text_of(call)))


def query_all(context: Context, call: Call) -> Reply:
    """Like `query`, with deleted records."""
    return _records(context, call, replace(parse(text_of(call)), all_rows=True))


def more(context: Context, call: Call, locator: str) -> Reply:
    """The next batch of a query."""
    name, _, start = locator.rpartition("-")
    records = context.cursors.get(name)
    if records is None or not start.isdigit():
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return Reply(body=_batch(call, name, records, int(start)))


def records_json(
    schema: Schema, found: ast.Query, rows: list[Row], root: str
) -> list[dict[str, Any]]:
    """The records of a query that is no aggregate, with the fields it selects and no others."""
    target = schema.find(found.object)
    assert target is not None
    shape = _Shape(schema, found.select)
    return [shape.render(target, row, root) for row in rows]


def text_of(call: Call) -> str:
    """The query of a call. Raises QueryError for none."""
    text = call.query.get("q")
    if not text:
        raise QueryError("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
    return text


def _records(context: Context, call: Call, found: ast.Query) -> Reply:
    rows = _rows(context, call.user, found)
    if call.flag("columns"):
        return Reply(body=columns(context.schema, found))
    return answer(context, call, found, rows, context.schema)


def answer(
    context: Context, call: Call, found: ast.Query, rows: list[Row], schema: Schema
) -> Reply:
    """The first batch of the rows of a query on a schema."""
    if found.count_only:
        return Reply(body={"totalSize": rows[0]["expr0"], "done": True, "records": []})
    if _is_aggregate(found):
        records = [_aggregate(row) for row in rows]
    else:
        records = records_json(schema, found, rows, call.root)
    name = context.next_locator()
    body = _batch(call, name, records, 0)
    if not body["done"]:
        context.cursors[name] = records
    return Reply(body=body)


def _rows(context: Context, user: User, found: ast.Query) -> list[Row]:
    return context.transact(user, lambda tx: tx.query(found, user_mode=True, count_limits=False))


def _batch(call: Call, name: str, records: list[Any], start: int) -> dict[str, Any]:
    end = start + _batch_size(call)
    body: dict[str, Any] = {"totalSize": len(records), "done": end >= len(records)}
    if not body["done"]:
        body["nextRecordsUrl"] = f"{call.root}/query/{name}-{end}"
    body["records"] = records[start:end]
    return body


def _batch_size(call: Call) -> int:
    """`Sforce-Query-Options: batchSize=200`; 200 to 2,000, default 2,000."""
    option = call.headers.get("sforce-query-options", "").partition("batchSize=")[2].strip()
    if not option.isdigit():
        return LARGEST_BATCH
    return min(max(int(option), SMALLEST_BATCH), LARGEST_BATCH)


def _is_aggregate(found: ast.Query) -> bool:
    return bool(found.group_by) or any(isinstance(item, ast.Call) for item in found.select)


def _aggregate(row: Row) -> dict[str, Any]:
    values = {name: value_to_json(value) for name, value in row.items() if name != "attributes"}
    return {"attributes": {"type": "AggregateResult"}, **values}


class _Shape:
    """What one level of a query selects: fields, parents, child relationships."""

    def __init__(self, schema: Schema, select: tuple[ast.Path | ast.Call | ast.Subquery, ...]):
        self._schema = schema
        self._items: dict[str, list[ast.Path] | ast.Query | None] = {}
        for item in select:
            if isinstance(item, ast.Subquery):
                self._items[item.query.object.lower()] = item.query
            elif isinstance(item, ast.Path):
                head, *rest = item.parts
                if not rest:
                    self._items[head.lower()] = None
                    continue
                deeper = self._items.setdefault(head.lower(), [])
                if isinstance(deeper, list):
                    deeper.append(ast.Path(tuple(rest)))

    def render(self, target: ObjectType, row: Row, root: str) -> dict[str, Any]:
        keys = {name.lower(): name for name in row}
        out: dict[str, Any] = {"attributes": attributes(target.name, row, root)}
        for name, item in self._items.items():
            key = keys[name]
            value = row[key]
            if item is None:
                declared = target.find(name)
                assert declared is not None
                out[key] = field_to_json(declared, value)
            elif isinstance(item, list):
                out[key] = self._parent(item, value, root)
            else:
                out[key] = self._children(item, value, root)
        return out

    def _parent(self, paths: list[ast.Path], row: Row | None, root: str) -> Any:
        if row is None:
            return None
        target = self._schema.find(row["attributes"]["type"])
        assert target is not None
        return _Shape(self._schema, tuple(paths)).render(target, row, root)

    def _children(self, query: ast.Query, rows: list[Row], root: str) -> Any:
        if not rows:
            return None
        target = self._schema.find(rows[0]["attributes"]["type"])
        assert target is not None
        shape = _Shape(self._schema, query.select)
        records = [shape.render(target, row, root) for row in rows]
        return {"totalSize": len(records), "done": True, "records": records}


def attributes(name: str, row: Row, root: str) -> dict[str, str]:
    return {"type": name, "url": f"{root}/sobjects/{name}/{row['Id']}"}
