"""Values in the form that a ledger field takes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bridge.contract import LedgerRow
from bridge.to_salesforce.translate.lookup import Lookup
from bridge.to_salesforce.translate.outcome import Untranslatable
from bridge.to_salesforce.translate.rules import BookingRules
from bridge.to_salesforce.translate.shape import Json, required

Row = TypeVar("Row", bound=LedgerRow)

_DASHBOARD = "https://dashboard.stripe.com"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A Stripe object, and the moment that it was so."""

    object: Json
    as_of: dt.datetime


@dataclass(frozen=True, slots=True)
class Context:
    """What every row of an event shares."""

    look: Lookup
    rules: BookingRules
    account: str | None
    livemode: bool

    def day(self, moment: dt.datetime | None) -> dt.date | None:
        """The day of an instant where the company keeps its books."""
        return None if moment is None else day(moment, self.rules.time_zone)

    def link(self, page: str, key: str) -> str | None:
        """The object's page in Stripe's dashboard."""
        parts = [_DASHBOARD, self.account, None if self.livemode else "test", page, key]
        address = "/".join(part for part in parts if part)
        return address if len(address) <= 255 else None

    def row(self, kind: type[Row], at: Snapshot, link: str | None, /, **values: Any) -> Row:
        """A ledger row of a snapshot; raises :class:`Untranslatable` for a value out of range."""
        try:
            return kind(as_of=at.as_of, stripe_account=self.account, stripe_link=link, **values)
        except ValidationError as error:
            faults = "; ".join(
                f"{fault['loc'][0] if fault['loc'] else '?'}: {fault['msg']}"
                for fault in error.errors(include_url=False)
            )
            raise Untranslatable(f"{kind.sobject} {at.object.get('id')}: {faults}") from error


def day(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day of an instant in a zone."""
    return moment.astimezone(zone).date()


def cut(value: str | None, longest: int) -> str | None:
    """Text that fits its field; a cut one ends in an ellipsis."""
    if value is None or len(value) <= longest:
        return value
    return value[: longest - 1].rstrip() + "…"


def whole_or_none(value: str | None, longest: int) -> str | None:
    """Text that is of use only whole (an address, a link): ``None`` when it does not fit."""
    return value if value is None or len(value) <= longest else None


def currency_code(found: Json, *paths: str) -> str:
    """The ISO code in capitals, as Salesforce spells it."""
    return required(found, *paths).upper()
