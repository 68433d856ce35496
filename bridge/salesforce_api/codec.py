"""Platform events in Avro, by the schema that the org gives for each topic; and in JSON."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import fastavro

from bridge.errors import PackageMissing

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Codec:
    """Encodes and decodes the events of one schema."""

    def __init__(self, topic: str, schema_json: str) -> None:
        self._topic = topic
        schema = json.loads(schema_json)
        self._fields: dict[str, tuple[str, bool]] = {
            field["name"]: _type_of(field["type"]) for field in schema["fields"]
        }
        self._schema = fastavro.parse_schema(schema)

    def encode(self, payload: Mapping[str, Any]) -> bytes:
        """Fields by API name; texts of a DateTime field are ISO 8601.

        Raises PackageMissing for a field that the org's event lacks, ValueError for a value that
        does not fit.
        """
        self.require(payload)
        record = {
            name: _wire(name, payload.get(name), *kind) for name, kind in self._fields.items()
        }
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, self._schema, record)
        return buffer.getvalue()

    def require(self, names: Iterable[str]) -> None:
        """Raises PackageMissing, which names them, for fields that the org's event lacks."""
        missing = [name for name in names if name not in self._fields]
        if missing:
            raise PackageMissing(
                f"{self._topic} has no field {', '.join(missing)}: "
                "deploy this version's package to the org"
            )

    def decode(self, payload: bytes) -> dict[str, Any]:
        """Fields by API name. Raises ValueError for bytes that do not fit the schema."""
        try:
            record = fastavro.schemaless_reader(io.BytesIO(payload), self._schema, None)
        except (EOFError, IndexError, UnicodeDecodeError, OverflowError) as error:
            raise ValueError(f"not an event of {self._topic}: {type(error).__name__}") from error
        if not isinstance(record, dict):
            raise ValueError(f"not an event of {self._topic}")
        return record


def from_json(payload: Mapping[str, Any], times: Collection[str]) -> dict[str, Any]:
    """The fields of an event in JSON as :meth:`Codec.decode` would give them.

    JSON does not say what is a time, so ``times`` names the fields of type Date and DateTime; they
    become milliseconds since the epoch, a Date its midnight in UTC. A number is a double, however
    it is written. Raises ValueError for a time that is none.
    """
    return {
        name: _millis(value)
        if name in times and isinstance(value, str)
        else float(value)
        if isinstance(value, int) and not isinstance(value, bool)
        else value
        for name, value in payload.items()
    }


def _millis(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - _EPOCH) // dt.timedelta(milliseconds=1)


def _type_of(declared: Any) -> tuple[str, bool]:
    """The Avro type's name, and whether null is allowed."""
    branches = declared if isinstance(declared, list) else [declared]
    names = [branch["type"] if isinstance(branch, dict) else branch for branch in branches]
    plain = [name for name in names if name != "null"]
    return str(plain[0]), "null" in names


def _wire(name: str, value: Any, kind: str, nullable: bool) -> Any:
    if value is None:
        if not nullable:
            raise ValueError(f"{name} is required")
        return None
    if kind == "long":
        if isinstance(value, str):
            value = dt.datetime.fromisoformat(value)
        if isinstance(value, dt.datetime):
            return (value - _EPOCH) // dt.timedelta(milliseconds=1)
        return int(value)
    if kind == "double":
        return float(value)
    if kind == "boolean":
        return bool(value)
    return str(value)
