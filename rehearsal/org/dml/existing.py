"""The record that a save or a delete is about."""

from __future__ import annotations

from rehearsal.org.dml.session import Session
from rehearsal.org.errors import SaveError
from rehearsal.org.schema import ObjectType
from rehearsal.org.values import Row


def locked() -> SaveError:
    return SaveError(
        "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records"
    )


def existing(session: Session, target: ObjectType, id_: str | None) -> Row:
    """The live row of an update or delete. Raises SaveError."""
    if id_ is None:
        raise SaveError("MISSING_ARGUMENT", "Id not specified in an update call")
    if session.engine.store.object_of(id_) != target.name:
        raise SaveError("MALFORMED_ID", f"{target.name} ID: id value of incorrect type: {id_}")
    row = session.engine.store.table(target.name).any(id_)
    if row is None:
        raise SaveError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.get("IsDeleted"):
        raise SaveError("ENTITY_IS_DELETED", "entity is deleted")
    if id_ in session.in_before:
        raise SaveError(
            "SELF_REFERENCE_FROM_TRIGGER",
            f"Object (id = {id_}) is currently in trigger on {target.name}, therefore it cannot "
            "recursively update itself",
        )
    return row
