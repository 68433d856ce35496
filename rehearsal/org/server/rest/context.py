"""What the resources of the REST API share: the org, the open transaction, query cursors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeVar

from rehearsal.org.bus.allocations import DAY, Allocation
from rehearsal.org.ports import Transaction, User
from rehearsal.org.schema import ObjectType, Schema
from rehearsal.org.server.faults import Faults
from rehearsal.org.server.ports import ServedOrg
from rehearsal.org.server.rest.access import visible
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.errors import not_found

T = TypeVar("T")
DAILY_API_REQUESTS = 100_000
"""Enterprise Edition: 100,000 and 1,000 a licence."""


class Context:
    """The state behind the REST API of one org. One call at a time uses it."""

    def __init__(self, org: ServedOrg, faults: Faults, dispatch: Callable[[Call], Reply]) -> None:
        self.org, self.faults, self.dispatch = org, faults, dispatch
        self.cursors: dict[str, list[Any]] = {}
        """Rendered records of queries with more than one batch, by query locator."""
        self.api_requests = Allocation("DailyApiRequests", DAILY_API_REQUESTS, DAY)
        self._ids = itertools.count(1)
        self._transaction: Transaction | None = None

    @property
    def schema(self) -> Schema:
        return self.org.schema

    def next_locator(self) -> str:
        return f"01gLocal{next(self._ids):07d}AAA"

    def next_event_id(self) -> str:
        """The id in a publish result; it means nothing."""
        return f"e01xx{next(self._ids):010d}AAA"

    def transact(self, user: User, work: Callable[[Transaction], T]) -> T:
        """Runs work in a transaction: its own, or the composite request's that is under way."""
        if self._transaction is not None:
            return work(self._transaction)
        return self.org.run(work, user=user)

    def as_one(self, user: User, work: Callable[[], T]) -> T:
        """Everything that `work` does through `transact` is kept or undone together."""

        def inside(tx: Transaction) -> T:
            self._transaction = tx
            try:
                return work()
            finally:
                self._transaction = None

        return self.org.run(inside, user=user)

    def object_type(self, call: Call, name: str) -> ObjectType:
        """Raises ApiError NOT_FOUND for an object that the user may not even see."""
        target = self.schema.find(name)
        if target is None or not visible(call.user, target):
            raise not_found()
        return target
