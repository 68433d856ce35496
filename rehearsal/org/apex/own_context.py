"""What runs on its own inside an Apex test: event triggers and asynchronous Apex."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from rehearsal.org.apex.execution import execution
from rehearsal.org.apex.world import World
from rehearsal.org.dml import OrgTransaction
from rehearsal.org.limits import ASYNCHRONOUS, QUEUEABLE, Limits
from rehearsal.org.ports import JobKind, User

T = TypeVar("T")


def in_own_context(
    tx: OrgTransaction, world: World, user: User, limits: Limits, work: Callable[[], T]
) -> T:
    """Runs work with its own limits, static variables and user, inside the test's transaction."""
    outer, statics, before = tx.limits, dict(tx.statics), tx.user
    test = execution(tx, world).test
    tx.statics.clear()
    tx.limits, tx.user = limits, user
    execution(tx, world).test = test
    try:
        return work()
    finally:
        tx.limits, tx.user = outer, before
        tx.statics.clear()
        tx.statics.update(statics)


def run_jobs(tx: OrgTransaction, world: World) -> None:
    """Runs the asynchronous Apex that a test has enqueued, as `Test.stopTest` does.

    Raises what it throws.
    """
    waiting = list(tx.jobs)
    tx.jobs.clear()
    for job in waiting:
        limits = Limits(QUEUEABLE if job.kind is JobKind.QUEUEABLE else ASYNCHRONOUS)
        tx.job = job
        try:
            in_own_context(tx, world, job.user, limits, partial(job.work, tx))
        finally:
            tx.job = None
