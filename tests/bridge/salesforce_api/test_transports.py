"""One suite of faults over both transports: nothing lost, nothing out of order, nobody deaf.

Every test ends in the same proof: an event that is published after the fault arrives, all that was
published before it has arrived in its order, and whoever goes on behind the stored position hears
what comes next and nothing twice.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.errors import AllocationSpent, AuthFailed, OrgUnavailable, ReplayRefused
from bridge.salesforce_api.bayeux import SessionLost
from rehearsal.org.server.tls import make_certificates
from tests.bridge.salesforce_api.streaming_rig import Listener, streaming_rig, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def org_certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("org"))


@pytest.fixture
async def rig(org_certificates):
    async with streaming_rig(org_certificates) as rig:
        yield rig


@pytest.fixture(params=["pubsub", "cometd"])
def transport(request):
    return request.param


@pytest.fixture
async def source(rig, transport):
    async with rig.source(transport) as source:
        yield source


@asynccontextmanager
async def through(rig, source, lost: int = 0) -> AsyncIterator[Listener]:
    """A listener that has heard two events; what happens inside must leave it listening, and with
    all that was published but the first ``lost`` after those."""
    rig.publish(2)
    async with rig.listening(source) as listener:
        await until(lambda: listener.texts == rig.published)
        yield listener
        rig.publish()
        await until(lambda: listener.texts[-1:] == rig.published[-1:])
        assert listener.texts == rig.published[:2] + rig.published[2 + lost :]
        assert listener.states[-1] is None
    rig.publish()
    async with rig.listening(source, listener.position) as later:
        await until(lambda: later.texts)
        rig.publish()
        await until(lambda: later.texts == rig.published[-2:])
        assert len(later.heard) == 2


async def test_a_session_that_has_ended(rig, source):
    async with through(rig, source) as listener:
        await rig.control("sessions/expire")
        rig.publish(3)
        await until(lambda: listener.texts == rig.published)
        assert listener.suffered(AuthFailed)


async def test_tokens_that_are_refused_one_after_the_other(rig, source):
    async with through(rig, source) as listener:
        await rig.control("faults", kind="session_expired", count=4)
        await rig.control("sessions/expire")
        rig.publish(3)
        await until(lambda: listener.texts == rig.published)
        assert sum(isinstance(state, AuthFailed) for state in listener.states) >= 2


@pytest.mark.parametrize("action", ["forget", "goodbye"])
async def test_a_server_that_knows_its_client_no_more(rig, source, transport, action):
    async with through(rig, source) as listener:
        await rig.control(f"cometd/{action}")
        rig.publish(3)
        await until(lambda: listener.texts == rig.published)
        assert listener.suffered(SessionLost) is (transport == "cometd")


async def test_connections_cut_in_a_row(rig, source):
    async with through(rig, source) as listener:
        for _ in range(5):
            opened = listener.opened
            assert rig.cut()
            rig.publish()
            await until(lambda opened=opened: listener.opened > opened)
        await until(lambda: listener.texts == rig.published)


async def test_requests_dropped_in_a_row(rig, source):
    async with through(rig, source) as listener:
        await rig.control("faults", kind="drop", count=6)
        rig.cut()
        rig.publish(3)
        await until(lambda: listener.texts == rig.published)
        assert listener.suffered(OrgUnavailable)


async def test_answers_that_are_lost_with_their_events(rig, source):
    async with through(rig, source) as listener:
        for _ in range(3):
            await rig.control("faults", kind="drop_reply", count=1)
            rig.publish(2)
            await until(lambda: listener.texts == rig.published)


async def test_nobody_is_there_for_a_while(rig, source):
    async with through(rig, source) as listener:
        rig.web.refusing = rig.grpc.refusing = True
        rig.cut()
        rig.publish(3)
        await until(lambda: listener.suffered(OrgUnavailable))
        rig.web.refusing = rig.grpc.refusing = False
        await until(lambda: listener.texts == rig.published)


async def test_a_server_that_is_started_again(rig, source):
    async with through(rig, source) as listener:
        await rig.stop()
        rig.publish(3)
        await until(lambda: listener.suffered(OrgUnavailable))
        await rig.start()
        await until(lambda: listener.texts == rig.published)


async def test_maintenance(rig, source):
    async with through(rig, source) as listener:
        await rig.control("faults", kind="maintenance")
        rig.publish(3)
        await until(lambda: listener.suffered(OrgUnavailable))
        await rig.behave()
        await until(lambda: listener.texts == rig.published)


async def test_a_slow_org(rig, source):
    async with through(rig, source) as listener:
        await rig.control("faults", kind="slow", delay=0.1)
        rig.cut()
        rig.publish(3)
        await until(lambda: listener.texts == rig.published)


@pytest.mark.parametrize("position", [b"\xff" * 10, b"99999999", b"\0" * 8])
async def test_a_position_that_is_refused(rig, source, position):
    rig.publish(3)
    async with rig.listening(source, position) as listener:
        await until(lambda: listener.texts == rig.published)
        rig.publish()
        await until(lambda: listener.texts == rig.published)
        assert len(listener.heard) == len(rig.published)


async def test_events_that_are_kept_no_more(rig, source):
    """They are gone. Who listens is told, goes on with what is kept, and looks for the rest."""
    async with through(rig, source, lost=2) as listener:
        rig.web.refusing = rig.grpc.refusing = True
        rig.cut()
        rig.publish(2)
        await rig.advance(hours=73)
        rig.publish(2)
        rig.web.refusing = rig.grpc.refusing = False
        await until(lambda: listener.texts[-2:] == rig.published[-2:])
        assert listener.suffered(ReplayRefused)


async def test_events_that_the_bus_lost(rig, source):
    async with through(rig, source, lost=2) as listener:
        await rig.control("faults", kind="lose_events", topic="Bridge_Request__e", count=2)
        rig.publish(3)
        await until(lambda: listener.texts[-1] == rig.published[-1])


async def test_the_days_deliveries_are_used_up(rig, source):
    async with through(rig, source) as listener:
        await rig.control("allocations", daily_delivered=2)
        rig.publish(3)
        await until(lambda: listener.suffered(AllocationSpent))
        opened = listener.opened
        await asyncio.sleep(0.3)
        assert listener.texts == rig.published[:2]
        assert listener.opened - opened <= 30  # it stays away, and looks now and then
        await rig.control("allocations", daily_delivered=25_000)
        await until(lambda: listener.texts == rig.published)


async def test_an_hour_of_silence(rig, source):
    """And four days of it, in which every stored replay id grows too old."""
    async with through(rig, source) as listener:
        for hours in (1, 95):
            await rig.advance(hours=hours)
            answers = listener.answers
            await until(lambda answers=answers: listener.answers >= answers + 4)
        rig.publish(2)
        await until(lambda: listener.texts == rig.published)


async def test_a_half_open_connection(rig, source):
    async with through(rig, source) as listener:
        assert rig.web.freeze() + rig.grpc.freeze()
        rig.publish(3)
        await until(lambda: listener.texts == rig.published)
        assert any("nothing came" in str(state) for state in listener.states)


async def test_an_org_that_takes_connections_and_says_nothing(rig, source):
    async with through(rig, source) as listener:
        await rig.control("faults", kind="silent")
        rig.publish(3)
        said = "nothing came"
        await until(lambda: sum(said in str(state) for state in listener.states) >= 2)
        await rig.behave()
        await until(lambda: listener.texts == rig.published)


async def test_a_client_that_is_answered_and_given_nothing(rig, source):
    """What a subscriber of CometD can suffer for hours, without any error."""
    async with through(rig, source) as listener:
        await rig.control("cometd/deafen")
        rig.publish(3)
        await until(lambda: listener.texts == rig.published)
        assert set(listener.states) == {None}
        assert len(listener.heard) == len(rig.published)  # a new session begins behind the last


async def test_both_hear_the_same_events(rig):
    rig.publish(250)
    async with rig.source("pubsub") as pubsub, rig.source("cometd") as cometd:
        heard = []
        for source in (pubsub, cometd):
            async with rig.listening(source) as listener:
                await until(lambda listener=listener: listener.texts == rig.published)
                heard.append([(event.id, event.fields) for event in listener.heard])
    assert heard[0] == heard[1]
