"""The interviews of a schedule-triggered Flow.

Salesforce Help, "Schedule-Triggered Flows" and "Schedule-Triggered Flow Considerations": with an
object the Flow has an interview for each record that meets the conditions, in batches of 200, else
a single one; it runs in system context, as the Automated Process user. What becomes of the other
interviews of a batch when one fails is not said; here the batch is undone, and the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.parents import all_fields
from rehearsal.org.flow.program import Program
from rehearsal.org.flow.values import Record
from rehearsal.org.ports import Transaction
from rehearsal.org.schema import Schema
from rehearsal.org.soql import ast

BATCH = 200
"""Interviews in one transaction."""


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """What became of one scheduled Flow: interviews that finished, and the batches' errors."""

    flow: str
    interviews: int
    errors: tuple[str, ...] = ()


def records_of(tx: Transaction, program: Program) -> list[str]:
    """The ids of the records that meet the conditions of the start."""
    if program.object is None:
        return []
    where = program.selects(Interview(tx))
    query = ast.Query(
        program.object, (ast.Path(("Id",)),), where, order_by=(ast.Order(ast.Path(("Id",))),)
    )
    return [str(row["Id"]) for row in tx.query(query, count_limits=False)]


def opened(
    tx: Transaction, schema: Schema, program: Program, ids: Sequence[str] | None
) -> list[Interview]:
    """An interview for each record that is still there, as it is now."""
    if ids is None or program.object is None:
        return [Interview(tx)]
    target = schema.objects[program.object.lower()]
    among = ast.Comparison(ast.Path(("Id",)), "IN", ast.Literal(tuple(ids)))
    rows = tx.query(ast.Query(target.name, all_fields(target), among), count_limits=False)
    return [Interview(tx, record=Record(target.name, row)) for row in rows]
