"""A SOQL query as data. Built by the parser, or directly by Flows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps through parents: `('Customer__r', 'Account__c')`.

    An `alias` names a grouped field in an aggregate row.
    """

    parts: tuple[str, ...]
    alias: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a field: COUNT, SUM, MIN, MAX, AVG, COUNT_DISTINCT, or a date function."""

    function: str
    argument: Path | None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Subquery:
    """A query over a child relationship; `query.object` is the relationship's name."""

    query: Query


@dataclass(frozen=True, slots=True)
class Bind:
    """`:expression` in Apex, by its source text."""

    expression: str


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """`TODAY`, `LAST_N_DAYS:30` …"""

    name: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: str, bool, Decimal, date, datetime, None, or a tuple of them for IN."""

    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is one of = != < <= > >= LIKE IN NOT_IN INCLUDES EXCLUDES.

    The right side may be a semi-join `Query` when the operator is IN or NOT_IN, or a tuple of
    literals, date literals and binds.
    """

    left: Path | Call
    operator: str
    right: Literal | DateLiteral | Bind | Query | tuple[Literal | DateLiteral | Bind, ...]


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: Condition


Condition = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class Order:
    key: Path | Call
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT."""

    object: str
    select: tuple[Path | Call | Subquery, ...]
    where: Condition | None = None
    group_by: tuple[Path | Call, ...] = ()
    having: Condition | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | Bind | None = None
    offset: int | Bind | None = None
    for_update: bool = False
    all_rows: bool = False
    count_only: bool = False
    """`SELECT COUNT() FROM …`: the answer is a number."""
    security: str | None = None
    """`USER_MODE`, `SYSTEM_MODE` or `SECURITY_ENFORCED`."""
    source: str = field(default="", compare=False)
