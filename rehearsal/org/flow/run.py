"""Runs the interviews of one batch side by side, element by element.

Each interview runs until it needs records. Those that wait at the same element are served together,
as one query or one DML statement (Salesforce Help, "How Flow Bulkification Works").
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.org.flow.elements.steps import Bulk, Call, Plain
from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.flow.program import Program
from rehearsal.org.ports import Transaction


@dataclass(frozen=True, slots=True)
class Need:
    """An interview waits for an element to be executed."""

    step: Bulk
    work: Any


Running = Generator[Need, Any, None]


def run_batch(
    tx: Transaction,
    program: Program,
    programs: Mapping[str, Program],
    interviews: Sequence[Interview],
) -> list[Fault | None]:
    """Runs the interviews to their ends. The fault of each that nothing handled, or None.

    `programs` are the Flows that subflow elements can call.

    Raises LimitExceeded.
    """
    faults: list[Fault | None] = [None] * len(interviews)
    running = [_run(program, programs, interview) for interview in interviews]
    answers: dict[int, Any] = dict.fromkeys(range(len(interviews)))
    while answers:
        waiting: dict[int, list[tuple[int, Need]]] = {}
        for index, answer in answers.items():
            try:
                need = running[index].send(answer)
            except StopIteration:
                continue
            except Fault as fault:
                faults[index] = fault
                continue
            waiting.setdefault(id(need.step), []).append((index, need))
        answers = {}
        for group in waiting.values():
            outcomes = group[0][1].step.execute(tx, [need.work for _, need in group])
            answers.update(
                (index, outcome) for (index, _), outcome in zip(group, outcomes, strict=True)
            )
    return faults


def _run(program: Program, programs: Mapping[str, Program], interview: Interview) -> Running:
    program.open(interview)
    name = program.start
    while name is not None:
        interview.count_element(program.limited)
        step = program.steps[name.lower()]
        if isinstance(step, Plain):
            name = step.run(interview)
        elif isinstance(step, Call):
            child = step.start(interview)
            child.executed = interview.executed
            called = programs.get(step.flow)
            if called is None:
                raise Fault(f"The flow {step.flow} has no active version.")
            yield from _run(called, programs, child)
            interview.executed = child.executed
            step.finish(interview, child)
            name = step.next
        else:
            name = yield from _bulk(step, interview)


def _bulk(step: Bulk, interview: Interview) -> Generator[Need, Any, str | None]:
    try:
        outcome = yield Need(step, step.prepare(interview))
        if isinstance(outcome, Fault):
            raise outcome
    except Fault as fault:
        if step.fault is None:
            raise
        interview.fault_message = fault.message
        return step.fault
    step.finish(interview, outcome)
    return step.next
