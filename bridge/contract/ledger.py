"""Ledger rows: one Stripe object as it is now, as of a moment, in Salesforce's field names.

Amounts named ``Original_…__c`` are major units of the row's own ``Currency__c``, never rounded to
another currency. Amounts in the org's currency (``Amount__c``, ``MRR__c`` …) are computed inside
Salesforce, which alone knows what the org can add.

Dates are days in the bridge's booking zone; instants are UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[str, Field(max_length=255)]
Url = Annotated[str, Field(max_length=255)]
Code = Annotated[str, Field(min_length=3, max_length=3)]
Money = Annotated[Decimal, Field(max_digits=18, decimal_places=3)]

_encode = msgspec.json.Encoder(decimal_format="number").encode


class LedgerRow(BaseModel):
    """A record to upsert by its key, unless the ledger holds a newer ``As_Of__c``."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid", frozen=True)

    sobject: ClassVar[str]
    key_field: ClassVar[str]

    as_of: dt.datetime = Field(alias="As_Of__c")
    stripe_account: Text | None = Field(alias="Stripe_Account__c")
    stripe_link: Url | None = Field(alias="Stripe_Link__c")

    @property
    def key(self) -> str:
        """The record's external id."""
        raise NotImplementedError

    def to_sobject(self) -> dict[str, Any]:
        """The row as Salesforce's JSON for an sObject, ``attributes`` and parents included.

        A field that is ``None`` is present and null: the row is the whole state.
        """
        body: dict[str, Any] = {"attributes": {"type": self.sobject}}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            alias = field.alias or name
            if alias.endswith("__r"):
                if value is not None:
                    body[alias] = parent_reference(alias, value)
            else:
                body[alias] = json_value(value)
        return body


def parent_reference(relationship: str, key: str) -> dict[str, Any]:
    """A parent named by its external id, as Salesforce's JSON spells it."""
    parents: dict[str, type[LedgerRow]] = {
        "Customer__r": CustomerRow,
        "Subscription__r": SubscriptionRow,
        "Renewal__r": RenewalRow,
    }
    parent = parents[relationship]
    return {"attributes": {"type": parent.sobject}, parent.key_field: key}


def json_value(value: Any) -> Any:
    """A Python value in the JSON form that Apex's ``JSON.deserialize`` reads into a field."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


class CustomerRow(LedgerRow):
    """``Bridge_Customer__c``: a Stripe customer, the root of its ledger."""

    sobject: ClassVar[str] = "Bridge_Customer__c"
    key_field: ClassVar[str] = "Stripe_Id__c"

    stripe_id: Key = Field(alias="Stripe_Id__c")
    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(alias="Name")
    email: Annotated[str, Field(max_length=80)] | None = Field(alias="Email__c")
    currency: Code | None = Field(alias="Currency__c")
    opportunity_ref: Text | None = Field(alias="Opportunity_Ref__c")
    deleted: bool = Field(alias="Deleted__c")

    @property
    def key(self) -> str:
        return self.stripe_id


class SubscriptionRow(LedgerRow):
    """``Bridge_Subscription__c``: a Stripe subscription as it is now."""

    sobject: ClassVar[str] = "Bridge_Subscription__c"
    key_field: ClassVar[str] = "Stripe_Id__c"

    stripe_id: Key = Field(alias="Stripe_Id__c")
    customer: Key = Field(alias="Customer__r")
    opportunity_ref: Text | None = Field(alias="Opportunity_Ref__c")
    status: Annotated[str, Field(max_length=40)] = Field(alias="Status__c")
    plan_name: Text | None = Field(alias="Plan_Name__c")
    quantity: Annotated[Decimal, Field(max_digits=18, decimal_places=0)] | None = Field(
        alias="Quantity__c"
    )
    interval: Annotated[str, Field(max_length=40)] | None = Field(alias="Interval__c")
    collection_method: Annotated[str, Field(max_length=40)] | None = Field(
        alias="Collection_Method__c"
    )
    collection_paused: Annotated[str, Field(max_length=40)] | None = Field(
        alias="Collection_Paused__c"
    )
    """What Stripe does with invoices while ``pause_collection`` is set."""
    currency: Code = Field(alias="Currency__c")
    mrr: Money = Field(alias="Original_MRR__c")
    arr: Money = Field(alias="Original_ARR__c")
    acv: Money = Field(alias="Original_ACV__c")
    tcv: Money | None = Field(alias="Original_TCV__c")
    first_invoice: Money | None = Field(alias="Original_First_Invoice__c")
    term_months: Annotated[int, Field(ge=1, le=999)] | None = Field(alias="Term_Months__c")
    start_date: dt.date = Field(alias="Start_Date__c")
    active_date: dt.date | None = Field(alias="Active_Date__c")
    trial_end: dt.date | None = Field(alias="Trial_End__c")
    current_period_start: dt.date | None = Field(alias="Current_Period_Start__c")
    current_period_end: dt.date | None = Field(alias="Current_Period_End__c")
    cancel_at: dt.date | None = Field(alias="Cancel_At__c")
    cancel_at_period_end: bool = Field(alias="Cancel_At_Period_End__c")
    canceled_date: dt.date | None = Field(alias="Canceled_Date__c")
    ended_date: dt.date | None = Field(alias="Ended_Date__c")
    cancellation_reason: Text | None = Field(alias="Cancellation_Reason__c")

    @property
    def key(self) -> str:
        return self.stripe_id


class RenewalRow(LedgerRow):
    """``Bridge_Renewal__c``: an invoice, or what is coming next on a subscription."""

    sobject: ClassVar[str] = "Bridge_Renewal__c"
    key_field: ClassVar[str] = "Stripe_Key__c"

    stripe_key: Key = Field(alias="Stripe_Key__c")
    customer: Key = Field(alias="Customer__r")
    subscription: Key | None = Field(alias="Subscription__r")
    status: Annotated[str, Field(max_length=40)] = Field(alias="Status__c")
    billing_reason: Annotated[str, Field(max_length=40)] | None = Field(alias="Billing_Reason__c")
    invoice_number: Text | None = Field(alias="Invoice_Number__c")
    interval: Annotated[str, Field(max_length=40)] | None = Field(alias="Interval__c")
    period_start: dt.date | None = Field(alias="Period_Start__c")
    period_end: dt.date | None = Field(alias="Period_End__c")
    due_date: dt.date | None = Field(alias="Due_Date__c")
    paid_date: dt.date | None = Field(alias="Paid_Date__c")
    currency: Code = Field(alias="Currency__c")
    amount_due: Money = Field(alias="Original_Amount_Due__c")
    amount_paid: Money = Field(alias="Original_Amount_Paid__c")
    amount_remaining: Money = Field(alias="Original_Amount_Remaining__c")
    credited: Money = Field(alias="Original_Credited__c")
    """What credit notes took off, before and after payment."""
    attempt_count: Annotated[int, Field(ge=0, le=9999)] = Field(alias="Attempt_Count__c")
    in_dunning: bool = Field(alias="In_Dunning__c")
    """Open at Stripe, and a payment has failed or the due date has passed."""
    dunning_status: Annotated[str, Field(max_length=40)] | None = Field(alias="Dunning_Status__c")
    failure_reason: Text | None = Field(alias="Failure_Reason__c")
    next_retry: dt.datetime | None = Field(alias="Next_Retry__c")
    next_retry_date: dt.date | None = Field(alias="Next_Retry_Date__c")
    invoice_page: Annotated[str, Field(max_length=1024)] | None = Field(alias="Invoice_Page__c")
    invoice_pdf: Annotated[str, Field(max_length=1024)] | None = Field(alias="Invoice_PDF__c")

    @property
    def key(self) -> str:
        return self.stripe_key


class EntryRow(LedgerRow):
    """``Bridge_Entry__c``: money that moved, once."""

    sobject: ClassVar[str] = "Bridge_Entry__c"
    key_field: ClassVar[str] = "Stripe_Key__c"

    stripe_key: Key = Field(alias="Stripe_Key__c")
    customer: Key = Field(alias="Customer__r")
    subscription: Key | None = Field(alias="Subscription__r")
    renewal: Key | None = Field(alias="Renewal__r")
    kind: Annotated[str, Field(max_length=40)] = Field(alias="Kind__c")
    status: Annotated[str, Field(max_length=40)] = Field(alias="Status__c")
    occurred_at: dt.datetime = Field(alias="Occurred_At__c")
    date: dt.date = Field(alias="Date__c")
    currency: Code = Field(alias="Currency__c")
    gross: Money = Field(alias="Original_Gross__c")
    tax: Money = Field(alias="Original_Tax__c")
    net: Money = Field(alias="Original_Net__c")
    balance_transaction: Text | None = Field(alias="Balance_Transaction__c")
    settled_gross: Money | None = Field(alias="Settled_Gross__c")
    settled_currency: Code | None = Field(alias="Settled_Currency__c")
    fee: Money | None = Field(alias="Fee__c")
    settlement_pending: bool = Field(alias="Settlement_Pending__c")
    description: Text | None = Field(alias="Description__c")
    charge: Text | None = Field(alias="Charge__c")
    """The charge that was paid back or disputed; of a charge its own id."""
    reason: Text | None = Field(alias="Reason__c")
    opportunity_ref: Text | None = Field(alias="Opportunity_Ref__c")
    """The Opportunity that a payment without a subscription names in its metadata."""

    @property
    def key(self) -> str:
        return self.stripe_key


class MovementRow(LedgerRow):
    """``Bridge_Movement__c``: a subscription's MRR at the end of a day, as last heard of that day.

    The key is ``<subscription>:<day>``. By how much MRR moved, and whether that was new, more,
    less, gone or back, is computed inside Salesforce from the days that it holds, so that the order
    in which they arrive cannot matter.
    """

    sobject: ClassVar[str] = "Bridge_Movement__c"
    key_field: ClassVar[str] = "Stripe_Key__c"

    stripe_key: Key = Field(alias="Stripe_Key__c")
    customer: Key = Field(alias="Customer__r")
    subscription: Key | None = Field(alias="Subscription__r")
    date: dt.date = Field(alias="Date__c")
    currency: Code = Field(alias="Currency__c")
    mrr_after: Money = Field(alias="Original_MRR_After__c")

    @property
    def key(self) -> str:
        return self.stripe_key


LEDGER_ORDER: tuple[type[LedgerRow], ...] = (
    CustomerRow,
    SubscriptionRow,
    RenewalRow,
    EntryRow,
    MovementRow,
)
"""Parents before children."""

KEYS: dict[str, str] = {row.sobject: row.key_field for row in LEDGER_ORDER}
"""The external id of each ledger object."""


def dump_rows(rows: Iterable[LedgerRow]) -> str:
    """The JSON array for ``Rows__c``; decimals are JSON numbers, digit for digit."""
    return _encode([row.to_sobject() for row in rows]).decode()
