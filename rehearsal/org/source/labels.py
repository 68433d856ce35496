"""Custom labels (Metadata API Developer Guide, "CustomLabels")."""

from __future__ import annotations

from pathlib import Path

from rehearsal.org.errors import MetadataError
from rehearsal.org.schema import Schema
from rehearsal.org.source.names import check_developer_name
from rehearsal.org.source.xml import read_xml

_LONGEST, _NAME_LENGTH = 1000, 80


def read_labels(path: Path, schema: Schema) -> None:
    """Enters the labels of one `.labels-meta.xml`. Translations are not read: every user here has
    the labels' own language. Raises MetadataError, Unsupported."""
    node = read_xml(path, "CustomLabels")
    node.only(frozenset({"labels"}))
    for item in node.all("labels"):
        item.only(
            frozenset(
                {"fullName", "categories", "language", "protected", "shortDescription", "value"}
            )
        )
        name, value = item.need("fullName"), item.need("value")
        check_developer_name(name, item.at("fullName"), _NAME_LENGTH)
        for required in ("language", "protected", "shortDescription"):
            item.need(required)
        if len(value) > _LONGEST:
            raise MetadataError(
                f"{name}: a label has at most {_LONGEST} characters", item.at("value")
            )
        if name.lower() in schema.labels:
            raise MetadataError(f"Label {name} is there twice", item.where)
        schema.labels[name.lower()] = value
