"""`Trigger` context variables (Apex Developer Guide, "Trigger Context Variables")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.values import ApexList, ApexMap
from rehearsal.org.ports import Operation, Timing

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


@native("static Trigger.new: List<SObject>")
def new(run: Execution) -> ApexList | None:
    return run.trigger.new if run.trigger else None


@native("static Trigger.old: List<SObject>")
def old(run: Execution) -> ApexList | None:
    return run.trigger.old if run.trigger else None


@native("static Trigger.newMap: Map<Id, SObject>")
def new_map(run: Execution) -> ApexMap | None:
    return run.trigger.new_map if run.trigger else None


@native("static Trigger.oldMap: Map<Id, SObject>")
def old_map(run: Execution) -> ApexMap | None:
    return run.trigger.old_map if run.trigger else None


@native("static Trigger.size: Integer")
def size(run: Execution) -> int | None:
    return run.trigger.size if run.trigger else None


@native("static Trigger.isExecuting: Boolean")
def is_executing(run: Execution) -> bool:
    return run.trigger is not None


@native("static Trigger.isBefore: Boolean")
def is_before(run: Execution) -> bool:
    return run.trigger is not None and run.trigger.timing is Timing.BEFORE


@native("static Trigger.isAfter: Boolean")
def is_after(run: Execution) -> bool:
    return run.trigger is not None and run.trigger.timing is Timing.AFTER


def _is(run: Execution, operation: Operation) -> bool:
    return run.trigger is not None and run.trigger.operation is operation


@native("static Trigger.isInsert: Boolean")
def is_insert(run: Execution) -> bool:
    return _is(run, Operation.INSERT)


@native("static Trigger.isUpdate: Boolean")
def is_update(run: Execution) -> bool:
    return _is(run, Operation.UPDATE)


@native("static Trigger.isDelete: Boolean")
def is_delete(run: Execution) -> bool:
    return _is(run, Operation.DELETE)


@native("static Trigger.isUndelete: Boolean")
def is_undelete(run: Execution) -> bool:
    return _is(run, Operation.UNDELETE)


@native("static Trigger.operationType: TriggerOperation")
def operation_type(run: Execution) -> Any:
    if run.trigger is None:
        return None
    name = f"{run.trigger.timing}_{run.trigger.operation}"
    values: dict[str, EnumValue] = run.world.builtins["triggeroperation"].values
    return values[name]
