"""What one transaction knows while its Apex runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import LINE, METHOD, ClassInfo, Frame
from rehearsal.org.apex.heap import Heap
from rehearsal.org.apex.values import ApexList, ApexMap, ApexThrow, ExceptionObject
from rehearsal.org.errors import LimitExceeded
from rehearsal.org.ports import Operation, Timing, Transaction

if TYPE_CHECKING:
    from rehearsal.org.apex.world import World

STATEMENTS_PER_MS = 500
"""Work is counted, not timed, so that a run is the same on every machine: 500 executed statements
cost one millisecond of the CPU limit, which is slower than Salesforce on simple statements."""

_STEP = 5_000
MAX_DEPTH = 1_000
"""Apex Developer Guide, "Execution Governors and Limits": stack depth of recursive triggers and
methods ends in a LimitException."""


@dataclass(slots=True, eq=False)
class TriggerContext:
    """The variables of `Trigger`."""

    sobject: str
    timing: Timing
    operation: Operation
    new: ApexList | None
    old: ApexList | None
    new_map: ApexMap | None
    old_map: ApexMap | None
    size: int


@dataclass(slots=True, eq=False)
class EventContext:
    """What `EventBus.TriggerContext` holds during a platform event trigger."""

    retries: int
    last_error: str | None = None
    checkpoint: str | None = None


@dataclass(slots=True, eq=False)
class TestContext:
    """The state of a running Apex test method."""

    __test__ = False
    deliver: Callable[[], None]
    """Delivers events."""
    finish: Callable[[], None]
    """Runs asynchronous Apex and delivers events."""
    fresh_limits: Callable[[], None]
    restore_limits: Callable[[], None]
    run_as: Callable[[str, Callable[[], Any]], Any]
    started: bool = False
    stopped: bool = False


@dataclass(slots=True, eq=False)
class Execution:
    """The Apex side of a transaction; one for each `Transaction`."""

    tx: Transaction
    world: World
    stack: list[Frame] = field(default_factory=list)
    steps: int = _STEP
    trigger: TriggerContext | None = None
    event: EventContext | None = None
    test: TestContext | None = None
    log: list[str] = field(default_factory=list)
    heap: Heap = field(default_factory=Heap)

    @property
    def statics(self) -> dict[str, Any]:
        return self.tx.statics

    @property
    def sharing(self) -> bool:
        """Whether record sharing holds for the code that runs.

        A class without a keyword takes it from its caller, a trigger runs without sharing, and a
        class `inherited sharing` that is called by nobody runs with it (Apex Developer Guide,
        "Using the with sharing, without sharing, and inherited sharing Keywords").
        """
        owner: ClassInfo | None = None
        for frame in reversed(self.stack):
            owner = frame[METHOD].owner
            if owner.trigger:
                return False
            if owner.sharing in {"with", "without"}:
                return owner.sharing == "with"
        return owner is not None and owner.sharing == "inherited"

    def error(
        self, name: str, message: str | None, cause: ExceptionObject | None = None
    ) -> ApexThrow:
        """A built-in exception, made here."""
        made = ExceptionObject(self.world.builtins[name.lower()], message, self.trace())
        made.cause = cause
        return ApexThrow(made)

    def null(self) -> ApexThrow:
        return self.error("NullPointerException", "Attempt to de-reference a null object")

    def trace(self) -> list[tuple[str, int]]:
        """Where execution stands: innermost first, no further out than the running trigger."""
        found: list[tuple[str, int]] = []
        for frame in reversed(self.stack):
            method = frame[METHOD]
            found.append((method.label, frame[LINE]))
            if method.owner.trigger:
                break
        return found

    def charge(self) -> None:
        """Books a step of executed statements as CPU time."""
        self.steps += _STEP
        self.tx.limits.use("cpu_ms", _STEP // STATEMENTS_PER_MS)
        self.heap.made(self, _STEP)

    def too_deep(self) -> LimitExceeded:
        return LimitExceeded(f"System.LimitException: Maximum stack depth reached: {MAX_DEPTH + 1}")


def trace_text(trace: list[tuple[str, int]]) -> str:
    """A stack trace as `getStackTraceString` gives it."""
    return "\n".join(f"{label}: line {line}, column 1" for label, line in trace)


def execution(tx: Transaction, world: World) -> Execution:
    """The execution of that transaction; made at its first Apex."""
    held = tx.statics.get("$execution")
    if isinstance(held, Execution) and held.world is world:
        return held
    made = Execution(tx, world)
    tx.statics["$execution"] = made
    return made
