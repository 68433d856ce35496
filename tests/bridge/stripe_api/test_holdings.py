"""What a customer has, listed from the stand-in through the official SDK, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.stripe_api import StripeReader, holdings
from bridge.stripe_api.holdings import Holding, Page, page
from tests.bridge.company import KEY, Company


@pytest.fixture
async def lists(company: Company) -> AsyncIterator[StripeReader]:
    reader = StripeReader(KEY, company.url, per_second=10_000.0, network_retries=0)
    yield reader
    await reader.close()


async def every(reader: StripeReader, holding: Holding, customer: str) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        part = await page(reader, holding, customer, after)
        found += part.ids
        after = part.after
        if after is None:
            return found


async def test_all_that_a_customer_has_and_nothing_of_others(
    company: Company, lists: StripeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "_PAGE", 2)
    price, customer, other = await company.price(), await company.customer(), None
    live, ended = [await company.subscribe(customer, price) for _ in range(2)]
    await company.delete(f"subscriptions/{ended}")
    other = await company.customer()
    await company.subscribe(other, price)
    assert set(await every(lists, Holding.SUBSCRIPTIONS, customer)) == {live, ended}

    charges = [await company.charge(customer) for _ in range(3)]
    refunds = [await company.refund(charges[0], amount=str(n)) for n in range(10, 22)]
    failed = await company.control("refunds", charge=charges[1], amount=100)
    await company.control(f"refunds/{failed['id']}/fail")
    dispute = await company.dispute(charges[2])
    found = await every(lists, Holding.CHARGES, customer)
    assert len(found) == len(set(found))
    assert set(found) >= {*charges, *refunds, failed["id"], dispute}
    assert len([each for each in found if each.startswith("ch_")]) == 5  # two subscriptions' too


async def test_a_payment_outside_stripe_hangs_on_its_invoice(
    company: Company, lists: StripeReader
) -> None:
    customer, price = await company.customer(), await company.price()
    sold = await company.post(
        "subscriptions",
        customer=customer,
        collection_method="send_invoice",
        days_until_due="30",
        **{"items[0][price]": price},
    )
    invoice = sold["latest_invoice"]
    await company.post(f"invoices/{invoice}/finalize")
    await company.post(f"invoices/{invoice}/pay", paid_out_of_band="true")
    found = await every(lists, Holding.INVOICES, customer)
    assert found[0] == invoice
    assert [each.split("_")[0] for each in found] == ["in", "inpay"]
    note = await company.post(
        "credit_notes", invoice=invoice, amount="100", out_of_band_amount="100"
    )
    assert await every(lists, Holding.CREDIT_NOTES, customer) == [note["id"]]


@pytest.mark.parametrize("holding", list(Holding))
async def test_of_a_customer_who_has_nothing_there_is_nothing(
    company: Company, lists: StripeReader, holding: Holding
) -> None:
    assert await page(lists, holding, await company.customer(), None) == Page((), None)


async def test_an_embedded_list_that_is_cut_is_read_whole(server: Any, reader: Any) -> None:
    cut = {"data": [{"id": "re_9"}], "has_more": True}
    charge = {"id": "ch_1", "refunds": cut, "disputed": False}
    server.answers["/v1/charges"] = {"data": [charge], "has_more": False}
    server.answers["/v1/refunds"] = {"data": [{"id": "re_9"}, {"id": "re_8"}], "has_more": False}
    assert (await page(reader, Holding.CHARGES, "cus_1", None)).ids == ("ch_1", "re_9", "re_8")
