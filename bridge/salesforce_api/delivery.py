"""What a subscription brings, whatever carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """An event with its fields by API name."""

    replay_id: bytes
    fields: dict[str, Any]
    id: str = ""
    """Of the event, wherever and however often it is delivered; replay ids can come again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Some events, or none, and how far the topic has been read with them; b"" where the transport
    does not say."""

    events: tuple[Received, ...]
    replay_id: bytes
