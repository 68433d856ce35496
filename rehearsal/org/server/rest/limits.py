"""`/limits` (REST API Developer Guide, "Limits")."""

from __future__ import annotations

import datetime as dt

from rehearsal.org.bus.allocations import Allocation
from rehearsal.org.schema import ObjectKind
from rehearsal.org.security import may
from rehearsal.org.server.rest.access import has_permission
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError
from rehearsal.org.soql import ast


def limits(context: Context, call: Call) -> Reply:
    """Asks for View Setup and Configuration, as Salesforce does."""
    if not has_permission(call.user, "ViewSetup"):
        raise ApiError(
            403,
            "INSUFFICIENT_ACCESS",
            "You don't have the View Setup and Configuration permission.",
        )
    now = context.org.clock.now()
    bus = context.org.bus.allocations
    rows = (context.api_requests, bus.delivered, bus.published)
    body = {row.name: _limit(row, now) for row in rows}
    body["DataStorageMB"] = {"Max": 1024, "Remaining": 1024}
    return Reply(body=body)


def record_count(context: Context, call: Call) -> Reply:
    """Counts of the objects in `sObjects=`, or of all that the user may read."""
    wanted = {name.lower() for name in call.query.get("sObjects", "").split(",") if name}
    counted = []
    for target in context.schema.objects.values():
        if wanted and target.name.lower() not in wanted:
            continue
        if target.kind not in {ObjectKind.STANDARD, ObjectKind.CUSTOM}:
            continue
        if may(call.user, target, "read"):
            counted.append({"count": _count(context, call, target.name), "name": target.name})
    return Reply(body={"sObjects": counted})


def _count(context: Context, call: Call, name: str) -> int:
    question = ast.Query(object=name, select=(), count_only=True)
    rows = context.transact(call.user, lambda tx: tx.query(question, count_limits=False))
    return int(rows[0]["expr0"])


def _limit(allocation: Allocation, now: dt.datetime) -> dict[str, int]:
    return {"Max": allocation.maximum, "Remaining": allocation.remaining(now)}
