"""DML: records to the transaction, and its refusals to Apex exceptions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.records import to_row
from rehearsal.org.apex.types import SOBJECT
from rehearsal.org.apex.values import ApexThrow, DmlRow, SObject
from rehearsal.org.ports import SaveResult
from rehearsal.org.schema import ObjectType

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_MOST_TYPES = 10
"""Apex Developer Guide, "Working with Different Types of Objects": at most 10 chunks a call."""


def perform(
    run: Execution,
    operation: str,
    records: list[SObject | None],
    *,
    key: str = "Id",
    all_or_none: bool = True,
    user_mode: bool = False,
) -> list[SaveResult]:
    """`operation` is insert, update, upsert, delete or undelete.

    Ids of new records are set on them. Raises nothing for refused records: see `raise_refusals`.
    """
    checked = [_checked(run, operation, record) for record in records]
    if not checked:
        return []
    groups = [(kind, list(group)) for kind, group in groupby(checked, key=lambda r: r.type.name)]
    if len(groups) > _MOST_TYPES:
        raise run.error("TypeException", "Cannot have more than 10 chunks in a single operation. ")
    savepoint = run.tx.savepoint(counted=False) if len(groups) > 1 and all_or_none else None
    results: list[SaveResult] = []
    for _, group in groups:
        results += _one_type(run, operation, group, key, all_or_none, user_mode)
        if savepoint is not None and not all(result.success for result in results):
            run.tx.rollback(savepoint, counted=False)
            break
    failed = all_or_none and not all(result.success for result in results)
    if operation in ("insert", "upsert") and not failed:
        for record, result in zip(checked, results, strict=True):
            if result.success and result.id is not None:
                record.values["Id"] = result.id
    return results


def _checked(run: Execution, operation: str, record: SObject | None) -> SObject:
    if record is None:
        raise run.null()
    if record.change is not None or record.lock is not None:
        raise run.error(
            "SObjectException", "DML statement cannot operate on trigger.new or trigger.old"
        )
    identifier = record.values.get("Id")
    if operation == "insert" and identifier is not None:
        raise dml_exception(
            run,
            "Insert",
            [DmlRow(0, None, "INVALID_FIELD_FOR_INSERT_UPDATE", _NO_ID, ("Id",))],
        )
    if operation in ("update", "delete", "undelete") and identifier is None:
        raise dml_exception(
            run,
            operation.capitalize(),
            [DmlRow(0, None, "MISSING_ARGUMENT", "Id not specified in an update call", ("Id",))]
            if operation == "update"
            else [
                DmlRow(0, None, "MISSING_ARGUMENT", f"Id not specified in a {operation} call", ())
            ],
        )
    return record


_NO_ID = "cannot specify Id in an insert call"


def _one_type(
    run: Execution,
    operation: str,
    records: list[SObject],
    key: str,
    all_or_none: bool,
    user_mode: bool,
) -> list[SaveResult]:
    sobject: ObjectType = records[0].type
    tx = run.tx
    modes = {"all_or_none": all_or_none, "sharing": run.sharing}
    if operation == "undelete":
        return tx.undelete(sobject.name, [record.values["Id"] for record in records], **modes)
    modes["user_mode"] = user_mode
    if operation == "delete":
        return tx.delete(sobject.name, [record.values["Id"] for record in records], **modes)
    rows = [to_row(record, inserting=operation != "update") for record in records]
    if operation == "insert":
        return tx.insert(sobject.name, rows, **modes)
    if operation == "update":
        return tx.update(sobject.name, rows, **modes)
    return tx.upsert(sobject.name, rows, key, **modes)


def raise_refusals(
    run: Execution, operation: str, records: list[SObject | None], results: list[SaveResult]
) -> None:
    """Raises DmlException when a record was refused."""
    rows = [
        DmlRow(
            index,
            record.values.get("Id") if record is not None else None,
            error.status_code,
            error.message,
            error.fields,
        )
        for index, (record, result) in enumerate(zip(records, results, strict=False))
        for error in result.errors[:1]
    ]
    if rows:
        raise dml_exception(run, operation.capitalize(), rows)


def dml_exception(run: Execution, verb: str, rows: list[DmlRow]) -> ApexThrow:
    """In the words of a DmlException (Apex Developer Guide, "DmlException Methods")."""
    causes = [row for row in rows if row.status != "ALL_OR_NONE_OPERATION_ROLLED_BACK"] or rows
    first = causes[0]
    with_id = f" with id {first.id}" if first.id else ""
    fields = ", ".join(first.fields)
    thrown = run.error(
        "DmlException",
        f"{verb} failed. First exception on row {first.index}{with_id}; "
        f"first error: {first.status}, {first.message}: [{fields}]",
    )
    thrown.value.rows = causes
    return thrown


def records_of(run: Execution, operation: str, given: Any, key: str) -> list[SObject | None]:
    """The records of a call. Raises TypeException for the upsert of a list of plain SObjects."""
    if given is None:
        raise run.null()
    if isinstance(given, SObject):
        return [given]
    if operation == "upsert" and given.type.args[0] == SOBJECT:
        raise run.error(
            "TypeException",
            "DML on generic List<SObject> only supported for insert, update or delete"
            if key == "Id"
            else "Upsert with a field specification requires a concrete SObject type",
        )
    return list(given)


def statement(
    run: Execution, operation: str, given: Any, *, key: str = "Id", user_mode: bool = False
) -> None:
    """A DML statement. Raises DmlException."""
    records = records_of(run, operation, given, key)
    results = perform(run, operation, records, key=key, user_mode=user_mode)
    raise_refusals(run, operation, records, results)


def merge(run: Execution, master: SObject | None, given: Any) -> None:
    """A merge statement (Apex Developer Guide, "Merging Records"). Raises DmlException."""
    if master is None or given is None:
        raise run.null()
    losers = [given] if isinstance(given, SObject | str) else list(given)
    ids = [loser if isinstance(loser, str) else _id_of(run, loser) for loser in losers]
    row = to_row(_checked(run, "update", master), inserting=False)
    result = run.tx.merge(master.type.name, row, ids, sharing=run.sharing)
    raise_refusals(run, "merge", [master], [result])


def _id_of(run: Execution, record: SObject | None) -> str:
    return str(_checked(run, "delete", record).values["Id"])
