"""`List`, `Set` and `Map` (Apex Reference Guide)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.text import to_text
from rehearsal.org.apex.types import Kind, Type, list_of, set_of
from rehearsal.org.apex.values import (
    ApexIterator,
    ApexList,
    ApexMap,
    ApexObject,
    ApexSet,
    SObject,
)

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


def _writable(run: Execution, this: ApexList | ApexMap) -> None:
    if this.locked:
        raise run.error("FinalException", "Collection is read-only")


# --- List ------------------------------------------------------------------------------


@native("new List<T>()", "new List<T>(List<T>)", "new List<T>(Set<T>)", "new List<T>(Iterable<T>)")
def new_list(run: Execution, kind: Type, items: Iterable[Any] | None = ()) -> ApexList:
    if items is None:
        raise run.null()
    return ApexList(kind, items)


@native("new List<T>(Integer)")
def new_sized_list(run: Execution, kind: Type, size: int) -> ApexList:
    return ApexList(kind)


@native("List<T>.add(T?): void")
def list_add(run: Execution, this: ApexList, item: Any) -> None:
    if this.locked:
        raise run.error("FinalException", "Collection is read-only")
    this.append(item)


@native("List<T>.add(Integer, T?): void")
def list_insert(run: Execution, this: ApexList, index: int, item: Any) -> None:
    _writable(run, this)
    if not 0 <= index <= len(this):
        raise _bounds(run, index)
    this.insert(index, item)


@native("List<T>.addAll(List<T>): void", "List<T>.addAll(Set<T>): void")
def list_add_all(run: Execution, this: ApexList, items: Iterable[Any]) -> None:
    _writable(run, this)
    this.extend(items)


def _bounds(run: Execution, index: int) -> Exception:
    return run.error("ListException", f"List index out of bounds: {index}")


@native("List<T>.get(Integer): T")
def list_get(run: Execution, this: ApexList, index: int) -> Any:
    if not 0 <= index < len(this):
        raise _bounds(run, index)
    return this[index]


@native("List<T>.set(Integer, T?): void")
def list_set(run: Execution, this: ApexList, index: int, item: Any) -> None:
    _writable(run, this)
    if not 0 <= index < len(this):
        raise _bounds(run, index)
    this[index] = item


@native("List<T>.remove(Integer): T")
def list_remove(run: Execution, this: ApexList, index: int) -> Any:
    _writable(run, this)
    if not 0 <= index < len(this):
        raise _bounds(run, index)
    return this.pop(index)


@native("List<T>.clear(): void")
def list_clear(run: Execution, this: ApexList) -> None:
    _writable(run, this)
    this.clear()


@native("List<T>.size(): Integer", "Set<T>.size(): Integer", "Map<K, V>.size(): Integer")
def size(run: Execution, this: Any) -> int:
    return len(this)


@native("List<T>.isEmpty(): Boolean", "Set<T>.isEmpty(): Boolean", "Map<K, V>.isEmpty(): Boolean")
def is_empty(run: Execution, this: Any) -> bool:
    return not this


@native("List<T>.contains(T?): Boolean", "Set<T>.contains(T?): Boolean")
def contains(run: Execution, this: Any, item: Any) -> bool:
    return item in this


@native("List<T>.indexOf(T?): Integer")
def index_of(run: Execution, this: ApexList, item: Any) -> int:
    try:
        return this.index(item)
    except ValueError:
        return -1


@native("List<T>.clone(): $self", "Set<T>.clone(): $self", "Map<K, V>.clone(): $self")
def clone(run: Execution, this: Any) -> Any:
    return type(this)(this.type, this)


@native(
    "List<T>.deepClone(): $self",
    "List<T>.deepClone(Boolean): $self",
    "List<T>.deepClone(Boolean, Boolean, Boolean): $self",
)
def deep_clone(
    run: Execution,
    this: ApexList,
    ids: bool = False,
    timestamps: bool = False,
    numbers: bool = False,
) -> ApexList:
    return ApexList(this.type, [copy_record(item, ids, timestamps) for item in this])


_TIMESTAMPS = frozenset({"CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate"})


def copy_record(record: SObject, ids: bool, timestamps: bool) -> SObject:
    """A record with the same values; its id and audit fields only where asked for."""
    copied = SObject(record.type, dict(record.values))
    copied.selected = record.selected
    if not ids:
        copied.values.pop("Id", None)
    if not timestamps:
        for name in _TIMESTAMPS:
            copied.values.pop(name, None)
    return copied


@native("List<T>.getSObjectType(): Schema.SObjectType")
def list_type(run: Execution, this: ApexList) -> Any:
    element = this.type.args[0]
    return run.tx.schema.find(element.name) if element.kind is Kind.SOBJECT else None


@native("List<T>.iterator(): Iterator<T>", "Set<T>.iterator(): Iterator<T>")
def iterator(run: Execution, this: Any) -> ApexIterator:
    return ApexIterator(list(this))


@native("Iterator<T>.hasNext(): Boolean")
def has_next(run: Execution, this: ApexIterator) -> bool:
    return this.position < len(this.items)


@native("Iterator<T>.next(): T")
def next_(run: Execution, this: ApexIterator) -> Any:
    if this.position >= len(this.items):
        raise run.error("NoSuchElementException", "No more elements")
    this.position += 1
    return this.items[this.position - 1]


@native("List<T>.sort(): void")
def sort(run: Execution, this: ApexList) -> None:
    """Primitives by value with null first, Comparable objects by `compareTo`, enums by order."""
    _writable(run, this)
    try:
        this.sort(key=cmp_to_key(lambda a, b: compare(run, a, b)))
    except TypeError:
        raise run.error("ListException", "Items of this list cannot be compared") from None


@native("List<T>.sort(Comparator): void")
def sort_by(run: Execution, this: ApexList, comparator: ApexObject) -> None:
    _writable(run, this)
    method = next(
        method for method in comparator.cls.find_methods("compare") if len(method.params) == 2
    )
    assert method.invoke is not None
    invoke = comparator.cls.dispatch[method.key].invoke or method.invoke
    this.sort(key=cmp_to_key(lambda a, b: invoke(run, comparator, [a, b])))


def compare(run: Execution, a: Any, b: Any) -> int:
    """The order of `List.sort`. Raises ListException for values without one."""
    if a is None or b is None:
        return (a is not None) - (b is not None)
    if isinstance(a, ApexObject):
        method = a.cls.dispatch.get("compareto(object)")
        if method is None or method.invoke is None:
            raise run.error(
                "ListException",
                f"One or more of the items in this list is not Comparable: {a.cls.name}",
            )
        return int(method.invoke(run, a, [b]))
    if isinstance(a, EnumValue):
        return int(a.ordinal - b.ordinal)
    if isinstance(a, SObject):
        left, right = (str(r.values.get("Name") or r.values.get("Id") or "") for r in (a, b))
        return (left > right) - (left < right)
    return int(a > b) - int(a < b)


@native(
    "List<T>.equals(Object?): Boolean",
    "Set<T>.equals(Object?): Boolean",
    "Map<K, V>.equals(Object?): Boolean",
)
def equals(run: Execution, this: Any, other: Any) -> bool:
    return bool(this == other)


@native("List<T>.toString(): String", "Set<T>.toString(): String", "Map<K, V>.toString(): String")
def to_string(run: Execution, this: Any) -> str:
    return to_text(run, this)


# --- Set -------------------------------------------------------------------------------


@native("new Set<T>()", "new Set<T>(List<T>)", "new Set<T>(Set<T>)", "new Set<T>(Iterable<T>)")
def new_set(run: Execution, kind: Type, items: Iterable[Any] | None = ()) -> ApexSet:
    if items is None:
        raise run.null()
    return ApexSet(kind, items)


@native("Set<T>.add(T?): Boolean")
def set_add(run: Execution, this: ApexSet, item: Any) -> bool:
    if item in this:
        return False
    this[item] = None
    return True


@native("Set<T>.addAll(List<T>): Boolean", "Set<T>.addAll(Set<T>): Boolean")
def set_add_all(run: Execution, this: ApexSet, items: Iterable[Any]) -> bool:
    before = len(this)
    for item in items:
        this.setdefault(item)
    return len(this) != before


@native("Set<T>.remove(T?): Boolean")
def set_remove(run: Execution, this: ApexSet, item: Any) -> bool:
    if item not in this:
        return False
    del this[item]
    return True


@native("Set<T>.removeAll(List<T>): Boolean", "Set<T>.removeAll(Set<T>): Boolean")
def set_remove_all(run: Execution, this: ApexSet, items: Iterable[Any]) -> bool:
    before = len(this)
    for item in list(items):
        this.pop(item, None)
    return len(this) != before


@native("Set<T>.retainAll(List<T>): Boolean", "Set<T>.retainAll(Set<T>): Boolean")
def set_retain_all(run: Execution, this: ApexSet, items: Iterable[Any]) -> bool:
    kept, before = set(items), len(this)
    for item in [item for item in this if item not in kept]:
        del this[item]
    return len(this) != before


@native("Set<T>.containsAll(List<T>): Boolean", "Set<T>.containsAll(Set<T>): Boolean")
def set_contains_all(run: Execution, this: ApexSet, items: Iterable[Any]) -> bool:
    return all(item in this for item in items)


@native("Set<T>.clear(): void", "Map<K, V>.clear(): void")
def clear(run: Execution, this: Any) -> None:
    this.clear()


# --- Map -------------------------------------------------------------------------------


@native("new Map<K, V>()", "new Map<K, V>(Map<K, V>)")
def new_map(run: Execution, kind: Type, items: ApexMap | None = None) -> ApexMap:
    return ApexMap(kind, items or ())


@native("new Map<K, V>(List<SObject>)")
def new_record_map(run: Execution, kind: Type, records: ApexList | None) -> ApexMap:
    """Records by id. Raises ListException for a record without one, or twice the same."""
    if records is None:
        raise run.null()
    made = ApexMap(kind)
    for index, record in enumerate(records):
        identifier = record.values.get("Id") if record is not None else None
        if identifier is None:
            raise run.error("ListException", f"Row with null Id at index: {index}")
        if identifier in made:
            raise run.error("ListException", f"Row with duplicate Id at index: {index}")
        made[identifier] = record
    return made


@native("Map<K, V>.get(K?): V")
def map_get(run: Execution, this: ApexMap, key: Any) -> Any:
    return this.get(key)


@native("Map<K, V>.put(K?, V?): V")
def map_put(run: Execution, this: ApexMap, key: Any, value: Any) -> Any:
    if this.locked:
        raise run.error("FinalException", "Collection is read-only")
    before = this.get(key)
    this[key] = value
    return before


@native("Map<K, V>.putAll(Map<K, V>): void")
def map_put_all(run: Execution, this: ApexMap, other: ApexMap) -> None:
    _writable(run, this)
    this.update(other)


@native("Map<K, V>.putAll(List<SObject>): void")
def map_put_records(run: Execution, this: ApexMap, records: ApexList) -> None:
    _writable(run, this)
    this.update(new_record_map(run, this.type, records))


@native("Map<K, V>.containsKey(K?): Boolean")
def map_contains(run: Execution, this: ApexMap, key: Any) -> bool:
    return key in this


@native("Map<K, V>.remove(K?): V")
def map_remove(run: Execution, this: ApexMap, key: Any) -> Any:
    _writable(run, this)
    return this.pop(key, None)


@native("Map<K, V>.keySet(): Set<K>")
def map_keys(run: Execution, this: ApexMap) -> ApexSet:
    return ApexSet(set_of(this.type.args[0]), this)


@native("Map<K, V>.values(): List<V>")
def map_values(run: Execution, this: ApexMap) -> ApexList:
    return ApexList(list_of(this.type.args[1]), this.values())
