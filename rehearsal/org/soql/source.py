"""What the executor asks of the record store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from rehearsal.org.schema import Field
from rehearsal.org.values import Row, Value


class Source(Protocol):
    """The records of the org as a query sees them."""

    def scan(
        self,
        sobject: str,
        ids: Collection[str] | None = None,
        include_deleted: bool = False,
    ) -> Iterable[Row]:
        """Stored rows in the order of their creation; only those of `ids` when given."""

    def get(self, sobject: str, id: str) -> Row | None:  # noqa: A002
        """The stored row with that id, deleted ones included."""

    def find(self, sobject: str, field: str, values: Collection[Value]) -> Iterable[Row] | None:
        """Rows whose field equals one of `values`, from an index; None when there is no index.

        May return too many rows, never too few: the executor filters again.
        """

    def value(self, sobject: str, row: Row, field: Field) -> Value:
        """A field of a stored row; formulas are computed here."""
