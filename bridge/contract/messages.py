"""The three platform events: one in, one back, one out."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bridge.contract.ledger import json_value

STRIPE_EVENT_TOPIC = "/event/Bridge_Stripe_Event__e"
RECEIPT_TOPIC = "/event/Bridge_Receipt__e"
REQUEST_TOPIC = "/event/Bridge_Request__e"

CONTRACT_VERSION = 2
"""Raised when a row gains or loses a meaning; the package refuses a version it does not know."""

ROWS_LIMIT = 131_072
"""Length of ``Rows__c`` and ``Results__c``: the most a Long Text Area holds."""


class Outcome(StrEnum):
    """What became of one event inside Salesforce."""

    APPLIED = "applied"
    APPLIED_WITH_EXCEPTION = "applied_with_exception"
    """The rows are in the ledger, some on hold, with a ``Bridge_Exception__c`` beside them."""
    STALE = "stale"
    """The ledger already holds newer rows."""
    TIE = "tie"
    """The ledger holds different values of the same second: read the object again."""
    UNMATCHED = "unmatched"
    """In the ledger, under a customer without an Account."""
    RETRY = "retry"
    """Nothing wrong with the event: send it again later."""
    FAILED = "failed"
    """This event cannot be applied as it is."""

    @property
    def done(self) -> bool:
        """Whether the inbox row is finished."""
        return self in _DONE


_DONE = frozenset(
    {Outcome.APPLIED, Outcome.APPLIED_WITH_EXCEPTION, Outcome.STALE, Outcome.UNMATCHED}
)


class _Message(BaseModel):
    model_config = ConfigDict(populate_by_name=True, frozen=True)

    def to_payload(self) -> dict[str, Any]:
        """The event's custom fields by API name, with JSON-ready values."""
        return {
            (field.alias or name): json_value(getattr(self, name))
            for name, field in type(self).model_fields.items()
        }


class StripeEventMessage(_Message):
    """``Bridge_Stripe_Event__e``: the ledger rows that one Stripe event or read amounts to."""

    stripe_event_id: Annotated[str, Field(max_length=255)] = Field(alias="Stripe_Event_Id__c")
    lane: Annotated[str, Field(min_length=1, max_length=255)] = Field(alias="Lane__c")
    type: Annotated[str, Field(max_length=255)] = Field(alias="Type__c")
    stripe_account: Annotated[str, Field(max_length=255)] | None = Field(alias="Stripe_Account__c")
    livemode: bool = Field(alias="Livemode__c")
    as_of: dt.datetime = Field(alias="As_Of__c")
    contract_version: int = Field(default=CONTRACT_VERSION, alias="Contract_Version__c")
    rows: Annotated[str, Field(max_length=ROWS_LIMIT)] = Field(alias="Rows__c")


class ReceiptResult(BaseModel):
    """One entry of ``Results__c``."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The ``Stripe_Event_Id__c`` that was sent."""
    outcome: Outcome
    reason: str = ""
    """At most 255 characters."""
    keys: tuple[str, ...] = ()
    """For a tie: the external ids that must be read again."""


class ReceiptMessage(_Message):
    """``Bridge_Receipt__e``: what one run of the handler did with each event."""

    results: Annotated[str, Field(max_length=ROWS_LIMIT)] = Field(alias="Results__c")
    """A JSON array of :class:`ReceiptResult`."""


class RequestMessage(_Message):
    """``Bridge_Request__e``: Salesforce asks; a nudge, never the data."""

    kind: str = Field(alias="Kind__c")
    record_id: str | None = Field(alias="Record_Id__c")
    stripe_id: str | None = Field(alias="Stripe_Id__c")


TIME_FIELDS = frozenset(
    str(field.alias)
    for message in (StripeEventMessage, ReceiptMessage, RequestMessage)
    for field in message.model_fields.values()
    if field.annotation in {dt.date, dt.datetime}
)
"""API names of the events' fields of type Date and DateTime."""
