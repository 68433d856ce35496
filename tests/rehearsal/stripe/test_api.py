"""How the API speaks: errors, idempotency, metadata, lists, expansion, faults."""

from __future__ import annotations

import email.utils

import pytest
import stripe
from stripe import StripeClient

from .conftest import KEY, NOW


async def test_a_wrong_key_is_401(rig):
    with pytest.raises(stripe.AuthenticationError) as refusal:
        await rig.client(api_key="sk_test_wrong").v1.customers.list_async()
    assert refusal.value.http_status == 401
    async with rig.session.get(f"{rig.url}/v1/customers") as answer:
        assert answer.status == 401


async def test_what_is_not_there_is_resource_missing(api):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.v1.customers.retrieve_async("cus_none")
    assert (refusal.value.code, refusal.value.http_status) == ("resource_missing", 404)
    assert str(refusal.value.user_message) == "No such customer: 'cus_none'"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.v1.subscriptions.create_async({"customer": "cus_none", "items": []})
    assert (refusal.value.code, refusal.value.http_status) == ("resource_missing", 400)
    assert refusal.value.param == "customer"


async def test_parameters_missing_unknown_and_wrong(api):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.v1.prices.create_async({"currency": "usd", "unit_amount": 1})
    assert (refusal.value.code, refusal.value.param) == ("parameter_missing", "product")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.v1.customers.create_async({"email": "a@b.example", "shoe_size": 42})
    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "shoe_size")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.v1.customers.create_async({"address": {"planet": "Mars"}})
    assert refusal.value.param == "address[planet]"
    assert (await api.v1.customers.list_async()).data == []


async def test_a_url_that_does_not_exist_is_named(rig):
    headers = {"Authorization": f"Bearer {KEY}"}
    async with rig.session.get(f"{rig.url}/v1/topups", headers=headers) as answer:
        assert answer.status == 404
        assert "Unrecognized request URL (GET: /v1/topups)" in await answer.text()


async def test_the_same_key_and_parameters_give_the_first_answer(rig, api):
    options = {"idempotency_key": "intent-1"}
    first = await api.v1.customers.create_async({"email": "a@b.example"}, options)
    again = await api.v1.customers.create_async({"email": "a@b.example"}, options)
    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len((await api.v1.customers.list_async()).data) == 1
    with pytest.raises(stripe.IdempotencyError):
        await api.v1.customers.create_async({"email": "other@b.example"}, options)


async def test_a_key_is_free_again_after_24_hours(rig, api):
    options = {"idempotency_key": "intent-2"}
    first = await api.v1.customers.create_async({"email": "a@b.example"}, options)
    await rig.advance(1, days=1)
    again = await api.v1.customers.create_async({"email": "a@b.example"}, options)
    assert first.id != again.id


async def test_a_wrong_parameter_does_not_use_the_key_up(api):
    options = {"idempotency_key": "intent-3"}
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.customers.create_async({"shoe_size": 42}, options)
    assert (await api.v1.customers.create_async({"name": "Ann"}, options)).name == "Ann"


async def test_a_lost_answer_is_not_carried_out_twice(rig):
    await rig.control(
        "POST",
        "/faults",
        {"kind": "drop", "after": True, "method": "POST", "path": "/v1/customers"},
    )
    api = rig.client(max_network_retries=2)
    created = await api.v1.customers.create_async({"name": "Ann"})
    rows = (await api.v1.customers.list_async()).data
    assert [row.id for row in rows] == [created.id]


async def test_metadata_merges_and_an_empty_value_deletes(rig, api):
    customer = await api.v1.customers.create_async({"metadata": {"a": "1", "b": "2"}})
    customer = await api.v1.customers.update_async(customer.id, {"metadata": {"b": "", "c": "3"}})
    assert customer.metadata.to_dict() == {"a": "1", "c": "3"}
    event = list(rig.world.events)[-1]
    assert event.payloads["2026-10-28.endive"]["previous_attributes"] == {
        "metadata": {"b": "2", "c": None}
    }
    customer = await api.v1.customers.update_async(customer.id, {"metadata": ""})
    assert customer.metadata.to_dict() == {}


@pytest.mark.parametrize(
    "metadata",
    [{"k" * 41: "v"}, {"k": "v" * 501}, {f"k{n}": "v" for n in range(51)}, {"a[b]": "v"}],
)
async def test_metadata_has_limits(api, metadata):
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.customers.create_async({"metadata": metadata})


async def test_metadata_at_its_limits_is_kept(api):
    allowed = {f"{n:040}": "v" * 500 for n in range(50)}
    customer = await api.v1.customers.create_async({"metadata": allowed})
    assert customer.metadata.to_dict() == allowed


async def test_an_update_that_changes_nothing_is_no_event(rig, api):
    customer = await api.v1.customers.create_async({"name": "Ann"})
    before = len(rig.world.events)
    await api.v1.customers.update_async(customer.id, {"name": "Ann"})
    assert len(rig.world.events) == before


async def test_lists_page_both_ways_and_filter(rig, api):
    made = []
    for n in range(5):
        made.append((await api.v1.customers.create_async({"email": f"{n % 2}@b.example"})).id)
        await rig.advance(10)
    newest = made[::-1]
    page = await api.v1.customers.list_async({"limit": 2})
    assert ([row.id for row in page.data], page.has_more) == (newest[:2], True)
    page = await api.v1.customers.list_async({"limit": 2, "starting_after": newest[2]})
    assert ([row.id for row in page.data], page.has_more) == (newest[3:], False)
    page = await api.v1.customers.list_async({"limit": 2, "ending_before": newest[3]})
    assert ([row.id for row in page.data], page.has_more) == (newest[1:3], True)
    page = await api.v1.customers.list_async({"created": {"gte": NOW + 10, "lt": NOW + 30}})
    assert [row.id for row in page.data] == newest[2:4]
    page = await api.v1.customers.list_async({"email": "1@b.example"})
    assert [row.id for row in page.data] == [newest[1], newest[3]]
    walked = [
        row.id async for row in (await api.v1.customers.list_async({"limit": 2})).auto_paging_iter()
    ]
    assert walked == newest
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.customers.list_async({"limit": 101})


async def test_expansion_reaches_into_lists_and_refuses_what_cannot(api, sale):
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}],
            "expand": ["customer"],
        }
    )
    assert subscription.customer.email == "ann@acme.example"
    invoice = await api.v1.invoices.retrieve_async(
        subscription.latest_invoice, {"expand": ["payments.data.payment.payment_intent"]}
    )
    payment = invoice.payments.data[0].payment
    assert payment.payment_intent.status == "succeeded"
    page = await api.v1.charges.list_async({"expand": ["data.customer"]})
    assert page.data[0].customer.id == sale.customer.id
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        await api.v1.customers.retrieve_async(sale.customer.id, {"expand": ["shoes"]})
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        await api.v1.customers.list_async({"expand": ["data.a.b.c.d.e"]})


async def test_tiers_only_come_when_expanded(api, sale):
    price = await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "volume",
            "tiers": [
                {"up_to": 10, "unit_amount_decimal": "12.5"},
                {"up_to": "inf", "unit_amount": 10, "flat_amount": 100},
            ],
            "recurring": {"interval": "month"},
        }
    )
    assert "tiers" not in price
    price = await api.v1.prices.retrieve_async(price.id, {"expand": ["tiers"]})
    assert [(t.up_to, t.unit_amount, str(t.unit_amount_decimal)) for t in price.tiers] == [
        (10, None, "12.5"),
        (None, 10, "10"),
    ]


async def test_answers_carry_the_request_id_and_the_clocks_date(rig, api):
    await rig.advance(days=40)
    headers = (await api.v1.customers.create_async({})).last_response.headers
    assert headers["Request-Id"].startswith("req_")
    date = email.utils.parsedate_to_datetime(headers["Date"])
    assert date.timestamp() == rig.world.now() == NOW + 40 * 86_400
    event = list(rig.world.events)[-1]
    assert event.request == headers["Request-Id"]


async def test_another_account_is_refused(rig, api):
    own = {"stripe_account": rig.world.account.id}
    assert (await api.v1.customers.list_async(None, own)).data == []
    with pytest.raises(stripe.PermissionError):
        await api.v1.customers.list_async(None, {"stripe_account": "acct_other"})


async def test_the_account_says_whose_key_it_is(rig, api):
    account = await api.v1.accounts.retrieve_current_async()
    assert account.id == rig.world.account.id
    assert account.settings.dashboard.timezone == "Etc/UTC"
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.accounts.retrieve_async("acct_other")


async def test_faults_come_as_often_as_asked(rig, api):
    await rig.control("POST", "/faults", {"kind": "error", "status": 429, "count": 2})
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            await api.v1.customers.list_async()
    assert (await api.v1.customers.list_async()).data == []
    await rig.control(
        "POST", "/faults", {"kind": "error", "status": 503, "path": "/v1/customers/*"}
    )
    await api.v1.customers.list_async()
    with pytest.raises(stripe.APIError):
        await api.v1.customers.retrieve_async("cus_x")


async def test_the_sdk_retries_a_500_by_itself(rig):
    await rig.control("POST", "/faults", {"kind": "error", "status": 500})
    assert (await rig.client(max_network_retries=1).v1.customers.list_async()).data == []


async def test_a_rate_limit_can_be_set(rig, api):
    await rig.control("POST", "/settings", {"rate_limit": 0})
    with pytest.raises(stripe.RateLimitError):
        await api.v1.customers.list_async()


async def test_requests_are_counted_by_template(rig, api):
    await rig.control("DELETE", "/requests")
    made = await api.v1.customers.create_async({})
    for _ in range(2):
        await api.v1.customers.retrieve_async(made.id)
    counted = await rig.control("GET", "/requests")
    assert (counted["total"], counted["reads"]) == (3, 2)
    assert {"method": "GET", "path": "/v1/customers/{id}", "count": 2} in counted["requests"]


async def test_events_are_listed_by_type_and_time(rig, api: StripeClient):
    await api.v1.customers.create_async({})
    await rig.advance(100)
    await api.v1.products.create_async({"name": "Pro"})
    page = await api.v1.events.list_async({"types": ["customer.created", "product.created"]})
    assert [event.type for event in page.data] == ["product.created", "customer.created"]
    page = await api.v1.events.list_async({"created": {"gt": NOW}})
    assert [event.type for event in page.data] == ["product.created"]
    page = await api.v1.events.list_async({"type": "product.*"})
    assert len(page.data) == 1
    with pytest.raises(stripe.InvalidRequestError, match="at most 20"):
        await api.v1.events.list_async({"types": [f"a.{n}" for n in range(21)]})
    await rig.advance(days=31)
    assert (await api.v1.events.list_async()).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        await api.v1.events.retrieve_async(page.data[0].id)


async def test_events_are_listed_page_by_page_both_ways(rig, api: StripeClient):
    for n in range(5):
        await api.v1.customers.create_async({"name": str(n)})
        await rig.advance(10)

    async def names(**params):
        page = await api.v1.events.list_async({"limit": 2, **params})
        return [event.data.object["name"] for event in page.data], page

    found, page = await names()
    assert (found, page.has_more) == (["4", "3"], True)
    assert (await names(starting_after=page.data[-1].id))[0] == ["2", "1"]
    found, page = await names(created={"gte": NOW + 10, "lte": NOW + 20})
    assert (found, page.has_more) == (["2", "1"], False)
    assert (await names(ending_before=page.data[-1].id))[0] == ["3", "2"]


async def test_an_event_can_be_listed_late(rig, api: StripeClient):
    await rig.control("POST", "/settings", {"events_listed_after": 30})
    await api.v1.customers.create_async({})
    assert (await api.v1.events.list_async()).data == []
    await rig.advance(30)
    (event,) = (await api.v1.events.list_async()).data
    assert event.created == NOW


async def test_the_clock_does_not_go_back(rig):
    async with rig.session.post(f"{rig.url}/_standin/clock", json={"advance": -1}) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"kind": "gremlin"}),
        ("/faults", {"kind": "error", "count": "many"}),
        ("/delivery", {"hold": 1}),
        ("/delivery", {"explode": True}),
        ("/clock", {"advance": "an hour"}),
        ("/settings", {"after_retries": "forgive"}),
    ],
)
async def test_a_control_refuses_what_it_does_not_know(rig, path, body):
    async with rig.session.post(f"{rig.url}/_standin{path}", json=body) as answer:
        assert answer.status == 400
        assert "error" in await answer.json()
