"""Webhook endpoints."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.webhooks import WebhookEndpoint
from ...world import World


def endpoint(world: World, subject: WebhookEndpoint) -> Body:
    """An endpoint; its secret only comes with the answer to its creation."""
    if subject.deleted:
        return {"id": subject.id, "object": "webhook_endpoint", "deleted": True}
    return {
        "id": subject.id,
        "object": "webhook_endpoint",
        "api_version": subject.api_version,
        "application": None,
        "created": subject.created,
        "description": subject.description,
        "enabled_events": list(subject.enabled_events),
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "status": subject.status,
        "url": subject.url,
    }
