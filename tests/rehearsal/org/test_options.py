"""The file of `--org`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from rehearsal.org.options import Currencies, OrgOptions, WrongOption
from rehearsal.org.org import Org


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


def test_another_instance_is_another_org(tmp_path: Path) -> None:
    (tmp_path / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "app"}]}')
    (tmp_path / "app").mkdir()
    one, other = (
        Org.load(tmp_path, options=OrgOptions.read(options))
        for options in ({}, {"instance": "Lc1"})
    )
    assert (one.org_id[:6], other.org_id[:6]) == ("00DLc0", "00DLc1")
    assert one.admin.id != other.admin.id


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"flows": "some"},
        {"language": "German"},
        {"instance": "L-0"},
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
