"""The verdict names what is lost, doubled or wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.inboxes import Row
from tests.faults.verdict import Verdict, judge_effects, judge_inbox


def row(event_id: str, state: str = "done", reason: str = "") -> Row:
    return Row(event_id, "charge.succeeded", state, None, reason, 1)


def test_an_inbox_that_is_as_it_should_be() -> None:
    verdict = Verdict()
    rows = {"evt_1": row("evt_1"), "evt_bad": row("evt_bad", "dead")}
    judge_inbox(verdict, rows, {"evt_1": 2}, ["evt_bad"])
    assert verdict.good
    assert verdict.counts["webhooks acknowledged"] == 2


def test_an_event_that_was_acknowledged_and_is_not_there() -> None:
    verdict = Verdict()
    judge_inbox(verdict, {}, {"evt_1": 1}, [])
    assert verdict.faults == ["lost after its 200: evt_1"]


@pytest.mark.parametrize("state", ["queued", "sent", "dead"])
def test_an_event_that_is_not_done(state: str) -> None:
    verdict = Verdict()
    judge_inbox(verdict, {"evt_1": row("evt_1", state, "why")}, {"evt_1": 1}, [])
    assert verdict.faults == [f"not done: evt_1 (charge.succeeded) is {state}: why"]


def test_poison_must_be_a_dead_letter() -> None:
    verdict = Verdict()
    judge_inbox(verdict, {"evt_bad": row("evt_bad")}, {}, ["evt_bad", "evt_gone"])
    assert sorted(verdict.faults) == [
        "poison that is no dead letter: evt_bad",
        "poison that is no dead letter: evt_gone",
    ]


GOOD: dict[str, list[dict[str, Any]]] = {
    "Opportunity": [{"Id": "006", "IsWon": True}],
    "Contract": [{"Bridge_Stripe_Subscription_Id__c": "sub_1"}],
    "Task": [{"Bridge_Stripe_Invoice_Id__c": "in_1", "IsClosed": False}],
    "Happening__c": [
        {"What__c": "Stage: Closed Won", "Record_Id__c": "006"},
        {"What__c": "Task", "Record_Id__c": "006"},
    ],
    "Bridge_Renewal__c": [{"Stripe_Key__c": "in_1", "In_Dunning__c": True, "Account__c": "001"}],
    "Bridge_Subscription__c": [{"Stripe_Id__c": "sub_1", "Original_MRR__c": 9}],
    "Bridge_Movement__c": [
        {"Original_Amount__c": 9, "Subscription__r": {"Stripe_Id__c": "sub_1"}},
    ],
    "Bridge_Exception__c": [],
}


def effects(**other: list[dict[str, Any]]) -> list[str]:
    verdict = Verdict()
    judge_effects(verdict, {**GOOD, **other}, {"sub_1": "006"})
    return verdict.faults


def test_side_effects_that_happened_once() -> None:
    assert effects() == []


@pytest.mark.parametrize(
    ("sobject", "word"),
    [
        ("Contract", "contracts: not expected sub_1"),
        ("Task", "more than one Task: in_1"),
        ("Happening__c", "stage that changed more than once: ('006', 'Stage: Closed Won')"),
        ("Bridge_Movement__c", "movements do not sum to the MRR: sub_1: 18 and 9"),
    ],
)
def test_what_happened_twice_is_named(sobject: str, word: str) -> None:
    assert word in effects(**{sobject: GOOD[sobject] * 2})


@pytest.mark.parametrize(
    ("sobject", "word"),
    [
        ("Opportunity", "deals won: missing 006"),
        ("Contract", "contracts: missing sub_1"),
        ("Task", "Tasks: 1 were made, 0 are there"),
        ("Bridge_Movement__c", "movements do not sum to the MRR: sub_1: 0 and 9"),
        ("Bridge_Renewal__c", "open Task of an invoice that is not in dunning: in_1"),
    ],
)
def test_what_did_not_happen_is_named(sobject: str, word: str) -> None:
    assert word in effects(**{sobject: []})


def test_an_exception_that_nobody_expects() -> None:
    row = {"Code__c": "X", "Status__c": "Open", "Stripe_Id__c": "sub_1", "Reason__c": "why"}
    assert effects(Bridge_Exception__c=[row]) == ["exception: X of sub_1: why"]
    assert effects(Bridge_Exception__c=[{**row, "Status__c": "Resolved"}]) == []
