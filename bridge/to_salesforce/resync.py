"""Reading Stripe again and sending what is so now: rows of the inbox, like any event.

A row is of one object (``resync:sub_1:<mark>``), of one page of a customer's list
(``resync:cus_1/invoices/in_9:<mark>``), or of all that a customer has
(``resync:cus_1/all:<mark>``). A row of a list becomes rows of objects and of the next page before
it is done, so that a resync goes on where it was when the process died. What an object's row finds
at Stripe goes the way of every event: translate, publish, receipt.

The mark says who asked: a moment, or the id of Salesforce's request. The same one asks once.
"""

from __future__ import annotations

from bridge.store import Arrival, Claimed
from bridge.stripe_api import StripeNotFound, StripeReader
from bridge.stripe_api.facts import Kind
from bridge.stripe_api.holdings import Holding, page
from bridge.stripe_api.reader import ledger_key
from bridge.to_salesforce.outcomes import Expanded, Nothing

PREFIX = "bridge."
"""How the types begin of rows that the bridge itself makes."""
OBJECT = "bridge.resync"
LIST = "bridge.resync.list"

_ALL = "all"


def asked_for(key: str, mark: str, *, at: float, livemode: bool) -> Arrival:
    """The row for an object, or for a customer and all that it has.

    ``at`` is in seconds since the epoch. Raises ValueError for a key of no kind that we read.
    """
    kind, found = ledger_key(key)
    if kind is Kind.CUSTOMER:
        return _arrival(f"{found}/{_ALL}", mark, LIST, found, at, livemode)
    return _arrival(found, mark, OBJECT, found, at, livemode)


def object_of(claimed: Claimed) -> str:
    """The Stripe id that a row of type :data:`OBJECT` is to read."""
    return _subject(claimed)


async def expand(claimed: Claimed, reader: StripeReader, at: float) -> Expanded | Nothing:
    """The rows that a row of type :data:`LIST` stands for. Raises a ``StripeApiError``."""
    customer, what, after = (*_subject(claimed).split("/"), "", "")[:3]
    mark = claimed.event_id.rpartition(":")[2]

    def row(subject: str, kind: str) -> Arrival:
        return _arrival(subject, mark, kind, claimed.lane, at, claimed.livemode)

    if what == _ALL:
        lists = [row(f"{customer}/{holding.value}", LIST) for holding in Holding]
        return Expanded((row(customer, OBJECT), *lists), "the customer, and its lists")
    try:
        found = await page(reader, Holding(what), customer, after or None)
    except StripeNotFound as error:
        if not after:
            return Nothing(str(error))
        # What the last page ended with is gone, so the list begins anew, under another mark:
        # under this one its first page is done.
        mark += "~"
        again = row(f"{customer}/{what}", LIST)
        return Expanded((again,), f"{after} is gone: the list begins anew")
    rows = [row(each, OBJECT) for each in found.ids]
    if found.after is not None:
        rows.append(row(f"{customer}/{what}/{found.after}", LIST))
    more = "" if found.after is None else ", and there are more"
    return Expanded(tuple(rows), f"{len(found.ids)} of its {what}{more}")


def _subject(claimed: Claimed) -> str:
    return claimed.event_id.split(":")[1]


def _arrival(subject: str, mark: str, kind: str, lane: str, at: float, livemode: bool) -> Arrival:
    return Arrival(
        event_id=f"resync:{subject}:{mark}",
        type=kind,
        created=at,
        api_version=None,
        livemode=livemode,
        account=None,
        lane=lane,
        payload=b"{}",
    )
