"""What an old package says of a newer bridge's events."""

import pytest

from bridge.clock import Backoff
from bridge.contract import ReceiptResult
from bridge.store import State
from bridge.to_salesforce.old_package import package_fault
from bridge.to_salesforce.receipts import settlement

RETRY = Backoff(first=1.0, longest=2.0)


@pytest.mark.parametrize(
    "reason",
    [
        "The package does not know contract version 3.",
        "The rows cannot be read: No such column 'New__c' on sobject of type Bridge_Entry__c",
        "The rows cannot be read: Invalid sObject type: Bridge_New__c",
        "System.QueryException: No such column 'Email__c' on entity 'Bridge_Customer__c'.",
    ],
)
def test_it_is_the_packages_fault_and_the_event_waits(reason):
    result = ReceiptResult(id="evt_1", outcome="failed", reason=reason)
    assert reason in str(package_fault(result))
    made = settlement(result, RETRY)
    assert (made.to, made.outcome, made.reason) == (State.DUE, "package", reason)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("failed", "The event has no rows."),
        ("failed", "cus_1 has no As_Of__c."),
        ("failed", "The rows cannot be read: Unexpected character"),
        ("applied_with_exception", "No such column 'Theirs__c' on entity 'Account'."),
    ],
)
def test_an_events_own_fault_stays_its_own(outcome, reason):
    assert package_fault(ReceiptResult(id="evt_1", outcome=outcome, reason=reason)) is None
