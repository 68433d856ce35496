"""What a deployment may change in an org that has records, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from rehearsal.org.dml import RollUps
from rehearsal.org.errors import MetadataError, OrgError, Unsupported
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema
from rehearsal.org.store import Store
from rehearsal.org.store.table import Table
from rehearsal.org.values import Row, Value

_ROLL_UP_LEVELS = 3
"""A master-detail chain has at most three levels below its top."""
_LETTERS = {ObjectKind.CUSTOM: "a", ObjectKind.EVENT: "e", ObjectKind.METADATA: "m"}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def keep_key_prefixes(wanted: Schema, running: Schema) -> None:
    """Gives the objects of `wanted` the key prefixes that the running org's ids have already.

    To be done before anything is compiled against `wanted`.
    """
    taken = {known.key_prefix for known in running.objects.values()}
    for name, target in wanted.objects.items():
        known = running.objects.get(name)
        if known is not None:
            target.key_prefix = known.key_prefix
        elif target.kind in _LETTERS:
            target.key_prefix = _free_prefix(_LETTERS[target.kind], taken)
            taken.add(target.key_prefix)


def _free_prefix(letter: str, taken: set[str]) -> str:
    return next(
        prefix
        for tens in _DIGITS
        for ones in _DIGITS
        if (prefix := f"{letter}{tens}{ones}") not in taken
    )


def refusals(store: Store, running: Schema, wanted: Schema) -> list[OrgError]:
    """Why the records of the running org cannot follow a change of its fields."""
    found: list[OrgError] = []
    for name, known in running.objects.items():
        target, table = wanted.objects.get(name), store.table(name)
        if target is None or not any(table.rows(include_deleted=True)):
            continue
        for field in target:
            refused = _refusal(target, known.find(field.name), field, table)
            if refused is not None:
                found.append(refused)
    return found


def _refusal(target: ObjectType, old: Field | None, new: Field, table: Table) -> OrgError | None:
    label = f"{target.name}.{new.name}"
    if old is None:
        if new.master_detail:
            return MetadataError(
                f"{label}: a master-detail relationship cannot be added to an object that has "
                "records",
                new.where,
            )
        return None
    if _stored_as(old) != _stored_as(new):
        return Unsupported(
            f"changing {label}, of which there are records, from {_called(old)} to {_called(new)}",
            new.where,
        )
    if not new.calculated and (
        new.length < old.length
        or new.scale < old.scale
        or new.precision - new.scale < old.precision - old.scale
    ):
        return Unsupported(f"making {label}, of which there are records, shorter", new.where)
    if new.unique and not _is_unique(new, table):
        return MetadataError(f"{label}: there are records with duplicate values", new.where)
    return None


def _called(field: Field) -> str:
    if field.formula is not None:
        return "a formula"
    if field.summary is not None:
        return "a roll-up summary"
    if field.auto_number is not None:
        return "an auto-number"
    if field.type is FieldType.REFERENCE:
        kind = "master-detail" if field.master_detail else "lookup"
        return f"{kind} to {', '.join(field.reference_to)}"
    return f"long {field.type}" if field.long_text else str(field.type)


def _stored_as(field: Field) -> tuple[object, ...]:
    """What a stored value of the field is; the same for all formulas, which store nothing."""
    if field.formula is not None:
        return ("formula",)
    if field.summary is not None:
        return ("roll-up",)
    return (
        field.type,
        field.long_text,
        field.master_detail,
        field.reference_to if field.custom else (),
        field.auto_number is not None,
    )


def _is_unique(field: Field, table: Table) -> bool:
    held = (row.get(field.name) for row in table.rows())
    values = Counter(
        value.casefold() if isinstance(value, str) and not field.case_sensitive else value
        for value in held
        if value is not None
    )
    return all(count == 1 for count in values.values())


def fill_checkboxes(store: Store, running: Schema, wanted: Schema) -> None:
    """Checks the new checkboxes of existing records whose default is checked; a checkbox is never
    null, so its default is the only one that existing records get (Help, "Default Field Values").
    """
    for name, known in running.objects.items():
        target = wanted.objects.get(name)
        added = [
            field.name
            for field in target or ()
            if field.type is FieldType.BOOLEAN
            and field.default == "true"
            and known.find(field.name) is None
        ]
        if added and target is not None:
            for row in list(store.table(name).rows(include_deleted=True)):
                store.put(target.name, {**row, **dict.fromkeys(added, True)})


def recalculate(
    store: Store, roll_ups: RollUps, reader: Callable[[ObjectType], Callable[[Row, Field], Value]]
) -> None:
    """Brings every roll-up summary up to date, without triggers or Flows."""
    for _ in range(_ROLL_UP_LEVELS):
        for name, row in list(_moved(store, roll_ups, reader)):
            store.put(name, row)


def _moved(
    store: Store, roll_ups: RollUps, reader: Callable[[ObjectType], Callable[[Row, Field], Value]]
) -> Iterator[tuple[str, Row]]:
    for parent in store.objects():
        rolls = roll_ups.of_parent(parent.name)
        for row in store.table(parent.name).rows() if rolls else ():
            totals: Row = {}
            for roll in rolls:
                found = store.table(roll.child.name).find(roll.foreign_key.name, (row["Id"],))
                totals[roll.field.name] = roll.total(
                    row, found or (), reader(roll.child), roll_ups.rates()
                )
            if any(value != row.get(name) for name, value in totals.items()):
                merged = {**row, **totals}
                yield parent.name, {name: v for name, v in merged.items() if v is not None}
