"""Events and webhook endpoints."""

from __future__ import annotations

from ... import versions
from ...errors import invalid_parameter, missing_object, missing_parameter
from ...events import envelope
from ...objects.webhooks import Event, WebhookEndpoint
from ...params import merged
from ...periods import DAY
from ...render import render
from ...world import World
from ..call import Answer, Call, Route, listed, paging

MOST_ENDPOINTS, MOST_TYPES, EVENTS_REACH_BACK = 16, 20, 30 * DAY


def retrieve_event(call: Call) -> Answer:
    call.params.done()
    event = call.world.events.need(call.id)
    if event.api_version not in event.payloads or not _kept(call.world, event):
        raise missing_object("event", call.id)
    return envelope(call.world, event, event.api_version)


def _kept(world: World, event: Event) -> bool:
    """API reference, "Events": access through the Retrieve Event API is guaranteed for 30 days."""
    return event.created > world.now() - EVENTS_REACH_BACK


def list_events(call: Call) -> Answer:
    """Events of the last 30 days, each in the version of its creation."""
    world, params = call.world, call.params
    kind, types = params.optional("type"), params.texts("types")
    succeeded = params.optional("delivery_success")
    page = paging(params)
    params.done()
    if kind and types:
        raise invalid_parameter("types", "You may only specify one of: type, types.")
    if len(types) > MOST_TYPES:
        raise invalid_parameter("types", f"You can pass at most {MOST_TYPES} types.")
    wanted = [kind] if kind else types

    def fits(event: Event) -> bool:
        return (
            event.api_version in event.payloads
            and _kept(world, event)
            and event.created <= world.now() - world.settings.events_listed_after
            and (not wanted or any(_matches(event.type, each) for each in wanted))
            and (succeeded is None or (not event.pending) == (succeeded == "true"))
        )

    rows, more = page.page([event for event in world.events if fits(event)])
    return {
        "object": "list",
        "data": [envelope(world, event, event.api_version) for event in rows],
        "has_more": more,
        "url": "/v1/events",
    }


def _matches(kind: str, pattern: str) -> bool:
    return kind == pattern or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))


def create_endpoint(call: Call) -> Answer:
    """A new endpoint; the answer alone shows its secret."""
    world, params = call.world, call.params
    url, enabled = params.required("url"), params.texts("enabled_events")
    version = params.optional("api_version")
    endpoint = WebhookEndpoint(
        id=world.ids.new("we"),
        created=world.now(),
        url=url,
        enabled_events=enabled,
        api_version=versions.checked(version, "api_version") if version else None,
        secrets=[world.ids.new("whsec", 32)],
        description=params.optional("description"),
        metadata=merged({}, params.metadata()),
    )
    params.done()
    if not enabled:
        raise missing_parameter("enabled_events")
    if not url.startswith(("http://", "https://")):
        raise invalid_parameter("url", "Invalid URL: An explicit scheme must be provided.")
    if len([each for each in world.endpoints if not each.deleted]) >= MOST_ENDPOINTS:
        raise invalid_parameter(
            "url", f"You have reached the maximum of {MOST_ENDPOINTS} webhook endpoints."
        )
    world.endpoints.add(endpoint)
    return {**render(world, endpoint, call.version), "secret": endpoint.secrets[0]}


def update_endpoint(call: Call) -> Answer:
    params, endpoint = call.params, _live(call)
    url = params.optional("url") or endpoint.url
    enabled = params.texts("enabled_events") or endpoint.enabled_events
    disabled = params.boolean("disabled", endpoint.status == "disabled")
    metadata = merged(endpoint.metadata, params.metadata())
    params.done()
    endpoint.url, endpoint.enabled_events, endpoint.metadata = url, enabled, metadata
    endpoint.status = "disabled" if disabled else "enabled"
    return endpoint


def retrieve_endpoint(call: Call) -> Answer:
    call.params.done()
    return _live(call)


def list_endpoints(call: Call) -> Answer:
    return listed(call.params, [each for each in call.world.endpoints if not each.deleted])


def delete_endpoint(call: Call) -> Answer:
    call.params.done()
    endpoint = _live(call)
    endpoint.deleted = True
    return endpoint


def _live(call: Call) -> WebhookEndpoint:
    endpoint = call.world.endpoints.need(call.id)
    if endpoint.deleted:
        raise missing_object("webhook endpoint", call.id)
    return endpoint


ROUTES = (
    Route("GET", "/v1/events", list_events),
    Route("GET", "/v1/events/{id}", retrieve_event),
    Route("POST", "/v1/webhook_endpoints", create_endpoint),
    Route("GET", "/v1/webhook_endpoints", list_endpoints),
    Route("GET", "/v1/webhook_endpoints/{id}", retrieve_endpoint),
    Route("POST", "/v1/webhook_endpoints/{id}", update_endpoint),
    Route("DELETE", "/v1/webhook_endpoints/{id}", delete_endpoint),
)
