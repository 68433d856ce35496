"""The seams between the rooms of the org.

`dml` calls triggers and Flows through `TriggerRunner` and `FlowRunner`; Apex, Flows and the server
reach records only through a `Transaction`. Nobody else touches the store.

One transaction runs at a time (the org is serialised), so isolation needs no locks; row locks are
a misbehaviour that can be switched on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from rehearsal.org.errors import SaveError
from rehearsal.org.schema import FieldType, Schema
from rehearsal.org.values import Row

if TYPE_CHECKING:  # soql reads the ports of its callers
    from rehearsal.org.soql.ast import Query


class Operation(StrEnum):
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    UNDELETE = "undelete"


class Timing(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Change:
    """One record on its way through the order of execution.

    `new` may be changed before the save, is read-only after it. `errors` refuse the record
    (`addError`, a failed Flow, a validation rule).
    """

    old: Row | None
    new: Row | None
    errors: list[SaveError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of one record of a DML call, in the order of the call."""

    id: str | None
    created: bool
    errors: tuple[SaveError, ...] = ()

    @property
    def success(self) -> bool:
        return not self.errors


@dataclass(frozen=True, slots=True)
class User:
    """Who runs. `permissions` is None for system mode without any check."""

    id: str
    username: str
    name: str
    time_zone: str
    profile: str
    locale: str = "en_US"
    language: str = "en_US"
    currency: str = "USD"
    """The currency that his new records have."""
    permissions: Permissions | None = None


@dataclass(frozen=True, slots=True)
class Permissions:
    """Union of a profile and its permission sets; names are lower case."""

    objects: dict[str, frozenset[str]] = field(default_factory=dict)
    """object → subset of create, read, edit, delete, view_all, modify_all"""
    fields: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """(object, field) → subset of read, edit"""
    system: frozenset[str] = frozenset()
    """User permissions such as `ApiEnabled`, `ViewSetup`."""
    custom: frozenset[str] = frozenset()
    """Custom permissions granted."""


class JobKind(StrEnum):
    """Kinds of asynchronous Apex, by their `AsyncApexJob.JobType`."""

    QUEUEABLE = "Queueable"
    FUTURE = "Future"


@dataclass(frozen=True, slots=True)
class Job:
    """Apex put off until after the commit, and run as the user who put it off."""

    id: str
    kind: JobKind
    name: str
    work: Callable[[Transaction], None]
    user: User
    depth: int
    """How many jobs of a chain led here, this one included."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input or output of an invocable action: a scalar of a field's type, or a record."""

    name: str
    type: FieldType | None
    sobject: str | None
    collection: bool
    required: bool


class InvocableAction(Protocol):
    """What a Flow's action element calls. Names are lower case; a record is a Row with its
    `attributes`."""

    @property
    def inputs(self) -> Mapping[str, Parameter]: ...

    @property
    def outputs(self) -> Mapping[str, Parameter]: ...

    def call(self, tx: Transaction, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """One result for each request. Raises JobFailed for all of them, LimitExceeded."""


class Counters(Protocol):
    """Governor limits of one transaction (Apex Developer Guide, "Execution Governors")."""

    def use(self, limit: str, amount: int = 1) -> None:
        """Raises LimitExceeded. `limit` is one of `queries`, `query_rows`, `dml_statements`,
        `dml_rows`, `cpu_ms`, `heap`, `publish_immediate`, `future_calls`, `queueable_jobs`."""

    def used(self, limit: str) -> int: ...

    def maximum(self, limit: str) -> int: ...


class Transaction(Protocol):
    """A unit of work: what it did is kept or undone as a whole, with its governor limits."""

    schema: Schema
    user: User
    limits: Counters
    statics: dict[str, Any]
    """Static state of Apex classes, by class name; it lives as long as the transaction."""
    scratch: dict[str, Any]
    """What Flows keep for one transaction (recursion guards)."""
    job: Job | None
    """The job that this transaction runs."""

    def now(self) -> dt.datetime:
        """The org's clock, UTC."""

    def query(
        self,
        query: Query,
        binds: Callable[[str], Any] | None = None,
        *,
        user_mode: bool = False,
        sharing: bool = False,
        count_limits: bool = True,
    ) -> list[Row]:
        """Rows with the selected fields under their canonical names; a parent is a nested Row or
        None under its relationship name, a subquery a list of Rows. An aggregate row has its
        aliases (`expr0` …) and no Id. Each Row of a record carries `Id` and, under the key
        `"attributes"`, `{"type": <object name>}`.

        In `user_mode` the user's rights on objects, fields and records hold; with `sharing` only
        those on records, as in an Apex class `with sharing`.

        Raises QueryError, LimitExceeded."""

    def insert(
        self,
        sobject: str,
        rows: Sequence[Row],
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> list[SaveResult]:
        """Saves by Salesforce's order of execution. A value under a relationship name with an
        external id (`{"Parent__r": {"Key__c": "p-1"}}`) names the parent.

        With `all_or_none` any refusal undoes the call; the results say why. Never raises SaveError;
        raises LimitExceeded."""

    def update(
        self,
        sobject: str,
        rows: Sequence[Row],
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> list[SaveResult]: ...

    def upsert(
        self,
        sobject: str,
        rows: Sequence[Row],
        key: str = "Id",
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> list[SaveResult]: ...

    def delete(
        self,
        sobject: str,
        ids: Sequence[str],
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> list[SaveResult]: ...

    def undelete(
        self,
        sobject: str,
        ids: Sequence[str],
        *,
        all_or_none: bool = True,
        sharing: bool = False,
    ) -> list[SaveResult]: ...

    def merge(
        self,
        sobject: str,
        master: Row,
        losers: Sequence[str],
        *,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> SaveResult:
        """Merges one or two records (ids of 18 characters) into the one whose Id and new values
        `master` has. Refused, nothing has happened, and the result says why."""

    def publish(self, event: str, rows: Sequence[Row]) -> list[SaveResult]:
        """Publishes platform events from Apex or a Flow: after commit or at once, as the event's
        `publishBehavior` says. The id is the EventUuid."""

    def defer(
        self, kind: JobKind, name: str, work: Callable[[Transaction], None], depth: int
    ) -> str:
        """Enqueues a job for after the commit; its id. A rollback takes it back."""

    def notify(self, notification: Row) -> None:
        """Sends a custom notification after the commit."""

    def savepoint(self, *, counted: bool = True) -> object:
        """A point to go back to. The platform's own savepoints are not `counted`."""

    def rollback(self, savepoint: object, *, counted: bool = True) -> None:
        """Undoes the records changed since; the limits used stay used."""


class TriggerRunner(Protocol):
    """Apex triggers. Implemented by `apex`."""

    def has(self, sobject: str, timing: Timing, operation: Operation) -> bool: ...

    def run(
        self,
        tx: Transaction,
        sobject: str,
        timing: Timing,
        operation: Operation,
        changes: list[Change],
    ) -> None:
        """Runs every trigger of the object on at most 200 changes. Adds to `Change.errors` what
        `addError` says. An uncaught exception becomes a `CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY`
        error on each change. Raises LimitExceeded."""

    def run_events(self, tx: Transaction, event: str, events: list[Row], retries: int) -> EventRun:
        """Runs the trigger on a platform event."""


@dataclass(frozen=True, slots=True)
class EventRun:
    """How one run of an event trigger ended.

    `checkpoint` is the ReplayId given to `setResumeCheckpoint`. `retry` is set by
    `EventBus.RetryableException`; `error` by any other uncaught exception (what the run did
    before it stays, unless `limit` says that a governor limit undid it).
    """

    checkpoint: str | None = None
    retry: str | None = None
    error: str | None = None
    limit: bool = False


class FlowRunner(Protocol):
    """Record-triggered Flows. Implemented by `flow`."""

    def has_before_save(self, sobject: str) -> bool: ...

    def has_after_save(self, sobject: str) -> bool: ...

    def before_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None:
        """Fast field updates: changes `Change.new`. A fault refuses the record with
        `CANNOT_EXECUTE_FLOW_TRIGGER`."""

    def after_save(
        self, tx: Transaction, sobject: str, operation: Operation, changes: list[Change]
    ) -> None: ...

    def before_delete(self, tx: Transaction, sobject: str, changes: list[Change]) -> None: ...
