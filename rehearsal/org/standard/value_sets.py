"""Picklists whose values carry meaning: stages and statuses.

Their values are records (`OpportunityStage`, `ContractStatus`, `TaskStatus`, `TaskPriority`);
the picklist of the field is made from them, so both always agree. Here these picklists are
restricted, which an org may choose: code that writes a value that the org does not have is wrong
either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from rehearsal.org.schema import PicklistValue, Schema
from rehearsal.org.values import Row


@dataclass(frozen=True, slots=True)
class ValueSet:
    """The object that holds the values, and the field that shows them."""

    object: str
    field: str
    flags: tuple[str, ...]


VALUE_SETS = {
    "OpportunityStage": ValueSet("Opportunity", "StageName", ("IsActive", "IsClosed", "IsWon")),
    "ContractStatus": ValueSet("Contract", "Status", ("IsDefault",)),
    "TaskStatus": ValueSet("Task", "Status", ("IsDefault", "IsClosed")),
    "TaskPriority": ValueSet("Task", "Priority", ("IsDefault", "IsHighPriority")),
}

FORECAST = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Most Likely": "MostLikely",
    "Commit": "Forecast",
    "Closed": "Closed",
}
"""ForecastCategoryName → ForecastCategory."""


def complete(name: str, rows: Sequence[Row]) -> list[Row]:
    """Fills in what follows from the rest: API name, order, flags, forecast category."""
    made = []
    for order, row in enumerate(rows, start=1):
        full: Row = {"ApiName": row["MasterLabel"], "SortOrder": Decimal(order), **row}
        for flag in VALUE_SETS[name].flags:
            full.setdefault(flag, flag == "IsActive")
        if name == "OpportunityStage":
            full["ForecastCategory"] = FORECAST[full["ForecastCategoryName"]]
            full["DefaultProbability"] = Decimal(full["DefaultProbability"])
        made.append(full)
    return made


def apply(schema: Schema, rows: Mapping[str, Sequence[Row]]) -> None:
    """Sets the picklists of the fields from the value records."""
    for name, values in VALUE_SETS.items():
        target = schema.objects[values.object.lower()]
        field = target.fields[values.field.lower()]
        target.fields[values.field.lower()] = replace(
            field,
            restricted=True,
            picklist=tuple(
                PicklistValue(
                    value=row["ApiName"],
                    label=row["MasterLabel"],
                    active=bool(row.get("IsActive", True)),
                    default=bool(row.get("IsDefault", False)),
                )
                for row in rows[name]
            ),
        )
