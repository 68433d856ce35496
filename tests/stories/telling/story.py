"""One story while it is told: whom it is about, and where it stands in time."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from rehearsal.demo.org import API
from tests.e2e.end_state import NOW
from tests.stories.telling.book import Line, Tale
from tests.stories.telling.company import Company
from tests.stories.telling.records import Record, Records
from tests.stories.telling.sentences import NotUnderstood, find

START = dt.datetime.fromisoformat(NOW)
EXCEPTION = "Bridge_Exception__c"
LEDGER = ("Bridge_Subscription__c", "Bridge_Renewal__c", "Bridge_Entry__c", "Bridge_Movement__c")
_LINKS = ("Id", "AccountId", "Account__c", "Customer__c", "WhatId", "Record_Id__c")
WAKING = dt.timedelta(hours=3)
"""Days later a story goes on at noon, so that what began in the morning has had its hour."""


class Failed(Exception):
    """A story that did not go as it is written, in its own words."""


@dataclass(slots=True)
class Customer:
    """A Stripe customer by its id, and the card that it pays with."""

    id: str
    card: str | None = None


class Story:
    """One scenario on its way. Ids are kept by the names that the story gives."""

    def __init__(self, tale: Tale, company: Company) -> None:
        self.tale, self.company = tale, company
        self.clouds = company.clouds
        self.stripe = company.clouds.stripe.v1
        self.org = company.clouds.org
        self.accounts: dict[str, str] = {}
        self.opportunities: dict[str, str] = {}
        self.customers: dict[str, Customer] = {}
        self.plans: dict[str, str] = {}
        self.subscriptions: dict[tuple[str, str], str] = {}
        """By customer and plan."""
        self.day = 0
        self.hours = 0
        self.failure: str | None = None
        self.wake: dt.datetime | None = None
        """The moment that it waits for; None when it waits only for Salesforce."""
        self.has_acted = False
        """Since the storyteller last looked."""
        self._unsettled = True
        self._known: tuple[Records, set[str | None]] = ({}, set())
        self._go = asyncio.Event()
        self._parked = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def now(self) -> dt.datetime:
        """Its own time, to the hour."""
        noon = WAKING if self.day else dt.timedelta()
        return START + dt.timedelta(days=self.day, hours=self.hours) + noon

    @property
    def ended(self) -> bool:
        return self.task is not None and self.task.done()

    async def resume(self) -> None:
        """Tells on until the story waits again, or is over."""
        self.wake = None
        self._parked.clear()
        if self.task is None:
            self.task = asyncio.create_task(self._tell())
            self.task.add_done_callback(lambda _: self._parked.set())
        self._go.set()
        await self._parked.wait()

    async def settled(self) -> None:
        """Waits until what was done so far is in Salesforce."""
        if self._unsettled:
            await self._park(None)
            self._unsettled = False

    async def time_passes(self, *, days: int = 0, hours: int = 0) -> None:
        """Waits until so much later; hours end with the day."""
        self.day, self.hours = self.day + days, hours if days else self.hours + hours
        await self._park(self.now)
        self.acted()

    async def _park(self, until: dt.datetime | None) -> None:
        self.wake = until
        self._go.clear()
        self._parked.set()
        await self._go.wait()

    async def _tell(self) -> None:
        for line in self.tale.lines:
            try:
                await self._say(line)
            except (Exception, asyncio.CancelledError) as error:
                said = f"{type(error).__name__}: {error}"
                if isinstance(error, Failed | NotUnderstood | AssertionError):
                    said = str(error)
                self.failure = f"{self._told(line)}\n\n{said}"
                return

    async def _say(self, line: Line) -> None:
        text, currencies = without_condition(line.text)
        if currencies not in (None, self.company.currencies):
            return
        found, arguments = find(text)
        if found.settled:
            await self.settled()
        else:
            self.acted()
        if line.table:
            arguments["table"] = line.table
        await found.act(self, **arguments)

    def acted(self) -> None:
        """What follows must wait for what was just done."""
        self._unsettled = self.has_acted = True

    def _told(self, failed: Line) -> str:
        """The story to the line that failed, which is marked."""
        lines = [f"{self.tale.name} ({self.company.kind}): {self.tale.title}"]
        for line in self.tale.lines:
            mark = "✗" if line is failed else " "
            lines.append(f"{mark} {line}")
            if line is failed:
                break
        return "\n".join(lines)

    def customer(self, name: str) -> Customer:
        if name not in self.customers:
            raise Failed(f"nobody is called {name} in Stripe")
        return self.customers[name]

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """A REST call to the org, as the admin."""
        return await self.org.request(method, f"{API}/{path}", body)

    def mine(self, sobject: str) -> list[Record]:
        """The records of an object that are about this story."""
        ids = self._ids()
        return [
            row
            for row in self.company.records[sobject].values()
            if any(row.get(link) in ids for link in _LINKS)
        ]

    def exceptions(self) -> list[Record]:
        """Those that are about a record of the story, or about an object of its customers."""
        about = {*self._ids(), *self.subscriptions.values()}
        about |= {customer.id for customer in self.customers.values()}
        for sobject in LEDGER:
            about |= {row.get("Stripe_Key__c") for row in self.mine(sobject)}
        about.discard(None)
        return [
            row
            for row in self.company.records[EXCEPTION].values()
            if about & {row["Record_Id__c"], row["Stripe_Id__c"]}
        ]

    def _ids(self) -> set[str | None]:
        """Of the Accounts and Opportunities that it names, and of its customers' whole ledger."""
        records = self.company.records
        if self._known[0] is not records:
            keys = {customer.id for customer in self.customers.values()}
            roots = records["Bridge_Customer__c"].items()
            ids = {key for key, row in roots if row["Stripe_Id__c"] in keys}
            for sobject in LEDGER:
                ids |= {key for key, row in records[sobject].items() if row["Customer__c"] in ids}
            ids |= {*self.accounts.values(), *self.opportunities.values()}
            self._known = (records, ids)
        return self._known[1]


_CONDITION = re.compile(r"in a (?P<kind>single-currency|multicurrency) org, (?P<rest>.*)")


def without_condition(text: str) -> tuple[str, str | None]:
    """A sentence, and with which currencies of an org it holds, if it says so."""
    match = _CONDITION.fullmatch(text)
    return (text, None) if match is None else (match["rest"], match["kind"])
