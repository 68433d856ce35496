"""`Test` (Apex Reference Guide, "Test Class")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.org.apex.execution import TestContext
from rehearsal.org.apex.registry import native
from rehearsal.org.soql.ast import Comparison, Literal, Path, Query

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


class TestBus:
    """An EventBus.TestBroker."""

    __test__ = False
    __slots__ = ()
    APEX = "EventBus.TestBroker"


def _context(run: Execution) -> TestContext:
    if run.test is None:
        raise run.error("UnexpectedException", "This method can only be called from a test")
    return run.test


@native("static Test.isRunningTest(): Boolean")
def is_running_test(run: Execution) -> bool:
    return run.test is not None


@native("static Test.startTest(): void")
def start_test(run: Execution) -> None:
    """Fresh governor limits until `stopTest`."""
    context = _context(run)
    if context.started:
        raise run.error("FinalException", "Testing already started")
    context.started = True
    context.fresh_limits()


@native("static Test.stopTest(): void")
def stop_test(run: Execution) -> None:
    """Runs asynchronous Apex, delivers the events, and gives the first limits back."""
    context = _context(run)
    if not context.started or context.stopped:
        raise run.error("FinalException", "Testing has not started")
    context.stopped = True
    context.finish()
    context.restore_limits()


@native("static Test.getStandardPricebookId(): Id")
def get_standard_pricebook_id(run: Execution) -> str:
    """The id of the standard price book, whether or not the test sees the org's data."""
    _context(run)
    standard = Comparison(Path(("IsStandard",)), "=", Literal(True))
    (row,) = run.tx.query(Query("Pricebook2", (Path(("Id",)),), standard), count_limits=False)
    return str(row["Id"])


@native("static Test.getEventBus(): EventBus.TestBroker")
def get_event_bus(run: Execution) -> TestBus:
    _context(run)
    return TestBus()


@native("EventBus.TestBroker.deliver(): void")
def deliver(run: Execution, this: TestBus) -> None:
    """Delivers the events published so far to their subscribers."""
    _context(run).deliver()
