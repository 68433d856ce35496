"""What an org is beside its metadata: switches of its Setup that no deployment carries.

As JSON, for `localorg serve --org FILE` and `localorg test --org FILE`:

    {"currencies": {"corporate": "USD", "rates": {"EUR": 0.9, "JPY": 150},
                    "inactive": {"CHF": 0.95},
                    "dated": {"EUR": {"2026-01-01": 0.92, "2026-07-01": 0.88}}},
     "flows": "inactive", "language": "de", "time_zone": "Europe/Berlin", "instance": "Lc1"}

`currencies` makes the org a multicurrency one; `dated`, even empty, one with advanced currency
management. A rate is how many units of the currency the corporate one buys.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import available_timezones

_ISO = re.compile("[A-Z]{3}")
_WORDS = ("language", "time_zone", "instance")
_INSTANCE = re.compile("[A-Za-z0-9]{3}")
_LANGUAGE = re.compile("[a-z]{2,3}(_[A-Z]{2,3})?")


class WrongOption(ValueError):
    """An option that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Currencies:
    """The currencies of a multicurrency org, by ISO code.

    `rates` are those of the active currencies beside the corporate one, `inactive` of the others.
    `dated` maps a currency to rates by their first day; None is an org without advanced currency
    management.
    """

    corporate: str = "USD"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    inactive: Mapping[str, Decimal] = field(default_factory=dict)
    dated: Mapping[str, Mapping[dt.date, Decimal]] | None = None

    def __post_init__(self) -> None:
        codes = [self.corporate, *self.rates, *self.inactive]
        for code in (*codes, *(self.dated or ())):
            if not _ISO.fullmatch(code):
                raise WrongOption(f"currencies: {code} is no ISO code")
        if len(set(codes)) < len(codes):
            raise WrongOption("currencies: a currency is there twice")
        for code in self.dated or ():
            if code not in codes or code == self.corporate:
                raise WrongOption(f"currencies: dated rates of {code}, which has no rate")
        days = [rates.values() for rates in (self.dated or {}).values()]
        for rate in (*self.rates.values(), *self.inactive.values(), *(r for d in days for r in d)):
            if rate <= 0:
                raise WrongOption(f"currencies: {rate} is no rate")

    @property
    def advanced(self) -> bool:
        """Whether advanced currency management is on."""
        return self.dated is not None

    @property
    def active(self) -> tuple[str, ...]:
        return (self.corporate, *self.rates)


@dataclass(frozen=True, slots=True)
class OrgOptions:
    """All options of an org. Raises WrongOption for one that makes no sense."""

    currencies: Currencies | None = None
    inactive_flows: bool = False
    """Whether deployed Flows are inactive until an admin activates them, as in a production org
    (Salesforce Help, "Deploy Processes and Flows as Active")."""
    language: str = "en_US"
    """`LanguageLocaleKey` of the org and its first users."""
    time_zone: str = "America/Los_Angeles"
    instance: str = "Lc0"
    """The three characters behind the key prefix of each id, the org's own too: a sandbox that is
    refreshed is another org (Salesforce Help, "Refresh Your Sandbox")."""

    def __post_init__(self) -> None:
        if self.time_zone not in available_timezones():
            raise WrongOption(f"time_zone: there is no {self.time_zone}")
        if not _LANGUAGE.fullmatch(self.language):
            raise WrongOption(f"language: {self.language} is none")
        if not _INSTANCE.fullmatch(self.instance):
            raise WrongOption(f"instance: {self.instance} is not three letters or digits")

    @classmethod
    def read(cls, data: object) -> OrgOptions:
        """The options in parsed JSON, whose numbers may be of any type. Raises WrongOption."""
        given = _mapping(data, "the org's options")
        _known(
            given, {"currencies", "flows", "language", "time_zone", "instance"}, "the org's options"
        )
        currencies, flows = given.get("currencies"), given.get("flows", "active")
        if flows not in {"active", "inactive"}:
            raise WrongOption(f"flows: {flows} is neither active nor inactive")
        return cls(
            currencies=None if currencies is None else _currencies(currencies),
            inactive_flows=flows == "inactive",
            **{name: str(given[name]) for name in _WORDS if name in given},
        )


def _currencies(data: object) -> Currencies:
    given = _mapping(data, "currencies")
    _known(given, {"corporate", "rates", "inactive", "dated"}, "currencies")
    dated = given.get("dated")
    return Currencies(
        corporate=str(given.get("corporate", "USD")),
        rates=_rates(given.get("rates", {})),
        inactive=_rates(given.get("inactive", {})),
        dated=None
        if dated is None
        else {
            code: {_day(day): rate for day, rate in _rates(rates).items()}
            for code, rates in _mapping(dated, "dated").items()
        },
    )


def _mapping(data: object, name: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise WrongOption(f"{name}: not a JSON object")
    return data


def _known(given: Mapping[str, Any], known: set[str], name: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise WrongOption(f"{name}: unknown: {', '.join(unknown)}")


def _rates(data: object) -> dict[str, Decimal]:
    try:
        return {key: Decimal(str(rate)) for key, rate in _mapping(data, "rates").items()}
    except InvalidOperation:
        raise WrongOption(f"currencies: not a rate in {data}") from None


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise WrongOption(f"currencies: {text} is no day") from None
