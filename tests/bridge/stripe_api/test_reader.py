"""Few reads, exact, as of the moment of the answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
from decimal import Decimal
from typing import Any

import pytest

from bridge.stripe_api import (
    Facts,
    Kind,
    Need,
    StripeApiError,
    StripeAuthenticationFailed,
    StripeEvent,
    StripeNotFound,
    StripePermissionDenied,
    StripeRateLimited,
    StripeReader,
    StripeRequestRefused,
    StripeUnavailable,
)
from bridge.stripe_api.client import Answer

ANSWERED = dt.datetime(2026, 1, 1, 0, 4, 59, tzinfo=dt.UTC)
"""The last moment of which a quick answer is surely so: its `Date` is the second after."""

CUSTOMER = Need(Kind.CUSTOMER, "cus_1")


def event(found: dict[str, Any], created: dt.datetime = ANSWERED, type_: str = "x") -> StripeEvent:
    return StripeEvent("evt_1", type_, created, None, False, None, found)


def listing(*data: Any, has_more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(data), "has_more": has_more}


async def fact(reader: StripeReader, need: Need) -> Any:
    return (await reader.resolve([need], Facts.empty())).get(need)


async def test_numbers_are_exact_and_the_moment_is_the_answers(server: Any, reader: Any) -> None:
    server.answers["/v1/customers/cus_1"] = '{"id": "cus_1", "rate": 33.333333333333333333}'
    found = await fact(reader, CUSTOMER)
    assert found.object["rate"] == Decimal("33.333333333333333333")
    assert found.as_of == ANSWERED


async def test_a_slow_answer_is_as_of_when_it_was_asked_for(server: Any, reader: Any) -> None:
    """What changes while Stripe is answering has an event of before the answer's `Date`."""
    server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "name": "old"}
    server.slow = 1.1
    found = await fact(reader, CUSTOMER)
    assert found.as_of == ANSWERED - dt.timedelta(seconds=1)
    changed = {"id": "cus_1", "object": "customer", "name": "new"}
    reader.notice(event(changed, ANSWERED))
    assert (await fact(reader, CUSTOMER)).object["name"] == "new"


async def test_what_an_event_made_somebody_ask_is_no_older_than_the_event(
    server: Any, reader: Any
) -> None:
    server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
    heard = ANSWERED + dt.timedelta(seconds=1)
    found = await fact(reader, Need(Kind.CUSTOMER, "cus_1", since=heard))
    assert found.as_of == heard


async def test_what_is_known_is_not_read_again(server: Any, reader: Any) -> None:
    server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
    first = await reader.resolve([CUSTOMER], Facts.empty())
    again = await reader.resolve([CUSTOMER], Facts.empty())
    assert first == again
    assert server.paths == {"/v1/customers/cus_1": 1}
    assert reader.requests == {"customers": 1}


async def test_many_who_ask_at_once_share_a_read(server: Any, reader: Any) -> None:
    server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
    server.slow = 0.05
    await asyncio.gather(*(reader.resolve([CUSTOMER], Facts.empty()) for _ in range(20)))
    assert server.paths == {"/v1/customers/cus_1": 1}


async def test_one_who_gives_up_does_not_end_the_read_of_the_others(
    server: Any, reader: Any
) -> None:
    server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
    server.slow = 0.1
    first = asyncio.create_task(fact(reader, CUSTOMER))
    await asyncio.sleep(0.02)
    second = asyncio.create_task(fact(reader, CUSTOMER))
    await asyncio.sleep(0.02)
    first.cancel()
    assert (await second).object == {"id": "cus_1"}
    assert server.paths == {"/v1/customers/cus_1": 1}


async def test_remembered_answers_grow_old(server: Any, connect: Any) -> None:
    server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
    reader = connect(cache_age=0.05)
    await fact(reader, CUSTOMER)
    await asyncio.sleep(0.1)
    await fact(reader, CUSTOMER)
    assert server.paths == {"/v1/customers/cus_1": 2}


async def test_memory_is_bounded(server: Any, connect: Any) -> None:
    reader = connect(cache_size=2)
    for key in ("cus_1", "cus_2", "cus_3", "cus_3", "cus_1"):
        server.answers[f"/v1/customers/{key}"] = {"id": key}
        await fact(reader, Need(Kind.CUSTOMER, key))
    assert server.paths["/v1/customers/cus_3"] == 1
    assert server.paths["/v1/customers/cus_1"] == 2


async def test_a_need_since_a_moment_is_not_answered_from_before(server: Any, reader: Any) -> None:
    server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
    await fact(reader, CUSTOMER)
    await fact(reader, Need(Kind.CUSTOMER, "cus_1", since=ANSWERED))
    assert server.paths == {"/v1/customers/cus_1": 1}
    await fact(reader, Need(Kind.CUSTOMER, "cus_1", since=ANSWERED + dt.timedelta(seconds=1)))
    assert server.paths == {"/v1/customers/cus_1": 2}


async def test_what_stripe_does_not_know_is_a_fact(server: Any, reader: Any) -> None:
    found = await fact(reader, Need(Kind.PRODUCT, "prod_gone"))
    assert (found.object, found.as_of) == (None, ANSWERED)


class TestNotice:
    async def test_what_an_event_says_need_not_be_read(self, server: Any, reader: Any) -> None:
        reader.notice(event({"id": "cus_1", "object": "customer", "name": "A"}))
        assert (await fact(reader, CUSTOMER)).object["name"] == "A"
        assert not server.seen

    async def test_an_older_event_changes_nothing(self, server: Any, reader: Any) -> None:
        before = ANSWERED - dt.timedelta(seconds=1)
        reader.notice(event({"id": "cus_1", "object": "customer", "name": "new"}))
        reader.notice(event({"id": "cus_1", "object": "customer", "name": "old"}, before))
        found = await fact(reader, CUSTOMER)
        assert (found.object["name"], found.as_of) == ("new", ANSWERED)

    async def test_two_that_differ_in_one_second_are_both_doubted(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "name": "C"}
        reader.notice(event({"id": "cus_1", "object": "customer", "name": "A"}))
        reader.notice(event({"id": "cus_1", "object": "customer", "name": "B"}))
        assert (await fact(reader, CUSTOMER)).object["name"] == "C"

    async def test_the_latest_of_several_of_one_second_is_read_and_remembered(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "name": "D"}
        for name in "ABC":
            reader.notice(event({"id": "cus_1", "object": "customer", "name": name}))
        found = await reader.latest("cus_1", ANSWERED)
        assert (found.object["name"], found.as_of) == ("D", ANSWERED)
        assert (await fact(reader, CUSTOMER)).object["name"] == "D"
        assert server.paths == {"/v1/customers/cus_1": 1}
        reader.notice(event({"id": "cus_1", "object": "customer", "name": "E"}))
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "name": "F"}
        assert (await fact(reader, CUSTOMER)).object["name"] == "F"

    async def test_a_deletion_keeps_the_name(self, reader: Any) -> None:
        gone = {"id": "cus_1", "object": "customer", "name": "A"}
        reader.notice(event(gone, type_="customer.deleted"))
        assert (await fact(reader, CUSTOMER)).object == {**gone, "deleted": True}

    async def test_a_new_price_coupon_or_schedule_is_read_anew(
        self, server: Any, reader: Any
    ) -> None:
        for kind, path, name in (
            (Kind.PRICE, "prices", "price"),
            (Kind.COUPON, "coupons", "coupon"),
            (Kind.SCHEDULE, "subscription_schedules", "subscription_schedule"),
        ):
            server.answers[f"/v1/{path}/x_1"] = {"id": "x_1"}
            await fact(reader, Need(kind, "x_1"))
            reader.notice(event({"id": "x_1", "object": name}))
            await fact(reader, Need(kind, "x_1"))
            assert server.paths[f"/v1/{path}/x_1"] == 2

    async def test_a_charge_is_remembered_by_its_payment(self, server: Any, reader: Any) -> None:
        reader.notice(event({"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}))
        found = await fact(reader, Need(Kind.PAYMENT_CHARGE, "pi_1"))
        assert found.object["id"] == "ch_1"
        assert not server.seen

    async def test_a_new_discount_has_them_read_anew(self, server: Any, reader: Any) -> None:
        def answer(*keys: str) -> dict[str, Any]:
            return {"id": "sub_1", "discounts": [{"id": key} for key in keys]}

        need = Need(Kind.SUBSCRIPTION_DISCOUNTS, "sub_1")
        server.answers["/v1/subscriptions/sub_1"] = answer("di_1")
        await fact(reader, need)
        known = {"id": "sub_1", "object": "subscription", "discounts": ["di_1"]}
        reader.notice(event(known))
        assert set((await fact(reader, need)).object) == {"di_1"}
        assert server.paths == {"/v1/subscriptions/sub_1": 1}
        server.answers["/v1/subscriptions/sub_1"] = answer("di_1", "di_2")
        reader.notice(event({**known, "discounts": ["di_1", "di_2"]}))
        assert set((await fact(reader, need)).object) == {"di_1", "di_2"}

    async def test_a_new_name_of_a_product_need_not_be_read(self, server: Any, reader: Any) -> None:
        server.answers["/v1/products/prod_1"] = {"id": "prod_1", "name": "Team"}
        need = Need(Kind.PRODUCT, "prod_1")
        assert (await fact(reader, need)).object["name"] == "Team"
        renamed = {"id": "prod_1", "object": "product", "name": "Team 2"}
        later = ANSWERED + dt.timedelta(seconds=1)
        reader.notice(event(renamed, later, "product.updated"))
        assert (await fact(reader, need)).object["name"] == "Team 2"
        assert server.paths == {"/v1/products/prod_1": 1}

    async def test_a_discount_of_a_customer_has_the_customer_read_anew(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "discount": None}
        await fact(reader, CUSTOMER)
        general = {"id": "di_1", "object": "discount", "customer": "cus_1", "subscription": None}
        reader.notice(event(general))
        await fact(reader, CUSTOMER)
        reader.notice(event({**general, "subscription": "sub_1"}))
        await fact(reader, CUSTOMER)
        assert server.paths == {"/v1/customers/cus_1": 2}

    async def test_nothing_of_an_event_without_an_id(self, reader: Any) -> None:
        reader.notice(event({"object": "invoice"}))
        reader.notice(event({"object": ["odd"], "id": "x"}))


class TestQuestions:
    async def test_tiers_and_currencies_of_a_price(self, server: Any, reader: Any) -> None:
        server.answers["/v1/prices/price_1"] = {"id": "price_1"}
        await fact(reader, Need(Kind.PRICE, "price_1"))
        await fact(reader, Need(Kind.PRICE_IN_CURRENCIES, "price_1"))
        assert [query for _, query in server.seen] == [
            {"expand[0]": "tiers"},
            {"expand[0]": "tiers", "expand[1]": "currency_options"},
        ]

    async def test_a_list_is_read_to_its_end(self, server: Any, reader: Any) -> None:
        def lines(query: dict[str, str]) -> Any:
            after = query.get("starting_after")
            return listing({"id": "il_2"}) if after else listing({"id": "il_1"}, has_more=True)

        server.answers["/v1/invoices/in_1/lines"] = lines
        found = await fact(reader, Need(Kind.INVOICE_LINES, "in_1"))
        assert [line["id"] for line in found.object["data"]] == ["il_1", "il_2"]
        assert found.object["has_more"] is False

    async def test_the_invoices_of_a_payment(self, server: Any, reader: Any) -> None:
        server.answers["/v1/invoice_payments"] = listing({"id": "inpay_1"})
        await fact(reader, Need(Kind.PAYMENT_INVOICES, "pi_1"))
        [(_, query)] = server.seen
        assert query["payment[type]"] == "payment_intent"
        assert query["payment[payment_intent]"] == "pi_1"
        assert query["expand[0]"] == "data.invoice"

    async def test_the_payments_of_an_invoice_tell_how_the_last_attempt_went(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/invoice_payments"] = listing({"id": "inpay_1"})
        server.answers["/v1/payment_intents/pi_1"] = {"id": "pi_1"}
        await fact(reader, Need(Kind.INVOICE_PAYMENTS, "in_1"))
        await fact(reader, Need(Kind.PAYMENT_INTENT, "pi_1"))
        assert [query for _, query in server.seen] == [
            {
                "invoice": "in_1",
                "limit": "100",
                "expand[0]": "data.payment.payment_intent.latest_charge",
            },
            {"expand[0]": "latest_charge"},
        ]

    async def test_the_open_invoices_and_the_subscriptions_of_a_customer(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/invoices"] = listing({"id": "in_1"})
        server.answers["/v1/subscriptions"] = listing({"id": "sub_1"})
        for kind in (Kind.OPEN_INVOICES, Kind.SUBSCRIPTIONS):
            assert len((await fact(reader, Need(kind, "cus_1"))).object["data"]) == 1
        assert [query for _, query in server.seen] == [
            {"customer": "cus_1", "limit": "100", "status": "open"},
            {"customer": "cus_1", "limit": "100"},
        ]

    async def test_a_list_of_what_is_on_a_test_clock_is_as_of_the_clock(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/invoices"] = listing({"id": "in_1", "test_clock": "clock_1"})
        server.answers["/v1/test_helpers/test_clocks/clock_1"] = {"frozen_time": 1_900_000_000}
        found = await fact(reader, Need(Kind.OPEN_INVOICES, "cus_1"))
        assert found.as_of == dt.datetime.fromtimestamp(1_900_000_000, dt.UTC)

    async def test_that_a_payment_has_no_invoice_is_not_remembered(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/invoice_payments"] = listing()
        need = Need(Kind.PAYMENT_INVOICES, "pi_1")
        await fact(reader, need)
        server.answers["/v1/invoice_payments"] = listing({"id": "inpay_1"})
        assert len((await fact(reader, need)).object["data"]) == 1

    async def test_the_first_invoice_is_the_last_of_those_made_by_then(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/invoices"] = listing({"id": "in_2"}, {"id": "in_1"})
        until = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
        found = await fact(reader, Need(Kind.FIRST_INVOICE, "sub_1", until=until))
        assert found.object["id"] == "in_1"
        [(_, query)] = server.seen
        assert query["created[lte]"] == str(int(until.timestamp()))
        server.answers["/v1/invoices"] = listing()
        assert (await fact(reader, Need(Kind.FIRST_INVOICE, "sub_2"))).object is None

    async def test_discounts_of_a_subscription_and_of_its_items(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/subscriptions/sub_1"] = {
            "id": "sub_1",
            "discounts": [{"id": "di_1", "source": {"coupon": {"id": "A"}}}, "di_unexpanded"],
            "items": listing({"id": "si_1", "discounts": [{"id": "di_2"}]}, {"id": "si_2"}),
        }
        found = await fact(reader, Need(Kind.SUBSCRIPTION_DISCOUNTS, "sub_1"))
        assert set(found.object) == {"di_1", "di_2"}
        [(_, query)] = server.seen
        assert query["expand[0]"] == "discounts.source.coupon"

    async def test_the_charge_of_a_payment(self, server: Any, reader: Any) -> None:
        server.answers["/v1/payment_intents/pi_1"] = {"id": "pi_1", "latest_charge": {"id": "ch_1"}}
        assert (await fact(reader, Need(Kind.PAYMENT_CHARGE, "pi_1"))).object == {"id": "ch_1"}
        server.answers["/v1/payment_intents/pi_2"] = {"id": "pi_2", "latest_charge": None}
        assert (await fact(reader, Need(Kind.PAYMENT_CHARGE, "pi_2"))).object is None

    async def test_that_nothing_came_from_checkout_is_remembered(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/checkout/sessions"] = listing()
        need = Need(Kind.CHECKOUT_SESSION, "sub_1")
        assert [(await fact(reader, need)).object for _ in range(3)] == [None, None, None]
        assert server.paths == {"/v1/checkout/sessions": 1}
        later = ANSWERED + dt.timedelta(seconds=1)
        session = {"id": "cs_1", "object": "checkout.session", "subscription": "sub_1"}
        reader.notice(event(session, later))
        assert (await fact(reader, need)).object["id"] == "cs_1"


class TestRead:
    @pytest.mark.parametrize(
        ("key", "path"),
        [
            ("cus_1", "/v1/customers/cus_1"),
            ("sub_1", "/v1/subscriptions/sub_1"),
            ("next:sub_1:month", "/v1/subscriptions/sub_1"),
            ("in_1", "/v1/invoices/in_1"),
            ("ch_1", "/v1/charges/ch_1"),
            ("py_1", "/v1/charges/py_1"),
            ("re_1", "/v1/refunds/re_1"),
            ("pyr_1", "/v1/refunds/pyr_1"),
            ("dp_1", "/v1/disputes/dp_1"),
            ("du_1", "/v1/disputes/du_1"),
            ("cn_1:oob", "/v1/credit_notes/cn_1"),
            ("inpay_1", "/v1/invoice_payments/inpay_1"),
            ("sub_1:2026-01-31", "/v1/subscriptions/sub_1"),
        ],
    )
    async def test_the_object_behind_a_ledger_key(
        self, server: Any, reader: Any, key: str, path: str
    ) -> None:
        server.answers[path] = {"id": "x"}
        assert await reader.read(key) == ({"id": "x"}, ANSWERED)

    async def test_it_is_never_a_remembered_one(self, server: Any, reader: Any) -> None:
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
        reader.notice(event({"id": "cus_1", "object": "customer", "name": "A"}))
        assert await reader.read("cus_1") == ({"id": "cus_1"}, ANSWERED)

    async def test_of_an_object_on_a_test_clock_the_moment_is_the_clocks(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "test_clock": "clock_1"}
        server.answers["/v1/test_helpers/test_clocks/clock_1"] = {"frozen_time": 1_900_000_000}
        _, as_of = await reader.read("cus_1")
        assert as_of == dt.datetime.fromtimestamp(1_900_000_000, dt.UTC)

    async def test_a_clock_that_is_advanced_meanwhile_does_not_make_an_old_object_new(
        self, server: Any, reader: Any
    ) -> None:
        customer = {"id": "cus_1", "test_clock": "clock_1", "name": "old"}
        server.answers["/v1/customers/cus_1"] = lambda _: dict(customer)

        def clock(_: dict[str, str]) -> dict[str, int]:
            customer["name"] = "new"
            return {"frozen_time": 1_900_000_000}

        server.answers["/v1/test_helpers/test_clocks/clock_1"] = clock
        found, _ = await reader.read("cus_1")
        assert found["name"] == "new"

    async def test_a_charge_is_remembered_by_its_payment(self, server: Any, reader: Any) -> None:
        """Else an older one that is remembered would make a row that is stale."""
        charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}
        reader.notice(event(charge, ANSWERED - dt.timedelta(seconds=9)))
        server.answers["/v1/charges/ch_1"] = {**charge, "captured": True}
        await reader.read("ch_1")
        found = await fact(reader, Need(Kind.PAYMENT_CHARGE, "pi_1"))
        assert (found.object["captured"], found.as_of) == (True, ANSWERED)

    async def test_what_is_gone_is_said_to_be(self, reader: Any) -> None:
        with pytest.raises(StripeNotFound):
            await reader.read("in_1")

    async def test_a_key_of_nothing_is_refused(self, reader: Any) -> None:
        for key in ("evt_1", "next:", "", "cus_"):
            with pytest.raises(ValueError, match="no Stripe object"):
                await reader.read(key)

    async def test_a_balance_transaction_stands_for_its_source(
        self, server: Any, reader: Any
    ) -> None:
        server.answers["/v1/balance_transactions/txn_1"] = {"id": "txn_1", "source": "dp_1"}
        server.answers["/v1/disputes/dp_1"] = {"id": "dp_1"}
        assert await reader.read("txn_1") == ({"id": "dp_1"}, ANSWERED)

    async def test_a_payment_intent_stands_for_its_charge(self, server: Any, reader: Any) -> None:
        charge = {"id": "ch_1", "object": "charge"}
        server.answers["/v1/payment_intents/pi_1"] = {"id": "pi_1", "latest_charge": charge}
        assert (await reader.read("pi_1"))[0] == charge


class TestAfter:
    async def test_what_was_asked_for_earlier_is_asked_for_again(
        self, server: Any, reader: Any
    ) -> None:
        need = Need(Kind.CUSTOMER, "cus_1")
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "name": "old"}
        await fact(reader, need)
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "name": "new"}
        after = reader.now()
        assert (await fact(reader, need)).object["name"] == "old"
        for _ in range(2):
            facts = await reader.resolve([need], Facts.empty(), after=after)
            assert facts.get(need).object["name"] == "new"
        assert server.paths["/v1/customers/cus_1"] == 2

    async def test_a_read_under_way_since_earlier_is_not_enough(
        self, server: Any, reader: Any
    ) -> None:
        need = Need(Kind.CUSTOMER, "cus_1")
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
        server.slow = 0.05
        earlier = asyncio.create_task(fact(reader, need))
        await asyncio.sleep(0.01)
        await reader.resolve([need], Facts.empty(), after=reader.now())
        await earlier
        assert server.paths["/v1/customers/cus_1"] == 2


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, StripeRequestRefused),
            (401, StripeAuthenticationFailed),
            (403, StripePermissionDenied),
            (500, StripeUnavailable),
            (503, StripeUnavailable),
        ],
    )
    async def test_by_cause(
        self, server: Any, reader: Any, failure: Any, status: int, error: type[StripeApiError]
    ) -> None:
        server.answers["/v1/customers/cus_1"] = failure(status)
        with pytest.raises(error) as caught:
            await fact(reader, CUSTOMER)
        assert "sk_test" not in str(caught.value)

    async def test_an_error_is_not_remembered(self, server: Any, reader: Any, failure: Any) -> None:
        server.answers["/v1/customers/cus_1"] = failure(500)
        with pytest.raises(StripeUnavailable):
            await fact(reader, CUSTOMER)
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1"}
        assert (await fact(reader, CUSTOMER)).object == {"id": "cus_1"}

    async def test_too_many_requests_are_tried_again_later(self, server: Any, reader: Any) -> None:
        server.fail("/v1/customers/cus_1", 429, 429, then={"id": "cus_1"}, Retry_After="0.01")
        assert (await fact(reader, CUSTOMER)).object == {"id": "cus_1"}
        assert server.paths == {"/v1/customers/cus_1": 3}

    async def test_and_given_up_in_the_end(self, server: Any, connect: Any) -> None:
        reader = connect(rate_limit_retries=1)
        server.fail("/v1/customers/cus_1", *[429] * 9, then={}, Retry_After="0.2")
        with pytest.raises(StripeRateLimited) as caught:
            await fact(reader, CUSTOMER)
        assert caught.value.retry_after == 0.2
        assert server.paths == {"/v1/customers/cus_1": 2}

    async def test_a_broken_connection_is_tried_again(self, server: Any, connect: Any) -> None:
        reader = connect(network_retries=1)
        server.fail("/v1/customers/cus_1", 503, then={"id": "cus_1"})
        assert (await fact(reader, CUSTOMER)).object == {"id": "cus_1"}

    async def test_nobody_there(self) -> None:
        reader = StripeReader("sk_test_123", "http://127.0.0.1:9", network_retries=0)
        with pytest.raises(StripeUnavailable):
            await reader.account()
        await reader.close()

    async def test_too_slow(self, server: Any, connect: Any) -> None:
        server.slow = 0.5
        server.answers["/v1/account"] = {"id": "acct_1"}
        with pytest.raises(StripeUnavailable):
            await connect(timeout=0.05).account()

    @pytest.mark.parametrize("text", ["<html>", "[]", "{"])
    async def test_no_json(self, server: Any, reader: Any, text: str) -> None:
        server.answers["/v1/account"] = text
        with pytest.raises(StripeUnavailable):
            await reader.account()

    async def test_an_answer_of_no_moment_is_no_answer(self, server: Any, reader: Any) -> None:
        server.answers["/v1/account"] = {"id": "acct_1"}
        server.date = None
        with pytest.raises(StripeUnavailable, match="Date"):
            await reader.account()


class TestThrottle:
    async def test_only_so_many_at_once(self, server: Any, connect: Any) -> None:
        reader = connect(at_once=3)
        server.slow = 0.02
        wanted = [Need(Kind.CUSTOMER, f"cus_{n}") for n in range(12)]
        await reader.resolve(wanted, Facts.empty())
        assert server.most_at_once <= 3
        assert len(server.seen) == 12

    async def test_only_so_many_a_second(self, server: Any, connect: Any) -> None:
        reader = connect(per_second=50.0, burst=1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await reader.resolve([Need(Kind.CUSTOMER, f"cus_{n}") for n in range(11)], Facts.empty())
        assert loop.time() - began >= 0.2

    async def test_after_a_pause_a_few_start_together(self, server: Any, connect: Any) -> None:
        reader = connect(per_second=2.0, burst=5)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await reader.resolve([Need(Kind.CUSTOMER, f"cus_{n}") for n in range(5)], Facts.empty())
        assert loop.time() - began < 0.4
        await fact(reader, Need(Kind.CUSTOMER, "cus_one_more"))
        assert loop.time() - began >= 0.45

    async def test_every_request_is_told(self, server: Any, connect: Any) -> None:
        told: list[str] = []
        await connect(count=told.append).resolve(
            [CUSTOMER, Need(Kind.PRICE, "price_1"), Need(Kind.CHECKOUT_SESSION, "sub_1")],
            Facts.empty(),
        )
        assert sorted(told) == ["checkout", "customers", "prices"]


async def test_reads_are_in_the_version_that_they_are_made_for(server: Any, connect: Any) -> None:
    server.answers["/v1/account"] = {"id": "acct_1"}
    await connect(stripe_version="2025-06-30.basil").account()
    assert server.headers[-1]["Stripe-Version"] == "2025-06-30.basil"
    assert server.headers[-1]["Authorization"] == "Bearer sk_test_123"


async def test_a_version_without_invoice_payments_is_refused() -> None:
    with pytest.raises(ValueError, match="2025-03-31"):
        StripeReader("sk_test_123", stripe_version="2024-12-18.acacia")


class TestLists:
    """What an event says of a list makes a remembered one doubtful, whatever their moments."""

    REFUNDS = Need(Kind.CHARGE_REFUNDS, "ch_1", since=ANSWERED)

    @pytest.mark.parametrize(
        ("need", "path", "told"),
        [
            (REFUNDS, "/v1/refunds", {"object": "refund", "id": "re_2", "charge": "ch_1"}),
            (REFUNDS, "/v1/refunds", {"object": "charge", "id": "ch_1"}),
            (
                Need(Kind.CHARGE_DISPUTES, "ch_1", since=ANSWERED),
                "/v1/disputes",
                {"object": "dispute", "id": "du_2", "charge": {"id": "ch_1"}},
            ),
            (
                Need(Kind.INVOICE_CREDIT_NOTES, "in_1", since=ANSWERED),
                "/v1/credit_notes",
                {"object": "credit_note", "id": "cn_2", "invoice": "in_1"},
            ),
            (
                Need(Kind.INVOICE_PAYMENTS, "in_1", since=ANSWERED),
                "/v1/invoice_payments",
                {"object": "invoice_payment", "id": "inpay_2", "invoice": "in_1"},
            ),
            (
                Need(Kind.PAYMENT_INVOICES, "pi_1", since=ANSWERED),
                "/v1/invoice_payments",
                {
                    "object": "invoice_payment",
                    "id": "inpay_2",
                    "invoice": "in_1",
                    "payment": {"payment_intent": "pi_1"},
                },
            ),
        ],
    )
    async def test_an_answer_of_the_events_very_second_will_not_do(
        self, server: Any, reader: Any, need: Need, path: str, told: dict[str, Any]
    ) -> None:
        server.answers[path] = listing({"id": "one"})
        assert len((await fact(reader, need)).object["data"]) == 1
        server.answers[path] = listing({"id": "two"}, {"id": "one"})
        assert len((await fact(reader, need)).object["data"]) == 1
        reader.notice(event(told))
        assert len((await fact(reader, need)).object["data"]) == 2
        assert server.paths[path] == 2

    async def test_a_read_that_is_under_way_is_neither_joined_nor_remembered(
        self, server: Any, reader: Any
    ) -> None:
        server.slow = 0.1
        server.answers["/v1/refunds"] = listing({"id": "re_1"})
        before = asyncio.create_task(fact(reader, self.REFUNDS))
        await asyncio.sleep(0.02)
        reader.notice(event({"object": "refund", "id": "re_2", "charge": "ch_1"}))
        after = asyncio.create_task(fact(reader, self.REFUNDS))
        await asyncio.gather(before, after)
        assert server.paths["/v1/refunds"] == 2
        reader.notice(event({"object": "refund", "id": "re_3", "charge": "ch_other"}))
        await fact(reader, self.REFUNDS)
        assert server.paths["/v1/refunds"] == 2

    async def test_a_read_from_before_a_doubt_does_not_outlive_it(
        self, server: Any, reader: Any
    ) -> None:
        server.slow = 0.1
        server.answers["/v1/refunds"] = listing({"id": "re_1"})
        before = asyncio.create_task(fact(reader, self.REFUNDS))
        await asyncio.sleep(0.02)
        reader.notice(event({"object": "refund", "id": "re_2", "charge": "ch_1"}))
        await before
        await fact(reader, self.REFUNDS)
        assert server.paths["/v1/refunds"] == 2


async def test_what_was_paid_outside_is_read_as_such(server: Any, reader: Any) -> None:
    """Since basil the invoice itself does not say so any more."""
    server.answers["/v1/invoices/in_1"] = {"id": "in_1"}
    read, _ = await reader.read("oob:in_1")
    assert read == {"id": "in_1", "paid_out_of_band": True}


async def test_a_read_that_has_just_ended_is_not_waited_for(
    reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there until the loop's next round, which a busy wait would never let come."""
    need = Need(Kind.CUSTOMER, "cus_1")
    others: list[asyncio.Task[Facts]] = []

    async def ask(*_: Any) -> Answer:
        if not others:
            anew = reader.resolve([need], Facts.empty(), after=reader.now() + 1)
            others.append(asyncio.create_task(anew))
            await asyncio.sleep(0)
        return Answer({"id": "cus_1", "asked": len(others)}, ANSWERED)

    def hang(*_: Any) -> None:
        raise AssertionError("the loop does not go on")

    monkeypatch.setattr("bridge.stripe_api.reader.ask", ask)
    before = signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, 10)
    try:
        await fact(reader, need)
        facts = await others[0]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert facts.get(need) is not None


async def test_a_page_keeps_each_element_as_stripe_wrote_it(server, reader):
    first = '{"id": "evt_1",  "n": 0.10000000000000000555, "big": 12345678901234567890.10}'
    second = '{"id":"evt_2","text":"caf\\u00e9 \u00e9"}'
    server.answers["/v1/events"] = (
        '{"object": "list", "has_more": true,\n "data": [' + first + ",\n  " + second + "]}"
    )
    page = await reader.raw_page("/v1/events", {"created": {"gte": 1, "lt": 9}, "limit": 100})
    assert page.elements == (first.encode(), second.encode())
    assert page.has_more
    assert page.as_of < dt.datetime(2026, 1, 1, 0, 5, tzinfo=dt.UTC)
    (query,) = [query for path, query in server.seen if path == "/v1/events"]
    assert query == {"created[gte]": "1", "created[lt]": "9", "limit": "100"}


@pytest.mark.parametrize("answer", ["no json", "[]", '{"data": 7}'])
async def test_a_page_that_is_no_list_is_no_answer(server, reader, answer):
    server.answers["/v1/events"] = answer
    with pytest.raises(StripeUnavailable):
        await reader.raw_page("/v1/events", {})
