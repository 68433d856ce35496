"""One transaction: the only way to the org's records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from rehearsal.org import soql
from rehearsal.org.dml.delete import delete_attempt, undelete_attempt
from rehearsal.org.dml.items import CHUNK, Attempt, Item, results, run_chunk
from rehearsal.org.dml.merge import merge
from rehearsal.org.dml.publish import publish
from rehearsal.org.dml.query_rows import plain, sums
from rehearsal.org.dml.save import Save
from rehearsal.org.dml.session import Engine, Mark, Session
from rehearsal.org.dml.upsert import key_field, sorted_out
from rehearsal.org.errors import QueryError, SaveError
from rehearsal.org.limits import Limits
from rehearsal.org.ports import Counters, Job, JobKind, Operation, SaveResult, Transaction, User
from rehearsal.org.schema import ObjectKind, ObjectType
from rehearsal.org.security import check_write
from rehearsal.org.sharing import SharedRows, Sharing, refused
from rehearsal.org.soql.ast import Query
from rehearsal.org.values import Row, id18

T = TypeVar("T")
_RIGHTS = {
    Operation.INSERT: "create",
    Operation.UPDATE: "edit",
    Operation.DELETE: "delete",
    Operation.UNDELETE: "create",
}


class OrgTransaction:
    """Implements `ports.Transaction`."""

    def __init__(self, engine: Engine, user: User, limits: Limits, job: Job | None = None) -> None:
        self.schema = engine.schema
        self.user = user
        self.job = job
        self.statics: dict[str, Any] = {}
        self.scratch: dict[str, Any] = {}
        self._engine = engine
        self._session = Session(engine, self, limits)

    @property
    def limits(self) -> Counters:
        """Its governor limits; may be exchanged for fresh ones (`Test.startTest`)."""
        return self._session.limits

    @limits.setter
    def limits(self, limits: Counters) -> None:
        if not isinstance(limits, Limits):
            raise TypeError("not the limits of this org")
        self._session.limits = limits

    @property
    def outbox(self) -> list[tuple[str, Row]]:
        """Events (name, values) to publish after the commit."""
        return self._session.outbox

    @property
    def jobs(self) -> list[Job]:
        """Asynchronous Apex to run after the commit."""
        return self._session.jobs

    @property
    def notifications(self) -> list[Row]:
        """Custom notifications to send after the commit."""
        return self._session.notifications

    @property
    def hold_events(self) -> bool:
        """Whether events that publish at once wait in the outbox too: an Apex test's events
        never reach the bus (Platform Events Developer Guide, "Test Your Platform Event in Apex").
        """
        return self._session.hold_events

    @hold_events.setter
    def hold_events(self, hold: bool) -> None:
        self._session.hold_events = hold

    def now(self) -> dt.datetime:
        return self._engine.clock.now()

    def user_of(self, user_id: str) -> User:
        """A user of the org with his permissions, as of this transaction. Raises KeyError."""
        return self._engine.user_of(user_id)

    # --- queries ---------------------------------------------------------------------------

    def query(
        self,
        query: Query,
        binds: Callable[[str], Any] | None = None,
        *,
        user_mode: bool = False,
        sharing: bool = False,
        count_limits: bool = True,
    ) -> list[Row]:
        """See `ports.Transaction`. Each row that an aggregate uses counts as a query row."""
        records: soql.Source = self._session.records
        if sharing or user_mode or query.security == "USER_MODE":
            records = SharedRows(self.schema, records, self.user)

        def run(what: Query) -> list[Row]:
            return soql.execute(
                what,
                self.schema,
                records,
                user=self.user,
                binds=binds,
                now=self.now(),
                user_mode=user_mode,
            )

        if count_limits:
            self.limits.use("queries")
        rows = run(query)
        if count_limits:
            self.limits.use("query_rows", len(run(plain(query)) if sums(query) else rows))
            self._count_children(rows)
        if query.for_update and any(row.get("Id") in self._engine.locked for row in rows):
            raise QueryError(
                "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"
            )
        return rows

    def _count_children(self, rows: list[Row]) -> None:
        children = sum(len(v) for row in rows for v in row.values() if isinstance(v, list))
        if children:
            self.limits.use("query_rows", children)

    # --- saves -----------------------------------------------------------------------------

    def insert(
        self,
        sobject: str,
        rows: Sequence[Row],
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
        loading: bool = False,
    ) -> list[SaveResult]:
        """See `ports.Transaction`. `loading` lets read-only fields in, for an org's first data."""
        target = self._target(sobject, len(rows), "createable")
        if isinstance(target, SaveError):
            return _refused(target, len(rows))

        def chunk(given: Sequence[Row]) -> list[Item]:
            items = []
            for row in given:
                item = Item(Operation.INSERT, {})
                self._read(item, target, row)
                if item.values.get("Id") is not None:
                    item.errors.append(
                        SaveError(
                            "INVALID_FIELD_FOR_INSERT_UPDATE",
                            "cannot specify Id in an insert call",
                            ("Id",),
                        )
                    )
                item.values.pop("Id", None)
                items.append(item)
            self._enforce(items, target, user_mode, sharing)
            return items

        save = Save(self._session, target, all_or_none=all_or_none, loading=loading)
        return self._chunks(rows, chunk, save.attempt, all_or_none)

    def update(
        self,
        sobject: str,
        rows: Sequence[Row],
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> list[SaveResult]:
        target = self._target(sobject, len(rows), "updateable")
        if isinstance(target, SaveError):
            return _refused(target, len(rows))

        def chunk(given: Sequence[Row]) -> list[Item]:
            items = []
            seen: set[str] = set()
            for row in given:
                item = Item(Operation.UPDATE, {})
                self._read(item, target, row)
                item.id = item.values.pop("Id", None)
                if item.id is not None and item.id in seen:
                    item.errors.append(
                        SaveError("DUPLICATE_VALUE", f"Duplicate id in list: {item.id}")
                    )
                seen.add(str(item.id))
                items.append(item)
            self._enforce(items, target, user_mode, sharing)
            return items

        save = Save(self._session, target, all_or_none=all_or_none)
        return self._chunks(rows, chunk, save.attempt, all_or_none)

    def upsert(
        self,
        sobject: str,
        rows: Sequence[Row],
        key: str = "Id",
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> list[SaveResult]:
        target = self._target(sobject, len(rows), "updateable")
        if isinstance(target, SaveError):
            return _refused(target, len(rows))
        try:
            field = key_field(target, key)
        except SaveError as error:
            return _refused(error, len(rows))

        def chunk(given: Sequence[Row]) -> list[Item]:
            read: list[Row | SaveError] = []
            for row in given:
                try:
                    read.append(self._engine.incoming.read(target, row))
                except SaveError as error:
                    read.append(error)
            items = sorted_out(target, field, read, self._engine.store)
            self._enforce(items, target, user_mode, sharing)
            return items

        save = Save(self._session, target, all_or_none=all_or_none)
        return self._chunks(rows, chunk, save.attempt, all_or_none)

    def delete(
        self,
        sobject: str,
        ids: Sequence[str],
        *,
        all_or_none: bool = True,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> list[SaveResult]:
        return self._by_id(sobject, ids, Operation.DELETE, all_or_none, user_mode, sharing)

    def undelete(
        self,
        sobject: str,
        ids: Sequence[str],
        *,
        all_or_none: bool = True,
        sharing: bool = False,
    ) -> list[SaveResult]:
        return self._by_id(sobject, ids, Operation.UNDELETE, all_or_none, False, sharing)

    def merge(
        self,
        sobject: str,
        master: Row,
        losers: Sequence[str],
        *,
        user_mode: bool = False,
        sharing: bool = False,
    ) -> SaveResult:
        target = self._target(sobject, len(losers) + 1, "deletable")
        if isinstance(target, SaveError):
            return SaveResult(None, False, (target,))
        winner, gone = Item(Operation.UPDATE, {}), [Item(Operation.DELETE, {}, i) for i in losers]
        self._read(winner, target, master)
        winner.id = winner.values.pop("Id", None)
        self._enforce([winner, *gone], target, user_mode, sharing)
        return merge(self._session, target, winner, gone)

    def publish(self, event: str, rows: Sequence[Row]) -> list[SaveResult]:
        return publish(self._session, event, rows)

    def defer(
        self, kind: JobKind, name: str, work: Callable[[Transaction], None], depth: int
    ) -> str:
        id_ = self._engine.store.ids.next(self.schema.objects["asyncapexjob"].key_prefix)
        self._session.jobs.append(Job(id_, kind, name, work, self.user, depth))
        return id_

    def notify(self, notification: Row) -> None:
        self._session.notifications.append(notification)

    def savepoint(self, *, counted: bool = True) -> Mark:
        """`Database.setSavepoint` counts as a DML statement, and so does a rollback (Apex Developer
        Guide, "Transaction Control"); what a DML call itself needs to be undone does not."""
        if counted:
            self.limits.use("dml_statements")
        return self._session.mark()

    def rollback(self, savepoint: object, *, counted: bool = True) -> None:
        if not isinstance(savepoint, Mark):
            raise TypeError("not a savepoint of this org")
        if counted:
            self.limits.use("dml_statements")
        self._session.undo(savepoint)

    # --- what the calls share --------------------------------------------------------------

    def _target(self, sobject: str, rows: int, allowed: str) -> ObjectType | SaveError:
        """The object of a call, counted; a SaveError when there is no such DML on it."""
        self.limits.use("dml_statements")
        self.limits.use("dml_rows", rows)
        target = self.schema.find(sobject)
        if target is None:
            return SaveError("INVALID_TYPE", f"sObject type '{sobject}' is not supported.")
        if target.kind not in {ObjectKind.STANDARD, ObjectKind.CUSTOM} or not getattr(
            target, allowed
        ):
            return SaveError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                f"DML operation not allowed on {target.name}",
            )
        return target

    def _read(self, item: Item, target: ObjectType, row: Row) -> None:
        try:
            item.values = self._engine.incoming.read(target, row)
        except SaveError as error:
            item.errors.append(error)

    def _enforce(
        self, items: Iterable[Item], target: ObjectType, user_mode: bool, sharing: bool
    ) -> None:
        """Refuses what the user may not do: in user mode by objects, fields and records, with
        `sharing` alone by records."""
        if not (user_mode or sharing):
            return
        records = self._session.records
        allowed = Sharing(self.schema, records, self.user)
        for item in items:
            if item.errors:
                continue
            right = _RIGHTS[item.operation]
            try:
                if user_mode:
                    check_write(self.user, target, right, item.values)
                row = records.get(target.name, item.id) if item.id is not None else None
                code = allowed.refusal(target, right, row, item.values)
                if code is not None:
                    raise refused(code)
            except SaveError as error:
                item.errors.append(error)

    def _by_id(
        self,
        sobject: str,
        ids: Sequence[str],
        operation: Operation,
        all_or_none: bool,
        user_mode: bool,
        sharing: bool,
    ) -> list[SaveResult]:
        target = self._target(sobject, len(ids), "deletable")
        if isinstance(target, SaveError):
            return _refused(target, len(ids))
        one_pass = delete_attempt if operation is Operation.DELETE else undelete_attempt

        def chunk(given: Sequence[str]) -> list[Item]:
            items = []
            for id_ in given:
                item = Item(operation, {}, id_)
                try:
                    item.id = id18(id_)
                except ValueError:
                    item.errors.append(SaveError("MALFORMED_ID", f"bad id {id_}"))
                items.append(item)
            self._enforce(items, target, user_mode, sharing)
            return items

        def attempt(items: list[Item]) -> None:
            one_pass(self._session, target, items)

        return self._chunks(ids, chunk, attempt, all_or_none)

    def _chunks(
        self,
        given: Sequence[T],
        make: Callable[[Sequence[T]], list[Item]],
        attempt: Attempt,
        all_or_none: bool,
    ) -> list[SaveResult]:
        """Runs a call in chunks of 200; an all-or-none call ends at the first chunk that errs."""
        mark = self._session.mark()
        items: list[Item] = []
        for start in range(0, len(given), CHUNK):
            chunk = make(given[start : start + CHUNK])
            items += chunk
            run_chunk(self._session, chunk, attempt, all_or_none)
            if all_or_none and any(item.errors for item in chunk):
                self._session.undo(mark)
                rest = len(given) - len(items)
                items += [Item(chunk[0].operation, {}) for _ in range(rest)]
                break
        return results(items, all_or_none)


def _refused(error: SaveError, count: int) -> list[SaveResult]:
    return [SaveResult(None, False, (error,)) for _ in range(count)]
