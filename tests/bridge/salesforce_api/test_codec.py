"""Platform events in Avro."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PackageMissing
from bridge.salesforce_api.codec import Codec

SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "X__e",
        "fields": [
            {"name": "CreatedDate", "type": "long"},
            {"name": "CreatedById", "type": "string"},
            {"name": "Text__c", "type": ["null", "string"], "default": None},
            {"name": "When__c", "type": ["null", "long"], "default": None},
            {"name": "Number__c", "type": ["null", "double"], "default": None},
            {"name": "Flag__c", "type": ["null", "boolean"], "default": None},
        ],
    }
)
SYSTEM = {"CreatedDate": 1, "CreatedById": "005"}
codec = Codec("/event/X__e", SCHEMA)


@given(
    text=st.none() | st.text(),
    when=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
    number=st.none() | st.integers(-9999, 9999),
    flag=st.none() | st.booleans(),
)
def test_what_is_encoded_is_decoded(text, when, number, flag):
    payload = {"Text__c": text, "When__c": when, "Number__c": number, "Flag__c": flag}
    decoded = codec.decode(codec.encode({**payload, **SYSTEM}))
    moment = decoded.pop("When__c")
    assert decoded == {**SYSTEM, "Text__c": text, "Number__c": number, "Flag__c": flag}
    if when is None:
        assert moment is None
    else:
        epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        assert moment == (when - epoch) // dt.timedelta(milliseconds=1)


def test_an_iso_text_fills_a_datetime_field():
    body = codec.encode({"When__c": "2026-11-02T12:00:05.000Z", **SYSTEM})
    assert codec.decode(body)["When__c"] == 1_793_620_805_000


def test_a_field_that_the_org_lacks_is_an_older_package():
    with pytest.raises(PackageMissing, match="Newer__c"):
        codec.encode({"Newer__c": 1, **SYSTEM})


def test_a_required_field_must_be_given():
    with pytest.raises(ValueError, match="CreatedById is required"):
        codec.encode({"CreatedDate": 1})


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(body):
    try:
        codec.decode(body)
    except ValueError:
        pass
