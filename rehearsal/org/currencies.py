"""Amounts of several currencies in one org.

Salesforce Help, "Implications of Enabling Multiple Currencies": every record has a currency,
`CurrencyIsoCode`, and all its currency fields are amounts of it. A record that changes its currency
keeps its numbers. What is added over records of several currencies is converted at the rates of
`CurrencyType` as they are now, through the corporate currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from rehearsal.org.options import Currencies
from rehearsal.org.schema import Field, FieldType, ObjectKind, PicklistValue, Schema
from rehearsal.org.store import Store
from rehearsal.org.values import Row, Value

CODE = "CurrencyIsoCode"
_USER_DEFAULT = "DefaultCurrencyIsoCode"
DEFAULTED_CODES = frozenset({CODE, _USER_DEFAULT})
"""Fields of a new record that hold its maker's currency, unless he says otherwise."""
_STANDARD = frozenset(
    {
        "Account", "Contact", "Contract", "Event", "Opportunity", "OpportunityLineItem",
        "PricebookEntry", "Pricebook2", "Product2", "Task", "User",
    }
)  # fmt: skip
_LABELLED = frozenset({"Account", "Contact", "Contract", "Opportunity", "Product2"})
_NO_DECIMALS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "VND"})
_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def give_codes(schema: Schema, currencies: Currencies) -> None:
    """Gives each object that has it the field `CurrencyIsoCode`, and users their own default.

    Object Reference, "System Fields"; "User". Events and custom metadata types have none.
    """
    values = tuple(
        PicklistValue(code, code, active=code in currencies.active)
        for code in (*currencies.active, *currencies.inactive)
    )
    code = Field(
        name=CODE,
        type=FieldType.PICKLIST,
        label="Currency ISO Code",
        length=3,
        picklist=values,
        restricted=True,
    )
    for target in schema.objects.values():
        if target.kind is ObjectKind.CUSTOM or target.name in _STANDARD:
            label = f"{target.label} Currency" if target.name in _LABELLED else code.label
            target.fields[CODE.lower()] = replace(code, label=label)
    user = schema.objects["user"]
    user.fields[_USER_DEFAULT.lower()] = replace(
        code, name=_USER_DEFAULT, label="Default Currency ISO Code"
    )


def currency_rows(currencies: Currencies) -> dict[str, list[Row]]:
    """The records of `CurrencyType` and `DatedConversionRate`, by object.

    A dated rate holds from its day to the day before the next one of its currency; the last one
    ends, and the first one begins, at the ends of the calendar.
    """
    rates = {currencies.corporate: Decimal(1), **currencies.rates, **currencies.inactive}
    made: dict[str, list[Row]] = {
        "CurrencyType": [
            {
                "IsoCode": code,
                "ConversionRate": rate,
                "DecimalPlaces": _places(code),
                "IsActive": code in currencies.active,
                "IsCorporate": code == currencies.corporate,
            }
            for code, rate in rates.items()
        ]
    }
    if currencies.dated is not None:
        made["DatedConversionRate"] = [
            row
            for code in sorted({*currencies.active, *currencies.dated})
            for row in _dated(code, currencies.dated.get(code, {}), rates[code])
        ]
    return made


_FIRST_DAY, _LAST_DAY = dt.date(1, 1, 1), dt.date(9999, 12, 31)


def _dated(code: str, by_day: Mapping[dt.date, Decimal], static: Decimal) -> Iterable[Row]:
    """Salesforce Help, "Advanced Currency Management": the rate of before holds without an end."""
    steps = sorted({_FIRST_DAY: static, **by_day}.items())
    ends = [day for day, _ in steps[1:]] + [_LAST_DAY]
    for (day, rate), end in zip(steps, ends, strict=True):
        yield {"IsoCode": code, "StartDate": day, "NextStartDate": end, "ConversionRate": rate}


def _places(code: str) -> Decimal:
    return Decimal(0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2)


class Rates:
    """Conversion between the currencies of an org, at the static rates of `CurrencyType`.

    In a single-currency org there are none, and an amount stays what it is.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rates: dict[str, Decimal] = {}
        self.corporate: str | None = None
        for row in rows:
            self._rates[str(row["IsoCode"])] = row["ConversionRate"]
            if row["IsCorporate"]:
                self.corporate = str(row["IsoCode"])

    def convert(self, amount: Value, source: Value, target: Value) -> Value:
        """An amount of `source` in units of `target`, not rounded."""
        if not isinstance(amount, Decimal) or source == target or source is None or target is None:
            return amount
        return amount / self._rates[str(source)] * self._rates[str(target)]


def current_rates(store: Store) -> Rates:
    """The rates as they are now; without a `CurrencyType` there are none."""
    try:
        return Rates(store.table("CurrencyType").rows())
    except KeyError:
        return Rates(())
