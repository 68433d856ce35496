"""Salesforce asks: ``Bridge_Request__e`` of kind Resync becomes rows of the inbox.

A request names a Stripe id or a record. What a record stands for is asked of Salesforce when the
row is claimed, so that a request is safe before anything can go wrong with it.
"""

from __future__ import annotations

import logging

from bridge.clock import Clock, system_clock
from bridge.contract import KEYS, RequestMessage
from bridge.salesforce_api import Rest
from bridge.salesforce_api.rest import literal
from bridge.store import Arrival, Claimed
from bridge.to_salesforce import resync
from bridge.to_salesforce.outcomes import Expanded, Nothing
from bridge.working.requests import Unreadable

RESYNC = "Resync"
RECORD = "bridge.request"
"""A row of a request that names a record and no Stripe id."""

_log = logging.getLogger(__name__)

_STRIPE_IDS: dict[str, tuple[str, str, str]] = {
    **{sobject: (key, sobject, "Id") for sobject, key in KEYS.items()},
    "Bridge_Exception__c": ("Stripe_Id__c", "Bridge_Exception__c", "Id"),
    "Account": ("Stripe_Id__c", "Bridge_Customer__c", "Account__c"),
    "Opportunity": ("Stripe_Id__c", "Bridge_Subscription__c", "Opportunity__c"),
    "Contract": ("Stripe_Id__c", "Bridge_Subscription__c", "Contract__c"),
}
"""Where the Stripe ids behind a record are, by its object: field, object, and what points to it."""


class Resyncs:
    """Takes requests to read Stripe again."""

    def __init__(self, *, livemode: bool, clock: Clock = system_clock) -> None:
        self._livemode = livemode
        self._clock = clock

    def __call__(self, request: RequestMessage, mark: str) -> Arrival:
        """The row for a request. Raises Unreadable."""
        if request.stripe_id:
            try:
                return resync.asked_for(
                    request.stripe_id, mark, at=self._clock(), livemode=self._livemode
                )
            except ValueError as error:
                raise Unreadable(str(error)) from None
        if request.record_id and request.record_id.isalnum():
            return self._of_record(request.record_id, mark)
        raise Unreadable("it names nothing")

    def _of_record(self, record_id: str, mark: str) -> Arrival:
        return Arrival(
            event_id=f"request:{record_id}:{mark}",
            type=RECORD,
            created=self._clock(),
            api_version=None,
            livemode=self._livemode,
            account=None,
            lane=record_id,
            payload=b"{}",
        )


class Records:
    """What Stripe ids a record of Salesforce stands for."""

    def __init__(self, rest: Rest, clock: Clock = system_clock) -> None:
        self._rest = rest
        self._clock = clock
        self._objects: dict[str, str] = {}
        """Objects by the first three signs of their records' ids."""

    async def expand(self, claimed: Claimed) -> Expanded | Nothing:
        """The resyncs that a row of type :data:`RECORD` stands for. Raises OrgFault."""
        _, record_id, mark = claimed.event_id.split(":")
        sobject = await self._object(record_id)
        if sobject is None:
            return Nothing(f"{record_id} is a record of no object that holds a Stripe id")
        field, holder, pointer = _STRIPE_IDS[sobject]
        found = await self._rest.query(
            f"SELECT {field} FROM {holder} WHERE {pointer} = {literal(record_id)}"  # noqa: S608
        )
        keys = {str(value) for record in found for value in record.values() if value}
        arrivals = []
        for key in sorted(keys):
            try:
                row = resync.asked_for(key, mark, at=self._clock(), livemode=claimed.livemode)
            except ValueError as error:
                _log.warning("%s %s: %s", sobject, record_id, error)
            else:
                arrivals.append(row)
        if not arrivals:
            return Nothing(f"{sobject} {record_id} leads to no Stripe id")
        return Expanded(tuple(arrivals), f"{len(arrivals)} Stripe ids of {sobject} {record_id}")

    async def _object(self, record_id: str) -> str | None:
        if record_id[:3] not in self._objects:
            described = await self._rest.request("GET", "sobjects")
            self._objects = {
                each["keyPrefix"]: each["name"]
                for each in described["sobjects"]
                if each["keyPrefix"] and each["name"] in _STRIPE_IDS
            }
        return self._objects.get(record_id[:3])
