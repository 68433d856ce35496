from __future__ import annotations

from decimal import Decimal

import pytest

from rehearsal.org.bus.fields import checked
from rehearsal.org.errors import SaveError
from rehearsal.org.schema import ObjectType, Schema

FULL = {"Number__c": "1", "Lane__c": "a"}


@pytest.fixture
def order(schema: Schema) -> ObjectType:
    found = schema.find("Order__e")
    assert found is not None
    return found


def test_rest_refuses_an_event_without_a_required_field(order: ObjectType) -> None:
    with pytest.raises(SaveError) as refused:
        checked(order, {"Lane__c": ""}, enforce_required=True)
    assert refused.value.status_code == "REQUIRED_FIELD_MISSING"
    assert refused.value.fields == ("Number__c", "Lane__c")


def test_the_pubsub_api_lets_required_fields_arrive_null(order: ObjectType) -> None:
    row = checked(order, {}, enforce_required=False)
    assert row["Number__c"] is None
    assert row["Paid__c"] is None


def test_an_absent_checkbox_is_false_by_rest(order: ObjectType) -> None:
    assert checked(order, FULL, enforce_required=True)["Paid__c"] is False


@pytest.mark.parametrize("enforce_required", [True, False])
def test_a_long_text_is_refused_by_both_apis(order: ObjectType, enforce_required: bool) -> None:
    checked(order, {**FULL, "Number__c": "x" * 20}, enforce_required=enforce_required)
    with pytest.raises(SaveError, match="STRING_TOO_LONG"):
        checked(order, {**FULL, "Number__c": "x" * 21}, enforce_required=enforce_required)


def test_a_number_is_rounded_to_its_scale_and_held_to_its_precision(order: ObjectType) -> None:
    row = checked(order, {**FULL, "Amount__c": Decimal("9999.984")}, enforce_required=True)
    assert str(row["Amount__c"]) == "9999.98"
    with pytest.raises(SaveError, match="NUMBER_OUTSIDE_VALID_RANGE"):
        checked(order, {**FULL, "Amount__c": Decimal("9999.995")}, enforce_required=True)


def test_an_empty_text_is_null(order: ObjectType) -> None:
    assert checked(order, {**FULL, "Number__c": ""}, enforce_required=False)["Number__c"] is None


def test_a_huge_number_is_out_of_range_too(order: ObjectType) -> None:
    with pytest.raises(SaveError, match="NUMBER_OUTSIDE_VALID_RANGE"):
        checked(order, {**FULL, "Amount__c": Decimal("1e40")}, enforce_required=True)
