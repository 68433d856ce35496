"""The whole house as real processes, and a story's end state in a form that two runs share."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from rehearsal.demo.org import Snapshot

ROOT = Path(__file__).parents[2]

NOW = "2026-10-01T09:00:00Z"
"""Where Stripe's clock stands when a story begins, so that two runs book the same days."""

_STRIPE_ID = re.compile(
    r"(?<![A-Za-z0-9])(acct|ch|cn|cus|du|evt|in|inpay|pi|price|prod|re|si|sub|txn)_[A-Za-z0-9]+"
)
_SALESFORCE_ID = re.compile(r"\b[a-zA-Z0-9]{3}Lc[a-zA-Z0-9]{10}[A-Z0-5]{3}\b")
_INVOICE_NUMBER = re.compile(r"\b[A-Z0-9]{8}-[0-9]{4}\b")
_MOMENTS = {
    "As_Of__c",
    "CompletedDateTime",
    "First_Seen__c",
    "Last_Seen__c",
    "Next_Retry__c",
    "Occurred_At__c",
    "Ran_Again_At__c",
}
_NUMBERED = {"Name", "Invoice_Number__c", "ContractNumber"}


def end_state(records: Snapshot) -> dict[str, list[str]]:
    """Each object's records without what two runs cannot share: ids and the clock's ticks, and
    observations that nothing changed, which are made whenever Stripe happens to be read."""
    return {
        sobject: sorted(plain(row) for row in rows.values() if not saw_no_change(sobject, row))
        for sobject, rows in records.items()
    }


def saw_no_change(sobject: str, record: dict[str, Any]) -> bool:
    """Whether a record only says that a subscription was as before on one more day."""
    return sobject == "Bridge_Movement__c" and not record["Kind__c"]


def plain(record: dict[str, Any]) -> str:
    kept = {
        field: value
        for field, value in sorted(record.items())
        if field not in _MOMENTS and not (field in _NUMBERED and re.search(r"\d", str(value)))
    }
    text = json.dumps(kept, default=str)
    text = _INVOICE_NUMBER.sub("<number>", text)
    return _SALESFORCE_ID.sub("<id>", _STRIPE_ID.sub(r"\1_<id>", text))
