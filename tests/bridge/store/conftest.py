from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.store import Arrival, Inbox
from tests.bridge.manual_clock import ManualClock
from tests.bridge.stores import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bridge.db"


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, path: Path) -> Store:
    """Each test that asks for it runs on both stores."""
    on_server = request.param == "postgres"
    return Store(path, request.getfixturevalue("postgres") if on_server else None)


@pytest.fixture
def clock(store: Store) -> ManualClock:
    return store.clock


@pytest.fixture
async def inbox(store: Store) -> AsyncIterator[Inbox]:
    box = await store.open()
    yield box
    await box.close()


@pytest.fixture
async def beside(inbox: Inbox, store: Store) -> AsyncIterator[Inbox]:
    """Another opening of the same store."""
    box = await store.open(serving=False)
    yield box
    await box.close()


@pytest.fixture
def arrival() -> Callable[..., Arrival]:
    def make(event_id: str, lane: str = "cus_1", **changes: object) -> Arrival:
        fields: dict[str, object] = {
            "event_id": event_id,
            "type": "customer.updated",
            "created": 1.0,
            "api_version": None,
            "livemode": False,
            "account": None,
            "lane": lane,
            "payload": b'{"id": "%s"}' % event_id.encode(),
        }
        return Arrival(**{**fields, **changes})  # type: ignore[arg-type]

    return make
