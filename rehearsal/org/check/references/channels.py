"""Channels of change events and platform events, and what they carry.

Change Data Capture Developer Guide, "Compose Streams of Change Data Capture Notifications with
Channels" and "Enrich Change Events with Extra Fields"; Metadata API Developer Guide,
"PlatformEventChannel" and "PlatformEventChannelMember". The local org publishes no change events.
"""

from __future__ import annotations

from rehearsal.org.check.names import Names
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Component, Element

_RULE = "event-channel"
_CHANNEL = "platformEventChannel"
_STANDARD = "ChangeEvents"
_CHANGE = "ChangeEvent"
_MOST_ENRICHED = 10
_NOT_ENRICHED = frozenset({"LongTextArea", "Html", "EncryptedText"})


def check_channel(component: Component, root: Element, names: Names, report: Report) -> None:
    """One PlatformEventChannel."""
    if not component.name.endswith("__chn"):
        report.add(root, f"the name of a custom channel ends with __chn: {component.name}", _RULE)


def check_member(component: Component, root: Element, names: Names, report: Report) -> None:
    """One PlatformEventChannelMember."""
    channel, entity = root.find("eventChannel"), root.find("selectedEntity")
    if channel is not None and not _known(channel.value, names):
        report.add(channel, f"there is no channel {channel.value}", _RULE)
    enriched = root.all("enrichedFields")
    for late in enriched[_MOST_ENRICHED:]:
        report.add(late, f"a member has at most {_MOST_ENRICHED} enriched fields", _RULE)
    if entity is None:
        return
    owner = _changed(entity.value)
    if owner is None:
        report.object(names, entity, _RULE)
        for field in enriched:
            report.add(field, "only change events are enriched", _RULE)
        return
    if not report.object(names, entity, _RULE, owner):
        return
    for field in enriched:
        name = field.find("name")
        if name is None or not report.field(names, owner, name, _RULE):
            continue
        known = names.field(owner, name.value)
        if "." in name.value:
            report.add(name, "an enriched field is one of the record itself", _RULE)
        elif known is not None and (known.calculated or known.type in _NOT_ENRICHED):
            report.add(name, f"{name.value} is of a type that enriches no event", _RULE)


def _known(channel: str, names: Names) -> bool:
    """`Ours__chn` looks like a name in a namespace; another package's has two such marks."""
    foreign = channel.count("__") > 1
    return foreign or channel == _STANDARD or channel.lower() in names.parts.get(_CHANNEL, ())


def _changed(entity: str) -> str | None:
    """The object whose changes an event tells: `Account` of `AccountChangeEvent`, `X__c` of
    `X__ChangeEvent`; None for a platform event."""
    if entity.endswith(f"__{_CHANGE}"):
        return entity.removesuffix(_CHANGE) + "c"
    return entity.removesuffix(_CHANGE) if entity.endswith(_CHANGE) else None
