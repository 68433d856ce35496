"""The heap limit: an estimate that is the same on every machine."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import LimitExceeded
from tests.rehearsal.org.apex.conftest import Apex


def test_a_growing_list_ends_in_the_heap_limit(apex: Apex) -> None:
    body = """
        List<String> all = new List<String>();
        for (Integer i = 0; i < 1000000; i++) all.add(i + ' '.repeat(500));
        return null;
    """
    with pytest.raises(LimitExceeded, match="Apex heap size too large"):
        apex.run(body)


def test_what_is_no_longer_held_is_given_back(apex: Apex) -> None:
    body = """
        Integer total = 0;
        for (Integer i = 0; i < 1000; i++) {
            List<Integer> some = new List<Integer>();
            for (Integer j = 0; j < 100; j++) some.add(j);
            total += some.size();
        }
        return total;
    """
    assert apex.run(body) == 100_000


def test_limits_measure_what_variables_hold(apex: Apex) -> None:
    body = """
        Integer before = Limits.getHeapSize();
        String text = 'x'.repeat(50000);
        return Limits.getHeapSize() - before;
    """
    used = apex.run(body)
    assert 50_000 <= used < 51_000
    assert apex.run(body) == used


def test_records_of_a_query_count_before_a_variable_holds_them(apex: Apex) -> None:
    body = """
        List<Ledger__c> some = new List<Ledger__c>();
        for (Integer i = 0; i < 400; i++) some.add(new Ledger__c(Key__c = 'n'.repeat(200) + i));
        insert some;
        return null;
    """
    apex.run(body)
    again = """
        List<List<Ledger__c>> held = new List<List<Ledger__c>>();
        for (Integer i = 0; i < 90; i++) held.add([SELECT Id, Name, Key__c, Email__c
            FROM Ledger__c]);
        return null;
    """
    with pytest.raises(LimitExceeded, match="Apex heap size too large"):
        apex.run(again)
