"""Lists, sets, maps (Apex Developer Guide, "Collections")."""

from __future__ import annotations

import pytest

from tests.rehearsal.org.apex.conftest import Apex


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("List<Integer> x = new List<Integer>{3, null, 1}; x.sort(); return x;", [None, 1, 3]),
        ("List<String> x = new List<String>{'b', 'A'}; x.sort(); return x;", ["A", "b"]),
        ("Integer[] x = new Integer[2]; x[1] = 5; return x;", [None, 5]),
        ("List<Integer> x = new List<Integer>{1, 2}; x.add(1, 9); return x;", [1, 9, 2]),
        ("List<Integer> x = new List<Integer>{1, 2}; x.remove(0); return x;", [2]),
        ("return new List<Integer>{1, 2} == new List<Integer>{1, 2};", True),
        ("return new Set<String>{'a', 'A', 'a'}.size();", 2),
        ("return new List<String>(new Set<String>{'b', 'a'});", ["b", "a"]),
        ("Set<Integer> s = new Set<Integer>{1}; return s.add(1);", False),
        ("Set<Integer> s = new Set<Integer>{1, 2}; s.retainAll(s.clone()); return s.size();", 2),
        ("Map<String, Integer> m = new Map<String, Integer>{'a' => 1}; return m.get('A');", None),
        ("Map<String, Integer> m = new Map<String, Integer>(); return m.put('a', 1);", None),
        (
            "Map<String, List<Integer>> m = new Map<String, List<Integer>>();"
            "m.put('a', new List<Integer>()); m.get('a').add(4); return m.get('a')[0];",
            4,
        ),
        ("return new Set<String>{}.size() + new List<Account>{}.size();", 0),
        ("return new List<List<Integer>>{new List<Integer>{1}}[0][0];", 1),
        ("Iterator<Integer> i = new List<Integer>{7}.iterator(); return i.next();", 7),
    ],
)  # fmt: skip
def test_collections(apex: Apex, body: str, expected: object) -> None:
    assert apex.run(body) == expected


def test_a_collection_cannot_change_while_it_is_iterated(apex: Apex) -> None:
    body = "Set<Integer> s = new Set<Integer>{1, 2}; for (Integer i : s) s.add(i + 10); return 0;"
    assert apex.thrown(body)[0] == "System.FinalException"


def test_records_in_sets_are_equal_by_their_fields(apex: Apex) -> None:
    body = """
        Set<Account> s = new Set<Account>{new Account(Name = 'a'), new Account(Name = 'a')};
        return s.size() * 10 + (s.contains(new Account(Name = 'a')) ? 1 : 0);
    """
    assert apex.run(body) == 11


def test_map_of_records_by_id(apex: Apex) -> None:
    body = """
        List<Account> made = new List<Account>{new Account(Name = 'a'), new Account(Name = 'b')};
        insert made;
        Map<Id, Account> byId = new Map<Id, Account>(made);
        String text = made[0].Id;
        return byId.containsKey(text.left(15)) && byId.get(made[1].Id).Name == 'b'
            && byId.keySet().contains(made[0].Id) && byId.values().size() == 2;
    """
    assert apex.run(body) is True


def test_map_of_records_needs_ids(apex: Apex) -> None:
    body = "return new Map<Id, SObject>(new List<SObject>{new Account()}).size();"
    assert apex.thrown(body) == ("System.ListException", "Row with null Id at index: 0")


def test_list_casts_between_records(apex: Apex) -> None:
    body = """
        List<SObject> rows = new List<Account>{new Account(Name = 'a')};
        List<Account> accounts = (List<Account>) rows;
        return accounts[0].Name + rows.getSObjectType();
    """
    assert apex.run(body) == "aAccount"
