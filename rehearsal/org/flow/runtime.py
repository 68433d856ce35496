"""Record-triggered Flows in the order of execution. Implements `ports.FlowRunner`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from rehearsal.org.errors import JobFailed, LimitExceeded, MetadataError, SaveError
from rehearsal.org.flow import model
from rehearsal.org.flow.checks import check_cycles
from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.flow.program import Program, compile_flow
from rehearsal.org.flow.reader import read_flow
from rehearsal.org.flow.run import run_batch
from rehearsal.org.flow.scheduled import opened, records_of
from rehearsal.org.flow.values import Record
from rehearsal.org.ports import Change, InvocableAction, Operation, Transaction
from rehearsal.org.schema import Schema
from rehearsal.org.source import Faults, SourceFile

_RUNNING = "flow.running"
_DEPTH = "flow.depth"
_MAX_DEPTH = 16
"""How deep Flows may set off Flows, as triggers (Apex Developer Guide, "Execution Governors")."""
_UNORDERED = 1000


class FlowRuntime:
    """All Flows of an org. Draft and obsolete Flows are checked, and never run.

    Construction raises MetadataError and Unsupported, with file and line, an ExceptionGroup of
    them when there are several.
    """

    def __init__(
        self,
        schema: Schema,
        flows: Sequence[SourceFile],
        actions: Mapping[str, InvocableAction] | None = None,
    ) -> None:
        """`actions` is the invocable Apex by lower-case class name."""
        read: dict[str, model.Flow] = {}
        faults = Faults()
        for source in flows:
            with faults.gather():
                flow = read_flow(source)
                if flow.name.lower() in read:
                    raise MetadataError(f"Flow {flow.name} is defined twice", flow.where)
                read[flow.name.lower()] = flow
        faults.raise_any()
        check_cycles(read)
        self._schema = schema
        self._programs: dict[str, Program] = {}
        for name, flow in read.items():
            with faults.gather():
                self._programs[name] = compile_flow(flow, schema, read, actions or {})
        faults.raise_any()
        self.sources = {source.name: source.text for source in flows}
        self._active = {name: program.flow.active for name, program in self._programs.items()}
        self._arrange()

    def _arrange(self) -> None:
        """Sorts out which Flows run, and when."""
        self._runnable = {
            name: program for name, program in self._programs.items() if self._active[name]
        }
        self._triggered: dict[tuple[str, model.Moment], list[Program]] = {}
        for program in sorted(self._runnable.values(), key=_run_order):
            trigger = program.flow.trigger
            if trigger is not None and program.object is not None:
                key = (program.object.lower(), trigger.moment)
                self._triggered.setdefault(key, []).append(program)

    @property
    def activity(self) -> dict[str, bool]:
        """Whether each Flow is active, by its name."""
        return {program.flow.name: self._active[name] for name, program in self._programs.items()}

    def set_active(self, activity: Mapping[str, bool]) -> None:
        """Activates and deactivates Flows, whatever their source says. Raises KeyError."""
        unknown = [name for name in activity if name.lower() not in self._programs]
        if unknown:
            raise KeyError(unknown[0])
        self._active |= {name.lower(): active for name, active in activity.items()}
        self._arrange()

    def keep_activity(self, before: FlowRuntime) -> None:
        """Leaves the Flows that are the same as before as active as they were."""
        self.set_active(
            {
                name: active
                for name, active in before.activity.items()
                if self.sources.get(name) == before.sources[name]
            }
        )

    def _callable(self, tx: Transaction) -> Mapping[str, Program]:
        """The Flows that a subflow element can call: inactive ones only for flow admins, who have
        "Manage Flow" (Salesforce Help, "Subflow Element")."""
        granted = tx.user.permissions
        admin = granted is not None and "manageinteraction" in granted.system
        return self._programs if admin else self._runnable

    @property
    def schedules(self) -> Mapping[str, Program]:
        """The active schedule-triggered Flows by name."""
        return {
            program.flow.name: program
            for program in sorted(self._runnable.values(), key=_run_order)
            if program.flow.schedule is not None
        }

    def scheduled_records(self, tx: Transaction, program: Program) -> list[str]:
        """The ids that a scheduled Flow has interviews for now, in order of creation."""
        return records_of(tx, program)

    def run_scheduled(self, tx: Transaction, program: Program, ids: Sequence[str] | None) -> int:
        """Interviews for these records, or a single one for none; how many there were.

        Raises JobFailed for the first that failed, so that the whole batch is undone.
        """
        interviews = opened(tx, self._schema, program, ids)
        faults = run_batch(tx, program, self._callable(tx), interviews)
        for fault in faults:
            if fault is not None:
                raise JobFailed(fault.message)
        return len(interviews)

    def has_before_save(self, sobject: str) -> bool:
        return (sobject.lower(), model.Moment.BEFORE_SAVE) in self._triggered

    def has_after_save(self, sobject: str) -> bool:
        return (sobject.lower(), model.Moment.AFTER_SAVE) in self._triggered

    def before_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None:
        self._run(tx, sobject, model.Moment.BEFORE_SAVE, operation, changes)

    def after_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None:
        self._run(tx, sobject, model.Moment.AFTER_SAVE, operation, changes)

    def before_delete(self, tx: Transaction, sobject: str, changes: list[Change]) -> None:
        self._run(tx, sobject, model.Moment.BEFORE_DELETE, Operation.DELETE, changes)

    def _run(
        self,
        tx: Transaction,
        sobject: str,
        moment: model.Moment,
        operation: Operation,
        changes: list[Change],
    ) -> None:
        """A later Flow of one save has the record as that save left it, without what an earlier
        Flow has written to it since. The documentation of the run order does not say; a Flow that
        reads the record again is right either way.
        """
        for program in self._triggered.get((sobject.lower(), moment), ()):
            if not _runs_on(program, operation):
                continue
            started: list[tuple[Change, Interview]] = []
            for change in changes:
                if not change.errors:
                    self._start(tx, program, moment, operation, change, started)
            if started:
                self._finish(tx, program, started)

    def _start(
        self,
        tx: Transaction,
        program: Program,
        moment: model.Moment,
        operation: Operation,
        change: Change,
        started: list[tuple[Change, Interview]],
    ) -> None:
        """Opens an interview if the record meets the entry criteria and is not already in one of
        this Flow's interviews: a Flow's own writes do not start it again for the same record."""
        interview = _interview(tx, program, moment, operation, change)
        if _identity(interview) in self._running(tx, program):
            return
        try:
            if program.meets_criteria(interview):
                started.append((change, interview))
        except Fault as fault:
            change.errors.append(_refusal(program.flow, fault))

    def _finish(
        self, tx: Transaction, program: Program, started: Sequence[tuple[Change, Interview]]
    ) -> None:
        interviews = [interview for _, interview in started]
        own = {found for i in interviews if (found := _identity(i)) is not None}
        running = self._running(tx, program)
        running |= own
        tx.scratch[_DEPTH] = tx.scratch.get(_DEPTH, 0) + 1
        try:
            if tx.scratch[_DEPTH] > _MAX_DEPTH:
                raise LimitExceeded("Maximum trigger depth exceeded")
            faults = run_batch(tx, program, self._callable(tx), interviews)
        finally:
            running -= own
            tx.scratch[_DEPTH] -= 1
        for (change, interview), fault in zip(started, faults, strict=True):
            if interview.errors:
                change.errors.extend(interview.errors)
            elif fault is not None:
                change.errors.append(_refusal(program.flow, fault))

    @staticmethod
    def _running(tx: Transaction, program: Program) -> set[str]:
        """The records that this Flow is working on in this transaction."""
        flows = tx.scratch.setdefault(_RUNNING, {})
        return cast("set[str]", flows.setdefault(program.flow.name, set()))


def _run_order(program: Program) -> tuple[int, str]:
    """Orders 1 to 1,000 first, then Flows without an order, then 1,001 to 2,000; ties by name.

    Salesforce Help, "Define the Run Order of Record-Triggered Flows"; there Flows without an order
    run by creation date, which source files do not have.
    """
    order = program.flow.trigger_order
    return (_UNORDERED * 1000 + 500 if order is None else order * 1000, program.flow.name.lower())


def _runs_on(program: Program, operation: Operation) -> bool:
    trigger = program.flow.trigger
    if trigger is None:
        return False
    return trigger.on == {
        Operation.INSERT: "Create",
        Operation.UPDATE: "Update",
        Operation.DELETE: "Delete",
    }.get(operation) or (
        trigger.on == "CreateAndUpdate" and operation in (Operation.INSERT, Operation.UPDATE)
    )


def _interview(
    tx: Transaction,
    program: Program,
    moment: model.Moment,
    operation: Operation,
    change: Change,
) -> Interview:
    sobject = program.object or ""
    row = change.old if operation is Operation.DELETE else change.new
    if row is None:
        raise ValueError("the change has no record")
    return Interview(
        tx,
        record=Record(sobject, row if moment is model.Moment.BEFORE_SAVE else dict(row)),
        prior=Record(sobject, change.old) if change.old and change.new else None,
        is_new=operation is Operation.INSERT,
    )


def _identity(interview: Interview) -> str | None:
    identifier = interview.record.get("Id") if interview.record else None
    return identifier if isinstance(identifier, str) else None


def _refusal(flow: model.Flow, fault: Fault) -> SaveError:
    return SaveError(
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        f"We can't save this record because the “{flow.label}” process failed. "
        f"Give your Salesforce admin these details. {fault.message}",
    )
