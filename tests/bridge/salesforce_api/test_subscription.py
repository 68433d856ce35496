"""A subscription that outlives its connections."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest

from bridge.clock import Backoff
from bridge.contract import RECEIPT_TOPIC
from bridge.errors import OrgUnavailable, PackageMissing, ReplayRefused
from bridge.salesforce_api import subscribe

FAST = Backoff(first=0.01, longest=0.05)
NEVER = Backoff(first=600.0, longest=600.0)


class Reader:
    def __init__(self):
        self.texts = []
        self.cursor = None
        self.states = []

    async def follow(self, pubsub, replay, silence=5.0, backoff=FAST):
        stream = subscribe(
            pubsub,
            RECEIPT_TOPIC,
            replay,
            on_state=self.states.append,
            backoff=backoff,
            silence=silence,
        )
        try:
            async for delivery in stream:
                self.texts += [event.fields["Results__c"] for event in delivery.events]
                self.cursor = delivery.replay_id
        finally:
            await stream.aclose()


@asynccontextmanager
async def reading(pubsub, replay=None, **options):
    reader = Reader()
    task = asyncio.create_task(reader.follow(pubsub, replay, **options))
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def emit(org, *texts):
    for text in texts:
        org.emit(RECEIPT_TOPIC, {"Results__c": text})


async def test_without_a_cursor_it_starts_at_the_earliest_event(org, pubsub):
    emit(org, "a", "b")
    async with reading(pubsub) as reader:
        await org.until(lambda: reader.texts == ["a", "b"])
        emit(org, "c")
        await org.until(lambda: reader.texts == ["a", "b", "c"])


async def test_with_a_cursor_it_starts_behind_it(org, pubsub):
    emit(org, "a", "b", "c")
    async with reading(pubsub, replay=(2).to_bytes(8, "big")) as reader:
        await org.until(lambda: reader.texts == ["c"])


async def test_more_events_than_one_fetch_all_come(org, pubsub):
    emit(org, *(str(i) for i in range(350)))
    async with reading(pubsub) as reader:
        await org.until(lambda: len(reader.texts) == 350)
        assert reader.texts == [str(i) for i in range(350)]


async def test_an_answer_without_events_moves_the_cursor(org, pubsub):
    emit(org, "a")
    async with reading(pubsub, replay=(1).to_bytes(8, "big")) as reader:
        await org.until(lambda: reader.cursor == (1).to_bytes(8, "big"))
        assert reader.texts == []


@pytest.mark.parametrize(
    "status", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN]
)
async def test_it_connects_again_on_a_new_channel_and_loses_nothing(org, pubsub, status):
    async with reading(pubsub) as reader:
        emit(org, "a")
        await org.until(lambda: reader.texts == ["a"])
        org.abort_streams = status
        await org.until(lambda: org.streams == 2)
        emit(org, "b")
        await org.until(lambda: reader.texts == ["a", "b"])
        assert any(isinstance(state, OrgUnavailable) for state in reader.states)
        assert reader.states[-1] is None
        assert len(org.channels) == 2


async def test_a_refused_replay_id_starts_again_at_the_earliest(org, pubsub):
    emit(org, "a", "b")
    org.corrupt_replay = True
    async with reading(pubsub, replay=b"\xff" * 8, backoff=NEVER) as reader:
        await org.until(lambda: reader.texts == ["a", "b"])
        assert any(isinstance(state, ReplayRefused) for state in reader.states)


async def test_an_ended_token_is_replaced_at_once(org, pubsub):
    async with reading(pubsub, backoff=NEVER) as reader:
        emit(org, "a")
        await org.until(lambda: reader.texts == ["a"])
        org.tokens.clear()
        org.abort_streams = grpc.StatusCode.UNAUTHENTICATED
        await org.until(lambda: org.streams == 2)
        emit(org, "b")
        await org.until(lambda: reader.texts == ["a", "b"])


async def test_tokens_that_are_all_refused_are_asked_for_less_and_less_often(org, pubsub):
    class Counting(Backoff):
        def wait(self, attempt):
            waited.append(attempt)
            return 0.001

    class Forgetful(set):
        def add(self, token):
            """Gives it out, and knows nothing of it afterwards."""

    waited = []
    org.tokens = Forgetful()
    async with reading(pubsub, backoff=Counting(first=0.0, longest=0.0)):
        await org.until(lambda: len(waited) >= 3)
        assert waited[:3] == [2, 3, 4]


async def test_a_silent_stream_is_given_up(org, pubsub):
    async with reading(pubsub, silence=0.05) as reader:
        await org.until(lambda: org.streams >= 3)
        assert any("nothing came" in str(state) for state in reader.states)


async def test_streams_that_say_nothing_are_opened_less_and_less_often(org, pubsub):
    """A connection alone is no success: the org takes the request, and refuses it afterwards."""
    slower = Backoff(first=0.02, longest=10.0)
    async with reading(pubsub, silence=0.01, backoff=slower):
        await asyncio.sleep(0.6)
        assert org.streams <= 8


async def test_it_waits_for_the_package(org, pubsub):
    fields = org.fields.pop(RECEIPT_TOPIC)
    async with reading(pubsub) as reader:
        await org.until(lambda: len(reader.states) >= 2)
        assert isinstance(reader.states[-1], PackageMissing)
        org.fields[RECEIPT_TOPIC] = fields
        emit(org, "a")
        await org.until(lambda: reader.texts == ["a"])


async def test_it_outlives_an_outage(org, pubsub):
    async with reading(pubsub) as reader:
        emit(org, "a")
        await org.until(lambda: reader.texts == ["a"])
        await org.go_down()
        await org.until(lambda: isinstance(reader.states[-1], OrgUnavailable))
        emit(org, "b")
        await org.come_back()
        await org.until(lambda: reader.texts == ["a", "b"])


async def test_an_event_that_cannot_be_read_is_passed_over(org, pubsub):
    org.bus[RECEIPT_TOPIC].append(b"\xff\xff")
    emit(org, "a")
    async with reading(pubsub) as reader:
        await org.until(lambda: reader.texts == ["a"])
