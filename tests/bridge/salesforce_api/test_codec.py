"""Platform events in Avro."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PackageMissing
from bridge.salesforce_api.codec import Codec, from_json

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


@given(
    text=st.none() | st.text(),
    when=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
    number=st.none() | st.integers(-9999, 9999) | st.floats(-1e9, 1e9),
    flag=st.none() | st.booleans(),
)
def test_json_gives_what_avro_gives(text, when, number, flag):
    """As CometD writes the same event: a whole number without its point, times as ISO texts."""
    if when is not None:
        when = when.replace(microsecond=when.microsecond // 1000 * 1000)
    fields = {"Text__c": text, "When__c": when, "Number__c": number, "Flag__c": flag}
    decoded = codec.decode(codec.encode({**fields, **SYSTEM, "CreatedDate": 1_793_620_805_517}))
    iso = None if when is None else when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    written = {**fields, "When__c": iso, "CreatedById": "005"}
    written["CreatedDate"] = "2026-11-02T12:00:05.517Z"
    found = from_json(json.loads(json.dumps(written)), {"CreatedDate", "When__c"})
    assert found == decoded
    assert [type(value) for _, value in sorted(found.items())] == [
        type(value) for _, value in sorted(decoded.items())
    ]


@pytest.mark.parametrize("text", ["2025-10-01", "2025-10-01T00:00:00.000+0000"])
def test_a_date_is_its_midnight_in_utc(text):
    assert from_json({"Day__c": text}, {"Day__c"}) == {"Day__c": 1_759_276_800_000}


def test_a_time_that_is_none_is_an_error():
    with pytest.raises(ValueError):
        from_json({"Day__c": "soon"}, {"Day__c"})


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
