"""The package at work in a local org: events in, records and receipts out."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.contract import (
    CONTRACT_VERSION,
    CustomerRow,
    EntryRow,
    LedgerRow,
    RenewalRow,
    SubscriptionRow,
    dump_rows,
)
from rehearsal.org.org import Org
from rehearsal.org.ports import EventRun
from rehearsal.org.soql import parse

ROOT = Path(__file__).parents[3]
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
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


class Rows:
    """Ledger rows with ordinary values; what a test is about is given by name."""

    @staticmethod
    def customer(key: str = "cus_1", as_of: dt.datetime = NOON, **values: Any) -> CustomerRow:
        return CustomerRow.model_validate(
            {
                "as_of": as_of,
                "stripe_account": "acct_1",
                "stripe_link": None,
                "stripe_id": key,
                "name": key,
                "email": "not an address Salesforce likes",
                "currency": "USD",
                "opportunity_ref": None,
                "deleted": False,
                **values,
            }
        )

    @staticmethod
    def subscription(
        key: str = "sub_1", as_of: dt.datetime = NOON, **values: Any
    ) -> SubscriptionRow:
        nothing = dict.fromkeys(
            (
                "opportunity_ref",
                "tcv",
                "first_invoice",
                "term_months",
                "trial_end",
                "current_period_start",
                "current_period_end",
                "cancel_at",
                "canceled_date",
                "ended_date",
                "cancellation_reason",
            )
        )
        return SubscriptionRow.model_validate(
            {
                **nothing,
                "as_of": as_of,
                "stripe_account": "acct_1",
                "stripe_link": None,
                "stripe_id": key,
                "customer": "cus_1",
                "status": "active",
                "plan_name": "Team",
                "quantity": 3,
                "interval": "1 month",
                "currency": "USD",
                "mrr": "100",
                "acv": "1200",
                "start_date": dt.date(2026, 3, 1),
                "active_date": dt.date(2026, 3, 1),
                "cancel_at_period_end": False,
                **values,
            }
        )

    @staticmethod
    def renewal(key: str = "in_1", as_of: dt.datetime = NOON, **values: Any) -> RenewalRow:
        nothing = dict.fromkeys(
            (
                "billing_reason",
                "invoice_number",
                "interval",
                "period_start",
                "period_end",
                "paid_date",
                "next_retry",
                "invoice_page",
                "invoice_pdf",
            )
        )
        return RenewalRow.model_validate(
            {
                **nothing,
                "as_of": as_of,
                "stripe_account": "acct_1",
                "stripe_link": None,
                "stripe_key": key,
                "customer": "cus_1",
                "subscription": None,
                "status": "Upcoming",
                "due_date": dt.date(2026, 4, 1),
                "currency": "USD",
                "amount_due": "100",
                "amount_paid": "0",
                "attempt_count": 0,
                **values,
            }
        )

    @staticmethod
    def entry(
        key: str = "ch_1", net: str = "99.5", as_of: dt.datetime = NOON, **values: Any
    ) -> EntryRow:
        return EntryRow.model_validate(
            {
                "as_of": as_of,
                "stripe_account": "acct_1",
                "stripe_link": None,
                "stripe_key": key,
                "customer": "cus_1",
                "subscription": None,
                "renewal": None,
                "kind": "Charge",
                "status": "succeeded",
                "occurred_at": NOON,
                "date": dt.date(2026, 3, 1),
                "currency": "USD",
                "gross": net,
                "tax": "0",
                "net": net,
                "balance_transaction": None,
                "settled_gross": None,
                "settled_currency": None,
                "fee": None,
                "settlement_pending": False,
                "description": None,
                **values,
            }
        )


@pytest.fixture(scope="session")
def rows() -> type[Rows]:
    return Rows


@pytest.fixture
def package_org() -> Package:
    return Package(Org.load(ROOT))


@pytest.fixture(scope="module")
def shared_org() -> Package:
    """For tests that only ever use keys of their own."""
    return Package(Org.load(ROOT))


@pytest.fixture
def hostile(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A project with the package and, beside it, components of the customer's own org."""

    def make(components: dict[str, str]) -> Path:
        shutil.copytree(ROOT / "salesforce", tmp_path / "salesforce")
        project = json.loads((ROOT / "sfdx-project.json").read_text("utf-8"))
        project["packageDirectories"].append({"path": "theirs"})
        (tmp_path / "sfdx-project.json").write_text(json.dumps(project), "utf-8")
        for name, text in components.items():
            path = tmp_path / "theirs" / "main" / "default" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return make
