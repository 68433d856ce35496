"""Global resources: `$Flow`, `$User`, `$Organization`, `$Profile`, `$Permission`, `$Label`,
`$GlobalConstant`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.parents import all_fields
from rehearsal.org.flow.values import Type, field_type
from rehearsal.org.formula import Kind
from rehearsal.org.schema import Schema
from rehearsal.org.soql import ast
from rehearsal.org.values import Row, Value

Resolved = tuple[Type, Callable[[Interview], Any]]


def _flow(schema: Schema, path: tuple[str, ...], where: Where) -> Resolved:
    match [part.lower() for part in path]:
        case ["currentdate"]:
            return Type(Kind.DATE), lambda interview: interview.today()
        case ["currentdatetime" | "interviewstarttime"]:
            return Type(Kind.DATETIME), lambda interview: interview.tx.now()
        case ["faultmessage"]:
            return Type(Kind.TEXT), lambda interview: interview.fault_message
    raise Unsupported(f"Flow resource $Flow.{'.'.join(path)}", where)


def _constant(schema: Schema, path: tuple[str, ...], where: Where) -> Resolved:
    match [part.lower() for part in path]:
        case ["true"]:
            return Type(Kind.BOOLEAN), lambda interview: True
        case ["false"]:
            return Type(Kind.BOOLEAN), lambda interview: False
        case ["emptystring"]:
            return Type(Kind.TEXT), lambda interview: ""
    raise MetadataError(f"$GlobalConstant.{'.'.join(path)} does not exist", where)


def _permission(schema: Schema, path: tuple[str, ...], where: Where) -> Resolved:
    """Whether the running user has a custom permission."""
    if len(path) != 1 or path[0].lower() not in schema.custom_permissions:
        raise MetadataError(f"$Permission.{'.'.join(path)} does not exist", where)
    name = path[0].lower()

    def granted(interview: Interview) -> bool:
        permissions = interview.tx.user.permissions
        return permissions is not None and name in permissions.custom

    return Type(Kind.BOOLEAN), granted


def _label(schema: Schema, path: tuple[str, ...], where: Where) -> Resolved:
    text = schema.labels.get(path[0].lower()) if len(path) == 1 else None
    if text is None:
        raise MetadataError(f"$Label.{'.'.join(path)} does not exist", where)
    return Type(Kind.TEXT), lambda interview: text


def _record_global(
    root: str, sobject: str, condition: Callable[[Interview], ast.Comparison | None]
) -> Callable[[Schema, tuple[str, ...], Where], Resolved]:
    """A global that is one record of the org, read once for each interview."""

    def resolve(schema: Schema, path: tuple[str, ...], where: Where) -> Resolved:
        object_type = schema.find(sobject)
        field = object_type.find(path[0]) if object_type and len(path) == 1 else None
        if object_type is None or field is None:
            raise MetadataError(f"{root}.{'.'.join(path)} does not exist", where)
        select, name = all_fields(object_type), field.name

        def read(interview: Interview) -> Value:
            row: Row | None = interview.values.get(root)
            if row is None:
                query = ast.Query(sobject, select, condition(interview), limit=1)
                found = interview.tx.query(query, count_limits=False)
                row = interview.values[root] = found[0] if found else {}
            value: Value = row.get(name)
            return value

        return field_type(field), read

    return resolve


def _equals(field: str, value: Callable[[Interview], str]) -> Callable[[Interview], ast.Comparison]:
    return lambda i: ast.Comparison(ast.Path((field,)), "=", ast.Literal(value(i)))


GLOBALS: dict[str, Callable[[Schema, tuple[str, ...], Where], Resolved]] = {
    "$flow": _flow,
    "$globalconstant": _constant,
    "$permission": _permission,
    "$label": _label,
    "$user": _record_global("$User", "User", _equals("Id", lambda i: i.tx.user.id)),
    "$profile": _record_global("$Profile", "Profile", _equals("Name", lambda i: i.tx.user.profile)),
    "$organization": _record_global("$Organization", "Organization", lambda i: None),
}
