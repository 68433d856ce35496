"""Seed data: records that point to each other by `$ref` and `@ref`."""

from __future__ import annotations

from decimal import Decimal

from rehearsal.org.dml import OrgTransaction
from rehearsal.org.values import Row


def resolve_refs(row: Row, refs: dict[str, str]) -> Row:
    """Replaces `@ref` values by ids and drops `$ref`; JSON's numbers become decimals.

    Raises KeyError for an unknown ref.
    """
    made: Row = {}
    for name, value in row.items():
        if isinstance(value, str) and value.startswith("@"):
            made[name] = refs[value[1:]]
        elif name != "$ref":
            made[name] = Decimal(repr(value)) if isinstance(value, float) else value
    return made


def batches(rows: list[Row]) -> list[list[Row]]:
    """At most 200 rows each; a row that points to one of its own batch starts a new one."""
    made: list[list[Row]] = [[]]
    own: set[str] = set()
    for row in rows:
        points_back = any(
            isinstance(value, str) and value.startswith("@") and value[1:] in own
            for value in row.values()
        )
        if points_back or len(made[-1]) == 200:
            made.append([])
            own = set()
        made[-1].append(row)
        if "$ref" in row:
            own.add(str(row["$ref"]))
    return made


def insert_batch(
    tx: OrgTransaction, sobject: str, rows: list[Row], refs: dict[str, str]
) -> dict[str, str]:
    """Saves one batch. Raises the org's own SaveError for the first record that is refused."""
    saved = tx.insert(sobject, [resolve_refs(row, refs) for row in rows], loading=True)
    new: dict[str, str] = {}
    for row, result in zip(rows, saved, strict=True):
        own = [e for e in result.errors if e.status_code != "ALL_OR_NONE_OPERATION_ROLLED_BACK"]
        if own:
            raise own[0]
        if "$ref" in row and result.id is not None:
            new[str(row["$ref"])] = result.id
    return new
