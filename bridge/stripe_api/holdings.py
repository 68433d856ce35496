"""What a customer has at Stripe, page by page.

Refunds and disputes cannot be listed by customer (API reference, "List all refunds", "List all
disputes"): they hang on the charges.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from bridge.stripe_api.client import Answer

Json = dict[str, Any]

_PAGE = 100


class Holding(StrEnum):
    """A list of a customer's objects."""

    SUBSCRIPTIONS = "subscriptions"
    INVOICES = "invoices"
    CHARGES = "charges"
    CREDIT_NOTES = "credit_notes"


@dataclass(frozen=True, slots=True)
class Page:
    """The ids that one page of a list is of, with those that hang on them."""

    ids: tuple[str, ...]
    after: str | None
    """The id behind which the next page begins; ``None`` on the last one."""


class Reads(Protocol):
    """What listing needs of a reader."""

    async def get(self, path: str, params: Json | None = None) -> Answer:
        """One request."""

    async def pages(self, path: str, params: Json) -> Answer:
        """A whole list."""


async def page(reads: Reads, holding: Holding, customer: str, after: str | None) -> Page:
    """One page, newest first, ended subscriptions included. Raises a ``StripeApiError``."""
    params: Json = {"customer": customer, "limit": _PAGE, **_PARAMS.get(holding, {})}
    if after is not None:
        params["starting_after"] = after
    answer = (await reads.get(f"/v1/{holding.value}", params)).object
    members = [each for each in answer.get("data") or [] if isinstance(each, dict)]
    ids: list[str] = []
    for member in members:
        ids.append(str(member["id"]))
        for hanging in _HANGING.get(holding, ()):
            ids += await hanging(reads, member)
    more = bool(answer.get("has_more")) and bool(members)
    return Page(tuple(ids), str(members[-1]["id"]) if more else None)


async def last_known(reads: Reads, customer: str) -> Json:
    """Name and e-mail of a deleted customer, of whom Stripe keeps only the id, by its last invoice.

    Raises a ``StripeApiError``.
    """
    answer = (await reads.get("/v1/invoices", {"customer": customer, "limit": 1})).object
    for invoice in answer.get("data") or []:
        return {"name": invoice.get("customer_name"), "email": invoice.get("customer_email")}
    return {}


async def _refunds(reads: Reads, charge: Json) -> list[str]:
    """All of them: one that failed is no part of ``amount_refunded`` any more."""
    found = charge.get("refunds") or {}
    if found.get("has_more"):
        found = (await reads.pages("/v1/refunds", {"charge": charge["id"]})).object
    return [str(each["id"]) for each in found.get("data") or []]


async def _disputes(reads: Reads, charge: Json) -> list[str]:
    if not charge.get("disputed"):
        return []
    found = (await reads.pages("/v1/disputes", {"charge": charge["id"]})).object
    return [str(each["id"]) for each in found.get("data") or []]


async def _payments_outside(reads: Reads, invoice: Json) -> list[str]:
    """The invoice payments that no charge tells of."""
    found = invoice.get("payments") or {}
    if found.get("has_more"):
        found = (await reads.pages("/v1/invoice_payments", {"invoice": invoice["id"]})).object
    return [
        str(each["id"])
        for each in found.get("data") or []
        if (each.get("payment") or {}).get("type") not in {"payment_intent", "charge"}
    ]


_PARAMS: dict[Holding, Json] = {
    Holding.SUBSCRIPTIONS: {"status": "all"},
    Holding.INVOICES: {"expand": ["data.payments"]},
    Holding.CHARGES: {"expand": ["data.refunds"]},
}
_HANGING: dict[Holding, tuple[Callable[[Reads, Json], Awaitable[list[str]]], ...]] = {
    Holding.INVOICES: (_payments_outside,),
    Holding.CHARGES: (_refunds, _disputes),
}
