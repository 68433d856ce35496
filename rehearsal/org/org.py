"""One local org: its project, its records, its users, its events."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.bus import EventBus
from rehearsal.org.clock import Clock
from rehearsal.org.currencies import current_rates
from rehearsal.org.dml import (
    Engine,
    Formulas,
    Incoming,
    OrgTransaction,
    RollUps,
    check_formulas,
)
from rehearsal.org.dml.formulas import Moment
from rehearsal.org.dml.records import Records
from rehearsal.org.errors import JobFailed, LimitExceeded, OrgError
from rehearsal.org.first_rows import put_deployed_rows, put_first_rows
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.flow.program import Program
from rehearsal.org.flow.scheduled import BATCH, ScheduledRun
from rehearsal.org.jobs import job_row
from rehearsal.org.limits import ASYNCHRONOUS, QUEUEABLE, SYNCHRONOUS, Limits
from rehearsal.org.options import OrgOptions
from rehearsal.org.ports import FlowRunner, InvocableAction, Job, JobKind, TriggerRunner, User
from rehearsal.org.schema import Schema
from rehearsal.org.security import Security
from rehearsal.org.seeding import batches, insert_batch
from rehearsal.org.source import Faults, Project, load_project
from rehearsal.org.stack import deep_stack
from rehearsal.org.store import Store
from rehearsal.org.upgrade import fill_checkboxes, recalculate, refusals
from rehearsal.org.values import Row, id18

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Org:
    """A small Salesforce org.

    Transactions run one at a time. What a transaction did is kept when its work returns and undone
    when it raises; events that publish after the commit reach the bus only then.
    """

    def __init__(
        self,
        project: Project,
        triggers: TriggerRunner,
        flows: FlowRunner,
        clock: Clock | None = None,
    ) -> None:
        """Raises MetadataError and Unsupported for a formula or roll-up that is wrong."""
        self.project = project
        self.schema = project.schema
        self.clock = clock or Clock()
        self.bus = EventBus(self.schema, self.clock)
        self.triggers = triggers
        self.locked_rows: set[str] = set()
        """Ids that another transaction is said to hold; saving one is UNABLE_TO_LOCK_ROW."""
        self._store = Store(self.schema, project.options.instance)
        self._security = Security(self.schema, self._store, project.permission_sets.values())
        self._engine = self._assembled(flows)
        self._jobs: list[Row] = []
        self.notifications: list[Row] = []
        """Custom notifications that were sent, by the names of the action's inputs."""
        self._lock = threading.Lock()
        self._running: int | None = None
        self._ids = put_first_rows(project, self._store, self.clock.now())

    @classmethod
    def load(
        cls, root: Path, *, clock: Clock | None = None, options: OrgOptions | None = None
    ) -> Org:
        """The org of an sfdx project, with its Apex and Flows, and what its Setup says.

        Raises MetadataError for a component that is wrong, Unsupported for one that this org
        lacks, both with file and line, or an ExceptionGroup of several.
        """
        return cls.of(load_project(root, options), clock=clock)

    @classmethod
    def of(cls, project: Project, *, clock: Clock | None = None) -> Org:
        """The org of a project that has been read. Raises as `load` does."""
        faults = Faults()
        actions: Mapping[str, InvocableAction] = {}
        with faults.gather():
            triggers = ApexRuntime(project.schema, project.classes, project.triggers)
            actions = triggers.actions
        with faults.gather():
            flows = FlowRuntime(project.schema, project.flows, actions)
            if project.options.inactive_flows:
                flows.set_active(dict.fromkeys(flows.activity, False))
        with faults.gather():
            check_formulas(project.schema)
        faults.raise_any()
        return cls(project, triggers, flows, clock)

    def _assembled(self, flows: FlowRunner) -> Engine:
        return Engine(
            schema=self.schema,
            store=self._store,
            formulas=Formulas(self.schema, self._store),
            roll_ups=RollUps(self.schema, partial(current_rates, self._store)),
            incoming=Incoming(self.schema, self._store),
            triggers=self.triggers,
            flows=flows,
            clock=self.clock,
            publish=self._publish,
            room=lambda: self.bus.allocations.published.remaining(self.clock.now()),
            user_of=self.user,
            virtual={
                "EventBusSubscriber": self._subscribers,
                "AsyncApexJob": lambda: list(self._jobs),
                "FlowDefinitionView": self._flow_rows,
            },
            locked=self.locked_rows,
        )

    def refusals(self, wanted: Schema) -> list[OrgError]:
        """Why the records that are there cannot follow a change to another schema."""
        with self._lock:
            return refusals(self._store, self.schema, wanted)

    def adopt(self, other: Org) -> None:
        """Becomes what another org is: its schema, Apex, Flows and permission sets. The records
        stay; the other org's are not looked at.

        Its schema must have this one's objects with their key prefixes (`keep_key_prefixes`), and
        `refusals` must have found nothing. New permission sets are assigned to nobody.
        """
        with self._lock:
            running, before = self.schema, self._engine.flows
            self.project, self.schema, self.triggers = other.project, other.schema, other.triggers
            self._store.adopt(self.schema)
            self.bus.adopt(self.schema)
            self._security = Security(
                self.schema, self._store, self.project.permission_sets.values()
            )
            self._engine = self._assembled(other._engine.flows)
            if isinstance(before, FlowRuntime) and isinstance(self._engine.flows, FlowRuntime):
                self._engine.flows.keep_activity(before)
            put_deployed_rows(self.project, self._store, self.clock.now(), self._ids)
            fill_checkboxes(self._store, running, self.schema)
            self._recalculate()
            self._store.commit()

    def merge(self, sobject: str, master: Row, *losers: str, user: User | None = None) -> None:
        """Merges records as a user does in the browser, the administrator if nobody is named.

        `master` has the Id of the record that stays and the values that were chosen for it. Raises
        SaveError, or ValueError for what is no id, and then nothing has happened.
        """
        gone = [id18(loser) for loser in losers]
        result = self.run(
            lambda tx: tx.merge(sobject, master, gone, user_mode=True, sharing=True),
            user=user or self.admin,
        )
        if result.errors:
            raise result.errors[0]

    def flows(self) -> dict[str, bool]:
        """Whether each Flow is active, by its name."""
        flows = self._engine.flows
        return flows.activity if isinstance(flows, FlowRuntime) else {}

    def set_flows_active(self, *names: str, active: bool = True) -> None:
        """Activates Flows, or deactivates them, as an admin does in Setup; all if none is named.
        Raises KeyError for one that is not there."""
        flows = self._engine.flows
        if isinstance(flows, FlowRuntime):
            with self._lock:
                flows.set_active(dict.fromkeys(names or flows.activity, active))

    def schedules(self) -> list[str]:
        """The names of the active schedule-triggered Flows, in the order in which they run."""
        flows = self._engine.flows
        return list(flows.schedules) if isinstance(flows, FlowRuntime) else []

    def run_schedules(self, *names: str) -> list[ScheduledRun]:
        """Runs schedule-triggered Flows, all or those named, as when their time has come.

        Each batch of 200 interviews is a transaction of the Automated Process; one that fails is
        undone. Raises KeyError for a Flow that is not scheduled or not active.
        """
        flows = self._engine.flows
        if not isinstance(flows, FlowRuntime):
            return []
        programs = flows.schedules
        return [self._run_schedule(flows, programs[name]) for name in names or programs]

    def _run_schedule(self, flows: FlowRuntime, program: Program) -> ScheduledRun:
        user = self.automated_process
        batches_of_ids: list[list[str] | None] = [None]
        if program.object is not None:
            ids = self.run(partial(flows.scheduled_records, program=program), user=user)
            batches_of_ids = [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]
        done, errors = 0, []
        for batch in batches_of_ids:
            work = partial(flows.run_scheduled, program=program, ids=batch)
            try:
                done += self.run(work, user=user)
            except (JobFailed, LimitExceeded) as failed:
                errors.append(str(failed))
                _log.warning("Flow %s: %s", program.flow.name, failed)
        return ScheduledRun(program.flow.name, done, tuple(errors))

    def set_rate(self, currency: str, rate: Decimal) -> None:
        """Edits a conversion rate, as an admin does in "Manage Currencies".

        Records keep their amounts, roll-ups are recalculated, without triggers or Flows. Raises
        KeyError for a currency that the org lacks, ValueError for the corporate one or no rate.
        """
        with self._lock:
            table = self._store.table("CurrencyType")
            row = next((row for row in table.rows() if row["IsoCode"] == currency), None)
            if row is None:
                raise KeyError(currency)
            if row["IsCorporate"] or rate <= 0:
                raise ValueError(f"{currency}: {rate}")
            self._store.put("CurrencyType", {**row, "ConversionRate": rate})
            self._recalculate()
            self._store.commit()

    def _recalculate(self) -> None:
        moment = Moment(self.admin, self.clock.now())
        records = Records(self.schema, self._store, self._engine.formulas, lambda: moment, {})
        recalculate(self._store, self._engine.roll_ups, records.reader)

    @property
    def org_id(self) -> str:
        """18 characters."""
        return self._ids.org

    @property
    def admin(self) -> User:
        """The System Administrator, with every permission set of the project."""
        return self._security.user(self._ids.admin)

    @property
    def integration_user(self) -> User:
        """The API user, with the permission sets licensed `Salesforce API Integration`."""
        return self._security.user(self._ids.integration_user)

    @property
    def automated_process(self) -> User:
        """Who runs event triggers; without any permission check."""
        return self._security.user(self._ids.automated_process)

    def user(self, user_id: str) -> User:
        """A user by id, with his permissions now. Raises KeyError."""
        return self._security.user(user_id)

    def run(
        self,
        work: Callable[[OrgTransaction], T],
        *,
        user: User,
        asynchronous: bool = False,
    ) -> T:
        """Runs work in one transaction and returns what it returns.

        `asynchronous` gives it the limits of asynchronous Apex. Raises what the work raises, after
        undoing what it did. Asynchronous Apex that it enqueued has run when this returns, as in an
        org with an empty queue; what fails of it is in `AsyncApexJob` and in the log.
        """
        limits = Limits(ASYNCHRONOUS if asynchronous else SYNCHRONOUS)
        result, jobs = self._transact(work, user, limits, None)
        self._run_jobs(jobs)
        return result

    def _transact(
        self, work: Callable[[OrgTransaction], T], user: User, limits: Limits, job: Job | None
    ) -> tuple[T, list[Job]]:
        """One transaction: what its work returns, and the jobs that it enqueued."""
        if self._running == threading.get_ident():
            raise RuntimeError("a transaction cannot start another one")
        with self._lock, deep_stack():
            self._running = threading.get_ident()
            tx = OrgTransaction(self._engine, user, limits, job)
            try:
                result = work(tx)
                self._store.commit()
            except BaseException:
                self._store.undo()
                raise
            finally:
                self._running = None
            for name, row in tx.outbox:
                self.bus.append_accepted(name, row, user.id)
            self.notifications += tx.notifications
            return result, tx.jobs

    def _run_jobs(self, jobs: Iterable[Job]) -> None:
        """Runs each job, and the jobs that it enqueues, in a transaction of its own."""
        waiting = deque(jobs)
        while waiting:
            job = waiting.popleft()
            limits = Limits(QUEUEABLE if job.kind is JobKind.QUEUEABLE else ASYNCHRONOUS)
            error: OrgError | None = None
            try:
                _, more = self._transact(job.work, job.user, limits, job)
                waiting.extend(more)
            except (JobFailed, LimitExceeded) as failed:
                error = failed
                _log.warning("%s %s: %s", job.kind, job.name, failed)
            self._jobs.append(job_row(job, self.clock.now(), error))

    def seed(self, data: Mapping[str, Sequence[Row]]) -> dict[str, str]:
        """Saves records as the administrator in the order given; returns ids by `$ref`.

        A row may carry `"$ref": "name"`, and a later one point to it with `"@name"`;
        `@StandardPricebook` is there from the start. Triggers and Flows run. Read-only fields may
        be set, as a data load with "Set Audit Fields" does; so `HasOpportunityLineItem` can stand
        for products. Raises SaveError for a refused record, KeyError for an unknown ref.
        """
        books = self._store.table("Pricebook2").find("Name", ("Standard Price Book",)) or ()
        refs = dict.fromkeys(["StandardPricebook"], next(str(row["Id"]) for row in books))
        for sobject, rows in data.items():
            for batch in batches(list(rows)):
                save = partial(insert_batch, sobject=sobject, rows=batch, refs=refs)
                refs |= self.run(save, user=self.admin)
        return refs

    def _flow_rows(self) -> list[Row]:
        """One version of each Flow: the active one, or none is (Object Reference,
        "FlowDefinitionView")."""
        return [
            {
                "Id": f"3dd000{number:09d}AAA",
                "DurableId": f"300000{number:09d}AAA",
                "ApiName": name,
                "Label": name.replace("_", " "),
                "ActiveVersionId": f"301000{number:09d}AAA" if active else None,
                "IsActive": active,
                "ProcessType": "AutoLaunchedFlow",
            }
            for number, (name, active) in enumerate(sorted(self.flows().items()), 1)
        ]

    def _subscribers(self) -> list[Row]:
        return [{"Id": row.get("ExternalId"), **row} for row in self.bus.subscriber_rows()]

    def _publish(self, event: str, row: Row, user_id: str) -> None:
        self.bus.append(event, row, user_id)
