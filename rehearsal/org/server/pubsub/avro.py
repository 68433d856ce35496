"""Event schemas and payloads in Avro, as Salesforce writes them (Pub/Sub API, "Event Schema")."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
from decimal import Decimal
from functools import cached_property
from typing import Any

import fastavro
from fastavro.schema import to_parsing_canonical_form

from rehearsal.org.bus import StoredEvent
from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectType
from rehearsal.org.values import Row, Value

_AVRO = {
    FieldType.BOOLEAN: ("boolean", "Boolean"),
    FieldType.DATE: ("long", "DateOnly"),
    FieldType.DATETIME: ("long", "DateTime"),
    FieldType.TEXTAREA: ("string", "MultiLineText"),
}
_MIDNIGHT = dt.time(tzinfo=dt.UTC)


class BadPayload(ValueError):
    """The bytes are no event of this schema."""


class EventSchema:
    """The schema of one event: `CreatedDate`, `CreatedById`, and its nullable custom fields."""

    def __init__(self, event: ObjectType) -> None:
        self.event = event
        self._fields = [declared for declared in event if declared.custom]

    @cached_property
    def json(self) -> str:
        system = [
            {"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"},
            {"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"},
        ]
        custom = [self._declaration(declared) for declared in self._fields]
        return json.dumps(
            {
                "type": "record",
                "name": self.event.name,
                "namespace": "com.sforce.eventbus",
                "fields": [*system, *custom],
            },
            separators=(",", ":"),
        )

    @cached_property
    def id(self) -> str:
        """The MD5 of the canonical schema, in URL-safe base 64."""
        canonical = to_parsing_canonical_form(json.loads(self.json))
        digest = hashlib.md5(canonical.encode(), usedforsecurity=False).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def encode(self, event: StoredEvent) -> bytes:
        """The payload of a published event; a number becomes the nearest double."""
        record: dict[str, Any] = {
            "CreatedDate": _millis(event.created),
            "CreatedById": event.created_by,
        }
        for declared in self._fields:
            record[declared.name] = _to_avro(event.values.get(declared.name))
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self._parsed, record)
        return out.getvalue()

    def decode(self, payload: bytes) -> Row:
        """The custom fields of a payload; a double becomes the Decimal of its shortest spelling.

        Raises BadPayload.
        """
        source = io.BytesIO(payload)
        try:
            record = fastavro.schemaless_reader(source, self._parsed, None)
        except Exception as error:  # fastavro raises whatever the bytes lead it to
            raise BadPayload(f"cannot read the payload of {self.event.name}") from error
        if source.tell() != len(payload) or not isinstance(record, dict):
            raise BadPayload(f"the payload of {self.event.name} is too long for its schema")
        if not record["CreatedById"]:
            raise BadPayload("CreatedById is blank")
        return {
            declared.name: _from_avro(declared, record[declared.name]) for declared in self._fields
        }

    @cached_property
    def _parsed(self) -> Any:
        return fastavro.parse_schema(json.loads(self.json))

    def _declaration(self, declared: Field) -> dict[str, Any]:
        if declared.type in NUMERIC:
            avro, named = "double", "Double"
        else:
            avro, named = _AVRO.get(declared.type, ("string", "Text"))
        return {
            "name": declared.name,
            "type": ["null", avro],
            "doc": f"Data:{named}:{_durable_id(self.event.name, declared.name)}",
            "default": None,
        }


def _durable_id(event: str, name: str) -> str:
    digest = hashlib.sha256(f"{event}.{name}".encode()).hexdigest()
    return f"00N{digest[:12]}"


def _millis(value: dt.datetime) -> int:
    return int(value.timestamp()) * 1000 + value.microsecond // 1000


def _to_avro(value: Value) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return _millis(value)
    if isinstance(value, dt.date):
        return _millis(dt.datetime.combine(value, _MIDNIGHT))
    return value


def _from_avro(declared: Field, value: Any) -> Value:
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise BadPayload(f"{declared.name} is no number")
        return Decimal(repr(value))
    if declared.type in {FieldType.DATE, FieldType.DATETIME} and isinstance(value, int):
        try:
            at = dt.datetime.fromtimestamp(value // 1000, dt.UTC)
        except (OverflowError, ValueError, OSError):
            raise BadPayload(f"{declared.name} is no time") from None
        return at.date() if declared.type is FieldType.DATE else at
    return value  # type: ignore[no-any-return]
