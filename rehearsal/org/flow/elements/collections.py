"""Collection Filter and Collection Sort."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from rehearsal.org.errors import MetadataError
from rehearsal.org.flow import model
from rehearsal.org.flow.conditions import all_of
from rehearsal.org.flow.elements.steps import Plain
from rehearsal.org.flow.elements.targets import target
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.resources import Resources
from rehearsal.org.flow.values import Record, Type, copied, must_fit
from rehearsal.org.formula import Kind


def collection_filter(resources: Resources, element: model.CollectionFilter) -> Plain:
    """Stores copies of the items that pass, under the element's name."""
    kind, collection = resources.read(element.collection)
    if not kind.collection:
        raise MetadataError(f"{element.collection} is not a collection", element.where)
    item, assign = target(resources, element.item)
    must_fit(kind.item, item, element.item.where)
    passes: Callable[[Interview], Any]
    if element.formula is None:
        passes = all_of(resources, element.logic, element.conditions, element.where)
    else:
        given, passes = resources.expression(element.formula, element.where)
        if given != Type(Kind.BOOLEAN):
            raise MetadataError(f"the formula gives {given}, not Boolean", element.where)
    key, following = element.name.lower(), element.next.target if element.next else None

    def run(interview: Interview) -> str | None:
        kept = []
        for candidate in collection(interview) or []:
            assign(interview, candidate)
            if passes(interview) is True:
                kept.append(copied(candidate))
        interview.values[key] = kept
        return following

    return Plain(run)


def collection_sort(resources: Resources, element: model.CollectionSort) -> Plain:
    """Sorts by the last option first, so that the first one decides."""
    kind, collection = resources.read(element.collection)
    if not kind.collection:
        raise MetadataError(f"{element.collection} is not a collection", element.where)
    limit = resources.value(element.limit, Type(Kind.NUMBER), element.where)
    orders = []
    for option in element.options:
        if (option.field is None) == (kind.sobject is not None):
            raise MetadataError(f"sortField does not fit a {kind}", option.where)
        name = (
            resources.field(kind.sobject, option.field, option.where).name
            if kind.sobject and option.field
            else None
        )
        orders.append((name, option.descending, option.nulls_first))
    following = element.next.target if element.next else None

    def run(interview: Interview) -> str | None:
        items: list[Any] = collection(interview) or []
        for name, descending, nulls_first in reversed(orders):
            filled = [item for item in items if _field(item, name) is not None]
            empty = [item for item in items if _field(item, name) is None]
            filled.sort(key=partial(_field, name=name), reverse=descending)
            items[:] = empty + filled if nulls_first else filled + empty
        most: Decimal | None = limit(interview)
        if most is not None:
            del items[int(most) :]
        return following

    return Plain(run)


def _field(item: Any, name: str | None) -> Any:
    return item.get(name) if isinstance(item, Record) and name else item
