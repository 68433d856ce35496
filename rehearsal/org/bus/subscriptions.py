"""Which Apex triggers of a project listen to which events, and how they take them."""

from __future__ import annotations

import hashlib
import re

from rehearsal.org.bus.subscribers import EventTrigger
from rehearsal.org.schema import ObjectKind
from rehearsal.org.source import Project, SubscriberConfig
from rehearsal.org.values import id18

_HEADER = re.compile(r"\btrigger\s+(\w+)\s+on\s+(\w+__e)\s*\(", re.IGNORECASE)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def event_triggers(project: Project) -> list[EventTrigger]:
    """The event triggers with their `PlatformEventSubscriberConfig`."""
    configs = {config.consumer.lower(): config for config in project.subscriber_configs}
    found: list[EventTrigger] = []
    for source in project.triggers:
        header = _HEADER.search(_COMMENT.sub(" ", source.text))
        event = project.schema.find(header[2]) if header else None
        if header is None or event is None or event.kind is not ObjectKind.EVENT:
            continue
        name = header[1]
        config = configs.get(name.lower(), SubscriberConfig(name, name))
        key = (config.partition_key or "").rpartition(".")[2]
        declared = event.find(key)
        found.append(
            EventTrigger(
                name=name,
                event=event.name,
                id=_id(name),
                batch_size=config.batch_size,
                partitions=config.partitions,
                partition_key=declared.name if declared else key or None,
            )
        )
    return found


def _id(trigger: str) -> str:
    return id18(f"01q{hashlib.sha256(trigger.lower().encode()).hexdigest()[:12]}")
