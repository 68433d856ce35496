"""Events: what happened, rendered at once in every version that somebody will read."""

from __future__ import annotations

from . import versions
from .jsontypes import Body, Json
from .objects.webhooks import Event
from .render import Renderable, render
from .world import World

# Types that did not exist before a version are not sent to an endpoint pinned to an older one.
SINCE = {"invoice_payment.paid": versions.BASIL}


def emit(world: World, kind: str, subject: Renderable) -> Event | None:
    """Record that ``type`` happened to ``subject``; an ``.updated`` without a change is none."""
    since = SINCE.get(kind, versions.ACACIA)
    endpoints = [endpoint for endpoint in world.endpoints if endpoint.wants(kind)]
    wanted = {world.account.api_version, versions.NEWEST} | {
        endpoint.api_version or world.account.api_version for endpoint in endpoints
    }
    seen = world.last_seen[subject.id]
    payloads: dict[str, Body] = {}
    changed = False
    for version in wanted:
        if versions.before(version, since):
            continue
        rendered = render(world, subject, version)
        data: Body = {"object": rendered}
        if kind.endswith(".updated"):
            previous = difference(seen.get(version), rendered)
            changed = changed or bool(previous)
            data["previous_attributes"] = previous
        payloads[version] = data
        seen[version] = rendered
    if kind.endswith(".updated") and not changed:
        return None
    if world.settings.lose_next > 0:
        world.settings.lose_next -= 1
        world.lost.append(subject.id)
        return None
    event = Event(
        id=world.ids.new("evt"),
        created=world.now(),
        type=kind,
        api_version=world.account.api_version,
        subject=subject.id,
        payloads=payloads,
        request=world.request.id if world.request else None,
        idempotency_key=world.request.idempotency_key if world.request else None,
        pending={
            endpoint.id
            for endpoint in endpoints
            if (endpoint.api_version or world.account.api_version) in payloads
        },
    )
    world.events.add(event)
    for listener in world.listeners:
        listener(event)
    return event


def difference(before: Body | None, after: Body) -> Body:
    """The old values of what changed: nested objects in part, lists whole."""
    if before is None:
        return {}
    changed: Body = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and name != "metadata":
            changed[name] = difference(old, new)
        elif name == "metadata" and isinstance(old, dict) and isinstance(new, dict):
            changed[name] = _metadata_before(old, new)
        else:
            changed[name] = old
    return changed


def _metadata_before(old: Body, new: Body) -> dict[str, Json]:
    return {key: old.get(key) for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def envelope(world: World, event: Event, version: str) -> Body:
    """The event's JSON in one version."""
    return {
        "id": event.id,
        "object": "event",
        "api_version": version,
        "created": event.created,
        "data": event.payloads[version],
        "livemode": world.livemode,
        "pending_webhooks": len(event.pending),
        "request": {"id": event.request, "idempotency_key": event.idempotency_key},
        "type": event.type,
    }
