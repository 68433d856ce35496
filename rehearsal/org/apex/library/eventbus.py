"""`EventBus` (Platform Events Developer Guide; Apex Reference Guide, "EventBus Namespace")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.execution import EventContext
from rehearsal.org.apex.library.database import Result
from rehearsal.org.apex.records import to_row
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.types import list_of, parse_type
from rehearsal.org.apex.values import ApexList, SObject
from rehearsal.org.schema import ObjectKind

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_RESULTS = list_of(parse_type("Database.SaveResult"))


class Context:
    """An EventBus.TriggerContext."""

    __slots__ = ("state",)
    APEX = "EventBus.TriggerContext"

    def __init__(self, state: EventContext) -> None:
        self.state = state


@native(
    "static EventBus.publish(SObject): Database.SaveResult",
    "static EventBus.publish(List<SObject>): List<Database.SaveResult>",
)
def publish(run: Execution, given: Any) -> Any:
    """Raises TypeException for a record that is no platform event."""
    records: list[SObject] = [given] if isinstance(given, SObject) else list(given)
    results: list[Result] = []
    for record in records:
        if record is None:
            raise run.null()
        if record.type.kind is not ObjectKind.EVENT:
            raise run.error("TypeException", f"{record.type.name} is not a platform event")
    names = {record.type.name for record in records}
    if len(names) == 1:
        rows = [to_row(record, inserting=True) for record in records]
        results = [Result(result) for result in run.tx.publish(names.pop(), rows)]
    else:
        for record in records:
            row = to_row(record, inserting=True)
            results += [Result(result) for result in run.tx.publish(record.type.name, [row])]
    return results[0] if isinstance(given, SObject) else ApexList(_RESULTS, results)


@native("static EventBus.TriggerContext.currentContext(): EventBus.TriggerContext")
def current_context(run: Execution) -> Context | None:
    return Context(run.event) if run.event is not None else None


@native("EventBus.TriggerContext.setResumeCheckpoint(String): void")
def set_resume_checkpoint(run: Execution, this: Context, replay_id: str) -> None:
    """Raises InvalidParameterValueException for a ReplayId that is not in the batch."""
    batch = run.trigger.new if run.trigger is not None and run.trigger.new is not None else ()
    if not any(event.values.get("ReplayId") == replay_id for event in batch):
        raise run.error("InvalidParameterValueException", f"Invalid Replay ID: {replay_id}")
    this.state.checkpoint = replay_id


@native("EventBus.TriggerContext.getResumeCheckpoint(): String")
def get_resume_checkpoint(run: Execution, this: Context) -> str | None:
    return this.state.checkpoint


@native("EventBus.TriggerContext.retries: Integer")
def retries(run: Execution, this: Context) -> int:
    return this.state.retries


@native("EventBus.TriggerContext.lastError: String")
def last_error(run: Execution, this: Context) -> str | None:
    return this.state.last_error
