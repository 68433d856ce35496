"""One local org: its project, its records, its users, its events."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.bus import EventBus
from rehearsal.org.clock import Clock
from rehearsal.org.dml import (
    Engine,
    Formulas,
    Incoming,
    OrgTransaction,
    RollUps,
    check_formulas,
)
from rehearsal.org.errors import SaveError
from rehearsal.org.first_rows import put_first_rows
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.limits import ASYNCHRONOUS, SYNCHRONOUS, Limits
from rehearsal.org.ports import FlowRunner, TriggerRunner, User
from rehearsal.org.security import Security
from rehearsal.org.seeding import batches, insert_batch
from rehearsal.org.source import Faults, Project, load_project
from rehearsal.org.store import Store
from rehearsal.org.values import Row

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
        self._store = Store(self.schema)
        self._security = Security(self.schema, self._store, project.permission_sets.values())
        self._engine = Engine(
            schema=self.schema,
            store=self._store,
            formulas=Formulas(self.schema, self._store),
            roll_ups=RollUps(self.schema),
            incoming=Incoming(self.schema, self._store),
            triggers=triggers,
            flows=flows,
            clock=self.clock,
            publish=self._publish,
            room=lambda: self.bus.allocations.published.remaining(self.clock.now()),
            user_of=self._security.user,
            virtual={"EventBusSubscriber": self._subscribers},
            locked=self.locked_rows,
        )
        self._lock = threading.Lock()
        self._running: int | None = None
        self._ids = put_first_rows(project, self._store, self.clock.now())

    @classmethod
    def load(cls, root: Path, *, clock: Clock | None = None) -> Org:
        """The org of an sfdx project, with its Apex and Flows.

        Raises MetadataError for a component that is wrong, Unsupported for one that this org
        lacks, both with file and line, or an ExceptionGroup of several.
        """
        project = load_project(root)
        faults = Faults()
        with faults.gather():
            triggers = ApexRuntime(project.schema, project.classes, project.triggers)
        with faults.gather():
            flows = FlowRuntime(project.schema, project.flows)
        with faults.gather():
            check_formulas(project.schema)
        faults.raise_any()
        return cls(project, triggers, flows, clock)

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
        undoing what it did.
        """
        if self._running == threading.get_ident():
            raise RuntimeError("a transaction cannot start another one")
        with self._lock:
            self._running = threading.get_ident()
            limits = Limits(ASYNCHRONOUS if asynchronous else SYNCHRONOUS)
            tx = OrgTransaction(self._engine, user, limits)
            try:
                result = work(tx)
                self._store.commit()
            except BaseException:
                self._store.undo()
                raise
            finally:
                self._running = None
            for name, row in tx.outbox:
                try:
                    self._publish(name, row, user.id)
                except SaveError as error:
                    _log.error("An event of %s is lost after its commit: %s", name, error)
            return result

    def seed(self, data: Mapping[str, Sequence[Row]]) -> dict[str, str]:
        """Saves records as the administrator in the order given; returns ids by `$ref`.

        A row may carry `"$ref": "name"`, and a later one point to it with `"@name"`. Triggers and
        Flows run. Read-only fields may be set, as a data load with "Set Audit Fields" does; so
        `HasOpportunityLineItem` stands for products. Raises SaveError for a refused record,
        KeyError for an unknown ref.
        """
        refs: dict[str, str] = {}
        for sobject, rows in data.items():
            for batch in batches(list(rows)):
                save = partial(insert_batch, sobject=sobject, rows=batch, refs=refs)
                refs |= self.run(save, user=self.admin)
        return refs

    def _subscribers(self) -> list[Row]:
        return [{"Id": row.get("ExternalId"), **row} for row in self.bus.subscriber_rows()]

    def _publish(self, event: str, row: Row, user_id: str) -> None:
        self.bus.append(event, row, user_id)
