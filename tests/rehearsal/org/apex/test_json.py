"""`JSON` (Apex Reference Guide, "JSON Class")."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal.org.apex.library.json import write
from tests.rehearsal.org.apex.conftest import Apex

CLASS = """
    public class Doc {
        public enum Kind { ONE, TWO }
        public String text; public Integer n; public Decimal d; public Datetime at; public Date day;
        public List<Doc> inner; public Map<String, Integer> counts; public Kind kind;
        public transient String secret = 's';
    }
"""


def test_objects_are_written_with_nulls_in_the_order_of_their_fields(apex: Apex) -> None:
    apex.classes["Doc"] = CLASS
    body = """
        Doc d = new Doc(); d.text = 'a"b'; d.n = 1; d.d = 1.50; d.kind = Doc.Kind.TWO;
        d.at = Datetime.newInstanceGmt(2026, 1, 2, 3, 4, 5); d.day = Date.newInstance(2026, 1, 2);
        return JSON.serialize(d);
    """
    assert apex.run(body) == (
        '{"text":"a\\"b","n":1,"d":1.50,"at":"2026-01-02T03:04:05.000Z","day":"2026-01-02",'
        '"inner":null,"counts":null,"kind":"TWO"}'
    )
    assert apex.run("Doc d = new Doc(); d.n = 1; return JSON.serialize(d, true);") == '{"n":1}'


def test_typed_reading(apex: Apex) -> None:
    apex.classes["Doc"] = CLASS
    body = """
        Doc d = (Doc) JSON.deserialize('{"text": "x", "n": 3, "d": 1.20, "unknown": [1],'
            + '"at": "2026-01-02T03:04:05.678Z", "inner": [{"n": 4}],'
            + '"counts": {"a": 5}, "kind": "TWO"}', Doc.class);
        return d.text + d.n + d.d + d.inner[0].n + d.counts.get('a') + d.kind +
            d.at.millisecondGmt() + d.secret;
    """
    assert apex.run(body) == "x31.2045TWO678s"


def test_untyped_reading(apex: Apex) -> None:
    body = """
        Map<String, Object> m = (Map<String,
            Object>) JSON.deserializeUntyped('{"a": [1, 2.5, "x", null, true]}');
        List<Object> a = (List<Object>) m.get('a');
        return (a[0] instanceof Integer) + ' ' + (a[1] instanceof Decimal) + ' ' +
            (String) a[2] + ' ' + a[3] + ' ' + a[4];
    """
    assert apex.run(body) == "true true x null true"


def test_records_with_types_parents_and_explicit_nulls(apex: Apex) -> None:
    rows = [
        {
            "attributes": {"type": "Entry__c"},
            "Key__c": "e1",
            "Amount__c": 12.5,
            "Date__c": "2026-02-03",
            "Note__c": None,
            "Ledger__r": {"attributes": {"type": "Ledger__c"}, "Key__c": "L"},
        },
        {"attributes": {"type": "Ledger__c"}, "As_Of__c": "2026-02-03T04:05:06.000+0000"},
    ]
    text = json.dumps(rows).replace("'", "\\'")
    body = f"""
        List<SObject> rows = (List<SObject>) JSON.deserialize('{text}', List<SObject>.class);
        Entry__c e = (Entry__c) rows[0];
        return new List<Object>{{ e.Amount__c, e.Date__c, e.isSet('Note__c'), e.Ledger__r.Key__c,
            ((Ledger__c) rows[1]).As_Of__c, rows[1].getSObjectType() == Ledger__c.SObjectType }};
    """
    assert apex.run(body) == [
        Decimal("12.5"),
        dt.date(2026, 2, 3),
        True,
        "L",
        dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
        True,
    ]


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("{", "Doc", "Unexpected"),
        ('{"n": "x"}', "Doc", "Illegal value for primitive Integer"),
        ('{"Nope__c": 1}', "Account", "No such column 'Nope__c' on sobject of type Account"),
        ('[{"attributes": {"type": "Nope__c"}}]', "List<SObject>", "Invalid sObject type: Nope__c"),
    ],
)
def test_bad_json(apex: Apex, text: str, kind: str, message: str) -> None:
    apex.classes["Doc"] = CLASS
    thrown, said = apex.thrown(f"return JSON.deserialize('{text}', {kind}.class);")
    assert thrown == "System.JSONException"
    assert message in str(said)


def test_strict_reading_refuses_unknown_fields(apex: Apex) -> None:
    apex.classes["Doc"] = CLASS
    body = "return JSON.deserializeStrict('{\"nope\": 1}', Doc.class);"
    assert apex.thrown(body)[0] == "System.JSONException"


def test_records_are_written_with_their_type(apex: Apex) -> None:
    body = "return JSON.serialize(new Account(Name = 'a', Phone = null));"
    assert apex.run(body) == '{"attributes":{"type":"Account"},"Name":"a","Phone":null}'


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(documents)
def test_written_text_reads_back(document: object) -> None:
    assert json.loads(write(document)) == document
    assert json.loads(write(document, "  ")) == document
