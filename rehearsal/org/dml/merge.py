"""Merging records of one object into one, as a person does in the browser.

Apex Developer Guide, "Triggers and Merge Statements" and "Merging Records": delete triggers of the
losers, then their children move to the master without any trigger, then an update of the master.
The losers, in the recycle bin, name it in MasterRecordId, which after-delete triggers see.
"""

from __future__ import annotations

from rehearsal.org.dml.delete import put_aside, trigger
from rehearsal.org.dml.existing import existing
from rehearsal.org.dml.items import Item
from rehearsal.org.dml.save import Save
from rehearsal.org.dml.session import Session
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Change, Operation, SaveResult, Timing
from rehearsal.org.schema import ObjectType
from rehearsal.org.values import Row

MOST_LOSERS = 2


def merge(session: Session, target: ObjectType, master: Item, losers: list[Item]) -> SaveResult:
    """The whole merge, or nothing of it. Only an object with MasterRecordId merges."""
    mark = session.mark()
    items = (master, *losers)
    if all(item.good for item in items):
        _attempt(session, target, master, losers)
    errors = [error for item in items for error in (*item.errors, *item.change.errors)]
    if errors:
        session.undo(mark)
    return SaveResult(master.id, False, tuple(errors))


def _attempt(session: Session, target: ObjectType, master: Item, losers: list[Item]) -> None:
    engine = session.engine
    refusal = _refusal(target, master, losers)
    if refusal is not None:
        master.errors.append(refusal)
        return
    for item in (master, *losers):
        item.change = Change(None, None)
        try:
            row = existing(session, target, item.id)
            item.change.old = session.records.whole(target.name, row)
        except SaveError as error:
            item.change.errors.append(error)
            return
    ids = {str(item.id) for item in losers}
    changes = [item.change for item in losers]
    with session.holding(session.in_before, ids), session.holding(session.deleting, ids):
        trigger(session, target, Timing.BEFORE, Operation.DELETE, losers)
        engine.flows.before_delete(session.tx, target.name, changes)
        if any(not item.good for item in losers):
            return
        for loser in ids:
            _reparent(session, target, loser, str(master.id))
        for item in losers:
            row = engine.store.get(target.name, str(item.id)) or {}
            put_aside(session, target, {**row, "MasterRecordId": master.id})
            item.change.old = {**(item.change.old or {}), "MasterRecordId": master.id}
    trigger(session, target, Timing.AFTER, Operation.DELETE, losers)
    if all(item.good for item in losers):
        master.change = Change(None, None)
        Save(session, target, merging=True).attempt([master])


def _refusal(target: ObjectType, master: Item, losers: list[Item]) -> SaveError | None:
    ids = [item.id for item in losers]
    if target.find("MasterRecordId") is None:
        return SaveError("INVALID_TYPE", f"{target.name} cannot be merged")
    if not 0 < len(ids) <= MOST_LOSERS:
        return SaveError("INVALID_ARGUMENT", f"1 to {MOST_LOSERS} records are merged into another")
    if master.id in ids or len(set(ids)) < len(ids):
        return SaveError("INVALID_ARGUMENT", "a record is named twice in the merge")
    return None


def _reparent(session: Session, target: ObjectType, loser: str, master: str) -> None:
    """Moves what refers to a loser to the master, itself excepted; only the system's own stamp of
    the moved records changes."""
    store = session.engine.store
    stamp = session.tx.now().replace(microsecond=0)
    for child, reference in session.engine.schema.children(target.name):
        for row in list(store.table(child.name).find(reference.name, (loser,)) or ()):
            moved: Row = {**row, reference.name: master, "SystemModstamp": stamp}
            if row["Id"] == master:
                del moved[reference.name]
            store.put(child.name, moved)
