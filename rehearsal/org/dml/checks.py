"""The platform's own checks of one record (system validation)."""

from __future__ import annotations

from rehearsal.org.coerce import check
from rehearsal.org.currencies import CODE
from rehearsal.org.errors import SaveError
from rehearsal.org.schema import Field, FieldType, ObjectType
from rehearsal.org.store import Store
from rehearsal.org.values import Row, Value


def read_only(target: ObjectType, names: set[str], inserting: bool) -> SaveError | None:
    """Refuses values for fields that nobody can write."""
    refused = []
    for name in sorted(names):
        field = target.fields[name.lower()]
        if not (field.createable if inserting else field.updateable):
            refused.append(name)
    if not refused:
        return None
    return SaveError(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {', '.join(refused)}. Please check the security "
        "settings of this field and verify that it is read/write for your profile or permission "
        "set.",
        tuple(refused),
    )


def picklists(target: ObjectType, values: Row, names: set[str]) -> list[SaveError]:
    """Values of restricted picklists must be active values of the set."""
    errors = []
    for name in names:
        field = target.fields[name.lower()]
        value = values.get(name)
        if (
            field.type is FieldType.PICKLIST
            and field.restricted
            and value is not None
            and not any(item.value == value and item.active for item in field.picklist)
        ):
            errors.append(_bad_value(field, value))
    return errors


def _bad_value(field: Field, value: Value) -> SaveError:
    return SaveError(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"{field.label or field.name}: bad value for restricted picklist field: "
        f"{'' if value is None else value}".rstrip(),
        (field.name,),
    )


def values(target: ObjectType, new: Row, names: set[str]) -> list[SaveError]:
    """Lengths, ranges and formats of the named fields; required fields of the whole record."""
    errors = []
    for name in sorted(names):
        field = target.fields[name.lower()]
        try:
            check(field, new.get(name))
        except SaveError as error:
            errors.append(error)
    if target.find(CODE) is not None and new.get(CODE) is None:
        errors.append(_bad_value(target.fields[CODE.lower()], None))
    missing = [field.name for field in target if field.required and new.get(field.name) is None]
    if missing:
        errors.append(
            SaveError(
                "REQUIRED_FIELD_MISSING",
                f"Required fields are missing: [{', '.join(missing)}]",
                tuple(missing),
            )
        )
    return errors


def unique(target: ObjectType, new: Row, store: Store) -> SaveError | None:
    """Refuses a value that another live record holds in a unique field."""
    table = store.table(target.name)
    for field in target:
        value = new.get(field.name) if field.unique else None
        if value is None:
            continue
        for row in table.matching(field, value):
            if row["Id"] != new.get("Id"):
                return SaveError(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {field.name} duplicates value on record with id: "
                    f"{row['Id'][:15]}",
                )
    return None
