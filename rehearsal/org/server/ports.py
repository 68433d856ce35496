"""What the servers need of an org; `rehearsal.org.org.Org` has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from rehearsal.org.bus import EventBus
from rehearsal.org.clock import Clock
from rehearsal.org.ports import Transaction, User
from rehearsal.org.schema import Schema

T = TypeVar("T")


class ServedOrg(Protocol):
    """One org: its records through transactions, its events through the bus."""

    @property
    def schema(self) -> Schema: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def locked_rows(self) -> set[str]:
        """Ids of rows that another transaction is said to hold."""

    @property
    def org_id(self) -> str:
        """18 characters."""

    @property
    def admin(self) -> User: ...

    @property
    def integration_user(self) -> User: ...

    def user(self, user_id: str) -> User:
        """A user with his permissions now. Raises KeyError."""

    def run(self, work: Callable[[Transaction], T], *, user: User) -> T:
        """One transaction: committed on return, undone on any exception."""
