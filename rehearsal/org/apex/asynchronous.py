"""Queueable and future methods: Apex that runs in a transaction of its own, after the commit.

Apex Developer Guide, "Queueable Apex" and "Future Methods".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import Invoke, MethodInfo
from rehearsal.org.apex.values import (
    ApexList,
    ApexMap,
    ApexObject,
    ApexSet,
    ApexThrow,
    SObject,
)
from rehearsal.org.errors import JobFailed
from rehearsal.org.ports import JobKind, Transaction

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

MOST_CHAINED = 5
"""How deep jobs may be chained in Developer Edition and trial orgs; others have no limit."""


class QueueableContext:
    """A QueueableContext."""

    __slots__ = ("job_id",)
    APEX = "QueueableContext"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id


def enqueue(run: Execution, job: ApexObject) -> str:
    """`System.enqueueJob`: the job's id. Raises LimitExceeded, AsyncException for a chain that is
    too long; in a test no job may enqueue another."""
    outer = run.tx.job
    depth = 1 if outer is None or outer.kind is not JobKind.QUEUEABLE else outer.depth + 1
    if depth > (1 if run.test is not None else MOST_CHAINED):
        raise run.error("AsyncException", "Maximum stack depth has been reached.")
    run.tx.limits.use("queueable_jobs")
    held: ApexObject = _Snapshot().of(job)

    def work(tx: Transaction) -> None:
        assert tx.job is not None
        method = held.cls.dispatch["execute(queueablecontext)"]
        _call(run, tx, method, held, [QueueableContext(tx.job.id)])

    return run.tx.defer(JobKind.QUEUEABLE, job.cls.name, work, depth)


def deferred(method: MethodInfo, invoke: Invoke) -> Invoke:
    """A method with `@future`: a call puts it off. Raises LimitExceeded, AsyncException."""
    name = f"{method.owner.name}.{method.name}"

    def call(run: Execution, this: Any, args: list[Any]) -> Any:
        if run.tx.job is not None and run.tx.job.kind is JobKind.FUTURE:
            raise run.error(
                "AsyncException",
                "Future method cannot be called from a future or batch method: "
                f"{name}({', '.join(str(kind) for _, kind in method.params)})",
            )
        run.tx.limits.use("future_calls")
        held = _Snapshot()
        copies = [held.of(arg) for arg in args]
        run.tx.defer(
            JobKind.FUTURE, name, lambda tx: _run(run, tx, lambda at: invoke(at, None, copies)), 1
        )

    return call


def _call(
    run: Execution, tx: Transaction, method: MethodInfo, this: ApexObject, args: list[Any]
) -> None:
    invoke = method.invoke
    assert invoke is not None
    _run(run, tx, lambda at: invoke(at, this, args))


def _run(run: Execution, tx: Transaction, body: Any) -> None:
    """Runs in the job's transaction. In a test what the job throws reaches `Test.stopTest`."""
    from rehearsal.org.apex.execution import execution

    at = execution(tx, run.world)
    try:
        body(at)
    except ApexThrow as thrown:
        if at.test is not None:
            raise
        raise JobFailed(f"{thrown.value.type_name}: {thrown.value.message}") from None


class _Snapshot:
    """Values as they were when the job was enqueued: Salesforce serialises them then."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        if id(value) in self._made:
            return self._made[id(value)]
        if isinstance(value, ApexList):
            items = self._made[id(value)] = ApexList(value.type)
            items.extend(self.of(item) for item in value)
            return items
        if isinstance(value, ApexSet):
            return ApexSet(value.type, [self.of(item) for item in value])
        if isinstance(value, ApexMap):
            pairs = self._made[id(value)] = ApexMap(value.type)
            pairs.update((self.of(key), self.of(item)) for key, item in value.items())
            return pairs
        if isinstance(value, SObject):
            record = self._made[id(value)] = SObject(value.type)
            record.values = {name: self.of(item) for name, item in value.values.items()}
            record.selected = value.selected
            return record
        if isinstance(value, ApexObject):
            return self._object(value)
        return value

    def _object(self, value: ApexObject) -> ApexObject:
        made: ApexObject = object.__new__(type(value))
        self._made[id(value)] = made
        for kind in type(value).__mro__:
            for slot in getattr(kind, "__slots__", ()):
                setattr(made, slot, getattr(value, slot))
        made.slots = [self.of(item) for item in value.slots]
        return made
