"""A row as a caller gives it, turned into the org's own names, types and ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.org.coerce import convert
from rehearsal.org.errors import SaveError
from rehearsal.org.schema import Field, FieldType, ObjectType, Schema
from rehearsal.org.store import Store
from rehearsal.org.values import Row


class Incoming:
    """Reads rows. Every method raises SaveError."""

    def __init__(self, schema: Schema, store: Store) -> None:
        self._schema, self._store = schema, store
        self._ways: dict[str, dict[str, Field]] = {}

    def read(self, target: ObjectType, row: Row) -> Row:
        """Canonical names and typed values; parents named by an external id become their id."""
        values: Row = {}
        for name, value in row.items():
            if name == "attributes":
                continue
            field = target.find(name)
            if field is not None:
                values[field.name] = convert(field, value)
                continue
            reference = self._way_up(target, name)
            if reference is None:
                raise SaveError(
                    "INVALID_FIELD", f"No such column '{name}' on sobject of type {target.name}"
                )
            if isinstance(value, Mapping) and "Id" not in value:
                if row.get(reference.name) is not None:
                    raise SaveError(
                        "INVALID_FIELD",
                        f"Cannot have both {reference.name} and {reference.relationship}",
                        (reference.name,),
                    )
                values[reference.name] = self._parent(reference, value)
        return values

    def references(self, target: ObjectType, values: Row, names: set[str]) -> list[SaveError]:
        """Checks that the records which the named fields refer to exist."""
        errors = []
        for name in names:
            field = target.fields[name.lower()]
            if field.type is FieldType.REFERENCE and values.get(name) is not None:
                error = self._check_reference(field, str(values[name]), target, values)
                if error is not None:
                    errors.append(error)
        return errors

    def _way_up(self, target: ObjectType, name: str) -> Field | None:
        ways = self._ways.get(target.name)
        if ways is None:
            ways = self._ways[target.name] = {
                field.relationship.lower(): field for field in target if field.relationship
            }
        return ways.get(name.lower())

    def _parent(self, reference: Field, given: Mapping[str, Any]) -> str:
        keys = {name: value for name, value in given.items() if name != "attributes"}
        parent = self._parent_type(reference, given)
        if len(keys) != 1:
            raise SaveError(
                "INVALID_FIELD",
                "More than 1 field provided in an external foreign key reference in entity: "
                f"{parent.name}"
                if keys
                else f"No external id in the reference {reference.relationship}",
            )
        ((name, value),) = keys.items()
        field = parent.find(name)
        if field is None or not (field.external_id or field.name == "Username"):
            raise SaveError(
                "INVALID_FIELD",
                f"Field name provided, {name} is not an External ID or indexed field for "
                f"{parent.name}",
            )
        typed = convert(field, value)
        found = [] if typed is None else self._store.table(parent.name).matching(field, typed)
        if not found:
            raise SaveError(
                "INVALID_FIELD",
                f"Foreign key external ID: {value} not found for "
                f"field {field.name} in entity {parent.name}",
            )
        if len(found) > 1:
            raise SaveError(
                "DUPLICATE_EXTERNAL_ID",
                f"{field.name}: more than one record found for external id field: "
                f"[{', '.join(str(row['Id']) for row in found)}]",
            )
        return str(found[0]["Id"])

    def _parent_type(self, reference: Field, given: Mapping[str, Any]) -> ObjectType:
        attributes = given.get("attributes")
        named = attributes.get("type") if isinstance(attributes, Mapping) else None
        if named is None and len(reference.reference_to) > 1:
            raise SaveError("INVALID_FIELD", f"{reference.relationship} needs attributes.type")
        name = str(named or reference.reference_to[0])
        parent = self._schema.find(name)
        if parent is None or parent.name not in reference.reference_to:
            raise SaveError("INVALID_FIELD", f"{reference.relationship} cannot be a {name}")
        return parent

    def _check_reference(
        self, field: Field, id_: str, target: ObjectType, values: Row
    ) -> SaveError | None:
        sobject = self._store.object_of(id_)
        if sobject not in field.reference_to:
            return SaveError(
                "FIELD_INTEGRITY_EXCEPTION",
                f"{field.label or field.name}: id value of incorrect type: {id_}",
                (field.name,),
            )
        row = self._store.table(sobject).any(id_)
        if row is None:
            return SaveError(
                "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,)
            )
        if row.get("IsDeleted"):
            return SaveError("ENTITY_IS_DELETED", "entity is deleted", (field.name,))
        if field.custom and id_ == values.get("Id"):
            return SaveError(
                "CIRCULAR_DEPENDENCY",
                f"{target.name}.{field.name}: a record cannot refer to itself",
                (field.name,),
            )
        if field.name == "OwnerId" and row.get("IsActive") is False:
            return SaveError(
                "INACTIVE_OWNER_OR_USER",
                f"operation performed with inactive user [{id_[:15]}] as owner of "
                f"{target.name.lower()}",
                (),
            )
        return None
