"""Joining changes nothing: the ledger ends with the same rows."""

import datetime as dt
import json
import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.store import Claimed, Move, State
from bridge.to_salesforce.joining import TYPE, join
from bridge.to_salesforce.translate import (
    BookingRules,
    Fact,
    Facts,
    Translation,
    needs,
    parse_event,
    translate,
)

ZONE = ZoneInfo("America/New_York")
RULES = BookingRules(ZONE)
MIDNIGHT = int(dt.datetime(2026, 3, 2, tzinfo=ZONE).timestamp())
"""Of the booking zone."""
CREATED = MIDNIGHT - 40 * 86_400


def subscription(*, status="active", quantity=1, interval="month", key="sub_1", moved=False):
    price = {
        "id": f"price_{interval}",
        "object": "price",
        "currency": "usd",
        "unit_amount": 5000,
        "unit_amount_decimal": "5000",
        "billing_scheme": "per_unit",
        "type": "recurring",
        "recurring": {"interval": interval, "interval_count": 1, "usage_type": "licensed"},
        "product": {"id": "prod_1", "object": "product", "name": "Team"},
    }
    item = {
        "id": "si_1",
        "object": "subscription_item",
        "created": CREATED + (10 * 86_400 if moved else 0),
        "price": price,
        "quantity": quantity,
        "current_period_start": MIDNIGHT - 86_400,
        "current_period_end": MIDNIGHT + 20 * 86_400,
    }
    return {
        "id": key,
        "object": "subscription",
        "customer": "cus_1",
        "status": status,
        "currency": "usd",
        "created": CREATED,
        "start_date": CREATED,
        "billing_cycle_anchor": CREATED,
        "collection_method": "charge_automatically",
        "cancel_at_period_end": False,
        "discounts": [],
        "metadata": {},
        "items": {"object": "list", "data": [item], "has_more": False},
    }


def claimed(seq, at, found, *, kind=TYPE, lane="cus_1", **changes):
    event = {
        "id": f"evt_{seq}",
        "object": "event",
        "type": kind,
        "created": at,
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": found},
    }
    fields = {
        "seq": seq,
        "claim": "c",
        "event_id": f"evt_{seq}",
        "type": kind,
        "lane": lane,
        "livemode": False,
        "account": None,
        "payload": json.dumps(event).encode(),
        "attempts": 1,
        "read_keys": (),
        "sent_as_of": None,
    }
    return Claimed(**{**fields, **changes})


def joins(*batch):
    return {each.older.event_id: each.newest.event_id for each in join(batch, ZONE)}


NOON = MIDNIGHT + 12 * 3600


def test_a_burst_is_joined_into_the_newest_whatever_the_order():
    burst = [
        claimed(1, NOON + 2, subscription(quantity=3)),
        claimed(2, NOON, subscription(quantity=1)),
        claimed(3, NOON + 1, subscription(quantity=2)),
    ]
    assert joins(*burst) == {"evt_2": "evt_1", "evt_3": "evt_1"}


@pytest.mark.parametrize(
    "other",
    [
        claimed(2, NOON + 5, subscription(status="past_due")),
        claimed(2, MIDNIGHT - 1, subscription()),
        claimed(2, NOON, subscription()),
        claimed(2, NOON + 5, subscription(key="sub_2")),
        claimed(2, NOON + 5, subscription(interval="year")),
        claimed(2, NOON + 5, subscription(), kind="customer.subscription.created"),
        claimed(2, NOON + 5, subscription(), lane="cus_2"),
        claimed(2, NOON + 5, subscription(), livemode=True),
        claimed(2, NOON + 5, subscription(), account="acct_2"),
        claimed(2, NOON + 5, subscription(), read_keys=("sub_1",)),
        claimed(2, NOON + 5, None),
    ],
    ids=[
        "status",
        "day",
        "second",
        "subscription",
        "interval",
        "type",
        "lane",
        "mode",
        "account",
        "tie",
        "unreadable",
    ],
)
def test_what_is_not_alike_is_not_joined(other):
    assert joins(claimed(1, NOON, subscription()), other) == {}


@pytest.mark.parametrize(
    ("newest", "older"),
    [
        (State.SENT, State.DONE),
        (State.DUE, State.DUE),
        (State.DEAD, State.DUE),
        (State.DONE, State.DUE),
    ],
)
def test_the_older_is_done_only_with_the_newest_being_sent(newest, older):
    (joined,) = join([claimed(1, NOON, subscription()), claimed(2, NOON + 1, subscription())], ZONE)
    move = joined.move(Move(joined.newest, newest, wait=3.0))
    assert (move.of, move.to) == (joined.older, older)
    if older is State.DONE:
        assert move.outcome == "joined"
        assert "evt_2" in move.reason
    else:
        assert (move.outcome, move.counted) == (None, False)
        assert move.wait == (3.0 if newest is State.DUE else 0.0)


def ledger(events):
    """Rows by key as the guard keeps them: the newest."""
    kept = {}
    for event in events:
        for row in rows(event):
            held = kept.get((row.sobject, row.key))
            if held is None or row.as_of > held.as_of:
                kept[row.sobject, row.key] = row
    return kept


def rows(event):
    facts = Facts.empty()
    for _ in range(8):
        if not (missing := needs(event, facts, RULES)):
            break
        facts = facts.grow({need: Fact(answer(need), READ_AT) for need in missing})
    translation = translate(event, facts, RULES)
    assert isinstance(translation, Translation)
    return translation.rows


READ_AT = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)


def answer(need):
    """What Stripe says, the same to all."""
    customer = {"id": "cus_1", "object": "customer", "name": "Acme", "created": CREATED}
    product = {"id": "prod_1", "object": "product", "name": "Team"}
    known = {"cus_1": customer, "prod_1": product}
    found = known.get(need.id)
    if found is not None and need.kind in {"customer", "product"}:
        return found
    return {"object": "list", "data": []} if need.kind == "open_invoices" else None


changes = st.lists(
    st.tuples(
        st.integers(-40_000, 40_000),
        st.sampled_from(["active", "past_due", "trialing"]),
        st.integers(1, 5),
        st.sampled_from(["month", "year"]),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(changes, st.randoms(use_true_random=False))
def test_the_ledger_is_the_same_joined_or_not(changes, dice):
    seconds = {}
    for offset, status, quantity, interval in changes:
        # Two versions of one second are a tie, which is settled by a reading.
        found = subscription(status=status, quantity=quantity, interval=interval, moved=True)
        seconds[MIDNIGHT + offset] = found
    batch = [claimed(seq, at, found) for seq, (at, found) in enumerate(seconds.items())]
    dice.shuffle(batch)
    older = {each.older.seq for each in join(batch, ZONE)}
    everything = ledger(parse_event(each.payload) for each in batch)
    joined = ledger(parse_event(each.payload) for each in batch if each.seq not in older)
    assert joined == everything


@pytest.mark.slow
async def test_a_burst_is_published_once_and_each_of_it_is_done(
    configure, serve, connect, org, stripe, applied, make_event, make_customer
):
    stripe.objects["cus_1"] = make_customer()
    settings = configure(salesforce_changes={"linger": 0.2})
    async with serve(settings) as service:
        client = connect(service)
        await service.until_ready()
        now = int(time.time()) - 60
        for n in range(12):
            found = subscription(quantity=n + 1)
            event = make_event(f"evt_{n}", found, TYPE, created=now + n)
            assert await client.deliver(event) == 200
        for n in range(12):
            await finished(service.inbox, f"evt_{n}")
        rows = [(await service.inbox.get_event(f"evt_{n}"))[0] for n in range(12)]
    assert [row.outcome for row in rows] == ["joined"] * 11 + ["applied"]
    assert all("evt_11" in row.reason for row in rows[:11])
    assert [event["Stripe_Event_Id__c"] for event in org.published] == ["evt_11"]
    assert service.metrics.registry.get_sample_value("bridge_joined_total") == 11


async def finished(inbox, event_id):
    import asyncio

    async with asyncio.timeout(10):
        while (await inbox.get_event(event_id))[0].state is not State.DONE:
            await asyncio.sleep(0.02)
