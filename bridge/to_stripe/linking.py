"""A Stripe customer for an Opportunity that asks for one: found or created, and linked both ways.

Found is, in this order: the one customer that the ledger knows of the Account, the one that Stripe
lists under the e-mail address of the primary contact, else a new one. Its metadata gets the
Opportunity's id, unless it has another's, and the Opportunity the customer's: so the checkout that
follows closes the deal, and nobody copies ids.

A creation is an intent like every write, under one key: whatever dies in between, the same customer
comes out of it. It is kept until the Opportunity names that customer.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.clock import Clock, system_clock
from bridge.errors import RequestRefused
from bridge.salesforce_api import Rest
from bridge.salesforce_api.rest import lacks, literals
from bridge.store import Inbox, Intent
from bridge.stripe_api import StripeApiError, StripeNotFound, StripeReader, StripeRequestRefused
from bridge.stripe_api.writer import StripeWriter
from bridge.to_stripe.opportunities import CUSTOMER
from bridge.to_stripe.plan import intent

_CREATION = "create:"
_CUSTOMERS = "/v1/customers"
_DAY = 86_400.0
"""Seconds that Stripe remembers an idempotency key, at least."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What became of one that asked."""

    customer: str | None
    trouble: str = ""
    """What an admin must see to."""


@dataclass(frozen=True, slots=True)
class _Asks:
    """An Opportunity that asks for a customer."""

    id: str
    name: str
    customers: tuple[str, ...]
    """Those that the ledger knows of its Account."""
    email: str | None
    """Of the primary contact."""
    is_email_known: bool


class _Trouble(Exception):
    """No customer, and why."""


class Linking:
    """Between one org and one Stripe account. One at a time works on them."""

    def __init__(
        self,
        rest: Rest,
        reader: StripeReader,
        writer: StripeWriter,
        inbox: Inbox,
        *,
        reserved: str,
        clock: Clock = system_clock,
    ) -> None:
        """``reserved`` is the metadata key that holds the Opportunity's id."""
        self._rest = rest
        self._reader = reader
        self._writer = writer
        self._inbox = inbox
        self._reserved = reserved
        self._clock = clock

    async def link(
        self, opportunities: Collection[str], creations: Collection[Intent] = ()
    ) -> dict[str, Linked | StripeApiError]:
        """Links each of these; an empty answer where the org's settings say that none is.

        ``creations`` are those that were begun earlier. Where Stripe could not be asked, the error:
        then it is to be done again.

        Raises an OrgFault, StoreUnavailable; RequestRefused when Salesforce refuses a query.
        """
        asking = await self._asking(opportunities)
        begun = {each.target: each for each in creations}
        results: dict[str, Linked] = {}
        failed: dict[str, StripeApiError] = {}
        for each in asking:
            try:
                customer = await self._customer(each, begun.get(_CREATION + each.id))
                note = await self._name_in_stripe(customer, each.id)
            except _Trouble as trouble:
                results[each.id] = Linked(None, str(trouble))
            except StripeApiError as error:
                failed[each.id] = error
            else:
                results[each.id] = Linked(customer, note)
        return {**await self._written_back(results), **failed}

    async def forget(self, opportunities: Collection[str], creations: Collection[Intent]) -> None:
        """These ask no longer: the one that was made has been named, or is for a person to use."""
        of_these = {_CREATION + each for each in opportunities}
        if keys := [each.key for each in creations if each.target in of_these]:
            await self._inbox.fulfil(keys, [])

    async def _asking(self, opportunities: Collection[str]) -> list[_Asks]:
        wanted = literals(sorted(opportunities))
        of_account = f"SELECT AccountId FROM Opportunity WHERE Id IN {wanted}"  # noqa: S608
        answers = await self._rest.queries(
            {
                "settings": "SELECT Create_Stripe_Customers__c FROM Bridge_Setting__mdt "
                "WHERE DeveloperName = 'Default'",
                "opportunities": "SELECT Id, Name, AccountId, Account.Name FROM Opportunity "  # noqa: S608
                f"WHERE Id IN {wanted}",
                "customers": "SELECT Stripe_Id__c, Account__c FROM Bridge_Customer__c "  # noqa: S608
                f"WHERE Account__c IN ({of_account})",
            }
        )
        if not any(record["Create_Stripe_Customers__c"] for record in answers["settings"]):
            return []
        emails = await self._emails(wanted)
        of: dict[str, list[str]] = defaultdict(list)
        for record in answers["customers"]:
            of[record["Account__c"]].append(record["Stripe_Id__c"])
        return [
            _Asks(
                record["Id"],
                (record["Account"] or record)["Name"],
                tuple(of[record["AccountId"]]) if record["AccountId"] else (),
                emails.get(record["Id"]) if emails is not None else None,
                emails is not None,
            )
            for record in answers["opportunities"]
        ]

    async def _emails(self, wanted: str) -> Mapping[str, str] | None:
        """By Opportunity; None to who may not read contacts."""
        try:
            found = await self._rest.query(
                "SELECT OpportunityId, Contact.Email FROM OpportunityContactRole "  # noqa: S608
                f"WHERE IsPrimary = true AND OpportunityId IN {wanted}"
            )
        except RequestRefused as error:
            if lacks(error) is None:
                raise
            return None
        return {
            record["OpportunityId"]: record["Contact"]["Email"]
            for record in found
            if record["Contact"] and record["Contact"]["Email"]
        }

    async def _customer(self, asks: _Asks, begun: Intent | None) -> str:
        """The customer's id. Raises _Trouble."""
        if begun is not None and begun.path != _CUSTOMERS:
            return begun.path.rpartition("/")[2]
        if begun is not None and self._clock() - begun.at < _DAY:
            return await self._created(begun)
        if len(asks.customers) > 1:
            raise _Trouble(
                f"the Account has {len(asks.customers)} Stripe customers "
                f"({', '.join(sorted(asks.customers))}): put the right one's id into "
                "Stripe Customer Id"
            )
        if asks.customers and await self._is_there(asks.customers[0]):
            return asks.customers[0]
        if found := await self._by_email(asks):
            return found
        if begun is not None:
            raise _Trouble(
                "a customer may have been created at Stripe more than a day ago, under the name "
                f"{asks.name!r}: look there, and put its id into Stripe Customer Id"
            )
        params: dict[str, Any] = {"name": asks.name, "metadata": {self._reserved: asks.id}}
        if asks.email:
            params["email"] = asks.email
        begun = intent(_CREATION + asks.id, _CUSTOMERS, params)
        await self._inbox.intend([begun], [])
        return await self._created(begun)

    async def _created(self, begun: Intent) -> str:
        try:
            made = await self._writer.post(begun.path, json.loads(begun.params), begun.key)
        except StripeRequestRefused as error:
            await self._inbox.fulfil([begun.key], [])
            raise _Trouble(str(error)) from None
        customer = str(made["id"])
        # Kept until the Opportunity names it, however long that takes.
        await self._inbox.intend(
            [dataclasses.replace(begun, path=f"{_CUSTOMERS}/{customer}", params="{}")], []
        )
        return customer

    async def _is_there(self, customer: str) -> bool:
        try:
            found = await self._reader.get(f"{_CUSTOMERS}/{customer}")
        except StripeNotFound:
            return False
        return not found.object.get("deleted")

    async def _by_email(self, asks: _Asks) -> str | None:
        if not asks.is_email_known:
            raise _Trouble(
                "the bridge may not read contacts, and so cannot tell whether Stripe has this "
                "customer: assign the permission set Bridge Linking to its user"
            )
        if asks.email is None:
            return None
        listed = await self._reader.get(_CUSTOMERS, {"email": asks.email, "limit": 100})
        found = listed.object.get("data") or []
        own = [
            each for each in found if (each.get("metadata") or {}).get(self._reserved) == asks.id
        ]
        if own:
            return str(own[-1]["id"])
        if len(found) > 1:
            raise _Trouble(
                f"Stripe has {len(found)} customers or more with the primary contact's e-mail "
                "address: put the right one's id into Stripe Customer Id"
            )
        return str(found[0]["id"]) if found else None

    async def _name_in_stripe(self, customer: str, opportunity: str) -> str:
        """Gives its metadata the Opportunity's id, unless it has another's: then says so."""
        try:
            found = (await self._reader.get(f"{_CUSTOMERS}/{customer}")).object
        except StripeNotFound:
            found = {"deleted": True}
        if found.get("deleted"):
            return f"{customer} was deleted in Stripe"
        named = (found.get("metadata") or {}).get(self._reserved)
        if named is None:
            change = {"metadata": {self._reserved: opportunity}}
            write = intent(customer, f"{_CUSTOMERS}/{customer}", change)
            await self._inbox.intend([write], [])
            await self._writer.post(write.path, change, write.key)
            await self._inbox.fulfil([write.key], [])
        elif named[:15] != opportunity[:15]:
            return (
                f"{customer} names another Opportunity ({named}) in {self._reserved}, which stays: "
                "the checkout for this one must name it on the subscription"
            )
        return ""

    async def _written_back(self, results: Mapping[str, Linked]) -> dict[str, Linked]:
        writes = [
            {"attributes": {"type": "Opportunity"}, "Id": opportunity, CUSTOMER: linked.customer}
            for opportunity, linked in results.items()
            if linked.customer is not None
        ]
        if not writes:
            return dict(results)
        answers = await self._rest.update(writes)
        after = dict(results)
        done: list[str] = []
        for write, answer in zip(writes, answers, strict=True):
            opportunity = str(write["Id"])
            if answer["success"]:
                done.append(_CREATION + opportunity)
                continue
            said = "; ".join(str(error.get("message")) for error in answer["errors"])
            after[opportunity] = Linked(
                None, f"Salesforce refused the Stripe Customer Id {write[CUSTOMER]}: {said}"
            )
        keys = [each.key for each in await self._inbox.intents() if each.target in done]
        if keys:
            await self._inbox.fulfil(keys, [])
        return after


def is_creation(begun: Intent) -> bool:
    """Whether an intent is this module's to see to."""
    return begun.target.startswith(_CREATION)
