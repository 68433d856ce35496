"""The start of a schedule-triggered Flow (Metadata API Developer Guide, "FlowSchedule")."""

from __future__ import annotations

import datetime as dt

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow import model
from rehearsal.org.flow.reading.common import CANVAS, filters, logic
from rehearsal.org.source.xml import Node

_START = frozenset({"connector", "filterLogic", "filters", "object", "schedule", "triggerType"})
_FREQUENCIES = frozenset({"Once", "Daily", "Weekly"})


def read_schedule(start: Node) -> model.Schedule:
    """Raises MetadataError and Unsupported."""
    for child in start:
        if child.tag not in _START and child.tag not in CANVAS:
            raise Unsupported(f"Flow start {child.tag} with a schedule", child.where)
    node = start.find("schedule")
    if node is None:
        raise MetadataError("triggerType Scheduled needs a schedule", start.where)
    node.only(frozenset({"frequency", "startDate", "startTime"}))
    frequency = node.need("frequency")
    if frequency not in _FREQUENCIES:
        raise Unsupported(f"Flow schedule frequency {frequency}", node.where)
    found = filters(start)
    if found and start.find("object") is None:
        raise MetadataError("filters need an object", start.where)
    return model.Schedule(
        frequency=frequency,
        start=dt.datetime.combine(_day(node), _time(node)),
        object=start.text("object"),
        logic=logic(start, "filterLogic"),
        filters=found,
        where=start.where,
    )


def _day(node: Node) -> dt.date:
    text = node.need("startDate")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise MetadataError(f"'{text}' is not a date", node.where) from None


def _time(node: Node) -> dt.time:
    """A time of day in the org's zone, whatever the Z at its end says."""
    text = node.need("startTime")
    try:
        return dt.time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise MetadataError(f"'{text}' is not a time", node.where) from None
