"""Decisions, loops, subflows and custom errors."""

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.org.errors import MetadataError, SaveError
from rehearsal.org.flow import model
from rehearsal.org.flow.conditions import all_of, changed_to_meet
from rehearsal.org.flow.elements.steps import Call, Plain
from rehearsal.org.flow.elements.targets import target
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.resources import Resources
from rehearsal.org.flow.values import Type, copied, must_fit
from rehearsal.org.formula import Kind


def _target(connector: model.Connector | None) -> str | None:
    return connector.target if connector else None


def decision(resources: Resources, element: model.Decision) -> Plain:
    """The first outcome whose conditions are met is taken, else the default one."""
    outcomes = []
    for rule in element.rules:
        predicate = all_of(resources, rule.logic, rule.conditions, rule.where)
        if rule.only_when_changed:
            if resources.flow.trigger is None:
                raise MetadataError("the Flow is not triggered by a record", rule.where)
            predicate = changed_to_meet(predicate)
        outcomes.append((predicate, rule.name.lower(), _target(rule.next)))
    default = _target(element.default)

    def run(interview: Interview) -> str | None:
        for predicate, name, following in outcomes:
            if predicate(interview):
                interview.visited.add(name)
                return following
        return default

    return Plain(run)


def loop(resources: Resources, element: model.Loop) -> Plain:
    """Visits the items that the collection had when the loop began; each visit has a copy."""
    kind, collection = resources.read(element.collection)
    if not kind.collection:
        raise MetadataError(f"{element.collection} is not a collection", element.where)
    key, each, done = element.name.lower(), _target(element.each), _target(element.done)
    into = None
    if element.into is not None:
        item, into = target(resources, element.into)
        must_fit(kind.item, item, element.into.where)

    def run(interview: Interview) -> str | None:
        if key not in interview.positions:
            items = list(collection(interview) or [])
            interview.positions[key] = items if element.descending else items[::-1]
        left = interview.positions[key]
        if not left:
            del interview.positions[key]
            interview.values.pop(key, None)
            return done
        item = copied(left.pop())
        if into is not None:
            into(interview, item)
        else:
            interview.values[key] = item
        return each

    return Plain(run)


def subflow(resources: Resources, element: model.Subflow, flows: Mapping[str, model.Flow]) -> Call:
    """Runs another autolaunched Flow in the same transaction.

    Raises MetadataError for a Flow, an input or an output that does not exist, or is not active.
    """
    called = flows.get(element.flow.lower())
    if called is None or called.trigger is not None or called.schedule is not None:
        raise MetadataError(f"there is no autolaunched Flow {element.flow}", element.where)
    if resources.flow.active and not called.active:
        raise MetadataError(f"Flow {element.flow} has no active version", element.where)
    other = Resources(called, resources.schema, flows, resources.actions)
    inputs = []
    for item in element.inputs:
        variable = called.resources.get(item.name.lower())
        if not isinstance(variable, model.Variable) or not variable.is_input:
            raise MetadataError(
                f"Flow {element.flow} has no input variable {item.name}", item.where
            )
        kind = other.variable_type(variable)
        inputs.append((variable.name.lower(), resources.value(item.value, kind, item.where)))
    outputs = []
    for output in element.outputs:
        kind, assign = target(resources, output.target)
        must_fit(resources.output(element, output.source, output.where), kind, output.where)
        outputs.append((output.source.lower(), assign))
    key = element.name.lower()
    stored = [
        variable.name.lower()
        for variable in called.resources.values()
        if isinstance(variable, model.Variable) and variable.is_output
    ]

    def start(interview: Interview) -> Interview:
        child = Interview(interview.tx, fault_message=interview.fault_message)
        child.values = {name: copied(value(interview)) for name, value in inputs}
        return child

    def finish(interview: Interview, child: Interview) -> None:
        for name, assign in outputs:
            assign(interview, child.values.get(name))
        if element.store_automatically:
            interview.values[key] = {name: copied(child.values.get(name)) for name in stored}

    return Call(element.flow.lower(), start, finish, _target(element.next))


def custom_error(resources: Resources, element: model.CustomError) -> Plain:
    """Refuses the record that triggered the Flow; the interview goes on where a connector says so.

    Salesforce Help, "Custom Error Element": at most 255 characters.
    """
    trigger = resources.flow.trigger
    if trigger is None:
        raise MetadataError("a custom error needs a record-triggered Flow", element.where)
    messages = []
    for message in element.messages:
        field = (
            (resources.field(trigger.object, message.field, message.where).name,)
            if message.field
            else ()
        )
        text = resources.value(message.text, Type(Kind.TEXT), message.where)
        messages.append((text, field))
    following = _target(element.next)

    def run(interview: Interview) -> str | None:
        for text, field in messages:
            said = (text(interview) or "")[:255]
            interview.errors.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", said, field))
        return following

    return Plain(run)
