"""The file of `--org`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from rehearsal.org.options import Currencies, OrgOptions, WrongOption


def test_an_empty_file_is_a_plain_org() -> None:
    assert OrgOptions.read({}) == OrgOptions()


def test_currencies_are_read_with_their_rates() -> None:
    read = OrgOptions.read(
        {
            "currencies": {
                "corporate": "EUR",
                "rates": {"USD": 1.25, "JPY": 150},
                "inactive": {"CHF": "0.95"},
                "dated": {"USD": {"2026-01-01": Decimal("1.1")}},
            }
        }
    )
    assert read.currencies == Currencies(
        corporate="EUR",
        rates={"USD": Decimal("1.25"), "JPY": Decimal(150)},
        inactive={"CHF": Decimal("0.95")},
        dated={"USD": {dt.date(2026, 1, 1): Decimal("1.1")}},
    )


def test_language_zone_and_flows_are_read() -> None:
    read = OrgOptions.read({"flows": "inactive", "language": "de", "time_zone": "Europe/Berlin"})
    assert read == OrgOptions(inactive_flows=True, language="de", time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"flows": "some"},
        {"language": "German"},
        {"time_zone": "Europe/Nowhere"},
        {"curencies": {}},
        {"currencies": {"rate": {}}},
        {"currencies": {"rates": {"EURO": 1}}},
        {"currencies": {"rates": {"EUR": 0}}},
        {"currencies": {"rates": {"EUR": "much"}}},
        {"currencies": {"rates": {"USD": 1}}},
        {"currencies": {"rates": {"EUR": 1}, "inactive": {"EUR": 1}}},
        {"currencies": {"dated": {"EUR": {}}}},
        {"currencies": {"rates": {"EUR": 1}, "dated": {"EUR": {"soon": 1}}}},
        {"currencies": {"rates": {"EUR": 1}, "dated": {"EUR": {"2026-01-01": -1}}}},
    ],
)
def test_what_makes_no_sense_is_refused_by_name(data: object) -> None:
    with pytest.raises(WrongOption):
        OrgOptions.read(data)
