"""Records of custom metadata types (Metadata API Developer Guide, "CustomMetadata")."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearsal.org.coerce import coerce
from rehearsal.org.errors import MetadataError, SaveError
from rehearsal.org.schema import FieldType, ObjectKind, Schema
from rehearsal.org.source.names import check_developer_name, check_label
from rehearsal.org.source.xml import Node, read_xml
from rehearsal.org.values import Row

_XSD = {
    FieldType.BOOLEAN: {"boolean"},
    FieldType.DATE: {"date"},
    FieldType.DATETIME: {"dateTime"},
    FieldType.DOUBLE: {"double", "int", "decimal"},
    FieldType.PERCENT: {"double", "int", "decimal"},
}


@dataclass(frozen=True, slots=True)
class _Value:
    field: str
    text: str | None
    kind: str | None
    node: Node


def read_record(path: Path, name: str, schema: Schema) -> None:
    """Adds one `Type.Record.md-meta.xml` to its type. Raises MetadataError, Unsupported."""
    node = read_xml(path, "CustomMetadata")
    node.only(frozenset({"label", "protected", "values", "description"}))
    type_name, _, record = name.partition(".")
    target = schema.find(f"{type_name}__mdt")
    if target is None or target.kind is not ObjectKind.METADATA:
        raise MetadataError(f"no custom metadata type named {type_name}__mdt found", node.where)
    check_developer_name(record, node.where)
    label = node.need("label")
    check_label(label, node.where)
    row: Row = {
        "DeveloperName": record,
        "MasterLabel": label,
        "Label": label,
        "Language": "en_US",
        "QualifiedApiName": record,
    }
    for value in [_value(item) for item in node.all("values")]:
        field = target.find(value.field)
        if field is None or not field.custom:
            raise MetadataError(
                f"Invalid field {value.field} in custom metadata {name}", value.node.where
            )
        if field.name in row:
            raise MetadataError(f"{field.name} is given twice", value.node.where)
        allowed = _XSD.get(field.type, {"string", "picklist"})
        if value.kind is not None and value.kind not in allowed:
            raise MetadataError(
                f"{field.name} is a {field.type}, not xsd:{value.kind}", value.node.where
            )
        try:
            row[field.name] = coerce(field, value.text)
        except SaveError as error:
            raise MetadataError(error.message, value.node.where) from None
    for field in target:
        if field.type is FieldType.BOOLEAN and field.custom:
            row.setdefault(field.name, field.default == "true")
        if field.required and row.get(field.name) is None:
            raise MetadataError(f"Required fields are missing: [{field.name}]", node.where)
    target.records.append(row)


def _value(node: Node) -> _Value:
    node.only(frozenset({"field", "value"}))
    held = node.find("value")
    if held is None:
        raise MetadataError("Required field is missing: value", node.where)
    text = None if held.is_nil or not held.value else held.value
    kind = held.xsi_type
    return _Value(node.need("field"), text, kind.rpartition(":")[2] if kind else None, node)
