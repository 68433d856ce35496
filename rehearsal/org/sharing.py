"""Which records of an object a user may see and change.

Salesforce Help, "Organization-Wide Sharing Defaults" and "View All and Modify All Permissions
Overview". Here a record is open to its owner, by its object's default, by its master, and by
`View All` and `Modify All`. The role hierarchy, sharing rules, teams and manual shares do not exist
in this org: whoever has access only by one of them has none here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from rehearsal.org.errors import SaveError
from rehearsal.org.ports import User
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema
from rehearsal.org.values import Row, Value

_KINDS = frozenset({ObjectKind.STANDARD, ObjectKind.CUSTOM})
_OPEN = frozenset({"User", "Group", "RecordType"})
_EDIT_BY_ALL = frozenset({"ReadWrite", "ReadWriteTransfer", "FullAccess"})
_ACTIVITIES = frozenset({"Task", "Event"})


class Rows(Protocol):
    """Where records are looked up. `soql.Source` and the store's reader are such."""

    def scan(
        self, sobject: str, ids: Collection[str] | None = None, include_deleted: bool = False
    ) -> Iterable[Row]: ...

    def get(self, sobject: str, id: str) -> Row | None: ...  # noqa: A002

    def find(self, sobject: str, field: str, values: Collection[Value]) -> Iterable[Row] | None: ...

    def value(self, sobject: str, row: Row, field: Field) -> Value: ...


class Sharing:
    """The records of one user."""

    def __init__(self, schema: Schema, rows: Rows, user: User) -> None:
        self._schema, self._rows, self._user = schema, rows, user

    def may_read(self, target: ObjectType, row: Row) -> bool:
        if self._all(target, "view_all", "viewalldata") or self._owns(row):
            return True
        if target.sharing == "ControlledByParent":
            return all(self.may_read(*master) for master in self._masters(target, row)) and bool(
                self._master_fields(target, row)
            )
        if target.name in _ACTIVITIES:
            return any(self.may_read(*about) for about in self._about(target, row))
        return target.sharing != "Private"

    def may_edit(self, target: ObjectType, row: Row) -> bool:
        """A detail needs masters that may be edited; `writeRequiresMasterRead`, which would let
        readers of the master in, is not looked at."""
        if self._all(target, "modify_all", "modifyalldata") or self._owns(row):
            return True
        if target.sharing == "ControlledByParent":
            return all(self.may_edit(*master) for master in self._masters(target, row)) and bool(
                self._master_fields(target, row)
            )
        return target.name not in _ACTIVITIES and target.sharing in _EDIT_BY_ALL

    def may_delete(self, target: ObjectType, row: Row) -> bool:
        """Delete and change of owner: the owner's, whatever the default; with a detail, those of
        who may edit its master (Salesforce Help, "Considerations for Relationships")."""
        if self._all(target, "modify_all", "modifyalldata") or self._owns(row):
            return True
        if target.sharing == "ControlledByParent":
            return self.may_edit(target, row)
        return target.sharing == "FullAccess"

    # --- writes ----------------------------------------------------------------------------

    def refusal(self, target: ObjectType, right: str, row: Row | None, values: Row) -> str | None:
        """The status code with which a create, edit or delete is refused, or None.

        `row` is the record as it is, None for a new one; `values` what is written to it.
        """
        if row is not None:
            allowed = self.may_edit if right == "edit" else self.may_delete
            moved = values.get("OwnerId", row.get("OwnerId")) != row.get("OwnerId")
            transfer = target.sharing != "ReadWriteTransfer" and moved
            if not allowed(target, row) or (transfer and not self.may_delete(target, row)):
                return "INSUFFICIENT_ACCESS_OR_READONLY"
        for name, value in values.items():
            field = target.find(name)
            if field is None or field.type is not FieldType.REFERENCE or value is None:
                continue
            if row is not None and row.get(field.name) == value:
                continue
            found = self._parent(field, str(value))
            allowed = self.may_edit if field.master_detail else self.may_read
            if found is not None and not allowed(*found):
                return "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        return None

    # --- what these share ------------------------------------------------------------------

    def _all(self, target: ObjectType, right: str, system: str) -> bool:
        granted = self._user.permissions
        if granted is None or target.kind not in _KINDS or target.name in _OPEN:
            return True
        held = granted.objects.get(target.name.lower(), frozenset())
        wanted = {right, "modify_all"}
        return bool(wanted & held) or bool({system, "modifyalldata"} & granted.system)

    def _owns(self, row: Row) -> bool:
        return row.get("OwnerId") == self._user.id

    def _master_fields(self, target: ObjectType, row: Row) -> list[Field]:
        """A Contact is controlled by its Account; without one it is its owner's alone."""
        fields = [field for field in target if field.master_detail]
        if not fields and (account := target.find("AccountId")) is not None:
            fields = [account]
        return [field for field in fields if row.get(field.name) is not None]

    def _masters(self, target: ObjectType, row: Row) -> Iterator[tuple[ObjectType, Row]]:
        for field in self._master_fields(target, row):
            found = self._parent(field, str(row[field.name]))
            if found is not None:
                yield found

    def _about(self, target: ObjectType, row: Row) -> Iterator[tuple[ObjectType, Row]]:
        """Who can read the record that an activity is about can read the activity."""
        for name in ("whatid", "whoid"):
            id_ = row.get(target.fields[name].name)
            found = self._parent(target.fields[name], str(id_)) if id_ else None
            if found is not None:
                yield found

    def _parent(self, field: Field, id_: str) -> tuple[ObjectType, Row] | None:
        for name in field.reference_to:
            target = self._schema.find(name)
            row = self._rows.get(target.name, id_) if target is not None else None
            if target is not None and row is not None:
                return target, row
        return None


class SharedRows:
    """The records that one user may read. Implements `soql.Source`.

    A parent that he may not read is null.
    """

    def __init__(self, schema: Schema, rows: Rows, user: User) -> None:
        self._schema, self._rows = schema, rows
        self._sharing = Sharing(schema, rows, user)

    def scan(
        self, sobject: str, ids: Collection[str] | None = None, include_deleted: bool = False
    ) -> Iterable[Row]:
        return self._readable(sobject, self._rows.scan(sobject, ids, include_deleted))

    def get(self, sobject: str, id: str) -> Row | None:  # noqa: A002
        row = self._rows.get(sobject, id)
        return next(self._readable(sobject, [row]), None) if row is not None else None

    def find(self, sobject: str, field: str, values: Collection[Value]) -> Iterable[Row] | None:
        found = self._rows.find(sobject, field, values)
        return None if found is None else self._readable(sobject, found)

    def value(self, sobject: str, row: Row, field: Field) -> Value:
        return self._rows.value(sobject, row, field)

    def _readable(self, sobject: str, rows: Iterable[Row]) -> Iterator[Row]:
        target = self._schema.objects[sobject.lower()]
        return (row for row in rows if self._sharing.may_read(target, row))


def refused(code: str) -> SaveError:
    """The refusal in Salesforce's words."""
    if code == "INSUFFICIENT_ACCESS_OR_READONLY":
        return SaveError(code, "insufficient access rights on object id")
    return SaveError(code, "insufficient access rights on cross-reference id")
