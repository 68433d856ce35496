"""Action elements: invocable Apex, and custom notifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.org.errors import JobFailed, MetadataError, Unsupported
from rehearsal.org.flow import model
from rehearsal.org.flow.elements.targets import target
from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.flow.resources import Resources, parameter_type
from rehearsal.org.flow.values import Record, must_fit
from rehearsal.org.ports import InvocableAction, Parameter, Transaction
from rehearsal.org.schema import FieldType

_MOST_RECIPIENTS = 500
_LONGEST_TITLE, _LONGEST_BODY = 250, 750


class ActionCall:
    """A compiled action; interviews that wait at it are served by one call."""

    def __init__(self, resources: Resources, element: model.ActionCall) -> None:
        self.next = element.next.target if element.next else None
        self.fault = element.fault.target if element.fault else None
        self._action = find_action(resources.actions, element)
        self._key = element.name.lower() if element.store_automatically else None
        known = self._action.inputs
        self._inputs = []
        for item in element.inputs:
            parameter = known.get(item.name.lower())
            if parameter is None:
                raise MetadataError(f"action {element.action} has no input {item.name}", item.where)
            getter = resources.value(item.value, parameter_type(parameter), item.where)
            self._inputs.append((item.name.lower(), getter))
        given = {name for name, _ in self._inputs}
        for name, parameter in known.items():
            if parameter.required and name not in given:
                raise MetadataError(
                    f"action {element.action} needs the input {parameter.name}", element.where
                )
        self._outputs = []
        for output in element.outputs:
            made = self._action.outputs.get(output.source.lower())
            if made is None:
                raise MetadataError(
                    f"action {element.action} has no output {output.source}", output.where
                )
            kind, assign = target(resources, output.target)
            must_fit(parameter_type(made), kind, output.where)
            self._outputs.append((output.source.lower(), assign))

    def prepare(self, interview: Interview) -> dict[str, Any]:
        return {name: _to_rows(getter(interview)) for name, getter in self._inputs}

    def execute(self, tx: Transaction, work: Sequence[dict[str, Any]]) -> list[Any | Fault]:
        """Raises LimitExceeded."""
        try:
            return list(self._action.call(tx, work))
        except JobFailed as failed:
            return [Fault(str(failed)) for _ in work]

    def finish(self, interview: Interview, outcome: dict[str, Any]) -> None:
        results = {name: _to_records(value) for name, value in outcome.items()}
        for name, assign in self._outputs:
            assign(interview, results.get(name))
        if self._key is not None:
            interview.values[self._key] = results


def find_action(
    actions: Mapping[str, InvocableAction], element: model.ActionCall
) -> InvocableAction:
    """Raises MetadataError, and Unsupported for a kind of action that this org lacks."""
    if element.type == "customNotificationAction":
        return CustomNotification()
    if element.type != "apex":
        raise Unsupported(f"Flow {element.type} action {element.action}", element.where)
    found = actions.get(element.action.lower())
    if found is None:
        raise MetadataError(f"there is no invocable Apex {element.action}", element.where)
    return found


def _to_rows(value: Any) -> Any:
    if isinstance(value, Record):
        return {"attributes": {"type": value.sobject}, **value.row}
    return [_to_rows(item) for item in value] if isinstance(value, list) else value


def _to_records(value: Any) -> Any:
    if isinstance(value, dict):
        row = {name: held for name, held in value.items() if name != "attributes"}
        return Record(value["attributes"]["type"], row)
    return [_to_records(item) for item in value] if isinstance(value, list) else value


def _text(name: str, *, required: bool = True, collection: bool = False) -> Parameter:
    return Parameter(name, FieldType.STRING, None, collection, required)


class CustomNotification:
    """`customNotificationAction`: a notification to users (Actions Developer Guide, "Custom
    Notification Actions"). It is kept, after the commit, for tests to read."""

    inputs: Mapping[str, Parameter] = {
        parameter.name.lower(): parameter
        for parameter in (
            _text("customNotifTypeId"),
            _text("recipientIds", collection=True),
            _text("senderId", required=False),
            _text("title", required=False),
            _text("body"),
            _text("targetId", required=False),
            _text("targetPageRef", required=False),
        )
    }
    outputs: Mapping[str, Parameter] = {}

    def call(self, tx: Transaction, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Raises JobFailed."""
        for request in requests:
            tx.notify(_notification(request))
        return [{} for _ in requests]


def _notification(request: dict[str, Any]) -> dict[str, Any]:
    recipients = request.get("recipientids") or []
    if not recipients or len(recipients) > _MOST_RECIPIENTS:
        raise JobFailed(f"customNotificationAction: {len(recipients)} recipients")
    for name, longest in (("title", _LONGEST_TITLE), ("body", _LONGEST_BODY)):
        if len(request.get(name) or "") > longest:
            raise JobFailed(f"customNotificationAction: {name} is longer than {longest}")
    if not request.get("body"):
        raise JobFailed("customNotificationAction: body is missing")
    if not (request.get("targetid") or request.get("targetpageref")):
        raise JobFailed("customNotificationAction: targetId or targetPageRef is missing")
    return {
        parameter.name: request.get(name) for name, parameter in CustomNotification.inputs.items()
    }
