from __future__ import annotations

import datetime as dt

import pytest

from rehearsal.org.bus import EventBus
from rehearsal.org.clock import Clock
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema

START = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
USER = "005000000000001AAA"


def event_type(name: str, *fields: Field) -> ObjectType:
    return ObjectType(
        name=name, kind=ObjectKind.EVENT, fields={field.name.lower(): field for field in fields}
    )


@pytest.fixture
def schema() -> Schema:
    order = event_type(
        "Order__e",
        Field("Number__c", FieldType.STRING, "Number", length=20, required=True, custom=True),
        Field("Lane__c", FieldType.STRING, "Lane", length=20, required=True, custom=True),
        Field("Amount__c", FieldType.DOUBLE, "Amount", precision=6, scale=2, custom=True),
        Field("Paid__c", FieldType.BOOLEAN, "Paid", custom=True),
        Field("At__c", FieldType.DATETIME, "At", custom=True),
    )
    other = event_type("Other__e", Field("Text__c", FieldType.STRING, length=20, custom=True))
    return Schema({"order__e": order, "other__e": other})


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def bus(schema: Schema, clock: Clock) -> EventBus:
    return EventBus(schema, clock)
