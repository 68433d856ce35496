"""The package at work in a local org: events in, records and receipts out."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from bridge.contract import CONTRACT_VERSION, LedgerRow, dump_rows
from rehearsal.org.org import Org
from rehearsal.org.ports import EventRun
from rehearsal.org.soql import parse

ROOT = Path(__file__).parents[3]
EVENT = "Bridge_Stripe_Event__e"


@dataclass
class Package:
    """The package in a local org, with the moves that the tests make."""

    org: Org
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    used: dict[str, int] = field(default_factory=dict)

    def seed_deal(self, name: str = "Acme", **values: Any) -> tuple[str, str]:
        """An Account and its open Opportunity."""
        deal = {
            "$ref": "deal",
            "Name": name,
            "AccountId": "@account",
            "StageName": "Prospecting",
            "CloseDate": dt.date(2026, 12, 31),
            **values,
        }
        ids = self.org.seed({"Account": [{"$ref": "account", "Name": name}], "Opportunity": [deal]})
        return ids["account"], ids["deal"]

    def event(self, *rows: LedgerRow, name: str | None = None) -> dict[str, Any]:
        number = next(self.numbers)
        return {
            "attributes": {"type": EVENT},
            "ReplayId": str(number),
            "Stripe_Event_Id__c": name or f"evt_{number}",
            "Lane__c": "lane",
            "Contract_Version__c": Decimal(CONTRACT_VERSION),
            "As_Of__c": rows[0].as_of,
            "Rows__c": dump_rows(rows),
        }

    def run(self, *events: dict[str, Any]) -> tuple[EventRun, list[dict[str, Any]]]:
        """One run of the event trigger, and the results in its receipts."""

        def work(tx: Any) -> tuple[EventRun, list[dict[str, Any]]]:
            ended = self.org.triggers.run_events(tx, EVENT, list(events), 0)
            self.used = {name: tx.limits.used(name) for name in ("queries", "dml_statements")}
            results = [
                result
                for name, row in tx.outbox
                if name == "Bridge_Receipt__e"
                for result in json.loads(row["Results__c"])
            ]
            return ended, results

        return self.org.run(work, user=self.org.automated_process)

    def apply(self, *events: dict[str, Any]) -> list[str]:
        """The outcome of each event, in order."""
        return [result["outcome"] for result in self.run(*events)[1]]

    def query(self, text: str) -> list[dict[str, Any]]:
        return self.org.run(lambda tx: tx.query(parse(text)), user=self.org.admin)

    def one(self, text: str) -> dict[str, Any]:
        (row,) = self.query(text)
        return row

    def update(self, sobject: str, **values: Any) -> None:
        results = self.org.run(lambda tx: tx.update(sobject, [values]), user=self.org.admin)
        assert [result.errors for result in results] == [()]
