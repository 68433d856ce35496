"""Upsert: which rows of a chunk are new, and which record each other one is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rehearsal.org.dml.items import Item
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Operation
from rehearsal.org.schema import Field, ObjectType
from rehearsal.org.store import Store
from rehearsal.org.values import Row, Value


def key_field(target: ObjectType, key: str) -> Field:
    """The field to match by. Raises SaveError when it is no external id.

    SOAP API Developer Guide, "upsert()".
    """
    field = target.find(key)
    if field is None or not (field.external_id or field.name == "Id"):
        raise SaveError(
            "INVALID_FIELD",
            f"Field name provided, {key} does not match an External ID, Salesforce Id, or indexed "
            f"field for {target.name}",
        )
    return field


def sorted_out(
    target: ObjectType, field: Field, given: Sequence[Row | SaveError], store: Store
) -> list[Item]:
    """The rows of one chunk as inserts and updates, in their order.

    A key that occurs twice fails both rows; one that two records hold fails its row. A row that
    brings its Id beside another key is refused, as the APIs do (REST API Developer Guide, "Upsert
    Records Using sObject Rows by External ID": "Do not specify Id"). What Apex does with one is not
    documented, so here it refuses too: code that relies on it does not pass.
    """
    keys = Counter(
        _folded(field, row.get(field.name)) for row in given if not isinstance(row, SaveError)
    )
    return [_item(target, field, row, keys, store) for row in given]


def _item(
    target: ObjectType,
    field: Field,
    row: Row | SaveError,
    keys: Counter[Value],
    store: Store,
) -> Item:
    if isinstance(row, SaveError):
        return Item(Operation.INSERT, {}, errors=[row])
    value = row.get(field.name)
    if field.name == "Id":
        if value is None:
            return Item(Operation.INSERT, _without_id(row))
        if keys[value] > 1:
            return Item(Operation.UPDATE, row, str(value), [_duplicate(value)])
        return Item(Operation.UPDATE, _without_id(row), str(value))
    if row.get("Id") is not None:
        error = SaveError(
            "INVALID_FIELD",
            "The Id field should not be specified in the sobject data.",
            ("Id",),
        )
        return Item(Operation.INSERT, row, errors=[error])
    if value is None:
        error = SaveError("MISSING_ARGUMENT", f"{field.name} not specified")
        return Item(Operation.INSERT, row, errors=[error])
    if keys[_folded(field, value)] > 1:
        return Item(Operation.INSERT, row, errors=[_duplicate(value)])
    found = store.table(target.name).matching(field, value, exact=_exact(field))
    if len(found) > 1:
        ids = ", ".join(str(held["Id"])[:15] for held in found)
        error = SaveError(
            "DUPLICATE_EXTERNAL_ID",
            f"{field.name}: more than one record found for external id field: [{ids}]",
        )
        return Item(Operation.UPDATE, row, errors=[error])
    if not found:
        return Item(Operation.INSERT, row)
    rest = {name: held for name, held in row.items() if name != field.name}
    return Item(Operation.UPDATE, rest, str(found[0]["Id"]))


def _without_id(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "Id"}


def _duplicate(value: Value) -> SaveError:
    return SaveError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}")


def _exact(field: Field) -> bool:
    """Text matches without regard to case only where the field is unique and says so."""
    return field.case_sensitive or not field.unique


def _folded(field: Field, value: Value) -> Value:
    return value.casefold() if isinstance(value, str) and not _exact(field) else value
