"""Tables, indexes and the undo log."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema
from rehearsal.org.store import IdMaker, Store
from rehearsal.org.values import id18

KEY = Field("Key__c", FieldType.STRING, external_id=True, case_sensitive=True)


def schema() -> Schema:
    fields = [Field("Id", FieldType.ID), Field("IsDeleted", FieldType.BOOLEAN), KEY]
    thing = ObjectType("Thing__c", ObjectKind.CUSTOM, key_prefix="a00")
    thing.fields = {field.name.lower(): field for field in fields}
    return Schema({"thing__c": thing})


def contents(store: Store) -> tuple[Any, ...]:
    table = store.table("thing__c")
    rows = sorted(table.rows(include_deleted=True), key=lambda row: row["Id"])
    found = {key: [row["Id"] for row in table.find("Key__c", [key]) or ()] for key in "abc"}
    return tuple(rows), found


def test_ids_are_valid_ordered_and_never_given_twice():
    make = IdMaker()
    ids = [make.next("001") for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert all(id18(id_) == id_ and id_.startswith("001") for id_ in ids)


def test_object_is_known_by_the_key_prefix():
    store = Store(schema())
    assert store.object_of(store.ids.next("a00")) == "Thing__c"
    assert store.object_of("xyz000000000000") is None


def test_index_ignores_case_and_matching_minds_it():
    store = Store(schema())
    store.put("Thing__c", {"Id": "a00A", "Key__c": "K"})
    table = store.table("Thing__c")
    assert table.find("Key__c", ["k"]) == [{"Id": "a00A", "Key__c": "K"}]
    assert table.matching(KEY, "k") == []
    assert table.matching(KEY, "k", exact=False) != []
    assert table.find("IsDeleted", [True]) is None


def test_stored_rows_are_replaced_not_changed():
    store = Store(schema())
    store.put("Thing__c", {"Id": "a00A", "Key__c": "a"})
    held = store.get("Thing__c", "a00A")
    store.put("Thing__c", {"Id": "a00A", "Key__c": "b"})
    assert held == {"Id": "a00A", "Key__c": "a"}


changes = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "erase"]),
        st.sampled_from(["a00A", "a00B", "a00C"]),
        st.sampled_from(["a", "b", "c", None]),
    ),
    max_size=15,
)


def play(store: Store, steps: list[tuple[str, str, str | None]]) -> None:
    for action, id_, key in steps:
        if action == "erase":
            store.erase("Thing__c", id_)
        else:
            store.put("Thing__c", {"Id": id_, "Key__c": key, "IsDeleted": action == "delete"})


@given(before=changes, after=changes)
def test_undo_restores_rows_and_indexes(before, after):
    store = Store(schema())
    play(store, before)
    expected, mark = contents(store), store.mark()
    play(store, after)
    store.undo(mark)
    assert contents(store) == expected


@given(steps=changes)
def test_index_agrees_with_the_rows(steps):
    store = Store(schema())
    play(store, steps)
    table = store.table("Thing__c")
    for key in "abc":
        by_index = [row["Id"] for row in table.find("Key__c", [key]) or ()]
        assert by_index == sorted(row["Id"] for row in table.rows() if row.get("Key__c") == key)
