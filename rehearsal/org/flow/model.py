"""A Flow as its metadata says it (Metadata API Developer Guide, "Flow"). Data only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from rehearsal.org.errors import Where


@dataclass(frozen=True, slots=True)
class Reference:
    """`Get_Account.Name`: a resource, then fields."""

    path: tuple[str, ...]
    where: Where

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the Flow."""

    value: bool | Decimal | dt.date | dt.datetime | None
    where: Where


@dataclass(frozen=True, slots=True)
class Template:
    """A text, which may merge resources as `{!x}`."""

    text: str
    where: Where


Value = Reference | Constant | Template


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of a resource; `right` is None where the metadata gives no value."""

    left: Reference
    operator: str
    right: Value | None
    where: Where


@dataclass(frozen=True, slots=True)
class Filter:
    """A test of a record's field."""

    field: str
    operator: str
    value: Value | None
    where: Where


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value for a record's field, or for a subflow's input variable."""

    name: str
    value: Value | None
    where: Where


@dataclass(frozen=True, slots=True)
class Connector:
    target: str
    where: Where


@dataclass(frozen=True, slots=True)
class Variable:
    """`data_type` is the metadata's word: String, Number, Currency, Boolean, Date, DateTime,
    Picklist, Multipicklist, SObject."""

    name: str
    data_type: str
    is_collection: bool
    is_input: bool
    is_output: bool
    object_type: str | None
    scale: int
    value: Value | None
    where: Where


@dataclass(frozen=True, slots=True)
class ConstantResource:
    name: str
    data_type: str
    value: Value | None
    where: Where


@dataclass(frozen=True, slots=True)
class Formula:
    name: str
    data_type: str
    expression: str
    scale: int
    where: Where


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A plain text; rich text is refused when it is read."""

    name: str
    text: str
    where: Where


@dataclass(frozen=True, slots=True)
class AssignmentItem:
    target: Reference
    operator: str
    value: Value | None
    where: Where


@dataclass(frozen=True, slots=True)
class Assignment:
    name: str
    items: tuple[AssignmentItem, ...]
    next: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class Rule:
    """An outcome of a decision."""

    name: str
    logic: str
    conditions: tuple[Condition, ...]
    only_when_changed: bool
    next: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class Decision:
    name: str
    rules: tuple[Rule, ...]
    default: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class Loop:
    """`into` is the variable of a Flow from before automatic loop variables."""

    name: str
    collection: Reference
    descending: bool
    into: Reference | None
    each: Connector | None
    done: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class OutputAssignment:
    """A field or an output variable, and where its value goes."""

    source: str
    target: Reference
    where: Where


@dataclass(frozen=True, slots=True)
class RecordLookup:
    name: str
    object: str
    logic: str
    filters: tuple[Filter, ...]
    first_only: bool
    queried_fields: tuple[tuple[str, Where], ...]
    output: Reference | None
    output_assignments: tuple[OutputAssignment, ...]
    store_automatically: bool
    null_when_none: bool
    sort_field: str | None
    descending: bool
    limit: Value | None
    next: Connector | None
    fault: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class RecordCreate:
    """Creates what `input` holds, or one record of `object` from values."""

    name: str
    object: str | None
    values: tuple[FieldValue, ...]
    input: Reference | None
    id_target: Reference | None
    store_automatically: bool
    next: Connector | None
    fault: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class RecordUpdate:
    """Updates what `input` holds, or the records of `object` that the filters find."""

    name: str
    object: str | None
    logic: str
    filters: tuple[Filter, ...]
    values: tuple[FieldValue, ...]
    input: Reference | None
    next: Connector | None
    fault: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class RecordDelete:
    name: str
    object: str | None
    logic: str
    filters: tuple[Filter, ...]
    input: Reference | None
    next: Connector | None
    fault: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class Subflow:
    name: str
    flow: str
    inputs: tuple[FieldValue, ...]
    outputs: tuple[OutputAssignment, ...]
    store_automatically: bool
    next: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class ActionCall:
    """`type` is the metadata's actionType."""

    name: str
    type: str
    action: str
    inputs: tuple[FieldValue, ...]
    outputs: tuple[OutputAssignment, ...]
    store_automatically: bool
    next: Connector | None
    fault: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class CollectionFilter:
    """Keeps the items that meet conditions or a formula; `item` is the variable that each is
    assigned to for the test."""

    name: str
    collection: Reference
    item: Reference
    logic: str
    conditions: tuple[Condition, ...]
    formula: str | None
    next: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class SortOption:
    """`field` is None for a collection of values."""

    field: str | None
    descending: bool
    nulls_first: bool
    where: Where


@dataclass(frozen=True, slots=True)
class CollectionSort:
    """Sorts a collection in place, and cuts it where there is a limit."""

    name: str
    collection: Reference
    options: tuple[SortOption, ...]
    limit: Value | None
    next: Connector | None
    where: Where


@dataclass(frozen=True, slots=True)
class CustomErrorMessage:
    text: Template
    field: str | None
    where: Where


@dataclass(frozen=True, slots=True)
class CustomError:
    name: str
    messages: tuple[CustomErrorMessage, ...]
    next: Connector | None
    where: Where


Element = (
    Assignment
    | Decision
    | Loop
    | RecordLookup
    | RecordCreate
    | RecordUpdate
    | RecordDelete
    | Subflow
    | CollectionFilter
    | CollectionSort
    | CustomError
    | ActionCall
)
Resource = Variable | ConstantResource | Formula | TextTemplate


class Moment(StrEnum):
    """When a record-triggered Flow runs."""

    BEFORE_SAVE = "RecordBeforeSave"
    AFTER_SAVE = "RecordAfterSave"
    BEFORE_DELETE = "RecordBeforeDelete"


@dataclass(frozen=True, slots=True)
class Trigger:
    """`on` is the metadata's recordTriggerType: Create, Update, CreateAndUpdate, Delete."""

    object: str
    moment: Moment
    on: str
    logic: str
    filters: tuple[Filter, ...]
    formula: str | None
    only_when_changed: bool
    where: Where


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a schedule-triggered Flow runs, and for which records; `object` is None where it runs
    once for none. `frequency` is Once, Daily or Weekly, `start` in the org's zone."""

    frequency: str
    start: dt.datetime
    object: str | None
    logic: str
    filters: tuple[Filter, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    label: str
    path: Path
    active: bool
    api_version: Decimal
    trigger: Trigger | None
    schedule: Schedule | None
    trigger_order: int | None
    start: Connector | None
    elements: dict[str, Element] = field(default_factory=dict)
    """By lower-case name."""
    resources: dict[str, Resource] = field(default_factory=dict)
    """By lower-case name."""

    @property
    def where(self) -> Where:
        return Where(self.path, 1)

    @property
    def subject(self) -> str | None:
        """The object of `$Record`."""
        started = self.trigger or self.schedule
        return started.object if started is not None else None
