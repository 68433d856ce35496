"""Delete and undelete of one chunk, with what hangs on the records."""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearsal.org.dml import checks
from rehearsal.org.dml.existing import existing, locked
from rehearsal.org.dml.items import Item
from rehearsal.org.dml.rules import RULES
from rehearsal.org.dml.save import roll_up
from rehearsal.org.dml.session import RECORD_UNITS, Session
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Change, Operation, Timing
from rehearsal.org.schema import ObjectType
from rehearsal.org.values import Row

_ROOT = "$deletedWith"
"""Hidden in a deleted row: the record whose deletion took it along."""
_CLEARED = "$cleared"
"""Hidden in a deleted row: the lookups that its deletion emptied."""


@dataclass(slots=True)
class _Consequences:
    """What deleting a record entails."""

    gone: dict[str, tuple[ObjectType, Row]] = field(default_factory=dict)
    cleared: list[tuple[str, str, str]] = field(default_factory=list)
    """object, id and field of each lookup to empty"""


def delete_attempt(session: Session, target: ObjectType, items: list[Item]) -> None:
    """One pass. Details go with their master and fire no triggers; lookups are emptied or refuse.

    Salesforce Help, "Considerations for Relationships"; Apex Developer Guide, "Operations That
    Don't Invoke Triggers".
    """
    engine = session.engine
    session.work(len(items) * RECORD_UNITS)
    for item in items:
        item.change = Change(None, None)
        try:
            item.change.old = session.records.whole(target.name, existing(session, target, item.id))
        except SaveError as error:
            item.change.errors.append(error)
    good = [item for item in items if item.good]
    ids = {str(item.id) for item in good}
    with session.holding(session.in_before, ids), session.holding(session.deleting, ids):
        trigger(session, target, Timing.BEFORE, Operation.DELETE, good)
        if good:
            engine.flows.before_delete(session.tx, target.name, [item.change for item in good])
    for item in [item for item in good if item.good]:
        try:
            _remove(session, target, str(item.id))
        except SaveError as error:
            item.change.errors.append(error)
    good = [item for item in items if item.good]
    trigger(session, target, Timing.AFTER, Operation.DELETE, good)
    roll_up(session, target, [item.change for item in items if item.good])


def _remove(session: Session, target: ObjectType, id_: str) -> None:
    store = session.engine.store
    row = store.get(target.name, id_)
    if row is None:
        return
    rule = RULES.get(target.name)
    refusal = rule.delete(row) if rule else None
    if refusal is not None:
        raise refusal
    if id_ in session.engine.locked:
        raise locked()
    consequences = _Consequences()
    _follow(session, target, row, consequences)
    parents: dict[str, tuple[ObjectType, list[Change]]] = {}
    for sobject, reference_id, name in consequences.cleared:
        if reference_id not in consequences.gone:
            holder = dict(store.table(sobject).live(reference_id) or {})
            holder.pop(name, None)
            store.put(sobject, holder)
    for gone_id, (gone, gone_row) in consequences.gone.items():
        hidden: Row = {_ROOT: id_}
        if gone_id == id_:
            hidden = {_CLEARED: tuple(consequences.cleared), **_stamps(session)}
        store.put(gone.name, {**gone_row, "IsDeleted": True, **hidden})
        if gone_id != id_:
            parents.setdefault(gone.name, (gone, []))[1].append(Change(gone_row, None))
    for gone, changes in parents.values():
        roll_up(session, gone, changes)


def _follow(session: Session, target: ObjectType, row: Row, consequences: _Consequences) -> None:
    id_ = str(row["Id"])
    consequences.gone[id_] = (target, row)
    schema, store = session.engine.schema, session.engine.store
    for child, reference in schema.children(target.name):
        if reference.name in {"CreatedById", "LastModifiedById"}:
            continue
        found = store.table(child.name).find(reference.name, (id_,)) or ()
        for held in found:
            if str(held["Id"]) in consequences.gone:
                continue
            if reference.delete_rule == "Cascade":
                _follow(session, child, held, consequences)
            elif reference.delete_rule == "Restrict":
                raise SaveError(
                    "DELETE_FAILED",
                    f"Your attempt to delete {row.get('Name', id_)} could not be completed because "
                    f"it is associated with the following {child.plural_label}.: "
                    f"{held.get('Name', held['Id'])}",
                )
            else:
                consequences.cleared.append((child.name, str(held["Id"]), reference.name))


def _stamps(session: Session) -> Row:
    """Who deleted or restored a record, and when.

    The recycle bin's own columns "Deleted By" and "Deleted Date" are these fields of the row, which
    is how deletions are found by `queryAll` and SystemModstamp. Nothing that we have read says that
    they move for what goes along with a record, so there they stay.
    """
    now = session.tx.now().replace(microsecond=0)
    return {
        "SystemModstamp": now,
        "LastModifiedDate": now,
        "LastModifiedById": session.tx.user.id,
    }


def undelete_attempt(session: Session, target: ObjectType, items: list[Item]) -> None:
    """One pass: the record comes back with its details and the lookups that were emptied."""
    store = session.engine.store
    for item in items:
        item.change = Change(None, None)
        row = store.table(target.name).any(str(item.id))
        if row is None or not row.get("IsDeleted") or _ROOT in row:
            item.change.errors.append(
                SaveError("UNDELETE_FAILED", "Entity is not in the recycle bin")
            )
            continue
        error = checks.unique(target, row, store)
        if error is not None:
            item.change.errors.append(error)
            continue
        _restore(session, target, row)
        item.change.new = session.records.whole(
            target.name, store.get(target.name, str(item.id)) or {}
        )
    good = [item for item in items if item.good]
    trigger(session, target, Timing.AFTER, Operation.UNDELETE, good)
    roll_up(session, target, [item.change for item in items if item.good])


def _restore(session: Session, target: ObjectType, row: Row) -> None:
    store, id_ = session.engine.store, str(row["Id"])
    store.put(target.name, {**_clean(row), **_stamps(session)})
    for other in session.engine.schema.objects.values():
        for held in list(store.table(other.name).rows(include_deleted=True)):
            if held.get(_ROOT) == id_:
                store.put(other.name, _clean(held))
    for sobject, holder_id, name in row.get(_CLEARED, ()):
        holder = store.get(sobject, holder_id)
        if holder is not None and holder.get(name) is None:
            store.put(sobject, {**holder, name: id_})


def _clean(row: Row) -> Row:
    gone = {_ROOT, _CLEARED, "MasterRecordId"}
    return {name: value for name, value in row.items() if name not in gone} | {"IsDeleted": False}


def put_aside(session: Session, target: ObjectType, row: Row) -> None:
    """Puts one record into the recycle bin by itself."""
    session.engine.store.put(target.name, {**row, "IsDeleted": True, _CLEARED: ()})


def trigger(
    session: Session, target: ObjectType, timing: Timing, operation: Operation, items: list[Item]
) -> None:
    triggers = session.engine.triggers
    if items and triggers.has(target.name, timing, operation):
        with session.deeper():
            triggers.run(
                session.tx, target.name, timing, operation, [item.change for item in items]
            )
