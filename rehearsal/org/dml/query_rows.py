"""What a query counts as query rows: each row that an aggregate uses (Apex Developer Guide,
"Execution Governors and Limits")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rehearsal.org.soql.ast import Call, Path, Query

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "MIN", "MAX", "AVG"})


def calls(query: Query) -> Iterator[Call]:
    yield from (item for item in query.select if isinstance(item, Call))


def sums(query: Query) -> bool:
    return bool(query.group_by) or any(call.function in AGGREGATES for call in calls(query))


def plain(query: Query) -> Query:
    """The rows that an aggregate query uses."""
    return replace(
        query,
        select=(Path(("Id",)),),
        group_by=(),
        having=None,
        order_by=(),
        limit=None,
        offset=None,
        count_only=False,
    )
