"""The bridge's models and the package's metadata say the same thing, field by field."""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridge.contract import (
    CONTRACT_VERSION,
    KEYS,
    LEDGER_ORDER,
    LedgerRow,
    Outcome,
    ReceiptMessage,
    RequestMessage,
    StripeEventMessage,
)

EVENTS: list[tuple[str, type[BaseModel]]] = [
    ("Bridge_Stripe_Event__e", StripeEventMessage),
    ("Bridge_Receipt__e", ReceiptMessage),
    ("Bridge_Request__e", RequestMessage),
]
TYPES: dict[type, set[str]] = {
    str: {"Text", "Url", "Picklist", "LongTextArea"},
    bool: {"Checkbox"},
    int: {"Number"},
    Decimal: {"Number"},
    dt.date: {"Date"},
    dt.datetime: {"DateTime"},
}
URL_LENGTH = 255


def bare(info: FieldInfo) -> tuple[type, list[Any]]:
    """The Python type of a field without None, and what constrains it."""
    annotation, constraints = info.annotation, list(info.metadata)
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        annotation = next(arg for arg in typing.get_args(annotation) if arg is not type(None))
    while typing.get_origin(annotation) is typing.Annotated:
        annotation, *more = typing.get_args(annotation)
        for constraint in more:
            constraints += getattr(constraint, "metadata", [constraint])
    assert isinstance(annotation, type)
    return annotation, constraints


def limit(constraints: list[Any], name: str) -> Any:
    """`max_length`, `max_digits` …, or None."""
    for constraint in constraints:
        value = getattr(constraint, name, None)
        if value is not None:
            return value
    return None


def rows() -> list[tuple[type[LedgerRow], str, FieldInfo]]:
    return [
        (row, info.alias or name, info)
        for row in LEDGER_ORDER
        for name, info in row.model_fields.items()
    ]


def messages() -> list[tuple[str, str, FieldInfo]]:
    return [
        (event, info.alias or name, info)
        for event, model in EVENTS
        for name, info in model.model_fields.items()
    ]


def check_fits(info: FieldInfo, field: Any) -> None:
    kind, constraints = bare(info)
    assert field.text("type") in TYPES[kind]
    length = limit(constraints, "max_length")
    if kind is str and length is not None:
        if field.text("type") == "Url":
            assert length == URL_LENGTH
        elif field.text("type") != "Picklist":
            assert field.number("length") == length
    digits = limit(constraints, "max_digits")
    if kind is Decimal and digits is not None:
        places = limit(constraints, "decimal_places")
        assert (field.number("precision"), field.number("scale")) == (digits, places)
    if kind is int:
        assert field.number("scale") == 0
        most = limit(constraints, "le")
        if most is not None:
            assert 10 ** field.number("precision") - 1 == most


@pytest.mark.parametrize(("row", "alias", "info"), rows(), ids=lambda value: str(value)[:40])
def test_ledger_field_fits_its_row(
    row: type[LedgerRow], alias: str, info: FieldInfo, fields: Any, objects: Any
) -> None:
    if alias == "Name":
        name_field = objects[row.sobject].all("nameField")[0]
        assert name_field.text("type") == "Text"
        return
    if alias.endswith("__r"):
        parent = fields[row.sobject][alias.removesuffix("__r") + "__c"]
        assert parent.text("referenceTo") in KEYS
        assert parent.text("type") == ("MasterDetail" if alias == "Customer__r" else "Lookup")
        return
    check_fits(info, fields[row.sobject][alias])


@pytest.mark.parametrize(("event", "alias", "info"), messages(), ids=lambda value: str(value)[:40])
def test_event_field_fits_its_message(event: str, alias: str, info: FieldInfo, fields: Any) -> None:
    check_fits(info, fields[event][alias])


def test_events_have_no_other_fields(fields: Any) -> None:
    for event, model in EVENTS:
        assert set(fields[event]) == {info.alias for info in model.model_fields.values()}


def test_keys_are_external_ids_that_heed_case(fields: Any) -> None:
    for sobject, key in {**KEYS, "Bridge_Movement__c": "Stripe_Key__c"}.items():
        field = fields[sobject][key]
        assert all(field.flag(tag) for tag in ("externalId", "unique", "caseSensitive", "required"))


def test_customer_is_a_reparentable_parent(fields: Any) -> None:
    for sobject in set(KEYS) - {"Bridge_Customer__c"} | {"Bridge_Movement__c"}:
        assert fields[sobject]["Customer__c"].flag("reparentableMasterDetail")


def test_apex_owns_exactly_the_fields_of_the_contract(apex: dict[str, str]) -> None:
    for row in LEDGER_ORDER:
        constant = row.sobject.removeprefix("Bridge_").removesuffix("__c").upper()
        table = re.search(
            rf"Table {constant} = new Table\((.*?)\n    \);", apex["BridgeLedger"], re.S
        )
        assert table
        owned = set(re.findall(rf"{row.sobject}\.(\w+)", table[1])) - {"SObjectType"}
        aliases = {info.alias or name for name, info in row.model_fields.items()}
        assert owned == {
            alias.removesuffix("__r") + "__c" if alias.endswith("__r") else alias
            for alias in aliases
        }


def test_apex_writes_the_objects_in_the_order_of_the_contract(apex: dict[str, str]) -> None:
    order = re.search(r"ORDER = new List<Table>\{(.*?)\}", apex["BridgeLedger"], re.S)
    assert order
    names = [name.strip() for name in order[1].split(",")]
    assert names == [row.sobject.split("_")[1].upper() for row in LEDGER_ORDER]


def test_apex_knows_the_contract_version(apex: dict[str, str]) -> None:
    assert f"CONTRACT_VERSION = {CONTRACT_VERSION};" in apex["BridgeEventParser"]


def test_apex_speaks_of_the_same_outcomes(apex: dict[str, str]) -> None:
    words = re.findall(r"String [A-Z_]+ = '(\w+)';", apex["BridgeOutcome"])
    assert set(words) == {outcome.value for outcome in Outcome}
