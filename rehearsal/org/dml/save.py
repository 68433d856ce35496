"""Insert and update of one chunk by Salesforce's order of execution.

Apex Developer Guide, "Triggers and Order of Execution". The numbers in the comments are its steps.
"""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.org.coerce import convert
from rehearsal.org.currencies import CODE
from rehearsal.org.dml import checks
from rehearsal.org.dml.existing import existing, locked
from rehearsal.org.dml.items import CHUNK, Item
from rehearsal.org.dml.products import LINE, totals
from rehearsal.org.dml.rules import RULES
from rehearsal.org.dml.session import RECORD_UNITS, Session
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Change, Operation, Timing
from rehearsal.org.schema import Field, FieldType, ObjectType
from rehearsal.org.values import Row

_INSERT_UPDATE = (Operation.INSERT, Operation.UPDATE)


class Save:
    """The save procedure of one object in one transaction.

    With `all_or_none` a record that is refused before its save ends the pass there. `loading`
    lets read-only stored fields in, for the org's own first data. `merging` computes the roll-ups
    of a record that has been given the children of another.
    """

    def __init__(
        self,
        session: Session,
        target: ObjectType,
        *,
        all_or_none: bool = False,
        loading: bool = False,
        merging: bool = False,
    ) -> None:
        self._session, self._target = session, target
        self._merging = merging
        self._all_or_none, self._loading = all_or_none, loading
        self._engine = session.engine
        self._rule = RULES.get(target.name)

    def attempt(self, items: list[Item]) -> None:
        """One pass through the procedure. Refusals are added to `item.change.errors`."""
        session = self._session
        session.work(len(items) * (RECORD_UNITS + self._engine.formulas.count(self._target)))
        for item in items:
            self._load(item)  # 1, 2
        ids = {item.id for item in items if item.id is not None}
        recursive = ids & session.saving
        with session.holding(session.in_before, ids):
            self._before_save(items)  # 3, 4
        for item in _good(items):
            self._validate(item)  # 5
        for item in _good(items):
            self._put(item)  # 7
        if self._all_or_none and len(_good(items)) < len(items):
            return  # all will be undone, so nothing follows the save
        saved = {str(item.id) for item in _good(items)}
        with session.holding(session.saving, saved):
            for operation, changes in _groups(items):
                self._trigger(Timing.AFTER, operation, changes)  # 8
            outer = [item for item in _good(items) if item.id not in recursive]
            for item in outer:
                self._refresh(item)
            self._after_save(outer)  # 14
            for item in outer:
                self._refresh(item)
            roll_up(session, self._target, [item.change for item in outer])  # 16

    # --- 1, 2: load ------------------------------------------------------------------------

    def _load(self, item: Item) -> None:
        item.change = Change(None, None)
        try:
            if item.operation is Operation.INSERT:
                self._load_new(item)
            else:
                self._load_old(item)
        except SaveError as error:
            item.change.errors.append(error)

    def _load_new(self, item: Item) -> None:
        names = set(item.values)
        self._check_writable(names, inserting=True)
        new: Row = {
            field.name: False if field.type is FieldType.BOOLEAN else None for field in self._target
        }
        for field in self._target:
            if field.name not in names and field.createable and not field.calculated:
                value = self._default(field)
                if value is not None:
                    new[field.name] = value
        new.update(item.values)
        new["Id"] = None
        if "OwnerId" in new and new["OwnerId"] is None and "OwnerId" not in names:
            new["OwnerId"] = self._session.tx.user.id
        if self._rule is not None:
            self._rule.react(new, {}, names, self._engine.store)
        item.change.new = new
        given = {name for name, value in new.items() if value is not None}
        self._check_links(item, given)
        self._compute(new)

    def _default(self, field: Field) -> object:
        return convert(
            field, self._engine.formulas.default(self._target.name, field, self._session.moment)
        )

    def _load_old(self, item: Item) -> None:
        row = existing(self._session, self._target, item.id)
        names = set(item.values) - {"Id"}
        self._check_writable(names, inserting=False)
        old = self._session.records.whole(self._target.name, row)
        new = dict(old)
        new.update({name: item.values[name] for name in names})
        if self._rule is not None:
            self._rule.react(new, old, names, self._engine.store)
        item.change.old, item.change.new = old, new
        self._check_links(item, {name for name in names if new[name] != old[name]})
        self._compute(new)

    def _check_writable(self, names: set[str], *, inserting: bool) -> None:
        if self._loading:
            names = {name for name in names if self._target.fields[name.lower()].calculated}
        error = checks.read_only(self._target, names, inserting)
        if error is not None:
            raise error

    def _check_links(self, item: Item, names: set[str]) -> None:
        new = item.change.new
        assert new is not None
        links = {name for name in names if name not in _SYSTEM}
        item.change.errors.extend(
            self._engine.incoming.references(self._target, {**new, "Id": item.id}, links)
        )
        item.change.errors.extend(checks.picklists(self._target, new, names))

    def _compute(self, new: Row) -> None:
        """Formula fields of a record that is on its way."""
        for field in self._target:
            if field.formula is not None:
                new[field.name] = self._session.records.value(self._target.name, new, field)

    # --- 3, 4: before save -----------------------------------------------------------------

    def _before_save(self, items: list[Item]) -> None:
        started = {id(item): dict(item.change.new or {}) for item in _good(items)}
        flows = self._engine.flows
        if flows.has_before_save(self._target.name):
            for operation, changes in _groups(items):
                flows.before_save(self._session.tx, self._target.name, operation, changes)
        for operation, changes in _groups(items):
            self._trigger(Timing.BEFORE, operation, changes)
        for item in _good(items):
            try:
                self._take_over(item, started[id(item)])
            except SaveError as error:
                item.change.errors.append(error)

    def _take_over(self, item: Item, before: Row) -> None:
        """Accepts what before-save automation has set."""
        new = item.change.new
        assert new is not None
        touched = set()
        for name, was in before.items():
            field = self._target.fields[name.lower()]
            if field.calculated:
                new[name] = was
            elif new.get(name) != was:
                new[name] = convert(field, new.get(name))
                touched.add(name)
        error = checks.read_only(self._target, touched, item.operation is Operation.INSERT)
        if error is not None and not self._loading:
            raise error
        if touched and self._rule is not None:
            self._rule.react(new, before, touched, self._engine.store)
        self._check_links(item, touched)

    # --- 5: validation ---------------------------------------------------------------------

    def _validate(self, item: Item) -> None:
        new, old = item.change.new, item.change.old
        assert new is not None
        errors = item.change.errors
        moment = self._session.moment
        if self._rule is not None:
            errors.extend(self._rule.finish(old, new, self._engine.store, moment))
        changed = {
            field.name
            for field in self._target
            if field.formula is None and (old is None or new.get(field.name) != old.get(field.name))
        }
        errors.extend(checks.values(self._target, new, changed))
        if not errors:
            errors.extend(self._engine.formulas.refusals(self._target.name, old, new, moment))

    # --- 7: save ---------------------------------------------------------------------------

    def _put(self, item: Item) -> None:
        new, old = item.change.new, item.change.old
        assert new is not None
        try:
            if item.id is not None and item.id in self._engine.locked:
                raise locked()
            if item.operation is Operation.INSERT:
                item.id = None
            error = checks.unique(self._target, {**new, "Id": item.id}, self._engine.store)
            if error is not None:
                raise error
        except SaveError as error:
            item.change.errors.append(error)
            return
        if item.id is None:
            item.id = self._engine.store.ids.next(self._target.key_prefix)
        self._stamp(item.id, old, new)
        self._engine.store.put(self._target.name, self._stored(item.id, new))
        self._refresh(item)

    def _stamp(self, id_: str, old: Row | None, new: Row) -> None:
        new["Id"] = id_
        now, user = self._session.tx.now().replace(microsecond=0), self._session.tx.user.id
        stamps: Row = {"SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": user}
        if old is None:
            stamps |= {"CreatedDate": now, "CreatedById": user}
            for field in self._target:
                if field.auto_number is not None and new.get(field.name) is None:
                    new[field.name] = self._number(field)
        for name, value in stamps.items():
            if name in new and not (self._loading and old is None and new[name] is not None):
                new[name] = value
        if new.get("Name") is None and self._target.name.endswith("__c"):
            new["Name"] = id_

    def _number(self, field: Field) -> str:
        display, _, start = str(field.auto_number).partition("#")
        number = self._engine.store.next_number(self._target.name, field.name, int(start or 1))
        today = self._session.tx.now().date()
        for token, text in (
            ("{YYYY}", f"{today:%Y}"),
            ("{YY}", f"{today:%y}"),
            ("{MM}", f"{today:%m}"),
            ("{DD}", f"{today:%d}"),
        ):
            display = display.replace(token, text)
        first, last = display.index("{"), display.index("}")
        return f"{display[:first]}{number:0{last - first - 1}}{display[last + 1 :]}"

    def _stored(self, id_: str, new: Row) -> Row:
        row = {
            field.name: value
            for field in self._target
            if field.formula is None and (value := new.get(field.name)) is not None
        }
        before = self._engine.store.get(self._target.name, id_)
        if before is None or self._merging or before.get(CODE) != row.get(CODE):
            row |= self._totals(row, before)
        return {name: value for name, value in row.items() if value is not None}

    def _totals(self, row: Row, before: Row | None) -> Row:
        """The roll-ups of a record that is new, or whose currency has changed."""
        roll_ups, store = self._engine.roll_ups, self._engine.store
        made: Row = {}
        for roll in roll_ups.of_parent(self._target.name):
            found: Iterable[Row] | None = ()
            if before is not None:
                found = store.table(roll.child.name).find(roll.foreign_key.name, (row["Id"],))
            read = self._session.records.reader(roll.child)
            made[roll.field.name] = roll.total(row, found or (), read, roll_ups.rates())
        return made

    # --- 8, 14: after save -----------------------------------------------------------------

    def _refresh(self, item: Item) -> None:
        """The record as it is now: an after trigger may have saved it again, or deleted it."""
        row = self._engine.store.get(self._target.name, str(item.id))
        if row is not None:
            item.change.new = self._session.records.whole(self._target.name, row)

    def _after_save(self, items: list[Item]) -> None:
        flows = self._engine.flows
        if flows.has_after_save(self._target.name):
            there = [
                item for item in items if self._engine.store.get(self._target.name, str(item.id))
            ]
            for operation, changes in _groups(there):
                flows.after_save(self._session.tx, self._target.name, operation, changes)

    def _trigger(self, timing: Timing, operation: Operation, changes: list[Change]) -> None:
        triggers = self._engine.triggers
        if triggers.has(self._target.name, timing, operation):
            with self._session.deeper():
                triggers.run(self._session.tx, self._target.name, timing, operation, changes)


_SYSTEM = frozenset({"CreatedById", "LastModifiedById"})


def _good(items: list[Item]) -> list[Item]:
    return [item for item in items if item.good]


def _groups(items: list[Item]) -> list[tuple[Operation, list[Change]]]:
    """The good records by operation, as a trigger sees them: an upsert has two groups."""
    return [
        (operation, changes)
        for operation in _INSERT_UPDATE
        if (changes := [i.change for i in items if i.good and i.operation is operation])
    ]


def roll_up(session: Session, target: ObjectType, changes: list[Change]) -> None:
    """Recalculates the parents' roll-ups and saves the parents whose totals moved.

    A parent goes through its own save procedure; what refuses it there refuses the children.
    """
    engine = session.engine
    if target.name == LINE:
        _sum_products(session, changes)
    for reference, rolls in engine.roll_ups.of_child(target.name).items():
        parent = rolls[0].parent
        children: dict[str, list[Change]] = {}
        for change in changes:
            for row in (change.old, change.new):
                if row is not None and row.get(reference) is not None:
                    children.setdefault(str(row[reference]), []).append(change)
        read, rates = session.records.reader(target), engine.roll_ups.rates()
        items = []
        for id_ in children:
            row = engine.store.get(parent.name, id_)
            if row is None or id_ in session.deleting:
                continue
            among = list(engine.store.table(target.name).find(reference, (id_,)) or ())
            totals = {roll.field.name: roll.total(row, among, read, rates) for roll in rolls}
            moved = {name: value for name, value in totals.items() if value != row.get(name)}
            if moved:
                items.append(Item(Operation.UPDATE, moved, id_))
        for start in range(0, len(items), CHUNK):
            chunk = items[start : start + CHUNK]
            RollUpSave(session, parent).attempt(chunk)
            for item in chunk:
                for change in children[str(item.id)]:
                    change.errors.extend(item.change.errors)


def _sum_products(session: Session, changes: list[Change]) -> None:
    """Saves the opportunities whose products changed."""
    store, target = session.engine.store, session.engine.schema.objects["opportunity"]
    lines: dict[str, list[Change]] = {}
    for change in changes:
        row = change.new or change.old or {}
        lines.setdefault(str(row["OpportunityId"]), []).append(change)
    items = []
    for id_, of_it in lines.items():
        deal = store.get(target.name, id_)
        if deal is None or id_ in session.deleting:
            continue
        try:
            made = totals(store, id_)
        except SaveError as error:
            for change in of_it:
                change.errors.append(error)
            continue
        if any(deal.get(name) != value for name, value in made.items()):
            items.append(Item(Operation.UPDATE, made, id_))
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        RollUpSave(session, target).attempt(chunk)
        for item in chunk:
            for change in lines[str(item.id)]:
                change.errors.extend(item.change.errors)


class RollUpSave(Save):
    """The save of a parent whose roll-ups moved: the one caller who may write them."""

    def _check_writable(self, names: set[str], *, inserting: bool) -> None:
        return
