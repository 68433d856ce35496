"""A Flow compiled: its steps by name, and the test that decides whether it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow import model
from rehearsal.org.flow.checks import check_connectors, check_trigger
from rehearsal.org.flow.conditions import Predicate, all_of, changed_to_meet
from rehearsal.org.flow.elements import collections, logic
from rehearsal.org.flow.elements.actions import ActionCall
from rehearsal.org.flow.elements.assignments import assignment
from rehearsal.org.flow.elements.lookups import Lookup
from rehearsal.org.flow.elements.queries import Build, where_clause
from rehearsal.org.flow.elements.steps import Step
from rehearsal.org.flow.elements.writes import Create, Delete, Update
from rehearsal.org.flow.expressions import Getter
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.resources import Resources
from rehearsal.org.flow.values import Type
from rehearsal.org.formula import Kind
from rehearsal.org.ports import InvocableAction
from rehearsal.org.schema import Schema
from rehearsal.org.source import Faults

_LAST_LIMITED_VERSION = Decimal(56)


@dataclass(frozen=True, slots=True)
class Program:
    """`steps` is keyed by lower-case element name; `limited` says that an interview may run only
    2,000 elements."""

    flow: model.Flow
    object: str | None
    steps: dict[str, Step]
    start: str | None
    meets_criteria: Predicate
    selects: Build
    """The WHERE of the records that a schedule has interviews for."""
    defaults: tuple[tuple[str, Getter], ...]
    limited: bool

    def open(self, interview: Interview) -> None:
        """Gives the variables that nobody set their default values."""
        for name, getter in self.defaults:
            if name not in interview.values:
                interview.values[name] = getter(interview)


def compile_flow(
    flow: model.Flow,
    schema: Schema,
    flows: Mapping[str, model.Flow],
    actions: Mapping[str, InvocableAction],
) -> Program:
    """Checks and compiles a Flow.

    Raises MetadataError and Unsupported with the line, an ExceptionGroup when several elements are
    wrong.
    """
    resources = Resources(flow, schema, flows, actions)
    check_connectors(flow)
    check_trigger(flow)
    steps: dict[str, Step] = {}
    faults = Faults()
    for name, element in flow.elements.items():
        with faults.gather():
            steps[name] = _step(resources, element, flows)
    for resource in flow.resources.values():
        with faults.gather():
            resources.read(model.Reference((resource.name,), resource.where))
    faults.raise_any()
    trigger = flow.trigger
    sobject = None
    if trigger is not None:
        found = resources.object(trigger.object, trigger.where)
        if not found.triggerable:
            raise Unsupported(f"Flow triggered by {found.name}", trigger.where)
        sobject = found.name
    schedule = flow.schedule
    selects: Build = lambda interview: None  # noqa: E731
    if schedule is not None and schedule.object is not None:
        sobject = resources.object(schedule.object, schedule.where).name
        selects = where_clause(resources, sobject, schedule.logic, schedule.filters, schedule.where)
    return Program(
        flow=flow,
        object=sobject,
        selects=selects,
        steps=steps,
        start=flow.start.target.lower() if flow.start else None,
        meets_criteria=_criteria(resources),
        defaults=tuple(_defaults(resources)),
        limited=flow.api_version <= _LAST_LIMITED_VERSION,
    )


def _step(resources: Resources, element: model.Element, flows: Mapping[str, model.Flow]) -> Step:
    match element:
        case model.Assignment():
            return assignment(resources, element)
        case model.Decision():
            return logic.decision(resources, element)
        case model.Loop():
            return logic.loop(resources, element)
        case model.RecordLookup():
            return Lookup(resources, element)
        case model.RecordCreate():
            return Create(resources, element)
        case model.RecordUpdate():
            return Update(resources, element)
        case model.RecordDelete():
            return Delete(resources, element)
        case model.Subflow():
            return logic.subflow(resources, element, flows)
        case model.CollectionFilter():
            return collections.collection_filter(resources, element)
        case model.CollectionSort():
            return collections.collection_sort(resources, element)
        case model.CustomError():
            return logic.custom_error(resources, element)
        case model.ActionCall():
            return ActionCall(resources, element)


def _criteria(resources: Resources) -> Predicate:
    trigger = resources.flow.trigger
    if trigger is None:
        return lambda interview: True
    if trigger.formula is not None:
        kind, getter = resources.expression(trigger.formula, trigger.where)
        if kind != Type(Kind.BOOLEAN):
            raise MetadataError(f"filterFormula gives {kind}, not Boolean", trigger.where)

        def predicate(interview: Interview) -> bool:
            return getter(interview) is True

        return changed_to_meet(predicate) if trigger.only_when_changed else predicate
    conditions = [
        model.Condition(
            model.Reference(("$Record", item.field), item.where),
            item.operator,
            item.value,
            item.where,
        )
        for item in trigger.filters
    ]
    met = all_of(resources, trigger.logic, conditions, trigger.where)
    return changed_to_meet(met) if trigger.only_when_changed else met


def _defaults(resources: Resources) -> Iterator[tuple[str, Getter]]:
    for resource in resources.flow.resources.values():
        if not isinstance(resource, model.Variable):
            continue
        kind = resources.variable_type(resource)
        if kind.collection or kind.sobject:
            if resource.value is not None:
                raise MetadataError(f"{resource.name} can't have a default value", resource.where)
            yield resource.name.lower(), _no_items if kind.collection else _nothing
        else:
            yield resource.name.lower(), resources.value(resource.value, kind, resource.where)


def _no_items(interview: Interview) -> list[object]:
    return []


def _nothing(interview: Interview) -> None:
    return None
