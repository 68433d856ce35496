"""`Database`: DML with results, dynamic SOQL, savepoints (Apex Reference Guide)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rehearsal.org import soql
from rehearsal.org.apex import dml
from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.library.exceptions import status_code
from rehearsal.org.apex.records import aggregated, bind_value, run_query
from rehearsal.org.apex.registry import derive, native
from rehearsal.org.apex.types import SOBJECT, STRING, Kind, Type, list_of, parse_type
from rehearsal.org.apex.values import AggregateRow, ApexList, ApexMap, FieldToken, SObject
from rehearsal.org.errors import QueryError, SaveError
from rehearsal.org.ports import SaveResult
from rehearsal.org.soql.ast import Query

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


class Result:
    """A Database.SaveResult, UpsertResult, DeleteResult or UndeleteResult."""

    __slots__ = ("result",)
    APEX = "Database.Result"

    def __init__(self, result: SaveResult) -> None:
        self.result = result


class Error:
    """A Database.Error."""

    __slots__ = ("error",)
    APEX = "Database.Error"

    def __init__(self, error: SaveError) -> None:
        self.error = error


class Savepoint:
    """A System.Savepoint."""

    __slots__ = ("mark",)
    APEX = "Savepoint"

    def __init__(self, mark: object) -> None:
        self.mark = mark


class AccessLevel:
    """An AccessLevel."""

    __slots__ = ("user_mode",)
    APEX = "AccessLevel"

    def __init__(self, user_mode: bool) -> None:
        self.user_mode = user_mode


for _kind in ("SaveResult", "UpsertResult", "DeleteResult", "UndeleteResult"):
    derive(f"Database.{_kind}", "Database.Result")

_ERRORS = list_of(parse_type("Database.Error"))


@native("static AccessLevel.USER_MODE: AccessLevel")
def user_mode(run: Execution) -> AccessLevel:
    return AccessLevel(True)


@native("static AccessLevel.SYSTEM_MODE: AccessLevel")
def system_mode(run: Execution) -> AccessLevel:
    return AccessLevel(False)


# --- DML -------------------------------------------------------------------------------

_OPERATIONS = {
    "insert": "SaveResult",
    "update": "SaveResult",
    "delete": "DeleteResult",
    "undelete": "UndeleteResult",
}


def _register(operation: str, kind: str) -> None:
    def call(
        run: Execution, given: Any, all_or_none: bool = True, level: AccessLevel | None = None
    ) -> Any:
        return _perform(run, operation, kind, given, "Id", all_or_none, level)

    def call_at(run: Execution, given: Any, level: AccessLevel) -> Any:
        return _perform(run, operation, kind, given, "Id", True, level)

    head = f"static Database.{operation}"
    many = f"List<Database.{kind}>"
    for one, result in (("SObject", f"Database.{kind}"), ("List<SObject>", many)):
        native(f"{head}({one}): {result}", f"{head}({one}, Boolean): {result}")(call)
        native(f"{head}({one}, Boolean, AccessLevel): {result}")(call)
        native(f"{head}({one}, AccessLevel): {result}")(call_at)


for _operation, _result in _OPERATIONS.items():
    _register(_operation, _result)


def _by_id(operation: str) -> Callable[..., Any]:
    def call(run: Execution, given: Any, all_or_none: bool = True) -> Any:
        ids = given if isinstance(given, ApexList) else [given]
        records = ApexList(list_of(SOBJECT), [_stub(run, identifier) for identifier in ids])
        target: Any = records if isinstance(given, ApexList) else records[0]
        kind = _OPERATIONS[operation]
        return _perform(run, operation, kind, target, "Id", all_or_none, None)

    return call


def _stub(run: Execution, identifier: str | None) -> SObject:
    if identifier is None:
        raise run.null()
    for kind in run.tx.schema.objects.values():
        if kind.key_prefix and identifier.startswith(kind.key_prefix):
            return SObject(kind, {"Id": identifier})
    raise run.error("SObjectException", f"Cannot locate Apex Type for ID {identifier}")


native(
    "static Database.delete(Id): Database.DeleteResult",
    "static Database.delete(Id, Boolean): Database.DeleteResult",
    "static Database.delete(List<Id>): List<Database.DeleteResult>",
    "static Database.delete(List<Id>, Boolean): List<Database.DeleteResult>",
)(_by_id("delete"))


@native(
    "static Database.upsert(SObject): Database.UpsertResult",
    "static Database.upsert(SObject, Boolean): Database.UpsertResult",
    "static Database.upsert(List<SObject>): List<Database.UpsertResult>",
    "static Database.upsert(List<SObject>, Boolean): List<Database.UpsertResult>",
    "static Database.upsert(SObject, Boolean, AccessLevel): Database.UpsertResult",
    "static Database.upsert(List<SObject>, Boolean, AccessLevel): List<Database.UpsertResult>",
)
def upsert(
    run: Execution, given: Any, all_or_none: bool = True, level: AccessLevel | None = None
) -> Any:
    return _perform(run, "upsert", "UpsertResult", given, "Id", all_or_none, level)


@native(
    "static Database.upsert(SObject, Schema.SObjectField): Database.UpsertResult",
    "static Database.upsert(SObject, Schema.SObjectField, Boolean): Database.UpsertResult",
    "static Database.upsert(List<SObject>, Schema.SObjectField): List<Database.UpsertResult>",
    "static Database.upsert(List<SObject>, Schema.SObjectField, Boolean):"
    " List<Database.UpsertResult>",
    "static Database.upsert(List<SObject>, Schema.SObjectField, Boolean, AccessLevel):"
    " List<Database.UpsertResult>",
)
def upsert_by(
    run: Execution,
    given: Any,
    key: FieldToken,
    all_or_none: bool = True,
    level: AccessLevel | None = None,
) -> Any:
    if not key.field.external_id and key.field.name != "Id":
        raise run.error(
            "SObjectException",
            f"Invalid field for upsert, must be an External Id: {key.field.name}",
        )
    return _perform(run, "upsert", "UpsertResult", given, key.field.name, all_or_none, level)


def _perform(
    run: Execution,
    operation: str,
    kind: str,
    given: Any,
    key: str,
    all_or_none: bool,
    level: AccessLevel | None,
) -> Any:
    records = dml.records_of(run, operation, given, key)
    results = dml.perform(
        run,
        operation,
        records,
        key=key,
        all_or_none=all_or_none,
        user_mode=level is not None and level.user_mode,
    )
    if all_or_none:
        dml.raise_refusals(run, operation, records, results)
    made = [Result(result) for result in results]
    if isinstance(given, SObject):
        return made[0]
    return ApexList(list_of(parse_type(f"Database.{kind}")), made)


# --- results ---------------------------------------------------------------------------


@native("Database.Result.isSuccess(): Boolean")
def is_success(run: Execution, this: Result) -> bool:
    return this.result.success


@native("Database.Result.getId(): Id")
def get_id(run: Execution, this: Result) -> str | None:
    return this.result.id


@native("Database.UpsertResult.isCreated(): Boolean")
def is_created(run: Execution, this: Result) -> bool:
    return this.result.created


@native("Database.Result.getErrors(): List<Database.Error>")
def get_errors(run: Execution, this: Result) -> ApexList:
    return ApexList(_ERRORS, [Error(error) for error in this.result.errors])


@native("Database.Error.getMessage(): String")
def error_message(run: Execution, this: Error) -> str:
    return this.error.message


@native("Database.Error.getStatusCode(): StatusCode")
def error_status(run: Execution, this: Error) -> EnumValue:
    return status_code(run, this.error.status_code)


@native("Database.Error.getFields(): List<String>")
def error_fields(run: Execution, this: Error) -> ApexList:
    return ApexList(list_of(STRING), this.error.fields)


# --- dynamic SOQL ----------------------------------------------------------------------


def _dynamic(
    run: Execution, text: str, lookup: Callable[[str], Any], level: AccessLevel | None
) -> ApexList:
    """`lookup` gives a bound variable by its lower-case name, or raises KeyError."""

    def bind(name: str) -> Any:
        try:
            return bind_value(lookup(name.lower()))
        except KeyError:
            raise QueryError("MALFORMED_QUERY", f"Variable does not exist: {name}") from None

    try:
        query = soql.parse(text)
    except QueryError as fault:
        raise run.error("QueryException", str(fault)) from None
    if run.tx.schema.find(query.object) is None:
        raise run.error("QueryException", f"sObject type '{query.object}' is not supported.")
    rows = run_query(run, query, bind, user_mode=level is not None and level.user_mode)
    return ApexList(list_of(_row_type(run, query)), rows)


def _row_type(run: Execution, query: Query) -> Type:
    """The list of a dynamic query has the type of its rows."""
    if aggregated(query):
        return Type("AggregateResult", (), Kind.SOBJECT)
    found = run.world.schema.find(query.object)
    return Type(found.name, (), Kind.SOBJECT) if found is not None else SOBJECT


@native(
    "static Database.query(String): List<SObject>",
    "static Database.query(String, AccessLevel): List<SObject>",
)
def query(
    run: Execution, scope: Callable[[str], Any], text: str, level: AccessLevel | None = None
) -> ApexList:
    """Binds are variables in scope at the call."""
    return _dynamic(run, text, scope, level)


@native(
    "static Database.countQuery(String): Integer",
    "static Database.countQuery(String, AccessLevel): Integer",
)
def count_query(
    run: Execution, scope: Callable[[str], Any], text: str, level: AccessLevel | None = None
) -> int:
    return _count(_dynamic(run, text, scope, level))


def _count(rows: list[Any]) -> int:
    only = rows[0]
    assert isinstance(only, AggregateRow)
    return int(only.values["expr0"])


@native("static Database.queryWithBinds(String, Map<String, Object>, AccessLevel): List<SObject>")
def query_with_binds(run: Execution, text: str, binds: ApexMap, level: AccessLevel) -> ApexList:
    values = {str(name).lower(): value for name, value in binds.items()}
    return _dynamic(run, text, values.__getitem__, level)


@native("static Database.countQueryWithBinds(String, Map<String, Object>, AccessLevel): Integer")
def count_query_with_binds(run: Execution, text: str, binds: ApexMap, level: AccessLevel) -> int:
    values = {str(name).lower(): value for name, value in binds.items()}
    return _count(_dynamic(run, text, values.__getitem__, level))


# --- savepoints ------------------------------------------------------------------------


@native("static Database.setSavepoint(): Savepoint")
def set_savepoint(run: Execution) -> Savepoint:
    return Savepoint(run.tx.savepoint())


@native("static Database.rollback(Savepoint): void")
def rollback(run: Execution, savepoint: Savepoint) -> None:
    """Records go back; ids set on them in memory and static variables stay."""
    run.tx.rollback(savepoint.mark)
