"""A multicurrency org over REST, and its rates as a control."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from rehearsal.org.options import Currencies, OrgOptions
from rehearsal.org.server.assembly import serving
from rehearsal.org.server.tls import Certificates
from tests.rehearsal.org.server.conftest import ServedRecords, no_triggers
from tests.rehearsal.org.server.record_org import load_org

EUROS = OrgOptions(currencies=Currencies(rates={"EUR": Decimal("0.8")}))


@pytest.fixture
async def euros(tmp_path: Path, certificates: Certificates) -> AsyncIterator[ServedRecords]:
    org = load_org(tmp_path, EUROS)
    serve = serving(org, no_triggers(org.bus), certificates=certificates)
    async with serve as address, aiohttp.ClientSession() as http:
        yield ServedRecords(address, http, org)


async def test_currency_is_described_written_and_read(euros: ServedRecords) -> None:
    _, described = await euros.rest("GET", "sobjects/Account/describe")
    (field,) = [item for item in described["fields"] if item["name"] == "CurrencyIsoCode"]
    assert (field["type"], field["restrictedPicklist"], field["defaultedOnCreate"]) == (
        "picklist",
        True,
        True,
    )
    assert [item["value"] for item in field["picklistValues"]] == ["USD", "EUR"]

    body = {"Name": "Acme", "CurrencyIsoCode": "EUR"}
    status, made = await euros.rest("POST", "sobjects/Account", json=body)
    assert status == 201
    _, row = await euros.rest("GET", f"sobjects/Account/{made['id']}?fields=CurrencyIsoCode")
    assert row["CurrencyIsoCode"] == "EUR"

    status, refused = await euros.rest(
        "POST", "sobjects/Account", json={**body, "CurrencyIsoCode": "XXX"}
    )
    assert (status, refused[0]["errorCode"]) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")


async def test_rate_is_set_by_a_control(euros: ServedRecords) -> None:
    await euros.control("rates", {"EUR": 0.9})
    _, found = await euros.rest(
        "GET", "query?q=SELECT+ConversionRate+FROM+CurrencyType+WHERE+IsoCode='EUR'"
    )
    assert found["records"][0]["ConversionRate"] == 0.9


@pytest.mark.parametrize("body", [{"USD": 2}, {"GBP": 2}, {"EUR": 0}, {"EUR": "much"}])
async def test_control_refuses_what_is_no_rate(
    euros: ServedRecords, body: dict[str, object]
) -> None:
    async with euros.http.post(f"{euros.address.http_url}/localorg/rates", json=body) as response:
        assert response.status == 400


async def test_single_currency_org_has_no_rates(records: ServedRecords) -> None:
    url = f"{records.address.http_url}/localorg/rates"
    async with records.http.post(url, json={"EUR": 2}) as response:
        assert response.status == 400
