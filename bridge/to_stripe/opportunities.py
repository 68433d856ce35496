"""What Opportunities say now: read by query, however the bridge heard of them.

An event is a nudge and never the data. What counts is the record, the deleted ones in the recycle
bin included; one that is not even there says nothing any more. A request of the org holds as many
as fit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import OrgFault, OrgUnavailable, RequestRefused
from bridge.salesforce_api import Rest
from bridge.salesforce_api.rest import lacks, literal, literals
from bridge.to_stripe import exceptions
from bridge.to_stripe.exceptions import Known

CUSTOMER = "Bridge_Stripe_Customer_Id__c"
SUBSCRIPTION = "Bridge_Stripe_Subscription_Id__c"
TEXT = "Bridge_Stripe_Metadata__c"
CREATE = "Bridge_Create_Customer__c"

_AT_ONCE = 200
"""Ids in one query: an address of more than 16,384 bytes is refused, and an id takes 40."""
_SAYS = (CUSTOMER, SUBSCRIPTION, CREATE, TEXT)
_FIELDS = f"Id, CreatedDate, {TEXT}"


@dataclass(frozen=True, slots=True)
class Shown:
    """The Opportunity whose text a Stripe object is to show."""

    opportunity: str
    text: str


@dataclass(slots=True)
class Links:
    """What an Opportunity is linked to."""

    targets: set[str] = field(default_factory=set)
    """Ids of Stripe customers and subscriptions."""
    asks_for_customer: bool = False
    exception: Known | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A version of an Opportunity."""

    at: dt.datetime
    """``SystemModstamp``."""
    id: str
    is_linked: bool
    """Whether it names anything in Stripe, or asks for it."""
    digest: str
    """Of what it says: Salesforce's time has whole seconds."""


class Opportunities:
    """Asks one org."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def probe(self) -> None:
        """Whether they can be asked what they say. Raises an OrgFault."""
        asked = f"SELECT {_FIELDS}, {CUSTOMER}, {SUBSCRIPTION} FROM Opportunity LIMIT 1"  # noqa: S608
        try:
            await self._rest.query(asked)
        except RequestRefused as error:
            raise fault_behind(error) from error

    async def links(self, ids: Collection[str]) -> dict[str, Links]:
        """Where the texts of these Opportunities belong; nowhere for what is deleted.

        Raises an OrgFault; RequestRefused when Salesforce refuses the query.
        """
        found = {each: Links() for each in ids}
        wanted = literals(sorted(ids))
        answers = await self._rest.queries(
            {
                "opportunities": f"SELECT Id, IsDeleted, {CUSTOMER}, {SUBSCRIPTION}, {CREATE} "  # noqa: S608
                f"FROM Opportunity WHERE Id IN {wanted}",
                "subscriptions": "SELECT Stripe_Id__c, Opportunity__c "  # noqa: S608
                f"FROM Bridge_Subscription__c WHERE Opportunity__c IN {wanted}",
                "exceptions": exceptions.query(ids),
            },
            deleted=("opportunities",),
        )
        for record in answers["opportunities"]:
            if not record["IsDeleted"]:
                here = found[record["Id"]]
                here.targets |= {record[name] for name in (CUSTOMER, SUBSCRIPTION) if record[name]}
                here.asks_for_customer = bool(record[CREATE]) and not record[CUSTOMER]
        for record in answers["subscriptions"]:
            found[record["Opportunity__c"]].targets.add(record["Stripe_Id__c"])
        for opportunity, known in exceptions.known(answers["exceptions"]).items():
            found[opportunity].exception = known
        return found

    async def changed(self, since: dt.datetime, after: Change | None, limit: int) -> list[Change]:
        """Those that were changed since then, deleted ones included, by time and id; with
        ``after``, those behind that one. Raises as :meth:`links`."""
        where = f"SystemModstamp >= {_moment(since)}"
        if after is not None:
            at = _moment(after.at)
            behind = f"SystemModstamp = {at} AND Id > {literal(after.id)}"
            where = f"(SystemModstamp > {at} OR ({behind}))"
        records = await self._rest.query(
            f"SELECT Id, SystemModstamp, IsDeleted, {', '.join(_SAYS)} "  # noqa: S608
            f"FROM Opportunity WHERE {where} ORDER BY SystemModstamp, Id LIMIT {limit}",
            deleted=True,
        )
        return [
            Change(
                dt.datetime.fromisoformat(record["SystemModstamp"]),
                record["Id"],
                bool(record[CUSTOMER] or record[SUBSCRIPTION] or record[CREATE]),
                _digest([record[name] for name in ("IsDeleted", *_SAYS)]),
            )
            for record in records
        ]

    async def shown(self, targets: Collection[str]) -> dict[str, Shown]:
        """What each of these objects is to show: of the Opportunities that are linked to it and
        have a text, that of the one which was created last.

        Raises as :meth:`links`.
        """
        candidates: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)

        def take(target: str, record: Mapping[str, Any] | None) -> None:
            if record is not None and record[TEXT]:
                candidates[target][record["Id"]] = (record["CreatedDate"], record[TEXT])

        for part in _parts(sorted(targets)):
            wanted = literals(part)
            parents = ", ".join(f"Opportunity__r.{name}" for name in _FIELDS.split(", "))
            answers = await self._rest.queries(
                {
                    "customers": f"SELECT {_FIELDS}, {CUSTOMER} FROM Opportunity "  # noqa: S608
                    f"WHERE {CUSTOMER} IN {wanted}",
                    "named": f"SELECT {_FIELDS}, {SUBSCRIPTION} FROM Opportunity "  # noqa: S608
                    f"WHERE {SUBSCRIPTION} IN {wanted}",
                    "subscriptions": f"SELECT Stripe_Id__c, {parents} "  # noqa: S608
                    f"FROM Bridge_Subscription__c WHERE Stripe_Id__c IN {wanted} "
                    "AND Opportunity__c != null",
                }
            )
            for record in answers["customers"]:
                take(record[CUSTOMER], record)
            for record in answers["named"]:
                take(record[SUBSCRIPTION], record)
            for record in answers["subscriptions"]:
                take(record["Stripe_Id__c"], record["Opportunity__r"])
        return {target: _newest(found) for target, found in candidates.items() if target in targets}


def fault_behind(error: RequestRefused) -> OrgFault:
    """The queries are the bridge's own: that one is refused is nothing that an Opportunity says."""
    return lacks(error) or OrgUnavailable(str(error))


def _newest(found: Mapping[str, tuple[str, str]]) -> Shown:
    _, opportunity = max((created, each) for each, (created, _) in found.items())
    return Shown(opportunity, found[opportunity][1])


def _digest(said: list[Any]) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def _moment(at: dt.datetime) -> str:
    """As SOQL writes it."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parts(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def id_of_18(value: str) -> str:
    """An id of 15 or 18 characters as one of 18 ("Understanding Salesforce IDs").

    Raises ValueError for what is no id.
    """
    if len(value) not in (15, 18) or not value.isascii() or not value.isalnum():
        raise ValueError(f"{value!r} is no id of a record")
    return value[:15] + "".join(_check_signs(value[:15]))


def _check_signs(value: str) -> Iterable[str]:
    for start in (0, 5, 10):
        bits = sum(1 << n for n, sign in enumerate(value[start : start + 5]) if sign.isupper())
        yield "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
