"""Publishing platform events by REST (Platform Events Developer Guide, "Publish Event Messages
with Salesforce APIs")."""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.org.bus import StoredEvent
from rehearsal.org.bus.fields import checked
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import User
from rehearsal.org.schema import ObjectType
from rehearsal.org.security import may
from rehearsal.org.server.faults import FaultKind
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError
from rehearsal.org.values import Row


def publish(
    context: Context, user: User, event: ObjectType, rows: Sequence[Row]
) -> list[StoredEvent | SaveError]:
    """Publishes events of one type, next to each other, and says what became of each.

    They are published at once, whatever the event's publish behaviour: that one is for publishers
    inside Salesforce.
    """
    prepared = [_prepared(context, user, event, row) for row in rows]
    good = [row for row in prepared if not isinstance(row, SaveError)]
    try:
        stored = iter(context.org.bus.append_all(event.name, good, user.id))
    except SaveError as refused:
        return [row if isinstance(row, SaveError) else refused for row in prepared]
    return [row if isinstance(row, SaveError) else next(stored) for row in prepared]


def result_json(context: Context, stored: StoredEvent) -> dict[str, object]:
    """The success that looks like an error; the message is the EventUuid."""
    enqueued = {"statusCode": "OPERATION_ENQUEUED", "message": stored.uuid, "fields": []}
    return {"id": context.next_event_id(), "success": True, "errors": [enqueued]}


def unreadable(event: ObjectType) -> ApiError:
    """Events are published and subscribed to; no API reads or changes them as records."""
    return ApiError(
        405, "METHOD_NOT_ALLOWED", f"entity type {event.name} does not support this operation"
    )


def _prepared(context: Context, user: User, event: ObjectType, row: Row) -> Row | SaveError:
    if not may(user, event, "create"):
        return SaveError(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            f"entity type cannot be inserted: {event.label or event.name}",
        )
    if context.faults.take(FaultKind.PUBLISH_UNAVAILABLE):
        return SaveError(
            "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE",
            "Publishing is temporarily unavailable. Try again later.",
        )
    given = [name for name in row if (field := event.find(name)) is None or not field.custom]
    if given:
        return SaveError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(given)}. Please check the security "
            "settings of this field and verify that it is read/write for your profile or "
            "permission set.",
            tuple(given),
        )
    try:
        return checked(event, row, enforce_required=True)
    except SaveError as refused:
        return refused
