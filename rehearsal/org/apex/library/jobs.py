"""`System.enqueueJob`, `QueueableContext` (Apex Reference Guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.org.apex.asynchronous import QueueableContext, enqueue
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.values import ApexObject
from rehearsal.org.ports import JobKind

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_LONGEST_DELAY = 10


@native("static System.enqueueJob(Queueable): Id")
def enqueue_job(run: Execution, job: ApexObject) -> str:
    return enqueue(run, job)


@native("static System.enqueueJob(Queueable, Integer): Id")
def enqueue_later(run: Execution, job: ApexObject, minutes: int) -> str:
    """With a delay in minutes, which nothing here waits for."""
    if not 0 <= minutes <= _LONGEST_DELAY:
        raise run.error("AsyncException", f"Invalid delay: {minutes}")
    return enqueue(run, job)


@native("QueueableContext.getJobId(): Id")
def get_job_id(run: Execution, this: QueueableContext) -> str:
    return this.job_id


@native("static System.isQueueable(): Boolean")
def is_queueable(run: Execution) -> bool:
    return run.tx.job is not None and run.tx.job.kind is JobKind.QUEUEABLE


@native("static System.isFuture(): Boolean")
def is_future(run: Execution) -> bool:
    return run.tx.job is not None and run.tx.job.kind is JobKind.FUTURE
