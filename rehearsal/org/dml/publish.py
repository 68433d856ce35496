"""Platform events published by Apex and Flows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from rehearsal.org.coerce import coerce
from rehearsal.org.dml.session import Session
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import SaveResult
from rehearsal.org.schema import FieldType, ObjectKind, ObjectType
from rehearsal.org.values import Row

IMMEDIATELY = "PublishImmediately"


def publish(session: Session, event: str, rows: Sequence[Row]) -> list[SaveResult]:
    """Queues events until the commit, or sends them at once, as the event says.

    Platform Events Developer Guide, "Platform Event Fields", "Decoupled Publishing and
    Subscription". Raises LimitExceeded.
    """
    target = session.engine.schema.find(event)
    if target is None or target.kind is not ObjectKind.EVENT:
        error = SaveError("INVALID_TYPE", f"sObject type '{event}' is not a platform event")
        return [SaveResult(None, False, (error,)) for _ in rows]
    at_once = target.publish_behavior == IMMEDIATELY
    session.limits.use("publish_immediate" if at_once else "dml_statements")
    return [_publish(session, target, row, at_once) for row in rows]


def _publish(session: Session, target: ObjectType, row: Row, at_once: bool) -> SaveResult:
    try:
        if session.engine.room() <= len(session.outbox):
            raise SaveError(
                "LIMIT_EXCEEDED", "You have exceeded the hourly event publishing limit."
            )
        values = checked(target, row)
        values["EventUuid"] = str(uuid.uuid4())
        if at_once and not session.hold_events:
            session.engine.publish(target.name, values, session.tx.user.id)
        else:
            session.outbox.append((target.name, values))
    except SaveError as error:
        return SaveResult(None, False, (error,))
    return SaveResult(values["EventUuid"], True)


def checked(target: ObjectType, row: Row) -> Row:
    """An event's custom fields as they are published. Raises SaveError."""
    values: Row = {}
    for name, value in row.items():
        if name in {"attributes", "EventUuid"}:
            continue
        field = target.find(name)
        if field is None:
            raise SaveError(
                "INVALID_FIELD", f"No such column '{name}' on sobject of type {target.name}"
            )
        if field.custom:
            values[field.name] = coerce(field, value)
    missing = []
    for field in target:
        if not field.custom:
            continue
        if field.name not in values:
            on = field.type is FieldType.BOOLEAN and field.default == "true"
            values[field.name] = True if on else coerce(field, None)
        if field.required and values[field.name] is None:
            missing.append(field.name)
    if missing:
        raise SaveError(
            "REQUIRED_FIELD_MISSING",
            f"Required fields are missing: [{', '.join(missing)}]",
            tuple(missing),
        )
    return values
