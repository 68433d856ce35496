"""One probe asks on behalf of all."""

import asyncio

import pytest

from bridge.clock import Backoff
from bridge.stripe_api import StripePaused, StripeReader
from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.errors import (
    StripeAuthenticationFailed,
    StripeNotFound,
    StripePermissionDenied,
    StripeRateLimited,
    StripeUnavailable,
)

FAST = Backoff(first=0.02, longest=0.05)
ACCOUNT = "/v1/account"


class Stripe:
    """What a probe meets, by path."""

    def __init__(self):
        self.faults = {}
        self.asked = []
        self.told = []
        self.breaker = Breaker(FAST, self.told.append)

    async def ask(self, path, params):
        self.asked.append((path, params))
        if (fault := self.faults.get(path)) is not None:
            raise fault

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.005)


@pytest.fixture
async def stripe():
    stripe = Stripe()
    task = asyncio.create_task(stripe.breaker.run(stripe.ask))
    yield stripe
    task.cancel()


def stopped(breaker, path):
    try:
        breaker.check(path)
    except StripePaused as paused:
        return paused
    return None


async def test_a_refused_key_stops_every_read_until_a_probe_is_answered(stripe):
    fault = StripeAuthenticationFailed("no")
    stripe.faults[ACCOUNT] = fault
    stripe.breaker.failed("/v1/charges/ch_1", {}, fault)
    paused = stopped(stripe.breaker, "/v1/customers/cus_1")
    assert paused.fault is fault
    assert paused.wait <= 0.05
    await stripe.until(lambda: len(stripe.asked) >= 3)
    assert set(map(str, stripe.asked)) == {str((ACCOUNT, {}))}
    assert stopped(stripe.breaker, "/v1/customers/cus_1")
    del stripe.faults[ACCOUNT]
    await stripe.until(lambda: not stopped(stripe.breaker, "/v1/customers/cus_1"))
    assert stripe.told[0] is fault
    assert stripe.told[-1] is None


async def test_a_permission_that_lacks_stops_only_its_resource(stripe):
    path, params = "/v1/disputes", {"charge": "ch_1"}
    fault = stripe.faults[path] = StripePermissionDenied("rak_disputes_read")
    stripe.breaker.failed(path, params, fault)
    assert stopped(stripe.breaker, "/v1/disputes/dp_1").fault is fault
    assert stopped(stripe.breaker, "/v1/charges/ch_1") is None
    await stripe.until(lambda: len(stripe.asked) >= 2)
    assert stripe.asked[0] == (path, params), "another request could be allowed"
    del stripe.faults[path]
    await stripe.until(lambda: not stopped(stripe.breaker, path))
    assert stripe.told[-1] is None


async def test_trouble_with_one_object_is_not_stripes(stripe):
    stripe.breaker.failed("/v1/charges/ch_1", {}, StripeUnavailable("500"))
    await stripe.until(lambda: not stopped(stripe.breaker, "/v1/charges/ch_2"))
    assert stripe.asked == [(ACCOUNT, {})]


async def test_stripe_is_left_alone_for_as_long_as_it_asks(stripe):
    stripe.breaker.failed("/v1/charges", {}, StripeRateLimited("slow down", 30.0))
    assert stopped(stripe.breaker, "/v1/charges").wait > 29
    await asyncio.sleep(0.1)
    assert stripe.asked == []


async def test_without_a_word_of_how_long_the_backoff_decides(stripe):
    fault = stripe.faults[ACCOUNT] = StripeRateLimited("slow down", 0.0)
    stripe.breaker.failed("/v1/charges", {}, fault)
    await stripe.until(lambda: len(stripe.asked) >= 2)
    del stripe.faults[ACCOUNT]
    await stripe.until(lambda: not stopped(stripe.breaker, "/v1/charges"))


async def test_an_object_that_is_not_there_stops_nothing(stripe):
    stripe.breaker.failed("/v1/charges/ch_1", {}, StripeNotFound("none"))
    assert stopped(stripe.breaker, "/v1/charges/ch_1") is None
    assert stripe.told == []


async def test_a_slow_stripe_is_asked_once_and_then_by_the_probe_alone(server):
    server.slow = 0.5
    server.answers[ACCOUNT] = {"id": "acct_1", "object": "account"}
    told = []
    breaker = Breaker(FAST, told.append)
    reader = StripeReader("sk_test_1", server.url, timeout=0.1, network_retries=0, breaker=breaker)
    probing = asyncio.create_task(breaker.run(reader.probe))
    try:
        with pytest.raises(StripeUnavailable):
            await reader.read("cus_1")
        for n in range(5):
            with pytest.raises(StripePaused):
                await reader.read(f"cus_{n}")
        server.slow = 0.0
        server.answers["/v1/customers/cus_1"] = {"id": "cus_1", "object": "customer"}
        async with asyncio.timeout(5):
            while stopped(breaker, "/v1/customers/cus_1"):
                await asyncio.sleep(0.01)
        assert (await reader.read("cus_1"))[0]["id"] == "cus_1"
    finally:
        probing.cancel()
        await reader.close()
    assert server.paths["/v1/customers/cus_1"] == 2
    assert told[-1] is None


@pytest.mark.parametrize("status", [400, 403, 404, 407])
async def test_what_a_proxy_says_is_no_word_of_stripes(server, reader, failure, status):
    """A 404 of something on the way would else be an object that is not there."""
    server.answers["/v1/customers/cus_1"] = failure(status, html=True)
    with pytest.raises(StripeUnavailable):
        await reader.read("cus_1")


@pytest.mark.parametrize("status", [408, 409, 425])
async def test_a_refusal_of_a_moment_blames_no_event(server, reader, failure, status):
    server.answers["/v1/customers/cus_1"] = failure(status)
    with pytest.raises(StripeUnavailable):
        await reader.read("cus_1")
