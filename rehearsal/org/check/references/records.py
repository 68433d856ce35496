"""Custom metadata records, and the configuration of event subscribers."""

from __future__ import annotations

import datetime as dt
import re

from rehearsal.org.check.names import FieldName, Names
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Component, Element

_XSD = {
    "Checkbox": {"boolean"},
    "Date": {"date"},
    "DateTime": {"dateTime"},
    "Number": {"double", "int", "decimal"},
    "Percent": {"double", "int", "decimal"},
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


def check_record(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `Type.Record.md-meta.xml`."""
    kind, _, _ = component.name.partition(".")
    owner = f"{kind}__mdt"
    if not names.has_object(owner):
        report.add(root, f"there is no custom metadata type {owner}", "custom-metadata")
        return
    given: set[str] = set()
    for item in root.all("values"):
        field, value = item.find("field"), item.find("value")
        if field is None:
            continue
        if not report.field(names, owner, field, "custom-metadata"):
            continue
        if field.value.lower() in given:
            report.add(field, f"{field.value} is given twice", "custom-metadata")
        given.add(field.value.lower())
        known = names.field(owner, field.value)
        if known is None or value is None or value.attribute("nil") == "true":
            if known is not None and known.required and known.type != "Checkbox":
                report.add(item, f"{known.name} needs a value", "custom-metadata")
            continue
        fault = _value_fault(known, value)
        if fault:
            report.add(value, f"{known.name}: {fault}", "custom-metadata")
    own = names.own(owner)
    for known in own.fields.values() if own is not None and own.declared else ():
        if known.required and known.type != "Checkbox" and known.name.lower() not in given:
            report.add(root, f"{known.name} needs a value", "custom-metadata")


def _value_fault(field: FieldName, value: Element) -> str:
    kind = (value.attribute("type") or "").rpartition(":")[2]
    allowed = _XSD.get(field.type, {"string", "picklist"})
    if kind and kind not in allowed:
        return f"the value of a {field.type} field is not xsd:{kind}"
    text = value.value
    if field.values is not None and text and text not in field.values:
        return f"'{text}' is no value of the picklist"
    match field.type:
        case "Checkbox" if text not in {"true", "false"}:
            return f"'{text}' is not a boolean"
        case "Number" | "Percent" if text and not _NUMBER.fullmatch(text):
            return f"'{text}' is not a number"
        case "Date" if text and not _is_date(text):
            return f"'{text}' is not a date"
    return ""


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_subscriber(component: Component, root: Element, names: Names, report: Report) -> None:
    """One PlatformEventSubscriberConfig."""
    consumer, key = root.find("platformEventConsumer"), root.find("partitionKey")
    if consumer is not None and not (
        consumer.value.lower() in names.triggers or names.has("flow", consumer.value)
    ):
        report.add(consumer, f"there is no trigger {consumer.value}", "subscriber-config")
    for tag, most in (("batchSize", 2000), ("numPartitions", 10)):
        number = root.find(tag)
        if number is not None and number.value.isdigit() and not 1 <= int(number.value) <= most:
            report.add(number, f"{tag} must be within 1 and {most}", "subscriber-config")
    partitions = root.find("numPartitions")
    if partitions is not None and partitions.value not in {"", "1"} and key is None:
        report.add(partitions, "numPartitions needs a partitionKey", "subscriber-config")
    if key is None or key.value.lower() == "eventuuid":
        return
    event, _, name = key.value.partition(".")
    if not name or name.lower() == "eventuuid":
        return
    if not names.has_object(event):
        report.add(key, f"there is no object {event}", "subscriber-config")
    elif report.field(names, event, key, "subscriber-config", name):
        field = names.field(event, name)
        if field is not None and not field.required:
            report.add(key, f"the partition key {name} is not required", "subscriber-config")
