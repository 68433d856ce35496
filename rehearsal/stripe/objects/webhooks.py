"""Events, and the endpoints that they are sent to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ..jsontypes import Body


@dataclass(slots=True, kw_only=True)
class Event:
    """What happened; ``payloads`` holds ``data`` as it was then, by API version."""

    object: ClassVar[str] = "event"
    id: str
    created: int
    type: str
    api_version: str
    subject: str
    payloads: dict[str, Body]
    request: str | None = None
    idempotency_key: str | None = None
    pending: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class WebhookEndpoint:
    """``secrets``: the newest first; more than one while a rotation lasts."""

    object: ClassVar[str] = "webhook_endpoint"
    id: str
    created: int
    url: str
    enabled_events: list[str]
    api_version: str | None
    secrets: list[str]
    description: str | None = None
    status: str = "enabled"
    metadata: dict[str, str] = field(default_factory=dict)
    deleted: bool = False

    def wants(self, kind: str) -> bool:
        return (
            self.status == "enabled"
            and not self.deleted
            and ("*" in self.enabled_events or kind in self.enabled_events)
        )
