"""Reads the data files of the standard objects."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, PicklistValue, Schema
from rehearsal.org.standard.system import system_fields
from rehearsal.org.standard.value_sets import VALUE_SETS, complete
from rehearsal.org.values import Row

_KINDS = {"standard": ObjectKind.STANDARD, "setting": ObjectKind.SETTING}


def standard_schema(features: Collection[str] = ()) -> Schema:
    """A schema with the standard objects alone, also those of these features of Setup; the caller
    may change it."""
    schema = Schema()
    for data in _files():
        if data.get("feature", "") not in {"", *features}:
            continue
        made = _object(data)
        schema.objects[made.name.lower()] = made
    return schema


def seed_rows() -> dict[str, list[Row]]:
    """The rows of a new org by object, without ids and system fields."""
    found: dict[str, list[Row]] = {}
    for data in _files():
        if "rows" in data:
            name, rows = data["name"], [dict(row) for row in data["rows"]]
            found[name] = complete(name, rows) if name in VALUE_SETS else rows
    return found


@cache
def _files() -> tuple[Mapping[str, Any], ...]:
    folder = files(__package__) / "objects"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(tomllib.loads((folder / name).read_text("utf-8")) for name in names)


def _object(data: Mapping[str, Any]) -> ObjectType:
    writable = bool(data.get("writable", True))
    made = ObjectType(
        name=data["name"],
        kind=_KINDS[data.get("kind", "standard")],
        label=data["label"],
        plural_label=data["plural_label"],
        key_prefix=data["key_prefix"],
        sharing=data.get("sharing", "ReadWrite"),
        createable=bool(data.get("createable", writable)),
        updateable=bool(data.get("updateable", writable)),
        deletable=bool(data.get("deletable", writable)),
        triggerable=bool(data.get("triggerable", writable)),
    )
    fields = [
        *system_fields(owner=bool(data.get("owner", False)), deletable=made.deletable),
        *(_field(name, spec) for name, spec in data["fields"].items()),
    ]
    made.fields = {field.name.lower(): field for field in fields}
    return made


def _field(name: str, spec: Mapping[str, Any]) -> Field:
    kind = FieldType(spec["type"])
    read_only = bool(spec.get("read_only", False))
    values = spec.get("values", ())
    targets = spec.get("to", ())
    return Field(
        name=name,
        type=kind,
        label=spec.get("label", name),
        length=spec.get("length", _LENGTHS.get(kind, 0)),
        precision=spec.get("precision", _PRECISION.get(kind, (0, 0))[0]),
        scale=spec.get("scale", _PRECISION.get(kind, (0, 0))[1]),
        required=bool(spec.get("required", False)),
        unique=bool(spec.get("unique", False)),
        createable=bool(spec.get("createable", not read_only)),
        updateable=bool(spec.get("updateable", not read_only)),
        long_text=bool(spec.get("long", False)),
        filterable=not spec.get("long", False),
        reference_to=(targets,) if isinstance(targets, str) else tuple(targets),
        relationship=spec.get("relationship") or (name.removesuffix("Id") if targets else None),
        child_relationship=spec.get("children"),
        master_detail=bool(spec.get("master_detail", False)),
        delete_rule=spec.get("delete_rule", "SetNull"),
        default=spec.get("default"),
        auto_number=spec.get("auto_number"),
        picklist=tuple(
            PicklistValue(value, value, default=value == spec.get("default_value"))
            for value in values
        ),
        restricted=bool(spec.get("restricted", False)),
    )


_LENGTHS = {
    FieldType.STRING: 255,
    FieldType.TEXTAREA: 255,
    FieldType.PICKLIST: 255,
    FieldType.EMAIL: 80,
    FieldType.PHONE: 40,
    FieldType.URL: 255,
    FieldType.REFERENCE: 18,
}
_PRECISION = {
    FieldType.CURRENCY: (18, 2),
    FieldType.PERCENT: (3, 0),
    FieldType.INT: (9, 0),
    FieldType.DOUBLE: (18, 0),
}
