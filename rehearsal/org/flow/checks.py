"""What can be said of a Flow without knowing its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow import model

_BEFORE_SAVE = (
    model.Assignment,
    model.CollectionFilter,
    model.CollectionSort,
    model.CustomError,
    model.Decision,
    model.Loop,
    model.RecordLookup,
    model.RecordUpdate,
)


def connectors(element: model.Element) -> Iterator[model.Connector]:
    """Every way out of an element."""
    match element:
        case model.Decision(rules=rules, default=default):
            ways = [*(rule.next for rule in rules), default]
        case model.Loop(each=each, done=done):
            ways = [each, done]
        case (
            model.Assignment()
            | model.Subflow()
            | model.CustomError()
            | model.CollectionFilter()
            | model.CollectionSort()
        ):
            ways = [element.next]
        case _:
            ways = [element.next, element.fault]
    yield from (way for way in ways if way is not None)


def check_connectors(flow: model.Flow) -> None:
    """Every connector leads to an element. Raises MetadataError."""
    ways = [] if flow.start is None else [flow.start]
    for element in flow.elements.values():
        ways.extend(connectors(element))
    for way in ways:
        if way.target.lower() not in flow.elements:
            raise MetadataError(f"there is no element {way.target}", way.where)


def check_trigger(flow: model.Flow) -> None:
    """A Flow before the save does nothing but change its record.

    Raises MetadataError (Salesforce Help, "Fast Field Updates").
    """
    if flow.trigger is None or flow.trigger.moment is not model.Moment.BEFORE_SAVE:
        return
    for element in flow.elements.values():
        on_record = isinstance(element, model.RecordUpdate) and (
            element.input is not None
            and element.input.path[0].lower() == "$record"
            and len(element.input.path) == 1
        )
        if not isinstance(element, _BEFORE_SAVE) or (
            isinstance(element, model.RecordUpdate) and not on_record
        ):
            raise MetadataError(
                f"{element.name} can't run in a Flow before the save", element.where
            )


def check_cycles(flows: Mapping[str, model.Flow]) -> None:
    """No Flow calls itself through its subflows. Raises Unsupported."""

    def visit(flow: model.Flow, above: tuple[str, ...]) -> None:
        for element in flow.elements.values():
            if not isinstance(element, model.Subflow):
                continue
            name = element.flow.lower()
            if name in above:
                raise Unsupported(f"Flow {element.flow} calling itself", element.where)
            if name in flows:
                visit(flows[name], (*above, name))

    for name, flow in flows.items():
        visit(flow, (name,))
