from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.store import Arrival, SqliteInbox
from tests.bridge.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bridge.db"


@pytest.fixture
async def inbox(path: Path, clock: ManualClock) -> AsyncIterator[SqliteInbox]:
    box = await SqliteInbox.open(path, serving=True, clock=clock)
    yield box
    await box.close()


@pytest.fixture
async def beside(inbox: SqliteInbox, path: Path, clock: ManualClock) -> AsyncIterator[SqliteInbox]:
    """Another opening of the same store."""
    box = await SqliteInbox.open(path, serving=False, clock=clock)
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
