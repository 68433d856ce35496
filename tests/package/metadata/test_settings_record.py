"""One default of each setting: in the shipped record, in its field, in the Flow that reads it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.package.metadata.conftest import Node, read

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
TYPE = "Bridge_Setting__mdt"
NOT_FOR_FLOWS = {"Lifetime_Value_Includes_Tax__c", "Planning_Rates__c"}
Value = bool | Decimal | str | None


def plain(text: str | None, kind: str | None) -> Value:
    if text is None:
        return None
    if kind == "Checkbox":
        return text == "true"
    return Decimal(text) if kind == "Number" else text


def shipped(package: Path, fields: Any) -> dict[str, Value]:
    (path,) = package.rglob("Bridge_Setting.Default.md-meta.xml")
    found: dict[str, Value] = {}
    for node in read(path).all("values"):
        name, (value,) = node.text("field"), node.all("value")
        assert name is not None
        empty = value.element.get(f"{_XSI}nil") == "true"
        text = None if empty else node.text("value")
        found[name] = plain(text, fields[TYPE][name].text("type"))
    return found


def default_of(variable: Node, kind: str | None) -> Value:
    for value in variable.all("value"):
        for tag in ("booleanValue", "numberValue", "stringValue"):
            if value.text(tag) is not None:
                return plain(value.text(tag), kind)
    return None


def test_the_shipped_record_fills_every_field(package: Path, fields: Any) -> None:
    record = shipped(package, fields)
    assert set(record) == set(fields[TYPE])
    for name, field in fields[TYPE].items():
        if field.text("type") == "Checkbox":
            assert record[name] == (field.text("defaultValue") == "true"), name


def test_flows_have_the_same_defaults_without_the_record(
    package: Path, fields: Any, flows: Any
) -> None:
    outputs = {
        f"{node.text('name')}__c": node
        for node in flows["Bridge_Read_Settings"].all("variables")
        if node.flag("isOutput")
    }
    record = shipped(package, fields)
    assert set(outputs) == set(record) - NOT_FOR_FLOWS
    for name, variable in outputs.items():
        kind = fields[TYPE][name].text("type")
        assert default_of(variable, kind) == record[name], name


def test_help_texts_name_the_defaults(package: Path, fields: Any) -> None:
    record = shipped(package, fields)
    for name, field in fields[TYPE].items():
        value = record[name]
        if isinstance(value, Decimal | str):
            said = field.text("description")
            wanted = str(int(value)) if isinstance(value, Decimal) else value
            assert f"Empty: {wanted}." in said, name


def test_only_one_flow_reads_the_settings(flows: Any) -> None:
    readers = {
        name
        for name, flow in flows.items()
        for node in flow.all("recordLookups")
        if node.text("object") == TYPE
    }
    assert readers == {"Bridge_Read_Settings", "Bridge_Ask_Customer"}
    (start,) = flows["Bridge_Ask_Customer"].all("start")
    assert start.text("triggerType") == "RecordBeforeSave", "where no Flow can call another"
